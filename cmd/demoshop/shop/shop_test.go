package shop

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/handlers/api/client"
)

// typed is what a child typed, in any case; the year of birth as a word, for the fraction of a second may hold the same digits.
var typed = regexp.MustCompile(`(?i)canary|` + born + `|\b2016\b`)

// canaries finds what a child typed.
func canaries(text string) []string { return typed.FindAllString(text, -1) }

// everything prints all that the shop holds in memory.
func everything(s *Shop) string {
	var b strings.Builder
	for _, a := range s.accounts.all() {
		fmt.Fprintf(&b, "%+v\n%s\n", a.look(), a.look().data) // bytes print as numbers, but for %s
	}
	fmt.Fprintf(&b, "%+v", s.Calls())
	return b.String()
}

// The whole way, with the promise of the package: nothing of a child before the grant, and then what was granted.
func TestGrant(t *testing.T) {
	s := open(t)
	subject := s.signup()
	s.tell("consent.pending", subject)
	for _, path := range []string{"/waiting/", "/account/"} {
		w := s.page("GET", path+subject+"?lang=en", nil)
		if found := canaries(w.Body.String()); w.Code != 200 || found != nil {
			t.Errorf("%s: %d, holds %q", path, w.Code, found)
		}
	}
	if found := canaries(everything(s.shop)); found != nil {
		t.Errorf("the shop holds %q before the grant", found)
	}
	if n := s.api.count("/release"); n != 0 {
		t.Errorf("%d releases asked for before the grant", n)
	}

	s.api.decide(subject, "granted")
	if w := s.tell("consent.granted", subject); w.Code != http.StatusNoContent {
		t.Fatal(w.Code)
	}
	if v := s.state(subject); v.state != stateOpen || !v.acked || len(v.data) != 3 {
		t.Errorf("%+v", v)
	}
	body := s.page("GET", "/account/"+subject+"?lang=en", nil).Body.String()
	for _, want := range []string{nickname, address, born, "Welcome!"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, never := range []string{child, guardian, mailbox} {
		if strings.Contains(body+everything(s.shop), never) {
			t.Errorf("the shop holds %q", never)
		}
	}
}

// A refused optional purpose leaves its items out, and the page says that it was refused.
func TestOptionalRefused(t *testing.T) {
	s := open(t)
	subject := s.signup()
	s.api.decide(subject, "granted", "account")
	s.tell("consent.granted", subject)
	body := s.page("GET", "/account/"+subject+"?lang=en", nil).Body.String()
	if strings.Contains(body, address) || !strings.Contains(body, nickname) || !strings.Contains(body, "<dd>No</dd>") {
		t.Error(body)
	}
}

// News is never trusted: it may lie, repeat itself and come late, and only what the API says counts.
func TestNewsIsNotTrusted(t *testing.T) {
	s := open(t)
	subject := s.signup()
	for _, kind := range []string{"consent.granted", "consent.withdrawn", "test.ping", "of.tomorrow"} {
		if w := s.tell(kind, subject); w.Code != http.StatusNoContent || s.state(subject).state != stateWaiting {
			t.Errorf("%s: %d, %+v", kind, w.Code, s.state(subject))
		}
	}
	s.api.decide(subject, "granted")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { s.tell("consent.pending", subject) })
		all.Go(func() { s.page("GET", "/account/"+subject, nil) })
	}
	all.Wait()
	if v := s.state(subject); v.state != stateOpen || s.api.count("/release") != 1 || s.api.count("/ack") != 1 {
		t.Errorf("%+v, %d releases", v, s.api.count("/release"))
	}
	if w := s.tell("consent.granted", "acc_of_yesterday"); w.Code != http.StatusNoContent {
		t.Errorf("unknown account: %d", w.Code)
	}
}

