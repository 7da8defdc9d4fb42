package templates

import (
	"slices"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func (x fixture) deskStates() []State {
	busy, calm := x.board(48_211), x.board(0)
	calm.Apps, calm.Behind = calm.Apps[:1], 0
	for _, tiles := range [][]StaffTile{calm.Tiles, calm.Todo} {
		for i := range tiles {
			tiles[i].Tone, tiles[i].N = "", 0
		}
	}
	list := x.list()
	last := list
	last.Next, last.Export, last.Rows = "", "", nil
	found := StaffSearch{StaffFrame: x.staff("search"), Asked: true, Rows: list.Rows[:2]}
	wrong := StaffSearch{StaffFrame: x.staff("search")}
	wrong.Faults = x.faulty("text", FaultSearch).Faults
	out := []State{
		x.state("ops/board", busy), x.state("ops/board calm", calm), x.state("ops/list", list), x.state("ops/list empty", last),
		x.state("ops/search", StaffSearch{StaffFrame: x.staff("search")}), x.state("ops/search found", found), x.state("ops/search wrong", wrong),
		x.state("ops/search none", StaffSearch{StaffFrame: x.staff("search"), Asked: true}), x.state("ops/hooks", x.hooks(true)), x.state("ops/hooks none", x.hooks(false)), x.state("ops/hooks dead", x.dead()),
		x.state("ops/revealed", StaffRevealed{StaffFrame: x.staff("search"), Field: "guardian_email", Value: "parent@example.com", Back: "/ops/request/shop/" + fixtureCase}),
	}
	return slices.Concat(out, x.gateStates(), x.rightStates(), x.fileStates(), x.amendStates(), x.requestStates())
}

func (x fixture) board(n int) StaffBoard {
	b := StaffBoard{StaffFrame: x.staff("board"), Now: x.now, Behind: n / 4000, Reviews: n / 40_000}
	b.Apps = []StaffTab{{"하늘상점", "/ops?app=shop", true}, {"하늘게임", "/ops?app=game", false}}
	tones := []string{"", "warm", "", "", "bad", ""}
	for i, key := range []string{"pending", "near", "today", "refused", "bounced", "dead"} {
		b.Tiles = append(b.Tiles, StaffTile{key, "/ops/list?list=" + key, tones[i], n / (i*i*7 + 1)})
	}
	for i, key := range []string{"bounced", "near", "hooks", "not_mine", "overdue", "rights", "locked", "misnamed", "filed", "erase_due"} {
		b.Todo = append(b.Todo, StaffTile{key, "/ops/list?list=" + key, []string{"bad", "warm", ""}[i%3], n / (i*i*90 + 700)})
	}
	b.SetFunnel([]string{"asked", "accepted", "reached", "decided"}, []int{n, n * 96 / 100, n * 71 / 100, n * 64 / 100}, []string{"/ops/list?list=stage_asked", "/ops/list?list=stage_accepted", "/ops/list?list=stage_reached", "/ops/list?list=stage_decided"})
	for i := range 7 {
		day := StaffDay{Day: x.now.AddDate(0, 0, i-6).Format(time.DateOnly)}
		for j, key := range []string{"asked", "accepted", "reached", "decided"} {
			day.Counts = append(day.Counts, StaffTile{Key: key, N: n / 7 * (10 - j - i/3) / 10, Path: "/ops/list?list=stage_" + key})
		}
		b.Days = append(b.Days, day)
	}
	hours := []int{0, 12, 24, 36, 48, 60, 72, 84, 96, 108}
	var counts []int
	var paths []string
	for i := range hours {
		paths = append(paths, "/ops/list?list=pending&from="+strconv.Itoa(i+1))
		counts = append(counts, n/20*(3+(i*7)%5)/6)
	}
	b.SetAges(hours, counts, paths)
	return b
}

func (x fixture) list() StaffList {
	l := StaffList{StaffFrame: x.staff("board"), AppTitle: "하늘상점", Work: "bounced", Back: "/ops?app=shop", Next: "/ops/list?after=x", Export: "/ops/list.csv?app=shop"}
	for i, status := range []string{"pending", "granted", "declined", "expired", "withdrawn", "cancelled", "aged_out"} {
		l.Rows = append(l.Rows, StaffRow{
			ID: fixtureCase, Subject: "user-10" + string(rune('0'+i)), Status: status, Mail: []string{"bounced", "sent", "queued", "not_sent"}[i%4],
			Path: "/ops/request/shop/" + fixtureCase, Created: x.now.Add(-time.Duration(i) * 7 * time.Hour), At: x.until,
		})
	}
	return l
}

func (x fixture) hooks(some bool) StaffHooks {
	h := StaffHooks{StaffFrame: x.staff("board"), Work: "hooks", AppTitle: "하늘상점", Back: "/ops?app=shop"}
	if some {
		h.Calls = []StaffCall{
			{x.now, "consent.granted", "shop.example:443", "204", "", true}, {x.now, "consent.pending", "shop.example:443", "503", Words(x.frame.Lang).Raw("said.hint_authority"), false},
		}
	}
	return h
}

func (x fixture) requestPage() StaffRequest {
	masked := consent.MaskedGuardian{Name: consent.MaskName("이보람"), Email: consent.MaskEmail("parent@example.com"), Phone: "***********89", Locale: x.frame.Lang}
	p := StaffRequest{
		StaffFrame: x.staff("board"), AppTitle: x.app.Name.In(x.frame.Lang), Self: "/ops/request/shop/" + fixtureCase, Back: "/ops?app=shop",
		ID: fixtureCase, Subject: "user-1042", Status: "pending", Custody: "held", Method: "email_link", Mail: "sent", MailAt: x.now, Created: x.now.Add(-9 * time.Hour),
		Deadline: x.until, Now: x.now, Purposes: []string{x.app.Purposes[0].Why.In(x.frame.Lang), x.app.Purposes[1].Why.In(x.frame.Lang)}, ChildName: x.frame.Child, Guardians: []consent.MaskedGuardian{masked},
		MayReveal: true, Acts: []string{"resend", "correct", "reopen", "cancel", "destroy"},
	}
	for i, step := range []string{"signup", "invite", "try", "refund", "view", "reveal", "expire"} {
		p.Trail = append(p.Trail, StaffEntry{x.now.Add(time.Duration(i-9) * time.Hour), step, []string{"app", "mail", "guardian", "guardian", "staff", "staff", "clock"}[i], []string{"k1", "", "", "2", "minji", "minji", ""}[i], ""})
	}
	p.Letters, p.Calls, p.Rights = x.letters(), x.hooks(true).Calls, x.rights()[:2]
	return p
}

func (x fixture) requestStates() []State {
	return slices.Concat(x.requestStands(), x.requestFiled(), x.requestAmends(), x.requestActs())
}

// requests collects states of a request's page, each of them a change of one that waits.
func (x fixture) requests() (*[]State, func(name string, change func(*StaffRequest))) {
	pending, out := x.requestPage(), new([]State)
	return out, func(name string, change func(*StaffRequest)) {
		p := pending
		change(&p)
		*out = append(*out, x.state("ops/request "+name, p))
	}
}

// requestStands are how a request and its letter stand.
func (x fixture) requestStands() []State {
	out, one := x.requests()
	one("pending", func(*StaffRequest) {})
	one("locked", func(p *StaffRequest) { p.Locked = true; p.Done = "ops.did.resend" })
	one("misnamed", func(p *StaffRequest) { p.NameMiss = true })
	for _, code := range []int{550, 552, 554, 571} {
		one("bounced "+time.Duration(code).String(), func(p *StaffRequest) { p.Mail, p.MailHint, p.MailCode = "bounced", "check_address", code })
	}
	for _, mail := range []string{"queued", "not_sent"} {
		one("mail "+mail, func(p *StaffRequest) { p.Mail = mail })
	}
	one("granted", func(p *StaffRequest) {
		p.Status, p.Custody, p.Acts, p.At = "granted", "released", []string{"ask", "withdraw", "destroy"}, x.now
	})
	for _, status := range []string{"declined", "expired", "cancelled", "withdrawn", "aged_out"} {
		one(status, func(p *StaffRequest) {
			p.Status, p.Custody, p.Acts, p.Guardians, p.ChildName, p.At, p.MayReveal = status, "destroyed", nil, nil, "", x.now, false
		})
	}
	one("declined lift", func(p *StaffRequest) {
		p.Status, p.Custody, p.Guardians, p.ChildName, p.At, p.Acts, p.Opened = "declined", "destroyed", nil, "", x.now, []string{"lift"}, "lift"
	})
	one("calls older", func(p *StaffRequest) { p.Calls, p.CallsBack, p.CallsNext = nil, true, p.Self+"?calls=1-1#calls-h" })
	return *out
}

// requestFiled is a consent on paper that waits, and one in force.
func (x fixture) requestFiled() []State {
	out, one := x.requests()
	one("filed", func(p *StaffRequest) { p.Filed, p.File = x.filed(), p.Self+"/file" })
	one("filed by oneself", func(p *StaffRequest) { p.Filed = x.filed(); p.Filed.May, p.Filed.Mine = false, true })
	one("filed for another", func(p *StaffRequest) {
		p.Filed, p.File = x.filed(), p.Self+"/file"
		p.Filed.May, p.Filed.Other = false, true
	})
	one("filed not sure", func(p *StaffRequest) {
		p.Filed, p.Opened, p.Faults = x.filed(), "grant", x.faulty("sure", FaultSure).Faults
	})
	one("paper", func(p *StaffRequest) {
		p.Status, p.Method, p.Paper, p.Acts, p.MayReveal = "granted", "paper", true, []string{"withdraw"}, false
		p.Opened, p.Faults = "scan", x.faulty("scan_ticket", FaultTicket).Faults
	})
	return *out
}

// requestAmends is a correction of a guardian that waits.
func (x fixture) requestAmends() []State {
	out, one := x.requests()
	granted := func(name string, change func(*StaffRequest)) {
		one(name, func(p *StaffRequest) {
			p.Status, p.Custody, p.Acts, p.Amend, p.Amending = "granted", "destroyed", []string{"ask", "withdraw", "destroy"}, p.Self+"/amend", x.amending()
			change(p)
		})
	}
	granted("amending", func(*StaffRequest) {})
	granted("amending by oneself", func(p *StaffRequest) { p.Amending.May, p.Amending.Mine = false, true })
	granted("amending for another", func(p *StaffRequest) { p.Amending.May, p.Amending.Other = false, true })
	granted("amending not sure", func(p *StaffRequest) {
		p.Opened, p.Faults = "endorse", x.faulty("sure", FaultSure).Faults
	})
	granted("amending to be told", func(p *StaffRequest) {
		p.Amending.May, p.Amending.Endorser, p.Done = false, "jun", "ops.did.endorse"
	})
	granted("amending waits", func(p *StaffRequest) {
		p.Amending.May, p.Amending.Endorser, p.Amending.Due = false, "jun", x.until
	})
	return *out
}

// requestActs are the forms of the page, filled in wrongly, and who sees none of them.
func (x fixture) requestActs() []State {
	out, one := x.requests()
	one("viewer", func(p *StaffRequest) { p.Acts, p.MayReveal = nil, false })
	one("wrong", func(p *StaffRequest) {
		p.Opened, p.Faults = "destroy", x.faulty("typed", FaultTyped).Faults
	})
	one("not sure", func(p *StaffRequest) { p.Opened, p.Faults = "cancel", x.faulty("sure", FaultSure).Faults })
	one("ask wrong", func(p *StaffRequest) {
		p.Status, p.Acts, p.Opened, p.Was = "granted", []string{"ask", "withdraw"}, "ask", map[string]string{"channel": "proxy"}
		p.Faults = x.faulty("kind", FaultRightKind, "channel", FaultChannel, "identity", FaultIdentity, "form_seen", FaultFormSeen, "seen_by", FaultSeenBy, "text", FaultTextLong).Faults
	})
	one("reveal wrong", func(p *StaffRequest) {
		p.Opened, p.Was, p.Faults = "reveal", map[string]string{"ticket": "a b"}, x.faulty("field", FaultShown, "reason", FaultWhy, "ticket", FaultTicket).Faults
	})
	one("correct wrong", func(p *StaffRequest) {
		p.Opened, p.Was, p.Faults = "correct", map[string]string{"email": "x"}, x.faulty("name", FaultGeneric, "email", FaultEmail).Faults
	})
	return *out
}

func (x fixture) dead() StaffHooks {
	h := x.hooks(false)
	h.Work, h.Next = "dead", "/ops/dead?after=x"
	h.Calls = []StaffCall{{x.now, "letter", "job_06d4n1x9k2v8q7m3t5w0z4r6y8", "550", "", false}}
	return h
}
