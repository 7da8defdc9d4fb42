package guardian_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// exchanged signs a child up, who then exchanges the guardian's address: the link is the one of the first letter.
func (s *site) exchanged() (consent.Ticket, string) {
	s.t.Helper()
	ticket, link := s.asked("user-1")
	s.expect(s.post(ticket.ChildPage, url.Values{"act": {"correct"}, "guardian_email": {"other@example.com"}}), http.StatusSeeOther)
	s.Work()
	return ticket, link
}

// TestStopByAReplacedLink: whoever was named first can stop what goes on behind their back, by two choices on two pages.
func TestStopByAReplacedLink(t *testing.T) {
	s := open(t)
	ticket, link := s.exchanged()
	dead := s.expect(s.get(link), http.StatusGone)
	path := "/stop"
	if !strings.Contains(dead.body, path+`"`) || !strings.Contains(dead.body, "제가 보호자입니다") || strings.Contains(dead.body, "<form") {
		t.Fatal("the page of a replaced link does not lead on, or acts by itself")
	}
	stop := link + path
	for range 20 {
		s.expect(s.get(stop), http.StatusOK)
		s.expect(s.do(http.MethodHead, stop, nil), http.StatusOK)
	}
	page := s.expect(s.get(stop), http.StatusOK)
	if strings.Contains(page.body, " checked") || strings.Contains(page.body, "김하늘") || strings.Contains(page.body, "other@") {
		t.Error("a choice is made already, or the page names somebody")
	}
	h := page.hidden()
	s.expect(s.post(stop, with(h, "stop", "yes")), http.StatusUnprocessableEntity) // faster than a person reads
	s.Advance(time.Minute)
	h = s.get(stop).hidden()
	s.Advance(time.Minute)
	if p := s.expect(s.post(stop, h), http.StatusUnprocessableEntity); len(p.faulty()) != 1 || p.faulty()[0] != "stop" {
		t.Errorf("faults %v", p.faulty())
	}
	check := s.expect(s.post(stop, with(h, "stop", "yes")), http.StatusOK)
	if p := s.expect(s.post(stop, check.hidden()), http.StatusUnprocessableEntity); len(p.faulty()) != 1 || p.faulty()[0] != "confirm" {
		t.Errorf("faults %v", p.faulty())
	}
	s.expect(s.post(stop, with(check.hidden(), "confirm", "back")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Pending {
		t.Fatalf("stopped too early: %s", got)
	}
	s.expect(s.post(stop, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Declined {
		t.Errorf("status %s", got)
	}
	if p := s.expect(s.get(stop), http.StatusOK); strings.Contains(p.body, "<form") || !strings.Contains(p.body, "이 요청은 끝났습니다") {
		t.Error("the page does not say that it is over")
	}
}

// A program that presses every button, and a link that is not replaced, stop nothing.
func TestStopIsNoButton(t *testing.T) {
	s := open(t)
	ticket, link := s.exchanged()
	pressed := 0
	s.options.Decoyed = func() { pressed++ }
	s.Advance(time.Minute)
	stop := link + "/stop"
	h := s.get(stop).hidden()
	s.Advance(time.Minute)
	s.expect(s.post(stop, with(h, "stop", "yes", "agree_all", "1")), http.StatusOK)
	s.expect(s.post(stop, with(h, "step", "check", "confirm", "yes")), http.StatusUnprocessableEntity)
	s.expect(s.post(stop, url.Values{"stop": {"yes"}}), http.StatusUnprocessableEntity)
	l, _ := s.Letters.Last(consent.LetterInvite)
	s.expect(s.get(l.Link+"/stop"), http.StatusNotFound)
	s.expect(s.post(l.Link+"/stop", with(h, "stop", "yes")), http.StatusNotFound)
	s.expect(s.get(s.server.URL+"/c/x/stop"), http.StatusNotFound)
	if got := s.status(ticket.Record.ID); got != consent.Pending || pressed != 1 {
		t.Errorf("status %s, the decoy was counted %d times", got, pressed)
	}
}
