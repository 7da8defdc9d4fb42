package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

func (x fixture) gateStates() []State {
	calm := StaffGate{StaffFrame: x.staff("gate"), Apps: []StaffChoice{{"shop", "하늘상점"}}}
	busy := calm
	busy.Apps = append(busy.Apps, StaffChoice{"game", "하늘게임"})
	for i, state := range []string{"running", "done", "broken", "done"} {
		busy.Runs = append(busy.Runs, StaffRun{
			At: x.now.Add(-time.Duration(i) * 5 * time.Hour), App: "하늘상점", Kind: consent.SendKinds[i], State: state, Ended: state != "running",
			Rows: 128_403, Kept: 127_966, Blocked: 431, Unreadable: 6,
		})
	}
	wrong, again := busy, calm
	wrong.Runs, wrong.Was = nil, map[string]string{}
	wrong.Faults = x.faulty("app", FaultListApp, "kind", FaultListKind, "as", FaultListHolds, "column", FaultListColumn, "file", FaultListFile).Faults
	again.Was = map[string]string{"kind": "prize", "as": "phone", "column": "3", "header": "yes"}
	again.Faults = x.faulty("column", FaultListHeader, "file", FaultListBook).Faults
	found := again
	found.Faults = x.faulty("column", FaultListNone, "file", FaultListLong).Faults
	twice := again
	twice.Faults = x.faulty("column", FaultListTwice, "file", FaultListHuge).Faults
	return []State{
		x.state("ops/gate column not there", found), x.state("ops/gate column twice", twice),
		x.state("ops/gate", calm), x.state("ops/gate runs", busy), x.state("ops/gate wrong", wrong), x.state("ops/gate again", again),
		x.state("ops/blocked", x.blocked()),
	}
}

func (x fixture) blocked() StaffBlocked {
	p := StaffBlocked{StaffFrame: x.staff("blocked"), By: consent.BlockedBy}
	p.Apps = []StaffTab{{"하늘상점", "/ops/blocked?app=shop", true}, {"하늘게임", "/ops/blocked?app=game", false}}
	for i := range consent.FunnelDays {
		day := StaffDay{Day: x.now.AddDate(0, 0, -i).Format(time.DateOnly)}
		for j, by := range consent.BlockedBy {
			day.Counts = append(day.Counts, StaffTile{Key: by, N: 4831 / (i*j + i + 1) / (j*j*9 + 1)})
		}
		p.Days = append(p.Days, day)
	}
	return p
}
