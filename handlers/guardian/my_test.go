package guardian_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/templates"
)

// agreed signs a child up and has the guardian agree to everything.
func (s *site) agreed(subject string) string {
	s.t.Helper()
	ticket, link := s.asked(subject)
	check := s.check(link, with(yes(), "purpose.delivery", "yes"))
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	return ticket.Record.ID
}

// knock asks for a link and returns it; "" when none was mailed.
func (s *site) knock(email string) string {
	s.t.Helper()
	before := len(s.Letters.All())
	s.expect(s.post(s.server.URL+"/my", url.Values{"email": {email}}), http.StatusOK)
	s.Work()
	for _, l := range s.Letters.All()[before:] {
		if l.Kind == consent.LetterPortal {
			return l.Link
		}
	}
	return ""
}

// enter gives the name and follows to the page behind the door.
func (s *site) enter(link, name string) (string, page) {
	s.t.Helper()
	p := s.expect(s.post(link, url.Values{"guardian_name": {name}}), http.StatusSeeOther)
	to := s.server.URL + p.Header.Get("Location")
	return to, s.expect(s.get(to), http.StatusOK)
}

// way is the first link of the page whose path ends so.
func (s *site) way(p page, end string) string {
	s.t.Helper()
	var found string
	p.walk(func(n *html.Node) {
		if href := attr(n, "href"); n.Data == "a" && found == "" && strings.HasSuffix(href, end) {
			found = s.server.URL + href
		}
	})
	if found == "" {
		s.t.Fatalf("no way to %s", end)
	}
	return found
}

