package embed_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

func (s *site) words() map[string]any {
	s.t.Helper()
	return s.do(http.MethodGet, "/embed/shop/words?lang=ko", "", "", "Origin", shopOrigin).want(http.StatusOK).json()
}

// TestOneListOfOrigins: what may call, what may hold the frame, and to which the frame speaks is one list.
func TestOneListOfOrigins(t *testing.T) {
	s := open(t)
	const other = "https://other.example"
	frame := func(origin string) page {
		return s.get("/start/shop?mode=frame&nonce=n&origin=" + url.QueryEscape(origin))
	}
	preflight := func(origin string) page {
		return s.do(http.MethodOptions, "/embed/shop/age", "", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	}
	check := func(listed, stranger string) {
		t.Helper()
		p := preflight(listed).want(http.StatusNoContent)
		if p.Header.Get("Access-Control-Allow-Origin") != listed || !strings.Contains(p.Header.Get("Vary"), "Origin") || p.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("preflight of %s: %v", listed, p.Header)
		}
		if p.Header.Get("Access-Control-Allow-Headers") != "Content-Type" {
			t.Error("a page may send a key")
		}
		p = frame(listed).want(http.StatusOK).says(`data-origin="` + listed + `"`)
		if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors "+listed) || strings.Contains(csp, stranger) || !strings.HasSuffix(csp, "script-src 'self'") {
			t.Errorf("policy %s", csp)
		}
		for _, p := range []page{preflight(stranger), s.call("age", map[string]string{"birth_date": "2015-03-02"}, "Origin", stranger), frame(stranger)} {
			p.want(http.StatusForbidden)
			if p.Header.Get("Access-Control-Allow-Origin") != "" || strings.Contains(p.body, `data-origin="`) {
				t.Error("a stranger may read the answer, or stands on the page")
			}
		}
		s.do(http.MethodGet, "/embed/shop/words", "", "", "Origin", stranger).want(http.StatusForbidden)
	}
	check(shopOrigin, other)
	s.App.Origins = []string{other}
	check(other, shopOrigin)
	s.App.Origins = nil
	for _, p := range []page{preflight(other), frame(other), preflight("null"), frame("null"), frame("")} {
		p.want(http.StatusForbidden)
	}
}

// TestNeverFramed: of all pages the sign-up alone may be framed, and only when it is asked for as a frame.
func TestNeverFramed(t *testing.T) {
	s := open(t)
	for _, path := range []string{
		"/start/shop", "/start/shop?mode=frame", "/start/shop?token=x", "/start/nobody", "/policy/shop", "/why/shop", "/c/x", "/c/x/stop", "/w/x", "/k/x", "/code", "/my", "/my/x", "/my/x/children/y", "/r/x",
	} {
		p := s.get(path)
		if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "script-src") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s %d: %s", path, p.StatusCode, csp)
		}
		if p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Referrer-Policy") != "no-referrer" || p.Header.Get("X-Content-Type-Options") != "nosniff" || p.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, p.Header)
		}
	}
	p := s.get("/start/shop")
	if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://shop.example;") {
		t.Errorf("the form may not lead on: %s", csp)
	}
}

func TestElementWhole(t *testing.T) {
	s := open(t)
	w := s.words()
	notice := w["notice"].(map[string]any)
	if w["lang"] != "ko" || len(notice["parts"].([]any)) != 7 || w["words"].(map[string]any)["child.start.age.heading"] != "생일이 언제예요?" {
		t.Errorf("%v", w)
	}
	y, m, d := s.born(9)
	age := s.call("age", map[string]string{"birth_date": y + "-" + m + "-" + d}).want(http.StatusOK).json()
	if age["under_age"] != true {
		t.Fatalf("%v", age)
	}
	body := map[string]string{
		"ticket": age["ticket"].(string), "notice": notice["version"].(string), "lang": "ko",
		"child_name": "김하늘", "guardian_name": "김보호", "guardian_email": "parent@navre.com",
	}
	got := s.call("answers", body).want(http.StatusOK).json()
	if got["suggestion"] != "naver.com" || strings.Contains(got["token"].(string), "parent") {
		t.Errorf("%v", got)
	}
	ticket, err := s.Service.Signup(t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, consent.Signup{Subject: "user-1", Embed: got["token"].(string)})
	if err != nil || ticket.Record.Notice != notice["version"] {
		t.Errorf("notice %q, %v", ticket.Record.Notice, err)
	}
	if strings.Contains(s.log.String(), "김보호") || strings.Contains(s.log.String(), "parent@") {
		t.Error("a guardian stands in the log")
	}
}