// Every end without a yes leaves nothing, and every end after one erases and says so.
func TestEnds(t *testing.T) {
	for status, want := range map[string]string{"declined": stateRefused, "expired": stateRefused, "cancelled": stateRefused, "withdrawn": stateEnded, "aged_out": stateEnded} {
		t.Run(status, func(t *testing.T) {
			s := open(t)
			subject := s.signup()
			if want == stateEnded {
				s.api.decide(subject, "granted")
				s.tell("consent.granted", subject)
			}
			s.api.decide(subject, status)
			s.tell("consent."+status, subject)
			v := s.state(subject)
			if v.state != want || !v.settled() || v.data != nil || canaries(everything(s.shop)) != nil {
				t.Errorf("%+v", v)
			}
			if told := s.api.count("/erased"); (told == 1) != (want == stateEnded) {
				t.Errorf("told %d times of the erasure", told)
			}
			if to := s.page("GET", "/waiting/"+subject, nil).Header().Get("Location"); to != "/dev/shop/account/"+subject {
				t.Errorf("the waiting page leads to %q", to)
			}
			w := s.page("GET", "/account/"+subject+"?lang=en", nil)
			if w.Code != 200 || canaries(w.Body.String()) != nil {
				t.Errorf("page: %d", w.Code)
			}
		})
	}
}

// What was erased stays owed until the service has heard of it.
func TestErasureIsTold(t *testing.T) {
	s := open(t)
	subject := s.signup()
	s.api.decide(subject, "granted")
	s.tell("consent.granted", subject)
	s.api.decide(subject, "withdrawn")
	s.api.refuse = func(call string) (int, string) {
		if strings.HasSuffix(call, "/erased") {
			return 503, "unavailable"
		}
		return 0, ""
	}
	if w := s.tell("consent.withdrawn", subject); w.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d while the word was not heard", w.Code)
	}
	if v := s.state(subject); v.data != nil || v.settled() {
		t.Errorf("%+v", v)
	}
	s.api.refuse = nil
	if err := s.shop.RunOnce(t.Context()); err != nil || !s.state(subject).settled() {
		t.Error(err, s.state(subject))
	}
}

// A purpose that is taken back takes its items along.
func TestReduced(t *testing.T) {
	s := open(t)
	subject := s.signup()
	s.api.decide(subject, "granted")
	s.tell("consent.granted", subject)
	s.api.decide(subject, "granted", "account")
	s.tell("consent.withdrawn", subject)
	v := s.state(subject)
	if v.state != stateOpen || len(v.data) != 2 || v.data["address"] != nil || len(v.purposes) != 1 || v.owes || s.api.count("/erased") != 1 {
		t.Errorf("%+v", v)
	}
}

// Without webhooks, polling finds everything; a lost answer to the acknowledgement is asked for again.
func TestPolling(t *testing.T) {
	s := open(t)
	subject := s.signup()
	s.first() // a form that was never sent costs no call
	s.api.decide(subject, "granted")
	s.api.refuse = func(call string) (int, string) {
		if strings.HasSuffix(call, "/ack") {
			return 503, "unavailable"
		}
		return 0, ""
	}
	if err := s.shop.RunOnce(t.Context()); err == nil {
		t.Error("a lost acknowledgement is no error")
	}
	if v := s.state(subject); v.state != stateOpen || v.acked {
		t.Errorf("%+v", v)
	}
	s.api.refuse = nil
	if err := s.shop.RunOnce(t.Context()); err != nil {
		t.Error(err)
	}
	if v := s.state(subject); !v.acked || s.api.count("/release") != 1 {
		t.Errorf("%+v", v)
	}
}

// What nobody knows any more, or nobody fetched in time, hangs nowhere.
func TestGone(t *testing.T) {
	for code, status := range map[string]int{"not_found": 404, "destroyed": 410} {
		t.Run(code, func(t *testing.T) {
			s := open(t)
			subject := s.signup()
			s.api.decide(subject, "granted")
			s.api.refuse = func(call string) (int, string) {
				if strings.HasSuffix(call, "/release") || code == "not_found" {
					return status, code
				}
				return 0, ""
			}
			if err := s.shop.RunOnce(t.Context()); err != nil || s.state(subject).state != stateRefused {
				t.Error(err, s.state(subject))
			}
		})
	}
	s := open(t)
	subject := s.signup()
	s.api.decide(subject, "granted")
	s.tell("consent.granted", subject)
	s.api.refuse = func(string) (int, string) { return 404, "not_found" }
	if err := s.shop.RunOnce(t.Context()); err != nil || s.state(subject).state != stateEnded || s.state(subject).data != nil {
		t.Error(err, s.state(subject))
	}
}

