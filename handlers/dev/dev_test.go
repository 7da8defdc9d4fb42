package dev

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// pages are those that are read.
var pages = []string{"/dev", "/dev/", "/dev/inbox", "/dev/inbox/1", "/dev/clock", "/dev/webhooks"}

// Every page says that it is a test, may run nothing and be framed nowhere, and is there with and without the path.
func TestPages(t *testing.T) {
	p := open(t)
	p.box.put("parent@example.com")
	for _, path := range append(pages, "/consent/dev/clock") {
		for _, method := range []string{"GET", "HEAD"} {
			w := p.ask(method, path, nil)
			h := w.Header()
			if w.Code != 200 || h.Get("Content-Security-Policy") != policy || h.Get("Cache-Control") != "no-store" || h.Get("X-Bohoja-Dev") == "" ||
				h.Get("Referrer-Policy") != "same-origin" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s: %d %v", method, path, w.Code, h)
			}
			if method == "GET" && (!strings.Contains(w.Body.String(), "This is a test page") || !strings.Contains(w.Body.String(), `href="/consent/static/`)) {
				t.Errorf("%s: %s", path, w.Body)
			}
		}
	}
	if body := p.ask("GET", "/dev", nil).Body.String(); !strings.Contains(body, "bhj_test_sk_key") || !strings.Contains(body, "http://localhost:8080/consent/v1") {
		t.Error(body)
	}
}

// Who looks at the root is led to the start page.
func TestRoot(t *testing.T) {
	w := open(t).ask("GET", "/", nil)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/consent/dev/" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}

// A page from elsewhere whose name points here (DNS rebinding) asks for that name, and gets nothing.
func TestHosts(t *testing.T) {
	p := open(t, func(o *Options) { o.PublicURL = "http://dev.shop.example:8080/consent" })
	p.box.put("parent@example.com")
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LocalHost:1": true, "127.0.0.1:8080": true, "127.9.9.9": true, "[::1]:8080": true,
		"dev.shop.example": true, "DEV.shop.example:8080": true,
		"": false, "evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "10.0.0.7:8080": false,
		"evil@localhost": false, "localhost/": false, "0.0.0.0": false, "shop.example": false,
	} {
		for _, path := range append(pages, "/dev/inbox.json", "/dev/inbox/1/html", "/dev/shop/account") {
			w := p.ask("GET", path, nil, func(r *http.Request) { r.Host = host })
			if (w.Code == 200) != ok {
				t.Errorf("%q %s: %d", host, path, w.Code)
			}
			if !ok && (w.Code != 403 || strings.Contains(w.Body.String(), "ABCD-2345")) {
				t.Errorf("%q %s: %d %s", host, path, w.Code, w.Body)
			}
		}
	}
}

// Without a name in the public URL only loopback is left.
func TestNoPublicHost(t *testing.T) {
	d := New(Options{PublicURL: ":"})
	if d.ours("") || d.ours(":8080") || !d.ours("127.0.0.1") {
		t.Error("an empty name is nobody's")
	}
}

