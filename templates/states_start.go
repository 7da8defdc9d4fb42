package templates

import (
	"html/template"
	"net/url"

	"github.com/bohoja/bohoja/consent"
)

const (
	startAction = "/start/shop?token=ct_fixture"
	startReturn = template.URL("https://shop.example/welcome?result=cancelled&state=x")
)

// startStates are the hosted sign-up, and the same inside a frame.
func (x fixture) startStates() []State {
	f := x.frame
	f.Child, f.Query = "", url.Values{"token": {"ct_fixture"}}
	age := StartAge{Frame: f, Action: startAction, Leave: startReturn}
	wrong := age
	wrong.BirthYear, wrong.BirthMonth, wrong.BirthDay, wrong.Faults = "2015", "2", "30", []Fault{{"birth_year", FaultBorn}}
	ask := StartAsk{Frame: f, Action: startAction, Notice: x.notice(), Hidden: []Hidden{{"ticket", fixtureProof}}, Leave: startReturn}
	ask.Query = url.Values{"token": {"ct_fixture"}, "ticket": {fixtureProof}}
	asked := ask
	asked.ChildName, asked.GuardianName, asked.GuardianEmail = "하늘", "엄마", "parent@"
	asked.Faults = []Fault{{"guardian_name", FaultGeneric}, {"guardian_email", FaultEmail}}
	check := StartCheck{Frame: ask.Frame, Action: startAction, Email: "kim.boho.2026@naver.com", Hidden: ask.Hidden, Leave: startReturn}
	typo := check
	typo.Email, typo.Suggestion = "kim.boho.2026@navre.com", "naver.com"
	done := StartDone{Frame: ask.Frame, ChildPage: "https://consent.shop.example/k/" + fixtureToken, Pairing: "K7M2PX", Return: startReturn}
	done.Languages = nil
	bare := done
	bare.Return = ""
	out := []State{
		x.state("child/start-age", age), x.state("child/start-age fault", wrong), x.state("child/start-ask", ask), x.state("child/start-ask faults", asked),
		x.state("child/start-check", check), x.state("child/start-check typo", typo),
		x.state("child/start-unknown", StartUnknown{Frame: ask.Frame, Action: startAction, Hidden: ask.Hidden, Leave: startReturn}),
		x.state("child/start-done", done), x.state("child/start-done without return", bare),
	}
	for _, why := range []string{StartAdult, StartOver, StartPending, StartPaused} {
		out = append(out, x.state("child/start-end "+why, StartEnd{Frame: ask.Frame, Why: why, Return: startReturn}))
	}
	return append(out, x.framedStates(age, ask, check)...)
}

func (x fixture) framedStates(age StartAge, ask StartAsk, check StartCheck) []State {
	framed := Framed{Origin: "https://shop.example", Nonce: "n", Ticket: fixtureProof}
	age.Framed, ask.Framed, check.Framed = framed, framed, framed
	age.Leave, ask.Leave, check.Leave = "", "", ""
	taken := StartTaken{Frame: check.Frame, Action: startAction, Hidden: check.Hidden, Email: check.Email}
	taken.Framed.Token = "emb_fixture"
	return []State{
		x.state("child/start-age framed", age), x.state("child/start-ask framed", ask), x.state("child/start-check framed", check),
		x.state("child/start-taken framed", taken),
	}
}

func (x fixture) stopStates() []State {
	f := x.frame
	f.Child = ""
	stop := GuardianStop{Frame: f, Action: fixtureAction + "/stop", Proof: fixtureProof}
	none := stop
	none.Faults = []Fault{{"stop", FaultStop}}
	check := GuardianStopCheck{Frame: f, Action: stop.Action, Proof: fixtureProof, Hidden: []Hidden{{"step", "check"}}}
	open := check
	open.Faults = []Fault{{"confirm", FaultConfirm}}
	return append(x.objectStates(), []State{
		x.state("guardian/stop", stop), x.state("guardian/stop fault", none), x.state("guardian/stop-check", check),
		x.state("guardian/stop-check fault", open), x.state("guardian/stopped", GuardianStopped{Frame: f, Case: fixtureCase}),
	}...)
}

func (x fixture) objectStates() []State {
	f := x.frame
	action := "/a/" + fixtureToken
	page := GuardianObject{Frame: f, Action: action, Proof: fixtureProof, What: string(consent.AmendBoth), Due: x.until}
	none := page
	none.What, none.Faults = string(consent.AmendAddress), []Fault{{"stop", FaultStop}}
	check := GuardianObjectCheck{Frame: f, Action: action, Proof: fixtureProof, Hidden: []Hidden{{"step", "check"}}}
	open := check
	open.Faults = []Fault{{"confirm", FaultConfirm}}
	return []State{
		x.state("guardian/object", page), x.state("guardian/object fault", none), x.state("guardian/object-check", check),
		x.state("guardian/object-check fault", open), x.state("guardian/objected", GuardianObjected{Frame: f, Case: fixtureCase}),
		x.state("guardian/objected late", GuardianObjected{Frame: f, Case: fixtureCase, Enacted: true}),
	}
}

func (x fixture) publicStates() []State {
	f := x.frame
	f.Child = ""
	return []State{
		x.state("guardian/policy", PolicyOf(x.book, x.app, x.frame.Lang, "")),
		x.state("child/why", Why(f, x.notice())),
	}
}
