package guardian_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// TestDecoyDecidesNothing: a program that fills in every form rightly and presses every button ends nothing, neither with
// the press itself nor, for ten minutes, by any form of the same link; then a person goes on.
func TestDecoyDecidesNothing(t *testing.T) {
	for _, decision := range []string{"grant", "decline", "not_mine"} {
		s := open(t)
		pressed := 0
		s.options.Decoyed = func() { pressed++ }
		ticket, link := s.asked("user-1")
		answers := with(yes(), "decision", decision)
		check := s.check(link, answers)
		s.expect(s.post(link, with(check.hidden(), "confirm", "yes", "agree_all", "1")), http.StatusUnprocessableEntity)
		paused := s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusUnprocessableEntity)
		if paused.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(paused.body, "<form") {
			t.Error("the page on which nothing was taken is not one of ours")
		}
		s.Advance(10*time.Minute - time.Second)
		s.expect(s.post(link+".", with(check.hidden(), "confirm", "yes")), http.StatusUnprocessableEntity)
		if got := s.status(ticket.Record.ID); got != consent.Pending || pressed != 1 {
			t.Fatalf("%s: the decoy decided: %s, told %d times", decision, got, pressed)
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