// A page from elsewhere may not act here: neither move the clock nor send the shop's forms.
func TestOrigins(t *testing.T) {
	p := open(t)
	for _, path := range []string{"/dev/clock", "/dev/scan?letter=1", "/dev/shop/hooks"} {
		w := p.ask("POST", path, url.Values{"by": {"1h"}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
		if w.Code != 403 {
			t.Errorf("%s: %d", path, w.Code)
		}
		w = p.ask("POST", path, url.Values{"by": {"1h"}}, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") })
		if w.Code != 403 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if p.clock.ahead != 0 || p.ticks != 0 {
		t.Error("the clock was moved")
	}
	w := p.ask("POST", "/dev/clock", url.Values{"by": {"1h"}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") })
	if w.Code != http.StatusSeeOther {
		t.Errorf("our own form: %d", w.Code)
	}
}

func TestInboxJSON(t *testing.T) {
	p := open(t)
	if body := p.ask("GET", "/dev/inbox.json", nil).Body.String(); body != "[]" {
		t.Errorf("empty: %s", body)
	}
	p.box.put("parent@example.com")
	p.box.put("other@example.com")
	p.box.put("parent@example.com")
	w := p.ask("GET", "/dev/inbox.json?to=PARENT@example.com", nil)
	var got []map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got) != 2 {
		t.Fatalf("%v %s", err, w.Body)
	}
	links := []any{
		"http://localhost:8080/consent/code", "https://elsewhere.example/x", "http://localhost:8080/consents",
		"http://localhost:80801/c/x", "http://localhost:8080/consent/c/tok?lang=ko",
	}
	text := got[0]["text"].(string)
	want := map[string]any{
		"id": "3", "to": "parent@example.com", "subject": "부탁", "at": "2026-03-02T09:02:00Z", "code": "ABCD-2345", "links": links, "text": text,
	}
	if !reflect.DeepEqual(got[0], want) || !strings.HasPrefix(text, "Open http://") || got[1]["id"] != "1" {
		t.Errorf("%v", got)
	}
	if len(p.ask("GET", "/dev/inbox.json", nil).Body.String()) <= w.Body.Len() {
		t.Error("without an address there are not all of them")
	}
}

func TestInboxPage(t *testing.T) {
	p := open(t)
	p.box.put("parent@example.com")
	p.box.put("other@example.com")
	body := p.ask("GET", "/dev/inbox", nil).Body.String()
	newer, older := strings.Index(body, "/consent/dev/inbox/2"), strings.Index(body, "/consent/dev/inbox/1")
	if newer < 0 || older < newer || !strings.Contains(body, "부탁") || !strings.Contains(body, "18:01:00") {
		t.Error(body)
	}
	if body := p.ask("GET", "/dev/inbox?to=other@example.com", nil).Body.String(); strings.Contains(body, "parent@") {
		t.Error("another's letter")
	}
}

// A letter's HTML is shown as it came, and can do nothing but open its links elsewhere.
func TestLetter(t *testing.T) {
	p := open(t)
	p.box.put("parent@example.com")
	body := p.ask("GET", "/dev/inbox/1", nil).Body.String()
	for _, want := range []string{
		"ABCD-2345", "http://localhost:8080/consent/c/tok?lang=ko", `src="/consent/dev/inbox/1/html"`, "sandbox=", "Auto-Submitted: auto-generated",
		"Subject: 부탁", `action="/consent/dev/scan?letter=1"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(body, "<script") {
		t.Error("a script of the letter stands in the page")
	}
	w := p.ask("GET", "/dev/inbox/1/html", nil)
	csp := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'self'", "form-action 'none'", "sandbox allow-popups allow-popups-to-escape-sandbox"} {
		if !strings.Contains(csp, want) {
			t.Errorf("no %q in %q", want, csp)
		}
	}
	for _, never := range []string{"script", "allow-same-origin", "allow-forms", "allow-top"} {
		if strings.Contains(csp, never) {
			t.Errorf("%q in %q", never, csp)
		}
	}
	if !strings.HasPrefix(w.Body.String(), `<html><head><base target="_blank"><style>`) {
		t.Error(w.Body)
	}
	for _, path := range []string{"/dev/inbox/9", "/dev/inbox/9/html", "/dev/inbox/01", "/dev/inbox/x"} {
		if w := p.ask("GET", path, nil); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestClock(t *testing.T) {
	p := open(t)
	w := p.ask("POST", "/dev/clock", url.Values{"by": {" 120h "}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/consent/dev/clock" || p.clock.ahead != 120*time.Hour || p.ticks != 1 {
		t.Errorf("%d %v, ahead %v, %d ticks", w.Code, w.Header(), p.clock.ahead, p.ticks)
	}
	if body := p.ask("GET", "/dev/clock", nil).Body.String(); !strings.Contains(body, "2026-03-07 18:00:00 KST") || !strings.Contains(body, "120h0m0s") {
		t.Error(body)
	}
	for _, by := range []string{"", "tomorrow", "-1h", "0s", "24", "9999999h"} {
		w := p.ask("POST", "/dev/clock", url.Values{"by": {by}})
		if w.Code != 422 || p.clock.ahead != 120*time.Hour || p.ticks != 1 || !strings.Contains(w.Body.String(), `aria-invalid="true"`) {
			t.Errorf("%q: %d, ahead %v", by, w.Code, p.clock.ahead)
		}
	}
}

// What the clock or the standing roles say against it is answered, not swallowed.
func TestClockFaults(t *testing.T) {
	p := open(t)
	p.fault = errors.New("a role failed")
	if w := p.ask("POST", "/dev/clock", url.Values{"by": {"1h"}}); w.Code != 500 {
		t.Error(w.Code)
	}
	p.fault, p.clock.err = nil, errors.New("no clock")
	for _, method := range []string{"GET", "POST"} {
		if w := p.ask(method, "/dev/clock", url.Values{"by": {"1h"}}); w.Code != 500 {
			t.Error(method, w.Code)
		}
	}
	if p.ticks != 1 {
		t.Error("the roles worked though the clock had not moved")
	}
}

func TestHooks(t *testing.T) {
	p := open(t, func(o *Options) {
		o.Calls = func() []templates.DevHook {
			return []templates.DevHook{{At: began, Type: "consent.granted", ID: "evt_1", Verified: true, Body: `{"a":1}`}, {Type: "refused"}}
		}
		o.Hooks = func() []consent.Attempt {
			return []consent.Attempt{{At: began.Add(time.Second), Type: "consent.pending", Event: "evt_2", Host: "h:1", Code: 503, Stage: "answer"}, {Event: "evt_3", Stage: "dns"}, {Event: "evt_4", Code: 204}}
		}
	})
	body := p.ask("GET", "/dev/webhooks", nil).Body.String()
	for _, want := range []string{"consent.granted", "18:00:00", "18:00:01", "signature fits", "signature does not fit", "evt_2", "503 Service Unavailable, failed at: answer", "no answer, failed at: dns", "204 No Content"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if w := open(t).ask("GET", "/dev/webhooks", nil); !strings.Contains(w.Body.String(), "No call yet") {
		t.Error("empty log")
	}
}

// The shop sees its own paths.
func TestShop(t *testing.T) {
	p := open(t)
	for path, want := range map[string]string{"/dev/shop/": "shop:/", "/dev/shop/account/x": "shop:/account/x", "/consent/dev/shop/hooks": "shop:/hooks"} {
		for _, method := range []string{"GET", "POST"} {
			if w := p.ask(method, path, nil); w.Code != 200 || w.Body.String() != want {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	}
	if w := p.ask("GET", "/dev/shop?lang=en", nil); w.Code != 303 || w.Header().Get("Location") != "/consent/dev/shop/?lang=en" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := open(t, func(o *Options) { o.Shop = nil }).ask("GET", "/dev/shop/", nil); w.Code != 404 {
		t.Errorf("no shop: %d", w.Code)
	}
}

// scanned counts the fetches of a scan and says what the API answers meanwhile.
type scanned struct {
	t       *testing.T
	got     map[string]int
	list    func(n int) (int, string)
	lists   int
	onFetch func()
}

func (s *scanned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/consent/v1/") {
		if r.Header.Get("Authorization") != "Bearer bhj_test_sk_key" {
			s.t.Error("asked without the key")
		}
		s.lists++
		status, body := s.list(s.lists)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
		return
	}
	if r.Header.Get("Authorization") != "" || r.Host != "localhost" {
		s.t.Errorf("a scanner has no key and asks for %q", r.Host)
	}
	s.got[r.Method+" "+r.URL.RequestURI()]++
	if s.onFetch != nil {
		s.onFetch()
	}
}

func (s *scanned) scan(p *play) (int, string) {
	w := p.ask("POST", "/dev/scan?letter=1", nil)
	return w.Code, w.Body.String()
}

func stage(t *testing.T, list func(int) (int, string)) (*scanned, *play) {
	s := &scanned{t: t, got: map[string]int{}, list: list}
	p := open(t, func(o *Options) { o.Site = s })
	p.box.put("parent@example.com")
	return s, p
}

const lastPage = `{"data":[{"id":"cr_1","status":"pending"}],"next":null}`

// The scanner fetches our links, each 25 times and both ways, nobody else's, and sees that nothing changed.
func TestScan(t *testing.T) {
	s, p := stage(t, func(n int) (int, string) {
		if n%2 == 1 {
			return 200, `{"data":[],"next":"c"}`
		}
		return 200, lastPage
	})
	code, body := s.scan(p)
	if code != 200 || !strings.Contains(body, "Fetched 2 links 25 times") || !strings.Contains(body, "Nothing has changed") {
		t.Errorf("%d %s", code, body)
	}
	want := map[string]int{
		"GET /consent/c/tok?lang=ko": 25, "HEAD /consent/c/tok?lang=ko": 25, "GET /consent/code": 25, "HEAD /consent/code": 25,
	}
	if !reflect.DeepEqual(s.got, want) || s.lists != 4 {
		t.Errorf("%v, %d lists", s.got, s.lists)
	}
}

// What did change is said: a request, on whichever page of the list, or a letter.
func TestScanSeesChanges(t *testing.T) {
	for name, list := range map[string]func(n int) (int, string){
		"request": func(n int) (int, string) { return 200, fmt.Sprintf(`{"data":[{"n":%d}],"next":null}`, n) },
		"second page": func(n int) (int, string) {
			if n%2 == 1 {
				return 200, `{"data":[],"next":"c"}`
			}
			return 200, fmt.Sprintf(`{"data":[{"n":%d}],"next":null}`, n)
		},
	} {
		s, p := stage(t, list)
		if _, body := s.scan(p); !strings.Contains(body, "Something has changed") {
			t.Errorf("%s: %s", name, body)
		}
	}
	s, p := stage(t, func(int) (int, string) { return 200, lastPage })
	s.onFetch = func() { p.box.put("x@example.com") }
	if _, body := s.scan(p); !strings.Contains(body, "Something has changed") {
		t.Error(body)
	}
}

// A comparison that could not be made is no good news.
func TestScanFaults(t *testing.T) {
	for _, answer := range []struct {
		status int
		body   string
	}{{503, lastPage}, {200, "<html>"}} {
		s, p := stage(t, func(int) (int, string) { return answer.status, answer.body })
		if code, body := s.scan(p); code != 500 || strings.Contains(body, "Nothing has changed") {
			t.Errorf("%d %s", code, body)
		}
	}
	s, p := stage(t, func(n int) (int, string) { return 200, `{"next":"more"}` })
	if code, _ := s.scan(p); code != 200 || s.lists != 2*maxPages {
		t.Errorf("a list without end: %d, %d pages", code, s.lists)
	}
	if w := p.ask("POST", "/dev/scan?letter=9", nil); w.Code != 404 {
		t.Errorf("no letter: %d", w.Code)
	}
	if w := p.ask("GET", "/dev/scan?letter=1", nil); w.Code != 405 {
		t.Errorf("GET: %d", w.Code)
	}
}

// An error of ours while scanning is counted and told.
func TestScanCountsErrors(t *testing.T) {
	p := open(t, func(o *Options) {
		o.Site = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/v1/") {
				_, _ = fmt.Fprint(w, lastPage)
				return
			}
			w.WriteHeader(http.StatusInternalServerError)
			w.WriteHeader(http.StatusOK)
		})
	})
	p.box.put("parent@example.com")
	if body := p.ask("POST", "/dev/scan?letter=1", nil).Body.String(); !strings.Contains(body, "100 fetches were answered with an error") {
		t.Error(body)
	}
}
