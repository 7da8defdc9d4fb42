package guardian_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// amending has a correction of the guardian's address confirmed, and returns its request and the link of the letter that stops it.
func (s *site) amending() (id, link string) {
	s.t.Helper()
	ticket, grant := s.asked("user-1")
	s.expect(s.post(grant, with(s.check(grant, yes()).hidden(), "confirm", "yes")), http.StatusSeeOther)
	s.Work()
	id = ticket.Record.ID
	rec, err := s.Store.Get(s.t.Context(), s.App.ID, id)
	s.must(err)
	rec, err = s.Service.EnterAmendment(s.t.Context(), s.App, consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}, id, consent.Amendment{
		Rev: rec.Rev, Email: consent.Secret("new@example.com"), Proof: "call_back", Ref: "T-1",
	})
	s.must(err)
	_, err = s.Service.Endorse(s.t.Context(), s.App, consent.Actor{Kind: consent.ActorStaff, Ref: "st_2"}, id, rec.Amend.No, rec.Rev)
	s.must(err)
	s.Work()
	l, ok := s.Letters.Last(consent.LetterAmending)
	if !ok {
		s.t.Fatal("no letter")
	}
	return id, l.Link
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// A program that presses every button stops no correction, and each press of the decoy is one security event.
func TestObjectIsNoButton(t *testing.T) {
	s := open(t)
	id, link := s.amending()
	waits := func() bool {
		rec, err := s.Store.Get(t.Context(), s.App.ID, id)
		s.must(err)
		return !rec.Amend.Due.IsZero()
	}
	var events []web.Security
	s.options.Problems.Counted = func(e web.Security) { events = append(events, e) }
	s.Advance(time.Minute)
	h := s.expect(s.get(link), http.StatusOK).hidden()
	s.Advance(time.Minute)
	for n, decoy := range []string{"agree_all", "agree_each"} {
		s.expect(s.post(link, with(h, "stop", "yes", decoy, "1")), http.StatusOK)
		if len(events) != n+1 || events[n] != web.DecoyPressed {
			t.Errorf("%s: %q", decoy, events)
		}
	}
	s.expect(s.post(link, with(h, "step", "check", "confirm", "yes")), http.StatusUnprocessableEntity)
	s.expect(s.post(link, url.Values{"stop": {"yes"}}), http.StatusUnprocessableEntity)
	check := s.expect(s.post(link, with(h, "stop", "yes")), http.StatusOK)
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes", "agree_each", "1")), http.StatusOK)
	if !waits() {
		t.Fatal("the correction was stopped by a program")
	}
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if p := s.expect(s.get(link), http.StatusOK); waits() || strings.Contains(p.body, "<form") {
		t.Error("a person was not heard")
	}
}

// Whoever held the address before is not told that the request is over, since the consent stands for another address: where the link of
// the invitation leads to the page of what was stopped, it says that the details were changed, and whom to call.
func TestOldLinkAfterACorrection(t *testing.T) {
	s := open(t)
	id, _ := s.amending()
	l, ok := s.Letters.Last(consent.LetterInvite)
	if !ok {
		t.Fatal("no letter")
	}
	s.Advance(48 * time.Hour)
	s.Sweep()
	s.expect(s.get(l.Link), http.StatusGone)
	changed := func(p page) bool {
		return strings.Contains(p.body, "보호자 정보를 이미 고쳤습니다") && !strings.Contains(p.body, "이 요청은 끝났습니다") && !strings.Contains(p.body, "<form")
	}
	if p := s.expect(s.get(l.Link+"/stop"), http.StatusOK); !changed(p) {
		t.Error("the page says that the request is over")
	}
	if p := s.expect(s.post(l.Link+"/stop", url.Values{"stop": {"yes"}}), http.StatusOK); !changed(p) || s.status(id) != consent.Granted {
		t.Error("a form of that page does or says something else")
	}
	_, err := s.Service.Withdraw(t.Context(), s.App, consent.Actor{Kind: consent.ActorGuardian, Ref: "0"}, id, nil)
	s.must(err)
	if p := s.expect(s.get(l.Link+"/stop"), http.StatusOK); !strings.Contains(p.body, "이 요청은 끝났습니다") {
		t.Error("the page does not say that it is over")
	}
}

// A correction that took effect stands in the receipt: what it was and on which day, and no name or address.
func TestReceiptTellsOfACorrection(t *testing.T) {
	s := open(t)
	id, _ := s.amending()
	s.Advance(48*time.Hour + time.Minute)
	l, ok := s.Letters.Last(consent.LetterAmended)
	if !ok {
		t.Fatal("no letter")
	}
	_, token, _ := strings.Cut(l.Withdraw, "/w/")
	v, err := s.Service.OpenWithdraw(t.Context(), token)
	s.must(err)
	rec, err := s.Store.Get(t.Context(), s.App.ID, id)
	s.must(err)
	day, err := templates.NewFrame(v.Book, v.App, "ko", "").Date(rec.Amended[0].At.In(v.Book.Profile.Zone))
	s.must(err)
	p := s.expect(s.get(v.Receipt), http.StatusOK)
	if want := "<dt>고친 보호자 정보</dt><dd>메일 주소<span class=\"more\">" + day; !strings.Contains(p.body, want) || strings.Contains(p.body, "new@") {
		t.Errorf("no %q in %s", want, p.body)
	}
}
