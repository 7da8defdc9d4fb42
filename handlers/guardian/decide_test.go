package guardian_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func TestGrant(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	check := s.check(link, yes())
	if strings.Contains(check.body, `name="confirm" value="yes" checked`) {
		t.Error("the check page has chosen already")
	}
	if got := s.status(ticket.Record.ID); got != consent.Pending {
		t.Fatalf("the check page decided: %s", got)
	}
	done := s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Granted {
		t.Fatalf("status %s", got)
	}
	result := s.expect(s.get(s.server.URL+done.Header.Get("Location")), http.StatusOK)
	if !strings.Contains(result.body, "/w/") {
		t.Error("the result does not lead to the withdrawal")
	}
	for _, canary := range []string{"하늘이", "서울", "김보호", "parent@"} {
		if strings.Contains(result.body, canary) {
			t.Errorf("the result holds %q", canary)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ decision, reason string }{
		{"decline", consent.ReasonRefused}, {"not_mine", consent.ReasonNotMine},
	} {
		s := open(t)
		ticket, link := s.asked("user-1")
		check := s.check(link, with(url.Values{}, "decision", c.decision))
		s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
		rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID)
		if err != nil || rec.Status != consent.Declined || rec.Reason != c.reason || rec.Custody != consent.Destroyed {
			t.Errorf("%s: %s %s %s, %v", c.decision, rec.Status, rec.Reason, rec.Custody, err)
		}
		if p := s.expect(s.get(link), http.StatusOK); strings.Contains(p.body, `name="decision"`) {
			t.Errorf("%s: the decided page still has a decision to take", c.decision)
		}
	}
}

// TestReadingChangesNothing: whoever fetches, and however often, the record is byte for byte what it was.
func TestReadingChangesNothing(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	dump := func() string {
		keys, err := s.Clients.Read.Keys(t.Context(), "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(keys)
		var b strings.Builder
		for _, k := range keys {
			v, err := s.Clients.Read.Type(t.Context(), k).Result()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%q %s", k, v)
			if v == "hash" {
				m, err := s.Clients.Read.HGetAll(t.Context(), k).Result()
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, " %q", m)
			}
			b.WriteByte('\n')
		}
		return b.String()
	}
	before := dump()
	for range 100 {
		s.expect(s.get(link), http.StatusOK)
		s.expect(s.do(http.MethodHead, link, nil), http.StatusOK)
		s.expect(s.get(ticket.ChildPage), http.StatusOK)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		s.expect(s.do(method, link, nil), http.StatusMethodNotAllowed)
	}
	if after := dump(); after != before {
		t.Errorf("reading changed the store:\n%s\n%s", before, after)
	}
}

// TestFormsWithoutProof: pressing every button without the page's own proof decides nothing.
func TestFormsWithoutProof(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	s.Advance(time.Minute)
	for _, form := range []url.Values{
		{}, yes(), with(yes(), "proof", "x"), with(url.Values{}, "decision", "decline"), with(url.Values{}, "confirm", "yes"),
		with(url.Values{}, "step", "check", "confirm", "yes"), with(url.Values{}, "step", "check", "confirm", "yes", "proof", "AAAA"),
	} {
		s.expect(s.post(link, form), http.StatusUnprocessableEntity)
	}
	if got := s.status(ticket.Record.ID); got != consent.Pending {
		t.Errorf("status %s", got)
	}
}

// TestProofIsGoodForOneHop: the proof of a page is not that of its check page, nor that of another request.
func TestProofIsGoodForOneHop(t *testing.T) {
	s := open(t)
	first, link := s.asked("user-1")
	_, other := s.asked("user-2")
	h := s.read(link)
	s.expect(s.post(link, with(h, "step", "check", "confirm", "yes")), http.StatusUnprocessableEntity)
	check := s.check(link, with(url.Values{}, "decision", "decline"))
	s.expect(s.post(other, with(check.hidden(), "confirm", "yes")), http.StatusUnprocessableEntity)
	if got := s.status(first.Record.ID); got != consent.Pending {
		t.Errorf("status %s", got)
	}
}

func TestTooFast(t *testing.T) {
	s := open(t)
	_, link := s.asked("user-1")
	h := s.expect(s.get(link), http.StatusOK).hidden()
	form := yes()
	for k, v := range h {
		form[k] = v
	}
	p := s.expect(s.post(link, form), http.StatusUnprocessableEntity)
	for name, want := range map[string]string{
		"decision": "grant", "purpose.account": "yes", "guardian_name": "김 보호", "birth_year": "1985", "relation": "mother", "declares": "yes",
	} {
		if got := p.value(name); got != want {
			t.Errorf("%s = %q, want %q kept", name, got, want)
		}
	}
	s.Advance(3 * time.Second)
	for k, v := range p.hidden() {
		form[k] = v
	}
	s.expect(s.post(link, form), http.StatusOK)
}