func TestPortalWalk(t *testing.T) {
	s := open(t)
	id := s.agreed("user-1")
	link := s.knock("parent@example.com")
	if p := s.expect(s.get(link), http.StatusOK); strings.Contains(p.body, "김*늘") || strings.Contains(p.body, "김보호") {
		t.Error("the page of the mailed link tells something before the name was given")
	}
	home, p := s.enter(link, " 김 보호")
	for _, want := range []string{"김*늘", consenttest.Born()[:4], "별명", "한진택배", "배송 후 3개월", id, "/r/"} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"김보호", "하늘이", "parent@"} {
		if strings.Contains(p.body, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if set := p.Header.Values("Set-Cookie"); len(set) > 0 || strings.Contains(p.body, "<script") {
		t.Error("a cookie or a script")
	}
	one := s.way(p, "/withdraw/delivery")
	check := s.expect(s.get(one), http.StatusOK)
	s.expect(s.post(one, check.hidden()), http.StatusUnprocessableEntity)
	s.expect(s.post(one, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if rec, _ := s.Service.Find(t.Context(), s.App, id); !slices.Equal(rec.Granted, []string{"account"}) {
		t.Errorf("in force: %v", rec.Granted)
	}
	p = s.expect(s.get(home), http.StatusOK)
	if strings.Contains(p.body, "/withdraw/delivery") || !strings.Contains(p.body, "되돌릴 수 없습니다") {
		t.Error("a purpose that was withdrawn can be withdrawn again, or the page does not say how it comes back")
	}
	all := s.way(p, "/withdraw")
	check = s.expect(s.get(all), http.StatusOK)
	s.expect(s.post(all, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(id); got != consent.Withdrawn {
		t.Errorf("status %s", got)
	}
	s.expect(s.post(all, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther) // pressed twice
	s.expect(s.get(home), http.StatusOK)
	s.expect(s.post(home[:strings.LastIndex(home, "/")], url.Values{}), http.StatusSeeOther) // leave
	s.expect(s.get(home), http.StatusGone)
	s.expect(s.get(link), http.StatusGone)
}

// TestWithdrawingTakesNoMoreSteps: from the letter on, as many forms are sent as for a grant.
func TestWithdrawingTakesNoMoreSteps(t *testing.T) {
	s := open(t)
	_, link := s.asked("user-1")
	grants := 0
	post := func(n *int, to string, form url.Values, status int) page {
		*n++
		return s.expect(s.post(to, form), status)
	}
	h := s.read(link)
	form := yes()
	for k, v := range h {
		form[k] = v
	}
	check := post(&grants, link, form, http.StatusOK)
	post(&grants, link, with(check.hidden(), "confirm", "yes"), http.StatusSeeOther)
	ends := 0
	door := s.knock("parent@example.com")
	p := post(&ends, door, url.Values{"guardian_name": {"김보호"}}, http.StatusSeeOther)
	p = s.expect(s.get(s.server.URL+p.Header.Get("Location")), http.StatusOK)
	all := s.way(p, "/withdraw")
	post(&ends, all, with(s.expect(s.get(all), http.StatusOK).hidden(), "confirm", "yes"), http.StatusSeeOther)
	if ends > grants {
		t.Errorf("%d forms to withdraw, %d to grant", ends, grants)
	}
}

// watch notes the names and keys' number of all commands.
type watch struct {
	mu   sync.Mutex
	seen []string
}

func (*watch) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (w *watch) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		w.note(cmd)
		return next(ctx, cmd)
	}
}

func (w *watch) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			w.note(cmd)
		}
		return next(ctx, cmds)
	}
}

func (w *watch) note(cmd redis.Cmder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(cmd.Args()) > 1 && cmd.Args()[1] == "bt:clock" { // the test space's clock is read once a second, whoever asks
		return
	}
	line := fmt.Sprint(cmd.Name(), len(cmd.Args()))
	if len(cmd.Args()) > 2 {
		line += fmt.Sprint(cmd.Args()[1:min(4, len(cmd.Args()))])
	}
	w.seen = append(w.seen, line)
}

// TestKnockTellsNothing: the answers for an address that is known and one that is not are equal in bytes, headers and the
// commands that the store was sent (threat 8); only one of them gets a letter.
func TestKnockTellsNothing(t *testing.T) {
	s := open(t)
	s.agreed("user-1")
	w := &watch{}
	s.Clients.Write.AddHook(w)
	if s.Clients.Read != s.Clients.Write {
		s.Clients.Read.AddHook(w)
	}
	ask := func(email string) (page, []string) {
		w.seen = nil
		p := s.expect(s.post(s.server.URL+"/my", url.Values{"email": {email}}), http.StatusOK)
		p.Header.Del("Date")
		p.Header.Del("X-Request-Id")
		return p, slices.Clone(w.seen)
	}
	ask("somebody@example.com") // the first call makes the server learn the script, and reads the clock's offset
	known, sent := ask("parent@example.com")
	unknown, sentToo := ask("nobody@example.com")
	if known.body != unknown.body || fmt.Sprint(known.Header) != fmt.Sprint(unknown.Header) {
		t.Errorf("the answers differ:\n%v\n%v", known.Header, unknown.Header)
	}
	if len(sent) == 0 || !slices.Equal(sent, sentToo) {
		t.Errorf("the store was sent\n%v\n%v", sent, sentToo)
	}
	s.Work()
	n := 0
	for _, l := range s.Letters.All() {
		if l.Kind == consent.LetterPortal {
			n++
			if l.To.Reveal() != "parent@example.com" {
				t.Error("a letter to a stranger")
			}
		}
	}
	if n != 1 {
		t.Errorf("%d letters", n)
	}
	p := s.expect(s.post(s.server.URL+"/my", url.Values{"email": {"no address"}}), http.StatusUnprocessableEntity)
	if got := p.faulty(); !slices.Equal(got, []string{"email"}) {
		t.Errorf("the summary leads to %v", got)
	}
}

// TestKnockTwice: pressing twice mails once; ten minutes later there is another link, and after ten a day none.
func TestKnockTwice(t *testing.T) {
	s := open(t)
	s.agreed("user-1")
	if s.knock("parent@example.com") == "" {
		t.Fatal("no link")
	}
	n := 1
	for range 2 * s.Service.Settings.GuardianDay {
		s.Advance(11 * time.Minute)
		if s.knock("PARENT@example.com") != "" {
			n++
		}
	}
	if n != s.Service.Settings.GuardianDay {
		t.Errorf("%d links in a day", n)
	}
}

// TestPortalName: the fact is charged before it is compared, over all links of the address, and never says how wrong it was.
func TestPortalName(t *testing.T) {
	s := open(t)
	s.agreed("user-1")
	link := s.knock("parent@example.com")
	try := func(link, name string, status int) page {
		t.Helper()
		return s.expect(s.post(link, url.Values{"guardian_name": {name}}), status)
	}
	if got := try(link, " ", http.StatusUnprocessableEntity).faulty(); !slices.Equal(got, []string{"guardian_name"}) {
		t.Errorf("the summary leads to %v", got)
	}
	for range consent.MaxTries {
		p := try(link, "박보호", http.StatusUnprocessableEntity)
		if p.value("guardian_name") != "박보호" || strings.Contains(p.body, "김*늘") {
			t.Error("what was typed is lost, or something is told")
		}
	}
	s.Advance(11 * time.Minute)
	try(s.knock("parent@example.com"), "김보호", http.StatusUnprocessableEntity) // another link has no tries of its own
	s.Advance(consent.LockFor)
	if _, p := s.enter(s.knock("parent@example.com"), "김보호"); !strings.Contains(p.body, "김*늘") {
		t.Error("an hour later the right name does not open")
	}
}

// TestMailedLinkOpensNothing: the name, once given, opens another link than the one that lies in the mailbox.
func TestMailedLinkOpensNothing(t *testing.T) {
	s := open(t)
	id := s.agreed("user-1")
	link := s.knock("parent@example.com")
	s.enter(link, "김보호")
	for _, path := range []string{"/children", "/children/" + id, "/children/" + id + "/withdraw", "/children/" + id + "/ask/access"} {
		s.expect(s.get(link+path), http.StatusNotFound)
		s.expect(s.post(link+path, url.Values{"confirm": {"yes"}}), http.StatusNotFound)
	}
	if p := s.expect(s.get(link), http.StatusOK); strings.Contains(p.body, "김*늘") {
		t.Error("the mailed link shows the child")
	}
	if got := s.status(id); got != consent.Granted {
		t.Errorf("status %s", got)
	}
}

// TestSiblingsAsked: two requests for siblings whose masked names are one and the same are told apart before anything is
// typed, in the letter and on its page: by the year of birth or, without one and on the page alone, the masked nickname.
func TestSiblingsAsked(t *testing.T) {
	s := open(t)
	under := true
	year := time.Now().Year()
	elder, younger := fmt.Sprint(year-12), fmt.Sprint(year-9)
	for i, one := range []struct{ name, born, page, letter string }{
		{"김하늘", elder + "-03-02", elder + "년생", "김*늘 (" + elder + "년생)"}, {"김바늘", younger + "-05-06", younger + "년생", "김*늘 (" + younger + "년생)"}, {"김마늘", "", "별명 마*이", "김*늘"},
	} {
		_, err := s.Service.Signup(t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, consent.Signup{
			Subject: fmt.Sprint("user-", i), Notice: "n1", UnderAge: &under,
			Child:    consent.Child{BirthDate: consent.Secret(one.born), Name: consent.Secret(one.name), Locale: "ko"},
			Guardian: consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("parent@example.com"), Locale: "ko"},
			Data:     map[string]json.RawMessage{"nickname": json.RawMessage(`"마늘이"`)},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Work()
		l, _ := s.Letters.Last(consent.LetterInvite)
		page := s.expect(s.get(l.Link), http.StatusOK)
		for _, text := range []string{"김*늘", one.page} {
			if !strings.Contains(page.body, text) {
				t.Errorf("%s: the page does not say %q", one.name, text)
			}
		}
		if strings.Contains(page.body, one.name) || strings.Contains(page.body, "마늘이") || one.born != "" && strings.Contains(page.body, one.born) {
			t.Errorf("%s: the page says more than it may", one.name)
		}
		letter, err := templates.RenderLetter(l)
		if err != nil || !strings.Contains(letter.Text, one.letter) || strings.Contains(letter.Text, one.name) {
			t.Errorf("%s: the letter does not say %q alone (%v)", one.name, one.letter, err)
		}
	}
}

// TestSiblings: all children of the address over all apps, told apart; what belongs to another address reads as unknown.
func TestSiblings(t *testing.T) {
	s := open(t)
	first := s.agreed("user-1")
	second := s.agreed("user-2")
	under := true
	game := s.Service.Book().Apps["game"]
	ticket, err := s.Service.Signup(t.Context(), game, consent.Actor{Kind: consent.ActorApp}, consent.Signup{
		Subject: "g1", Notice: "n", UnderAge: &under,
		Child:    consent.Child{Age: 9, Name: consent.Secret("김바다"), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret("이보호"), Email: consent.Secret("other@example.com"), Locale: "ko"},
	})
	if err != nil {
		t.Fatal(err)
	}
	link := s.knock("parent@example.com")
	home, p := s.enter(link, "김보호")
	for _, want := range []string{first, second, "김*늘", consenttest.Born()[:4]} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	s.expect(s.get(home+"/"+second), http.StatusOK)
	for _, path := range []string{"/" + ticket.Record.ID, "/cr_0000000000000000000000000z", "/x", "/" + ticket.Record.ID + "/withdraw", "/" + ticket.Record.ID + "/ask/access"} {
		s.expect(s.get(home+path), http.StatusNotFound)
	}
	s.expect(s.get(home+"/"+first+"/ask/anything"), http.StatusNotFound)
}

// TestPortalAsk: a wish is a rights request, pressed twice it is one; a correction holds the data, and the answer is shown.
func TestPortalAsk(t *testing.T) {
	s := open(t)
	id := s.agreed("user-1")
	home, p := s.enter(s.knock("parent@example.com"), "김보호")
	ask := s.way(p, "/ask/correction")
	form := s.expect(s.get(ask), http.StatusOK).hidden()
	for text, code := range map[string]int{"": 422, strings.Repeat("가", 1001): 422, "주민번호 900101-1234567": 422} {
		s.expect(s.post(ask, with(form, "text", text)), code)
	}
	s.expect(s.post(ask, with(url.Values{}, "text", "별명")), http.StatusUnprocessableEntity) // without the page's proof
	for range 2 {
		s.expect(s.post(ask, with(form, "text", "별명이 <b>틀렸습니다</b>")), http.StatusSeeOther)
	}
	all, err := s.Store.Rights(t.Context(), s.App.ID, id)
	if err != nil || len(all) != 1 || !all[0].Held || all[0].Channel != consent.ChannelPortal {
		t.Fatalf("%d requests, %v", len(all), err)
	}
	s.Work()
	if l, ok := s.Letters.Last(consent.LetterRightsReceived); !ok || l.Right.ID != all[0].ID {
		t.Error("its arrival was not mailed")
	}
	p = s.expect(s.get(home+"?done=asked"), http.StatusOK)
	if !strings.Contains(p.body, "별명이 &lt;b&gt;틀렸습니다") {
		t.Error("the page does not show what was asked")
	}
	_, err = s.Service.AnswerRight(t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, all[0].ID, consent.RightAnswer{
		Outcome: consent.RightDone, Corrected: map[string]json.RawMessage{"nickname": json.RawMessage(`"<하늘별>"`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if p = s.expect(s.get(home), http.StatusOK); !strings.Contains(p.body, "&lt;하늘별&gt;") {
		t.Error("the page does not show the answer")
	}
	s.Advance(consent.RightKept)
	_, p = s.enter(s.knock("parent@example.com"), "김보호")
	if strings.Contains(p.body, "하늘별") || strings.Contains(p.body, "틀렸습니다") {
		t.Error("after seven days the data is still shown")
	}
}

// TestVisitOver: after two hours nothing opens, what was typed is kept, a new link is mailed, and with it the writing goes on.
func TestVisitOver(t *testing.T) {
	s := open(t)
	id := s.agreed("user-1")
	old := s.knock("parent@example.com")
	home, p := s.enter(old, "김보호")
	ask := s.way(p, "/ask/access")
	form := s.expect(s.get(ask), http.StatusOK).hidden()
	s.Advance(consent.VisitLife)
	s.expect(s.get(home), http.StatusGone)
	s.expect(s.get(old), http.StatusGone)
	before := len(s.Letters.All())
	for range 2 {
		s.expect(s.post(ask, with(form, "text", "주문 내역도 보고 싶습니다")), http.StatusOK)
	}
	s.Work()
	if n := len(s.Letters.All()) - before; n != 1 {
		t.Fatalf("%d letters", n)
	}
	l, _ := s.Letters.Last(consent.LetterPortal)
	s.expect(s.get(old), http.StatusGone) // replaced
	s.expect(s.get(home), http.StatusGone)
	_, p = s.enter(l.Link, "김보호")
	again := s.expect(s.get(s.way(p, "/ask/access")), http.StatusOK)
	if !strings.Contains(again.body, "주문 내역도 보고 싶습니다") {
		t.Error("what was typed is lost")
	}
	s.expect(s.post(s.way(p, "/ask/access"), with(again.hidden(), "text", "주문 내역도 보고 싶습니다")), http.StatusSeeOther)
	if all, err := s.Store.Rights(t.Context(), s.App.ID, id); err != nil || len(all) != 1 {
		t.Errorf("%d requests, %v", len(all), err)
	}
	s.Advance(consent.VisitLife)
	s.expect(s.post(l.Link, url.Values{}), http.StatusOK) // the button of the page that is over
	s.Work()
	if newer, _ := s.Letters.Last(consent.LetterPortal); newer.Link == l.Link {
		t.Error("no new link was mailed")
	}
}

// TestEachActExtends: two hours count from the last act.
func TestEachActExtends(t *testing.T) {
	s := open(t)
	s.agreed("user-1")
	home, p := s.enter(s.knock("parent@example.com"), "김보호")
	for range 3 {
		s.Advance(consent.VisitLife - time.Minute)
		ask := s.way(p, "/ask/access")
		s.expect(s.post(ask, s.expect(s.get(ask), http.StatusOK).hidden()), http.StatusSeeOther)
	}
	s.Advance(consent.VisitLife - time.Minute)
	s.expect(s.get(home), http.StatusOK)
	s.Advance(time.Minute)
	s.expect(s.get(home), http.StatusGone)
}

// TestGuardiansSeeNothingOfEachOther: the portal of either guardian shows the consent, and neither the other's name nor address.
func TestGuardiansSeeNothingOfEachOther(t *testing.T) {
	s := open(t)
	id := s.agreed("user-1")
	other := consent.Guardian{Name: consent.Secret("황보노을"), Email: consent.Secret("second@example.net"), Locale: "ko"}
	if _, err := s.Service.Join(t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, id, other); err != nil {
		t.Fatal(err)
	}
	s.Work()
	for _, g := range []struct {
		email, name string
		hidden      []string
	}{
		{"parent@example.com", "김보호", []string{"노을", "황보", "황**", "second", "se****", "example.net"}},
		{"second@example.net", "황보노을", []string{"보호<", "김보호", "김*호", "parent", "example.com"}},
	} {
		_, p := s.enter(s.knock(g.email), g.name)
		if !strings.Contains(p.body, "김*늘") {
			t.Errorf("%s does not see the child", g.name)
		}
		for _, secret := range g.hidden {
			if strings.Contains(p.body, secret) {
				t.Errorf("%s reads %q", g.name, secret)
			}
		}
	}
}
