package guardian_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func TestHeaders(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	const csp = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	for _, p := range []page{
		s.get(link), s.get(ticket.ChildPage), s.get(s.server.URL + "/code"), s.get(s.server.URL + "/c/x"), s.get(s.server.URL + "/w/x"),
		s.post(link, url.Values{}), s.get(s.server.URL + "/k/x"), s.post(ticket.ChildPage, url.Values{}),
		s.get(s.server.URL + "/my"), s.get(s.server.URL + "/r/x"),
	} {
		if kind := p.Header.Get("Content-Type"); p.StatusCode != http.StatusSeeOther && kind != "text/html; charset=utf-8" {
			t.Errorf("%s %d: Content-Type %q", p.Request.URL.Path[:3], p.StatusCode, kind)
		}
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": csp, "X-Robots-Tag": "noindex, nofollow",
		} {
			if got := p.Header.Get(name); got != want {
				t.Errorf("%s %d: %s = %q", p.Request.URL.Path[:3], p.StatusCode, name, got)
			}
		}
		if p.Header.Get("Set-Cookie") != "" || strings.Contains(p.body, "<script") {
			t.Error("a cookie or a script")
		}
	}
}

// TestDeadLinks: each has its own status and its own words.
func TestDeadLinks(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	titles := map[string]bool{}
	dead := func(p page, status int) {
		t.Helper()
		s.expect(p, status)
		if titles[p.title()] {
			t.Errorf("the title %q is another page's too", p.title())
		}
		titles[p.title()] = true
	}
	dead(s.get(link[:len(link)-4]+"AAAA"), http.StatusNotFound)
	g := consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("other@example.com")}
	if _, err := s.Service.Correct(t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, ticket.Record.ID, g); err != nil {
		t.Fatal(err)
	}
	dead(s.get(link), http.StatusGone)
	s.Work()
	l, _ := s.Letters.Last(consent.LetterInvite)
	s.Advance(consent.DefaultPending)
	dead(s.get(l.Link), http.StatusOK) // expired: its page says so for 30 days
	s.Advance(31 * 24 * time.Hour)
	dead(s.get(l.Link), http.StatusGone)
}

func TestForgedTokensAreOne(t *testing.T) {
	s := open(t)
	want := s.expect(s.get(s.server.URL+"/c/x"), http.StatusNotFound).body
	for _, token := range []string{"y", strings.Repeat("a", 300), "eyJhbGciOiJub25lIn0.e30.", "%2e%2e", "a.b.c"} {
		if p := s.get(s.server.URL + "/c/" + token); p.StatusCode != http.StatusNotFound || p.body != want {
			t.Errorf("%.20q: %d, another page", token, p.StatusCode)
		}
	}
}

func TestWithdrawByLink(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	check := s.check(link, with(yes(), "purpose.delivery", "yes"))
	s.expect(s.post(link, with(check.hidden(), "confirm", "yes")), http.StatusSeeOther)
	s.Work()
	l, ok := s.Letters.Last(consent.LetterGranted)
	if !ok {
		t.Fatal("no letter about the grant")
	}
	h := s.read(l.Withdraw)
	s.expect(s.post(l.Withdraw, h), http.StatusUnprocessableEntity)
	p := s.expect(s.post(l.Withdraw, with(h, "guardian_name", "박보호", "withdraw", "all")), http.StatusUnprocessableEntity)
	if !strings.Contains(p.body, "동의하실 때 적으신 이름과 맞지 않습니다") {
		t.Error("a wrong name is not measured by the one of the grant")
	}
	p = s.expect(s.post(l.Withdraw, with(h, "guardian_name", "김보호", "withdraw", "some", "purpose.delivery", "yes")), http.StatusOK)
	p = s.expect(s.post(l.Withdraw, with(p.hidden(), "confirm", "yes")), http.StatusOK)
	ended, stays, _ := strings.Cut(p.body, "그대로 두는 항목")
	if !strings.Contains(ended, "상품 배송") || !strings.Contains(stays, "회원 가입") || strings.Contains(stays, "상품 배송") {
		t.Error("the result does not tell what ended from what stays")
	}
	rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID)
	if err != nil || rec.Status != consent.Granted || len(rec.Granted) != 1 || rec.Granted[0] != "account" {
		t.Fatalf("after the partial withdrawal: %s %v, %v", rec.Status, rec.Granted, err)
	}
	h = s.read(l.Withdraw)
	p = s.expect(s.post(l.Withdraw, with(h, "guardian_name", "김보호", "withdraw", "all")), http.StatusOK)
	s.expect(s.post(l.Withdraw, with(p.hidden(), "confirm", "yes")), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Withdrawn {
		t.Errorf("status %s", got)
	}
	s.expect(s.get(l.Withdraw), http.StatusOK)
}