// TestFaults: each missing or wrong answer is named at its field, and the title says that something is wrong.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		pairs []string
		field string
	}{
		{"no decision", []string{"decision", ""}, "decision"},
		{"unknown decision", []string{"decision", "maybe"}, "decision"},
		{"purpose left out", []string{"purpose.delivery", ""}, "purpose-delivery"},
		{"required purpose refused", []string{"purpose.account", "no"}, "purpose-account"},
		{"no name", []string{"guardian_name", " "}, "guardian_name"},
		{"wrong name", []string{"guardian_name", "박보호"}, "guardian_name"},
		{"wrong code", []string{"pairing_code", "AAAAAA"}, "pairing_code"},
		{"no birth date", []string{"birth_year", "", "birth_month", "", "birth_day", ""}, "birth_year"},
		{"no such day", []string{"birth_month", "2", "birth_day", "30"}, "birth_year"},
		{"a child's birth date", []string{"birth_year", "2012"}, "birth_year"},
		{"no relation", []string{"relation", "grandmother"}, "relation"},
		{"not declared", []string{"declares", ""}, "declares"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			ticket, link := s.asked("user-1")
			form := with(yes(), c.pairs...)
			for k, v := range s.read(link) {
				form[k] = v
			}
			p := s.expect(s.post(link, form), http.StatusUnprocessableEntity)
			if got := p.faulty(); !slices.Equal(got, []string{c.field}) {
				t.Errorf("the summary leads to %v, want %s", got, c.field)
			}
			if !strings.HasPrefix(p.title(), "문제: ") {
				t.Errorf("title %q", p.title())
			}
			if got := s.status(ticket.Record.ID); got != consent.Pending {
				t.Errorf("status %s", got)
			}
		})
	}
}

func TestBirthDatePastedWhole(t *testing.T) {
	for _, pasted := range []string{"1985.03.04", "1985-3-4", "1985년 3월 4일", "19850304", "１９８５/０３/０４"} {
		s := open(t)
		_, link := s.asked("user-1")
		s.check(link, with(yes(), "birth_year", pasted, "birth_month", "", "birth_day", ""))
	}
}

func TestPairingCode(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	check := s.check(link, with(yes(), "guardian_name", "김다른", "pairing_code", strings.ToLower(ticket.PairingCode)))
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Granted {
		t.Errorf("status %s", got)
	}
}

// TestMisses: after the second miss there are two ways on; the fifth closes the grant, and the refusal stays open.
func TestMisses(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	h := s.read(link)
	wrong := with(yes(), "guardian_name", "박보호")
	for k, v := range h {
		wrong[k] = v
	}
	for i := 1; i <= 4; i++ {
		p := s.expect(s.post(link, wrong), http.StatusUnprocessableEntity)
		if has := strings.Contains(p.body, `name="misnamed"`); has != (i >= 2) {
			t.Errorf("miss %d: the ways on are shown: %v", i, has)
		}
	}
	s.expect(s.post(link, wrong), http.StatusTooManyRequests)
	right := with(wrong, "guardian_name", "김보호")
	s.expect(s.post(link, right), http.StatusTooManyRequests)
	check := s.check(link, with(url.Values{}, "decision", "decline"))
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Declined {
		t.Errorf("status %s", got)
	}
}

func TestLockOpensAfterAnHour(t *testing.T) {
	s := open(t)
	_, link := s.asked("user-1")
	for range consent.MaxTries {
		form := with(yes(), "guardian_name", "박보호")
		for k, v := range s.read(link) {
			form[k] = v
		}
		s.post(link, form)
	}
	s.Advance(consent.LockFor)
	s.check(link, yes())
}

func TestMisnamed(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	early := s.expect(s.post(link, with(s.read(link), "misnamed", "yes")), http.StatusUnprocessableEntity)
	if rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID); err != nil || rec.NameMiss || early.value("decision") != "" {
		t.Errorf("told without a miss: %v", err)
	}
	s.miss(link, 2)
	h := s.read(link)
	p := s.expect(s.post(link, with(h, "misnamed", "yes")), http.StatusOK)
	if strings.Contains(p.title(), "문제") {
		t.Errorf("title %q", p.title())
	}
	rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID)
	if err != nil || !rec.NameMiss {
		t.Errorf("the record does not say so: %v", err)
	}
}

// TestCheckPage: without a choice it asks again; "back" leads to the page with the answers kept.
func TestCheckPage(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	check := s.check(link, yes())
	again := s.expect(s.post(link, check.hidden()), http.StatusUnprocessableEntity)
	if got := again.faulty(); !slices.Equal(got, []string{"confirm"}) {
		t.Errorf("the summary leads to %v", got)
	}
	back := s.expect(s.post(link, with(again.hidden(), "confirm", "back")), http.StatusOK)
	for name, want := range map[string]string{"decision": "grant", "purpose.delivery": "no", "guardian_name": "김 보호", "relation": "mother"} {
		if got := back.value(name); got != want {
			t.Errorf("%s = %q, want %q kept", name, got, want)
		}
	}
	if got := s.status(ticket.Record.ID); got != consent.Pending {
		t.Errorf("status %s", got)
	}
}

// TestTwoTabs: the same decision again, or another one, leads to what was decided first.
func TestTwoTabs(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	first, second := s.check(link, yes()), s.check(link, with(url.Values{}, "decision", "decline"))
	confirm := with(first.hidden(), "confirm", "yes")
	s.expect(s.post(link, confirm), http.StatusSeeOther)
	s.expect(s.post(link, confirm), http.StatusSeeOther)
	s.expect(s.post(link, with(second.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Granted {
		t.Errorf("status %s", got)
	}
}