func TestCallsRefuse(t *testing.T) {
	s := open(t)
	version := s.words()["notice"].(map[string]any)["version"].(string)
	good := func(pairs ...string) map[string]string {
		out := map[string]string{"ticket": "age_x", "notice": version, "lang": "ko", "child_name": "김하늘", "guardian_name": "김보호", "guardian_email": "parent@example.com"}
		for i := 0; i+1 < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	expect := func(p page, status int, code string) {
		t.Helper()
		if got := p.want(status).code(); got != code {
			t.Errorf("%s, want %s", got, code)
		}
	}
	expect(s.call("answers", good()), 422, "age_missing")
	expect(s.call("answers", good("notice", "n_old")), 422, "notice_missing")
	expect(s.call("answers", good("client", "ct_x")), 403, "client_token_invalid")
	expect(s.call("answers", good("birth_year", "1985")), 400, "malformed") // nothing more of the guardian (KR-02)
	expect(s.call("age", map[string]string{"birth_date": "yesterday"}), 422, "invalid")
	expect(s.call("age", map[string]string{"birth_date": "2015-03-02"}, "X-Nobody", "x"), 403, "client_token_invalid") // no origin, no token
	s.call("age", map[string]string{"birth_date": "2015-03-02", "client": s.clientToken("user-1")}, "X-Phone", "x").want(http.StatusOK)
	expect(s.call("age", map[string]string{"birth_date": "2015-03-02"}, "Origin", shopOrigin, "Origin", shopOrigin), 403, "origin_not_listed")
	s.do(http.MethodPost, "/embed/shop/age", "text/plain", `{"birth_date":"2015-03-02"}`, "Origin", shopOrigin).want(http.StatusUnsupportedMediaType)
	s.do(http.MethodPost, "/embed/shop/age", "application/json", `{"birth_date":"2015-03-02","birth_date":"1985-03-02"}`, "Origin", shopOrigin).want(http.StatusBadRequest)
	s.do(http.MethodPost, "/embed/nobody/age", "application/json", `{}`, "Origin", shopOrigin).want(http.StatusNotFound)
}

// TestScript: 8 kB at most, kept for minutes, asked for anew by its tag, and without what a strict policy forbids.
func TestScript(t *testing.T) {
	s := open(t)
	p := s.do(http.MethodGet, "/embed/v1.js", "", "").want(http.StatusOK)
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write([]byte(p.body))
	_ = z.Close()
	t.Logf("v1.js: %d bytes, %d gzipped", len(p.body), b.Len())
	if b.Len() > 8<<10 {
		t.Errorf("%d bytes gzipped", b.Len())
	}
	for _, word := range []string{"innerHTML", "eval(", "Function(", "document.write", "import(", "http://", "https://", "document.cookie", "localStorage"} {
		if strings.Contains(p.body, word) {
			t.Errorf("it uses %s", word)
		}
	}
	if !strings.HasPrefix(p.Header.Get("Content-Type"), "text/javascript") || p.Header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("%v", p.Header)
	}
	if again := s.do(http.MethodGet, "/embed/v1.js", "", "", "If-None-Match", p.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || again.body != "" {
		t.Errorf("asked again: %d", again.StatusCode)
	}
}
