package templates

import (
	"slices"
	"strings"
	"time"
)

// fixtureNav is the menu of somebody who may open everything.
func fixtureNav(here string) []NavItem {
	var out []NavItem
	for _, key := range []string{"board", "search", "gate", "blocked", "access", "report", "people", "me"} {
		out = append(out, NavItem{Path: "/ops/" + key, Key: "ops.nav." + key, Here: key == here})
	}
	return out
}

// staff is the frame of a staff page, signed in.
func (x fixture) staff(here string) StaffFrame {
	f := NewFrame(x.book, nil, x.frame.Lang, "")
	return StaffFrame{Frame: f, Who: "minji", Role: "privacy", Nav: fixtureNav(here), Zone: x.book.Profile.Zone}
}

// door is the frame of a page before the sign-in.
func (x fixture) door(pairs ...string) StaffFrame {
	f := x.staff("")
	f.Who, f.Role, f.Nav, f.Width = "", "", nil, "narrow"
	f.Faults = x.faulty(pairs...).Faults
	return f
}

func (x fixture) staffStates() []State {
	invited := StaffJoin{
		StaffFrame: x.door(), Action: "/ops/join/st_x/y", Name: "minji", Factor: "sealed",
		Picture: Dots(21, func(a, b int) bool { return (a*7+b*3)%5 < 2 }), Secret: Grouped("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
	}
	invited.Role = "support"
	wrong := invited
	wrong.Faults = x.faulty("code", FaultFactor, "password", FaultWeak, "again", FaultAgain).Faults
	out := x.staffProblems()
	out = append(out, x.selfStates()...)
	return append(out,
		x.state("ops/enter", StaffEnter{StaffFrame: x.door()}),
		x.state("ops/enter wrong", StaffEnter{StaffFrame: x.door("name", FaultSignIn), Name: "minji"}),
		x.state("ops/enter wait", StaffEnter{StaffFrame: x.door("name", FaultWait), Name: "minji"}),
		x.state("ops/enter no cookie", StaffEnter{StaffFrame: x.door(), NoCookie: true}),
		x.state("ops/enter over", StaffEnter{StaffFrame: x.door(), Over: true}),
		x.state("ops/enter joined", StaffEnter{StaffFrame: x.door(), Joined: true}),
		x.state("ops/join", invited), x.state("ops/join faults", wrong), x.state("ops/people", x.people()),
	)
}

func (x fixture) people() StaffPeople {
	p := StaffPeople{StaffFrame: x.staff("people")}
	for i, who := range [][3]string{{"jun", "support", "active"}, {"minji", "privacy", "active"}, {"sora", "viewer", "invited"}, {"taeho", "admin", "disabled"}} {
		p.People = append(p.People, StaffPerson{who[0], who[1], who[2], x.now.Add(-time.Duration(i) * 31 * time.Hour), who[2] == "active" && who[0] != "minji"})
	}
	for i, what := range []string{"disabled", "role", "joined", "invited", "signed_out_everywhere"} {
		p.Changes = append(p.Changes, StaffChange{x.now.Add(-time.Duration(i) * 26 * time.Hour), "taeho", what, "admin", "cli:1000"})
	}
	return p
}

// staffProblems are errors with words of their own, and those that have the words of their status.
func (x fixture) staffProblems() []State {
	var out []State
	for code, status := range map[string]int{"role": 403, "no_session": 401, "cross_origin": 403, "invite_over": 410, "self": 409, "same_person": 403, "x404": 404, "x409": 409, "x413": 413, "x422": 422, "x429": 429, "x500": 500, "x503": 503, "x418": 418} {
		p := StaffProblem{StaffFrame: x.staff(""), Status: status, Code: code, Back: "/ops/enter"}
		p.Width = "narrow"
		if status == 429 {
			p.Retry = 90 * time.Second
		}
		out = append(out, x.state("ops/problem "+code, p))
	}
	slices.SortFunc(out, func(a, b State) int { return strings.Compare(a.Name, b.Name) })
	return out
}
