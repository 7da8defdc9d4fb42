package guardian_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/guardian"
	"github.com/bohoja/bohoja/handlers/web"
)

func (s *site) send(link, contentType, body string) page {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, link, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	return page{Response: res}
}

// TestFormsAreReadInOneWay: a field that stands twice, a body of another kind and an answer in the query decide nothing.
func TestFormsAreReadInOneWay(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	hidden := s.check(link, url.Values{"decision": {"decline"}}).hidden()
	good := with(hidden, "confirm", "yes").Encode()
	const form = "application/x-www-form-urlencoded"
	multipart := "--b\r\nContent-Disposition: form-data; name=\"confirm\"\r\n\r\nyes\r\n--b--\r\n"
	for name, c := range map[string]struct {
		link, kind, body string
		status           int
	}{
		"yes and back":    {link, form, good + "&confirm=back", http.StatusBadRequest},
		"yes twice":       {link, form, good + "&confirm=yes", http.StatusBadRequest},
		"two proofs":      {link, form, good + "&proof=x", http.StatusBadRequest},
		"torn escape":     {link, form, good + "&x=%zz", http.StatusBadRequest},
		"multipart":       {link + "?" + good, "multipart/form-data; boundary=b", multipart, http.StatusUnsupportedMediaType},
		"text":            {link, "text/plain", good, http.StatusUnsupportedMediaType},
		"json":            {link, "application/json", `{"confirm":"yes"}`, http.StatusUnsupportedMediaType},
		"in the query":    {link + "?" + good, form, "", http.StatusUnprocessableEntity},
		"code twice":      {s.server.URL + "/code", form, "code=a&code=b", http.StatusBadRequest},
		"child acts both": {ticket.ChildPage, form, "act=cancel&act=resend&sure=yes", http.StatusBadRequest},
	} {
		if p := s.send(c.link, c.kind, c.body); p.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, p.StatusCode, c.status)
		}
		if got := s.status(ticket.Record.ID); got != consent.Pending {
			t.Fatalf("%s decided: %s", name, got)
		}
	}
	s.expect(s.send(link, form+"; charset=utf-8", good), http.StatusSeeOther)
}

// TestNoWayElsewhere: a token is anybody's text, and none of it leads to another host.
func TestNoWayElsewhere(t *testing.T) {
	s := open(t)
	for _, token := range []string{`..%2f%5cevil.example`, `..%2f%2fevil.example`, `%2f%2fevil.example`, `a%0d%0aX-Evil:1`, `..`, `%5c%5cevil.example`} {
		for _, dir := range []string{"/c/", "/w/", "/k/", "/a/"} {
			to := s.post(s.server.URL+dir+token, url.Values{}).Header.Get("Location")
			if to != "" && (!strings.HasPrefix(to, dir) && to != "/" || strings.ContainsAny(to[1:], `\ `) || strings.Contains(to, "//")) {
				t.Errorf("%s%s leads to %q", dir, token, to)
			}
		}
	}
}

// TestCodesAreNotTriedAtAnyRate: a network that types many codes that lead nowhere has to wait, also for a right one, while
// others go on, and one who mistypes now and then never notices.
func TestCodesAreNotTriedAtAnyRate(t *testing.T) {
	now := time.Now()
	s := open(t)
	s.asked("user-1")
	l, _ := s.Letters.Last(consent.LetterInvite)
	e := web.NewEngine(web.Options{Log: slog.New(slog.DiscardHandler), Problems: s.options.Problems})
	o := s.options
	o.Networks, o.Clock = &web.Networks{}, func() time.Time { return now }
	guardian.New(o).Routes(e)
	enter := func(from, code string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/code", strings.NewReader(url.Values{"code": {code}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = from + ":1"
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 20 {
		if got := enter("203.0.113.7", fmt.Sprintf("AAAA-BB%02d", i)); got != http.StatusUnprocessableEntity {
			t.Fatalf("wrong code %d: %d", i, got)
		}
		if got := enter("203.0.113.9", "AAAA-BBBB"); got != http.StatusUnprocessableEntity {
			t.Fatalf("the same wrong code again: %d", got)
		}
	}
	if got := enter("203.0.113.7", l.Code); got != http.StatusTooManyRequests {
		t.Errorf("the network that guesses: %d", got)
	}
	for _, from := range []string{"203.0.113.8", "203.0.113.9"} {
		if got := enter(from, l.Code); got != http.StatusSeeOther {
			t.Errorf("another network: %d", got)
		}
	}
	now = now.Add(time.Minute)
	if got := enter("203.0.113.7", l.Code); got != http.StatusSeeOther {
		t.Errorf("a minute later: %d", got)
	}
}
