package templates

import "time"

// selfStates are those of one's own account.
func (x fixture) selfStates() []State {
	frame := x.staff("me")
	frame.Width = "narrow"
	alone := StaffMe{StaffFrame: frame, Here: &StaffSeat{"0", "whale windows", x.now.Add(-3 * time.Hour), x.now}}
	busy := alone
	for i, device := range []string{"chrome android", "other other", "safari iphone"} {
		busy.Others = append(busy.Others, StaffSeat{"00" + device[:2], device, x.now.Add(-time.Duration(i+1) * 97 * time.Minute), x.now.Add(-time.Duration(i) * 9 * time.Minute)})
	}
	wrong := busy
	wrong.Faults, wrong.Seat = x.faulty("seat", FaultSeat, "password", FaultNow).Faults, EveryOther
	changed := alone
	changed.Done = "ops.did.password"
	password := StaffPassword{frame}
	weak, common, wait := password, password, password
	weak.Faults = x.faulty("current", FaultProof, "password", FaultWeak, "again", FaultAgain).Faults
	common.Faults = x.faulty("password", FaultCommon).Faults
	wait.Faults = x.faulty("current", FaultWait).Faults
	factor := StaffFactor{StaffFrame: frame, Picture: Dots(21, func(a, b int) bool { return (a*5+b*3)%7 < 3 }), Secret: Grouped("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), Factor: "sealed"}
	unfit := factor
	unfit.Faults = x.faulty("current", FaultProof, "fresh", FaultFactor).Faults
	return []State{
		x.state("ops/me", alone), x.state("ops/me elsewhere", busy), x.state("ops/me wrong", wrong), x.state("ops/me changed", changed),
		x.state("ops/password", password), x.state("ops/password weak", weak), x.state("ops/password common", common), x.state("ops/password wait", wait),
		x.state("ops/factor", factor), x.state("ops/factor wrong", unfit),
	}
}
