package guardian_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/web"
)

// TestDecoyDecidesNothing: a program that fills in every form rightly and ticks every box or presses every button ends nothing, neither with
// the press itself nor, for ten minutes, by any form of the same link; then a person goes on.
func TestDecoyDecidesNothing(t *testing.T) {
	for n := range 6 {
		decision, decoy := []string{"grant", "decline", "not_mine"}[n%3], []string{"agree_all", "agree_each"}[n/3]
		s := open(t)
		pressed := 0
		s.options.Decoyed = func() { pressed++ }
		ticket, link := s.asked("user-1")
		answers := with(yes(), "decision", decision)
		check := s.check(link, answers)
		s.expect(s.post(link, with(check.hidden(), "confirm", "yes", decoy, "1")), http.StatusUnprocessableEntity)
		paused := s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusUnprocessableEntity)
		if paused.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(paused.body, "<form") {
			t.Error("the page on which nothing was taken is not one of ours")
		}
		s.Advance(10*time.Minute - time.Second)
		s.expect(s.post(link+".", with(check.hidden(), "confirm", "yes")), http.StatusUnprocessableEntity)
		if got := s.status(ticket.Record.ID); got != consent.Pending || pressed != 1 {
			t.Fatalf("%s, %s: the decoy decided: %s, told %d times", decision, decoy, got, pressed)
		}
		s.Advance(2 * time.Second)
		s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
		if got := s.status(ticket.Record.ID); got == consent.Pending {
			t.Errorf("%s: the person was not heard", decision)
		}
	}
}

// TestDecoyOnTheFirstPage: pressed there, it leads to no check page, and to none on the way of another link either way.
func TestDecoyOnTheFirstPage(t *testing.T) {
	s := open(t)
	_, link := s.asked("user-1")
	_, other := s.asked("user-2")
	s.expect(s.post(link, with(s.read(link), "decision", "not_mine", "agree_all", "")), http.StatusUnprocessableEntity)
	if again := s.expect(s.post(link, with(s.read(link), "decision", "not_mine")), http.StatusUnprocessableEntity); again.hidden().Has("proof") {
		t.Error("the check page was reached")
	}
	s.check(other, url.Values{"decision": {"not_mine"}})
}

// TestPauseHoldsInEveryProcess: the page of another process on the same store takes no answer either.
func TestPauseHoldsInEveryProcess(t *testing.T) {
	r, dir := consenttest.Redis(t), t.TempDir()
	one, two := openOn(t, consenttest.NewOn(t, r.URL(), dir)), openOn(t, consenttest.NewOn(t, r.URL(), dir))
	ticket, link := one.asked("user-1")
	elsewhere := strings.Replace(link, one.server.URL, two.server.URL, 1)
	check := one.check(link, url.Values{"decision": {"decline"}})
	one.expect(one.post(link, with(check.hidden(), "confirm", "yes", "agree_all", "1")), http.StatusUnprocessableEntity)
	two.expect(two.post(elsewhere, with(check.hidden(), "confirm", "yes")), http.StatusUnprocessableEntity)
	if got := two.status(ticket.Record.ID); got != consent.Pending {
		t.Errorf("status %s", got)
	}
}

// TestDecoyUndoesNothing: a refusal stays with what it left behind.
func TestDecoyUndoesNothing(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	s.post(link, with(s.check(link, url.Values{"decision": {"not_mine"}}).hidden(), "confirm", "yes", "block", "yes"))
	form := s.read(link)
	s.expect(s.post(link, with(form, "agree_all", "1")), http.StatusUnprocessableEntity)
	s.expect(s.post(link, form), http.StatusUnprocessableEntity)
	s.Advance(consent.PauseFor)
	if p := s.expect(s.post(link, s.read(link)), http.StatusOK); p.hidden().Get("step") != "undo-check" {
		t.Error("a person cannot go on")
	}
	if rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID); err != nil || !rec.LiftedAt.IsZero() {
		t.Errorf("lifted: %v", err)
	}
}

// TestDecoyWithdrawsNothing, and a decided link stays what it is.
func TestDecoyWithdrawsNothing(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	s.post(link, with(s.check(link, yes()).hidden(), "confirm", "yes"))
	s.Work()
	l, ok := s.Letters.Last(consent.LetterGranted)
	if !ok {
		t.Fatal("no letter")
	}
	form := with(s.read(l.Withdraw), "guardian_name", "김보호", "withdraw", "all")
	s.expect(s.post(l.Withdraw, with(form, "agree_all", "1")), http.StatusUnprocessableEntity)
	s.expect(s.post(l.Withdraw, form), http.StatusUnprocessableEntity)
	if got := s.status(ticket.Record.ID); got != consent.Granted {
		t.Errorf("status %s", got)
	}
	s.expect(s.post(link, url.Values{"agree_all": {"1"}}), http.StatusSeeOther)
}

// TestDecoyIsAnEvent: each press is one security event, and nothing else is.
func TestDecoyIsAnEvent(t *testing.T) {
	s := open(t)
	var events []web.Security
	s.options.Problems.Counted = func(e web.Security) { events = append(events, e) }
	_, link := s.asked("user-1")
	s.expect(s.post(link, with(s.read(link), "decision", "not_mine", "agree_all", "")), http.StatusUnprocessableEntity)
	_, other := s.asked("user-2")
	s.expect(s.post(other, with(s.read(other), "decision", "not_mine")), http.StatusOK)
	if len(events) != 1 || events[0] != web.DecoyPressed {
		t.Errorf("%q", events)
	}
}
