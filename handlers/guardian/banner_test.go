package guardian_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
)

// banner is what the page says of itself above everything else; "" of a page of the live space.
func (p page) banner() (text string) {
	p.walk(func(n *html.Node) {
		if n.Data == "p" && attr(n, "class") == "test" && n.FirstChild != nil {
			text = n.FirstChild.Data
		}
	})
	return text
}

// href is where the page's first link leads whose address holds this.
func (p page) href(part string) (found string) {
	p.walk(func(n *html.Node) {
		if to := attr(n, "href"); n.Data == "a" && found == "" && strings.Contains(to, part) {
			found = to
		}
	})
	return found
}

// TestBanner: every page about a request of the test space says that it is one, and none of the live space does.
func TestBanner(t *testing.T) {
	for banner, test := range map[string]bool{"시험용 화면입니다. 여기에 적는 내용은 실제로 쓰이지 않습니다.": true, "": false} {
		t.Run(fmt.Sprint("test space ", test), func(t *testing.T) {
			s := open(t)
			s.Service.Settings.Test = test
			seen := 0
			says := func(p page) page {
				t.Helper()
				if got := p.banner(); got != banner {
					t.Errorf("%q, status %d: the banner is %q", p.title(), p.StatusCode, got)
				}
				seen++
				return p
			}
			s.tour(says)
			if seen != 19 {
				t.Errorf("%d pages were seen", seen)
			}
		})
	}
}

// tour shows the pages of one request from the letter to the withdrawal, then those of a replaced link and of the portal.
func (s *site) tour(show func(page) page) {
	s.t.Helper()
	ticket, link := s.asked("user-1")
	show(s.get(ticket.ChildPage))
	show(s.get(link))
	show(s.post(link, s.read(link))) // nothing was chosen
	check := show(s.check(link, with(yes(), "purpose.delivery", "yes")))
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	show(s.expect(s.get(link), http.StatusOK))
	show(s.expect(s.get(ticket.ChildPage), http.StatusOK))
	s.Work()
	l, _ := s.Letters.Last(consent.LetterGranted)
	knocked := s.knock("parent@example.com")
	show(s.expect(s.get(knocked), http.StatusOK))
	_, home := s.enter(knocked, "김보호")
	show(home)
	show(s.expect(s.get(home.href("/r/")), http.StatusOK))
	show(s.expect(s.get(s.way(home, "/withdraw")), http.StatusOK))
	show(s.expect(s.get(l.Withdraw), http.StatusOK))
	check = show(s.expect(s.post(l.Withdraw, with(s.read(l.Withdraw), "guardian_name", "김보호", "withdraw", "all")), http.StatusOK))
	s.expect(s.post(l.Withdraw, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	show(s.expect(s.get(l.Withdraw), http.StatusOK))
	show(s.expect(s.get(link), http.StatusOK))

	ticket, link = s.asked("user-2")
	s.expect(s.post(ticket.ChildPage, url.Values{"act": {"correct"}, "guardian_email": {"other@example.com"}}), http.StatusSeeOther)
	s.Work()
	show(s.expect(s.get(link+"/stop"), http.StatusOK))
	l, _ = s.Letters.Last(consent.LetterInvite)
	s.refuse(l.Link, "not_mine", "")
	show(s.expect(s.get(l.Link), http.StatusOK))
	show(s.expect(s.post(l.Link, s.read(l.Link)), http.StatusOK)) // may be taken back
	_, link = s.asked("user-3")
	s.Advance(consent.DefaultPending)
	show(s.expect(s.get(link), http.StatusOK))
	show(s.expect(s.get(ticket.ChildPage), http.StatusOK))
}