// Whoever cannot sign is refused, and what they sent is neither worked nor kept.
func TestForgedHook(t *testing.T) {
	for name, header := range map[string]http.Header{
		"unsigned": {},
		"forged":   {"Webhook-Id": {"evt_1"}, "Webhook-Timestamp": {fmt.Sprint(now.Unix())}, "Webhook-Signature": {"v1,AAAA"}},
		"old":      {"Webhook-Id": {"evt_1"}, "Webhook-Timestamp": {"1"}, "Webhook-Signature": {"v1,AAAA"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			subject := s.signup()
			s.api.decide(subject, "granted")
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/hooks", strings.NewReader(`{"type":"CANARY","data":{"subject":"`+subject+`"}}`))
			r.Header = header
			w := httptest.NewRecorder()
			s.shop.ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized || s.state(subject).state != stateWaiting {
				t.Errorf("%d, %+v", w.Code, s.state(subject))
			}
			calls := s.shop.Calls()
			if len(calls) != 1 || calls[0].Verified || calls[0].Body != "" || strings.Contains(calls[0].Type, "CANARY") {
				t.Errorf("%+v", calls)
			}
		})
	}
	s := open(t, func(o *Options) { o.Secret = "" })
	if w := s.tell("test.ping", "x"); w.Code != http.StatusUnauthorized {
		t.Errorf("without a secret: %d", w.Code)
	}
}

func TestCalls(t *testing.T) {
	s := open(t)
	for i := range keptCalls + 5 {
		s.tell(fmt.Sprintf("of.%d", i), "x")
	}
	calls := s.shop.Calls()
	if len(calls) != keptCalls || calls[0].Type != "of.54" || !calls[0].Verified || calls[0].ID != "evt_1" || !strings.Contains(calls[0].Body, "of.54") {
		t.Errorf("%d calls, the newest %+v", len(calls), calls[0])
	}
}

// Run polls until its context ends.
func TestRun(t *testing.T) {
	s := open(t)
	subject := s.signup()
	s.api.decide(subject, "granted")
	done := make(chan struct{})
	ctx := t.Context()
	go func() { defer close(done); s.shop.Run(ctx, time.Millisecond) }()
	for late := time.Now().Add(time.Minute); !s.state(subject).acked && time.Now().Before(late); {
		time.Sleep(time.Millisecond)
	}
	if !s.state(subject).acked {
		t.Error("not polled")
	}
	t.Cleanup(func() { <-done })
}

// Memory is bounded; the oldest go.
func TestAccountsAreBounded(t *testing.T) {
	var as accounts
	first := as.open()
	for range maxAccounts {
		as.open()
	}
	if _, ok := as.find(first.subject); ok || len(as.all()) != maxAccounts {
		t.Errorf("%d accounts", len(as.all()))
	}
}

// A faulty API is told as such, and nothing is lost: the same form can be sent again.
func TestServiceAway(t *testing.T) {
	s := open(t)
	form := second(s.first())
	s.api.refuse = func(string) (int, string) { return 503, "unavailable" }
	w := s.page("POST", "/guardian", form)
	if w.Code != http.StatusServiceUnavailable || canaries(w.Body.String()) != nil {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.api.refuse = func(string) (int, string) { return 500, "internal" }
	if w := s.page("POST", "/", url.Values{"nickname": {"a"}, "birth_year": {"2016.05.04"}}); w.Code != http.StatusBadGateway {
		t.Error(w.Code)
	}
	s.api.refuse = nil
	if w := s.page("POST", "/guardian", form); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
	subject := form.Get("subject")
	s.api.refuse = func(string) (int, string) { return 503, "unavailable" }
	if w := s.page("GET", "/waiting/"+subject, nil); w.Code != http.StatusBadGateway {
		t.Errorf("waiting page without the service: %d", w.Code)
	}
	if w := s.page("GET", "/account/"+subject, nil); w.Code != 200 {
		t.Errorf("account page without the service: %d", w.Code)
	}
}

// The client stays an interface to the outside: the shop asks with the key it was given.
func TestWrongKey(t *testing.T) {
	s := open(t, func(o *Options) { o.API = &client.Client{Base: o.API.Base, HTTP: o.API.HTTP, Key: "other", Tries: 1} })
	if w := s.page("POST", "/", url.Values{"nickname": {"a"}, "birth_year": {"2016"}, "birth_month": {"5"}, "birth_day": {"4"}}); w.Code != http.StatusBadGateway {
		t.Error(w.Code)
	}
}
