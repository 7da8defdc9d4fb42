package guardian_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
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
		for _, dir := range []string{"/c/", "/w/", "/k/"} {
			to := s.post(s.server.URL+dir+token, url.Values{}).Header.Get("Location")
			if to != "" && (!strings.HasPrefix(to, dir) && to != "/" || strings.ContainsAny(to[1:], `\ `) || strings.Contains(to, "//")) {
				t.Errorf("%s%s leads to %q", dir, token, to)
			}
		}
	}
}
