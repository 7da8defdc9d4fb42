package templates

import "time"

func (x fixture) letters() []StaffLetter {
	var out []StaffLetter
	for i, kind := range []string{"confirm", "granted", "remind", "again", "invite", "invite"} {
		state := []string{"sent", "queued", "sent", "queued", "bounced", "not_sent"}[i]
		out = append(out, StaffLetter{At: x.now.Add(-time.Duration(i) * 5 * time.Hour), Kind: kind, State: state, Code: 550})
	}
	return out
}

func (x fixture) rights() []StaffRight {
	var out []StaffRight
	for i, kind := range []string{"access", "correction", "deletion"} {
		out = append(out, StaffRight{
			ID: "rr_06d4n1x9k2v8q7m3t5w0z4r6y8", Request: fixtureCase, Kind: kind, Channel: []string{"phone", "portal", "proxy"}[i], Status: []string{"open", "open", "refused"}[i],
			Created: x.now.AddDate(0, 0, -3*i), Due: x.now.AddDate(0, 0, 10-11*i), Answered: x.now, Late: i == 1, Held: i == 1,
			Path: "/ops/request/shop/" + fixtureCase + "/right/rr_06d4n1x9k2v8q7m3t5w0z4r6y8", RequestPath: "/ops/request/shop/" + fixtureCase,
		})
	}
	return out
}

func (x fixture) rightStates() []State {
	list := StaffRights{StaffFrame: x.staff("board"), AppTitle: "하늘상점", Back: "/ops?app=shop", Next: "/ops/rights?after=x", Now: x.now, Rows: x.rights()}
	none := list
	none.Rows, none.Next = nil, ""
	out := []State{x.state("ops/rights", list), x.state("ops/rights none", none)}
	for _, r := range x.rights() {
		p := StaffRightPage{StaffFrame: x.staff("board"), Right: r, AppTitle: "하늘상점", Subject: "user-1042", Now: x.now, MayAnswer: r.Status == "open", MayReveal: true}
		out = append(out, x.state("ops/right "+r.Kind, p))
		if r.Kind != "correction" {
			continue
		}
		p.Opened, p.Was = "answer", map[string]string{"outcome": "refused"}
		p.Faults = x.faulty("outcome", FaultOutcome, "reason", FaultRefusal, "objection", FaultObjection, "told", FaultTold).Faults
		out = append(out, x.state("ops/right wrong", p))
		p.Opened, p.Faults = "reveal", x.faulty("ticket", FaultTicket).Faults
		out = append(out, x.state("ops/right reveal wrong", p))
	}
	return out
}
