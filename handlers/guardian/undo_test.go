package guardian_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// refuse walks to a refusal, with the wish for no letters when block is "yes".
func (s *site) refuse(link, decision, block string) {
	s.t.Helper()
	check := s.check(link, url.Values{"decision": {decision}})
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes", "block", block)), http.StatusSeeOther)
}

// TestUndo: what a refusal left behind is taken back from its result, by two pages and a choice, and both say so.
func TestUndo(t *testing.T) {
	for _, decision := range []string{"decline", "not_mine"} {
		s := open(t)
		_, link := s.asked("user-1")
		s.refuse(link, decision, map[string]string{"not_mine": "yes"}[decision])
		result := s.expect(s.get(link), http.StatusOK)
		blocked := "1년 동안 동의 요청 메일을 보내지 않습니다"
		if strings.Contains(result.body, blocked) != (decision == "not_mine") {
			t.Errorf("%s: what the result says of letters", decision)
		}
		form := s.read(link)
		check := s.expect(s.post(link, form), http.StatusOK)
		if !strings.Contains(check.body, "되살릴 수 없습니다") {
			t.Errorf("%s: the page does not say that the data is gone", decision)
		}
		again := s.expect(s.post(link, check.hidden()), http.StatusUnprocessableEntity)
		if got := again.faulty(); !slices.Equal(got, []string{"confirm"}) {
			t.Errorf("%s: the summary leads to %v", decision, got)
		}
		s.Advance(3e9)
		s.expect(s.post(link, with(again.hidden(), "confirm", "yes")), http.StatusSeeOther)
		lifted := s.expect(s.get(link), http.StatusOK)
		if strings.Contains(lifted.body, blocked) || !strings.Contains(lifted.body, "제한을 푸셨습니다") || strings.Contains(lifted.body, "<form") {
			t.Errorf("%s: the result does not say that it was taken back", decision)
		}
		s.expect(s.post(link, with(again.hidden(), "confirm", "yes")), http.StatusSeeOther)
		s.asked("user-1")
	}
}

// TestUndoLeavesItsWay: "back", a press within two seconds and a form that is old lead to the result, and change nothing.
func TestUndoLeavesItsWay(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	s.refuse(link, "decline", "")
	s.expect(s.post(link, s.get(link).hidden()), http.StatusSeeOther)
	check := s.expect(s.post(link, s.read(link)), http.StatusOK)
	s.Advance(3e9)
	s.expect(s.post(link, with(check.hidden(), "confirm", "back")), http.StatusSeeOther)
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes", "proof", "x")), http.StatusSeeOther)
	s.expect(s.post(link, url.Values{"step": {"undo-check"}, "confirm": {"yes"}}), http.StatusSeeOther)
	rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID)
	if err != nil || !rec.LiftedAt.IsZero() {
		t.Errorf("lifted at %v, %v", rec.LiftedAt, err)
	}
}

// TestWithdrawByMailedCode: from the first miss on a code by mail is offered (KR-17); with it the way is open while names are
// closed.
func TestWithdrawByMailedCode(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	s.post(link, with(s.check(link, yes()).hidden(), "confirm", "yes"))
	s.Work()
	l, ok := s.Letters.Last(consent.LetterGranted)
	if !ok {
		t.Fatal("no letter")
	}
	first := s.expect(s.get(l.Withdraw), http.StatusOK)
	if strings.Contains(first.body, "mail_code") {
		t.Error("a code is offered before a miss")
	}
	form := with(s.read(l.Withdraw), "guardian_name", "박보호", "withdraw", "all")
	for i := range consent.MaxTries {
		p := s.expect(s.post(l.Withdraw, form), http.StatusUnprocessableEntity, http.StatusTooManyRequests)
		if !strings.Contains(p.body, "ask-code") {
			t.Errorf("miss %d: no code is offered", i+1)
		}
	}
	if p := s.get(l.Withdraw); !strings.Contains(p.body, "이름으로 철회하실 수 없습니다") {
		t.Error("the page does not say that names are closed")
	}
	proof := s.read(l.Withdraw).Get("proof")
	s.expect(s.post(l.Withdraw, url.Values{"step": {"ask-code"}, "proof": {proof}}), http.StatusSeeOther)
	s.Work()
	mailed, ok := s.Letters.Last(consent.LetterProve)
	if !ok {
		t.Fatal("no code was mailed")
	}
	page := s.expect(s.get(l.Withdraw), http.StatusOK)
	if strings.Contains(page.body, mailed.Code) || !strings.Contains(page.body, `name="mail_code"`) {
		t.Error("the page holds the code, or no place for it")
	}
	form = with(url.Values{"proof": {s.read(l.Withdraw).Get("proof")}}, "withdraw", "all", "mail_code", "ABCD-2345")
	wrong := s.expect(s.post(l.Withdraw, form), http.StatusUnprocessableEntity)
	if got := wrong.faulty(); !slices.Contains(got, "mail_code") {
		t.Errorf("the summary leads to %v", got)
	}
	check := s.expect(s.post(l.Withdraw, with(form, "mail_code", mailed.Code)), http.StatusOK)
	s.expect(s.post(l.Withdraw, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Withdrawn {
		t.Errorf("status %s", got)
	}
}

// TestGrandparent: who cannot agree is told who can, no try is charged, and nothing is destroyed.
func TestGrandparent(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	form := with(yes(), "relation", "other", "guardian_name", "박보호")
	for k, v := range s.read(link) {
		form[k] = v
	}
	p := s.expect(s.post(link, form), http.StatusUnprocessableEntity)
	if got := p.faulty(); !slices.Equal(got, []string{"relation"}) || !strings.Contains(p.body, "후견인만") || p.value("relation") != "other" {
		t.Errorf("the summary leads to %v", got)
	}
	rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID)
	if err != nil || rec.Status != consent.Pending || rec.Custody != consent.Held || rec.Tries != 0 {
		t.Errorf("%s, %s, %d tries, %v", rec.Status, rec.Custody, rec.Tries, err)
	}
	s.check(link, yes()) // the mother, on the same link
}
