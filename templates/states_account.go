package templates

import "time"

func (x fixture) accountStates() []State {
	open := StaffAccess{
		StaffFrame: x.staff("access"), Now: x.now, Month: "2026-10", Due: x.now.AddDate(0, 0, -14), Action: "/ops/access/2026-10", Entries: 1342, More: true,
		Months: []StaffMonth{
			{"2026-11", "/ops/access?month=2026-11", "running", false}, {"2026-10", "/ops/access?month=2026-10", "late", true},
			{"2026-09", "/ops/access?month=2026-09", "found", false}, {"2026-08", "/ops/access?month=2026-08", "fine", false},
		},
		People: []StaffActs{
			{"jun", 22, 340, 512, 41, 0, 63, 0}, {"minji", 19, 75, 190, 12, 3, 14, 2}, {"taeho", 6, 0, 31, 0, 0, 4, 0}, {"cli:1000", 0, 0, 0, 0, 0, 10, 1},
		},
	}
	for i, step := range []string{"reveal", "export", "staff", "withdraw"} {
		m := StaffMarked{At: x.now.AddDate(0, -1, i), Name: []string{"jun", "minji", "taeho", "jun"}[i], Step: step}
		m.Note = []string{"guardian_email caller #4711", "bounced", "sora role viewer", ""}[i]
		if step == "reveal" || step == "withdraw" {
			m.ID, m.Path = fixtureCase, "/ops/request/shop/"+fixtureCase
		}
		open.Marked = append(open.Marked, m)
	}
	wrong := open
	wrong.Outcome, wrong.Ticket, wrong.Faults = "found", "a b", x.faulty("outcome", FaultReview, "ticket", FaultIncident).Faults
	done := open
	done.Signed, done.Done = &StaffSigned{"minji", x.now, 1342, "found", "INC-7"}, "ops.did.sign"
	running := open
	running.Month, running.Action, running.People, running.Marked, running.Entries = "2026-11", "", nil, nil, 0
	empty := x.report()
	empty.Sections, empty.Apps = nil, empty.Apps[:2]
	bad := empty
	bad.From, bad.Faults = "1월", x.faulty("from", FaultDay, "to", FaultDay).Faults
	return []State{
		x.state("ops/access", open), x.state("ops/access wrong", wrong), x.state("ops/access signed", done), x.state("ops/access running", running),
		x.state("ops/report", x.report()), x.state("ops/report empty", empty), x.state("ops/report wrong", bad),
	}
}

func (x fixture) report() StaffReport {
	const span = " --from 2026-09-30T15:00:00Z --to 2026-10-31T15:00:00Z"
	count := func(kind, word, of, value, filter string) StaffFigure {
		return StaffFigure{Kind: kind, Word: word, Of: of, Value: value, Proof: "bohoja audit export --count" + span + filter}
	}
	took := func(word string, d time.Duration) StaffFigure {
		return StaffFigure{Kind: "delay", Word: word, Value: d.String(), Took: d, Proof: "bohoja audit export --id " + fixtureCase}
	}
	return StaffReport{
		StaffFrame: x.staff("report"), From: "2026-10-01", To: "2026-10-31",
		Apps: []StaffTab{{"", "/ops/report?app=", true}, {"하늘상점", "/ops/report?app=shop", false}, {"하늘게임", "/ops/report?app=game", false}},
		Sections: []StaffSection{
			{"states", []StaffFigure{
				count("status", "declined", "", "812", " --status declined"), count("status", "declined", "not_mine", "31", " --status declined --reason not_mine"),
				count("status", "granted", "", "40118", " --status granted"),
			}},
			{"methods", []StaffFigure{count("method", "email_link", "7", "40118", " --status granted --method email_link")}},
			{"texts", []StaffFigure{count("text", "shop t_0123456789abcdef", "", "40118", " --status granted --terms t_0123456789abcdef")}},
			{"destruction", []StaffFigure{took("unconfirmed", 119*time.Hour+4*time.Second), {Kind: "delay", Word: "late", Value: "0", Proof: "bohoja audit report --json"}, took("granted", 167*time.Hour)}},
			{"erasure", []StaffFigure{{Kind: "delay", Word: "erased", Value: "none", Proof: "bohoja audit export --count --step signup"}}},
			{"rights", []StaffFigure{count("step", "ask", "", "12", " --step ask"), count("step", "answer", "", "12", " --step answer")}},
			{"staff", []StaffFigure{count("step", "view", "jun", "512", " --step view --by staff --ref st_x"), count("step", "sign_in", "", "47", " --app _staff --step sign_in")}},
			{"acts", []StaffFigure{count("step", "signup", "", "48211", " --step signup")}},
		},
	}
}