func TestChildPage(t *testing.T) {
	s := open(t)
	ticket, _ := s.asked("user-1")
	p := s.expect(s.get(ticket.ChildPage), http.StatusOK)
	if !strings.Contains(p.body, ticket.PairingCode) || !strings.Contains(p.body, "pa***@example.com") || strings.Contains(p.body, "김보호") {
		t.Error("the page lacks the code or the masked address, or holds the guardian's name")
	}
	s.expect(s.post(ticket.ChildPage, url.Values{"act": {"resend"}}), http.StatusSeeOther)
	s.Work()
	if n := len(s.Letters.All()); n != 2 {
		t.Errorf("%d letters after a resend", n)
	}
	s.expect(s.post(ticket.ChildPage, url.Values{"act": {"cancel"}}), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Pending {
		t.Errorf("cancelled without being sure: %s", got)
	}
	s.expect(s.post(ticket.ChildPage, url.Values{"act": {"cancel"}, "sure": {"yes"}}), http.StatusSeeOther)
	if got := s.status(ticket.Record.ID); got != consent.Cancelled {
		t.Errorf("status %s", got)
	}
	if p := s.expect(s.get(ticket.ChildPage), http.StatusOK); strings.Contains(p.body, ticket.PairingCode) {
		t.Error("the code outlives the request")
	}
}

func TestCode(t *testing.T) {
	s := open(t)
	_, link := s.asked("user-1")
	l, _ := s.Letters.Last(consent.LetterInvite)
	for _, typed := range []string{l.Code, strings.ToLower(l.Code), " " + strings.ReplaceAll(l.Code, "-", " ")} {
		p := s.expect(s.post(s.server.URL+"/code", url.Values{"code": {typed}}), http.StatusSeeOther)
		if p.Header.Get("Location") != link {
			t.Errorf("%q leads elsewhere", typed)
		}
	}
	wrong := s.expect(s.post(s.server.URL+"/code", url.Values{"code": {"AAAA-BBBB"}}), http.StatusUnprocessableEntity)
	short := s.expect(s.post(s.server.URL+"/code", url.Values{"code": {"A"}}), http.StatusUnprocessableEntity)
	if wrong.title() != short.title() || !strings.Contains(wrong.body, "찾을 수 없습니다") || !strings.Contains(short.body, "글자와 숫자 여덟 자리입니다") {
		t.Error("what cannot be a code is not explained, or a code that is none is")
	}
}

func TestLanguages(t *testing.T) {
	s := open(t)
	_, link := s.asked("user-1")
	if p := s.get(link); !strings.Contains(p.body, `<html lang="ko"`) {
		t.Error("the page is not in the guardian's language")
	}
	p := s.expect(s.get(link+"?lang=en"), http.StatusOK)
	if !strings.Contains(p.body, `<html lang="en"`) || !strings.Contains(p.body, "?lang=en") {
		t.Error("the page does not stay in the chosen language")
	}
	if p := s.expect(s.get(link+"?lang=%22%3E%3Cscript"), http.StatusOK); strings.Contains(p.body, "<script") {
		t.Error("the language is printed as it came")
	}
}

// TestStoreAway: nobody is told that a link is dead while the store cannot be asked.
func TestStoreAway(t *testing.T) {
	s := open(t)
	_, link := s.asked("user-1")
	s.Service.Store = away{s.Service.Store}
	s.expect(s.get(link), http.StatusServiceUnavailable)
}

type away struct{ consent.Store }

func (away) Get(context.Context, string, string) (consent.Record, error) {
	return consent.Record{}, consent.ErrUnavailable
}

// TestChildCorrects: what is wrong can be set anew on the child's page, and nothing else: after the first minutes the page
// sends letters to nobody whom the app has not named, unless something is wrong.
func TestChildCorrects(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	correct := func(name, email string) url.Values {
		return url.Values{"act": {"correct"}, "guardian_name": {name}, "guardian_email": {email}}
	}
	s.Advance(consent.AddressFreeFor)
	s.expect(s.post(ticket.ChildPage, correct("이름", "elsewhere@example.com")), http.StatusSeeOther)
	if p := s.get(ticket.ChildPage); !strings.Contains(p.body, "pa***@") || strings.Contains(p.body, `value="correct"`) {
		t.Error("a request without a fault was corrected, or could be")
	}
	s.miss(link, 2)
	s.expect(s.post(link, with(s.read(link), "misnamed", "yes")), http.StatusOK)
	if p := s.get(ticket.ChildPage); !strings.Contains(p.body, `name="guardian_name"`) || !strings.Contains(p.body, `name="guardian_email"`) {
		t.Error("the name or the address cannot be set anew")
	}
	p := s.expect(s.post(ticket.ChildPage, correct("엄마", "")), http.StatusUnprocessableEntity)
	if !strings.Contains(p.body, "진짜 이름을 적어 주세요") || p.value("guardian_name") != "엄마" {
		t.Error("the page does not say that a real name is needed, or has lost what was typed")
	}
	s.expect(s.post(ticket.ChildPage, correct("", "")), http.StatusUnprocessableEntity)
	letters := len(s.Letters.All())
	s.expect(s.post(ticket.ChildPage, correct("이보람", "")), http.StatusSeeOther)
	s.Work()
	if p := s.get(ticket.ChildPage + "?saved=1"); !strings.Contains(p.body, "잘 고쳤어요") || !strings.Contains(p.body, "pa***@") {
		t.Error("the correction is not told, or the address was changed with the name")
	}
	if n := len(s.Letters.All()); n != letters {
		t.Errorf("%d letters, want %d", n, letters)
	}
	s.check(link, with(yes(), "guardian_name", "이보람")) // the old link takes the new name
}

// TestChildCorrectsASlip: in the first ten minutes the address alone can be set anew, twice.
func TestChildCorrectsASlip(t *testing.T) {
	s := open(t)
	ticket, _ := s.asked("user-1")
	for _, to := range []string{"first@example.com", "second@example.com"} {
		p := s.get(ticket.ChildPage)
		if !strings.Contains(p.body, `name="guardian_email"`) || strings.Contains(p.body, `name="guardian_name"`) {
			t.Fatal("the address cannot be set anew, or the name can")
		}
		p = s.expect(s.post(ticket.ChildPage, url.Values{"act": {"correct"}, "guardian_email": {"nobody"}}), http.StatusUnprocessableEntity)
		if got := p.faulty(); len(got) != 1 || got[0] != "guardian_email" || p.value("guardian_email") != "nobody" {
			t.Errorf("faults %v, kept %q", got, p.value("guardian_email"))
		}
		s.expect(s.post(ticket.ChildPage, url.Values{"act": {"correct"}, "guardian_name": {"다른사람"}, "guardian_email": {to}}), http.StatusSeeOther)
		s.Work()
		if l, _ := s.Letters.Last(consent.LetterInvite); l.To.Reveal() != to {
			t.Errorf("no letter to %s", to)
		}
	}
	if p := s.get(ticket.ChildPage); strings.Contains(p.body, `name="guardian_email"`) {
		t.Error("a third address can be entered")
	}
	l, _ := s.Letters.Last(consent.LetterInvite)
	s.check(l.Link, yes()) // and the name is as the app gave it
}

// A child whose guardian answers on paper is told so. No letter went out, so no address, no code and no "send again" stand there.
func TestChildWaitsForAPaper(t *testing.T) {
	s := open(t)
	under := true
	ticket, err := s.Service.Signup(t.Context(), s.Service.Book().Apps["game"], consent.Actor{Kind: consent.ActorApp}, consent.Signup{
		Subject: "g1", Notice: "n", UnderAge: &under, Method: consent.MethodPaper,
		Child:    consent.Child{Age: 9, Name: consent.Secret("김바다"), Locale: "en"},
		Guardian: consent.Guardian{Name: consent.Secret("이보호"), Email: consent.Secret("parent@example.com"), Locale: "en"},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := s.expect(s.get(ticket.ChildPage), http.StatusOK)
	if !strings.Contains(p.body, "signed the form") {
		t.Errorf("what is awaited is not said:\n%s", p.body)
	}
	for _, no := range []string{"example.com", ticket.PairingCode, `value="resend"`, "cannot send"} {
		if strings.Contains(p.body, no) {
			t.Errorf("%q stands on the page", no)
		}
	}
}
