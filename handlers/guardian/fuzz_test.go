package guardian_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// answers to a form that may be given to one which nobody made.
var refusals = []int{
	http.StatusOK, http.StatusSeeOther, http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusRequestEntityTooLarge,
	http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
}

// hurl sends raw bytes as a form to a page, past any client that would mend them.
func (s *site) hurl(t *testing.T, path, body string) (status int, answer string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.server.Config.Handler.ServeHTTP(w, r)
	out, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(out)
}

// FuzzGuardiansForm: whatever is sent to the guardian's page, with the page's own proof in it or without, is answered, decides
// nothing in one hop, and gets neither of the two facts to see.
func FuzzGuardiansForm(f *testing.F) {
	s := open(f)
	ticket, link := s.asked("user-1")
	proof := s.read(link).Encode()
	at, err := url.Parse(link)
	if err != nil {
		f.Fatal(err)
	}
	wrong := with(yes(), "guardian_name", "박보호").Encode()
	for _, seed := range []string{
		wrong, "decision=decline", "decision=not_mine&block=yes", "decision=grant&decision=decline", "confirm=yes", "confirm=yes&decision=decline",
		"decision=grant&purpose.account=yes&purpose.__proto__=yes", "birth_year=-1&birth_month=99999999999999999999&birth_day=%00",
		"proof=" + strings.Repeat("A", 5000), "decision=%ff%fe", "guardian_name=%3Cscript%3E", "purpose.=yes", "misnamed=1", "a=b;c=d", strings.Repeat("a&", 2000),
	} {
		f.Add(false, seed)
		f.Add(true, seed)
	}
	f.Fuzz(func(t *testing.T, proven bool, body string) {
		if values, _ := url.ParseQuery(body); values.Get("guardian_name") != "" && consent.SameName(values.Get("guardian_name"), "김보호") {
			return // who knows the fact is told so
		}
		if proven {
			body = proof + "&" + body
		}
		status, answer := s.hurl(t, at.Path, body)
		if !slices.Contains(refusals, status) {
			t.Fatalf("%q is answered with %d", body, status)
		}
		if strings.Contains(answer, "김보호") || strings.Contains(answer, ticket.PairingCode) || strings.Contains(answer, "parent@example.com") {
			t.Fatalf("%q is told a fact", body)
		}
		if rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID); err != nil || rec.Status != consent.Pending {
			t.Fatalf("%q has decided: %v, %v", body, rec.Status, err)
		}
	})
}

// FuzzProofs: a proof that the page did not make, or that belongs to another request, takes nobody to the second page and
// decides nothing on it.
func FuzzProofs(f *testing.F) {
	s := open(f)
	ticket, link := s.asked("user-1")
	_, other := s.asked("user-2")
	first, foreign := s.read(link).Get("proof"), s.check(other, url.Values{"decision": {"decline"}}).hidden().Get("proof")
	second := s.check(link, url.Values{"decision": {"decline"}}).hidden().Get("proof")
	if first == "" || foreign == "" || second == "" || first == second {
		f.Fatal("the pages have no proofs")
	}
	for _, seed := range []string{"", first, foreign, second[:len(second)-1], second + "A", strings.ToUpper(second), "AAAA", "\x00", strings.Repeat("A", 6000)} {
		f.Add(seed)
	}
	at, err := url.Parse(link)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, proof string) {
		if proof == second {
			return
		}
		status, _ := s.hurl(t, at.Path, url.Values{"decision": {"decline"}, "confirm": {"yes"}, "proof": {proof}}.Encode())
		if !slices.Contains(refusals, status) || status == http.StatusSeeOther {
			t.Fatalf("%q is answered with %d", proof, status)
		}
		if rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID); err != nil || rec.Status != consent.Pending {
			t.Fatalf("%q has decided: %v, %v", proof, rec.Status, err)
		}
	})
}

// FuzzTokensInPaths: whatever stands in a path where a token belongs leads to a page that says so, and to no other host.
func FuzzTokensInPaths(f *testing.F) {
	s := open(f)
	for _, seed := range []string{"x", "..", "../c", "%2e%2e", "//evil.example", "\\evil.example", "a.b.c", "\x00", "%0d%0aX: y", strings.Repeat("A", 9000), "한글"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		for _, dir := range []string{"/c/", "/w/", "/k/", "/r/", "/a/", "/my/"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				r := httptest.NewRequest(method, "/", http.NoBody)
				r.URL = &url.URL{Path: dir + token}
				if method == http.MethodPost {
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				w := httptest.NewRecorder()
				s.server.Config.Handler.ServeHTTP(w, r)
				to := w.Header().Get("Location")
				if w.Code >= 500 || to != "" && to[0] != '/' || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\r\n\\") {
					t.Fatalf("%s %s%q: %d, to %q", method, dir, token, w.Code, to)
				}
			}
		}
	})
}

// FuzzEmbedTokens: no text is a token of the browser's signup but one that was made for this app.
func FuzzEmbedTokens(f *testing.F) {
	s := open(f)
	token, _, err := s.Service.ClientToken(f.Context(), s.App, "user-1")
	if err != nil {
		f.Fatal(err)
	}
	other := *s.App
	other.ID = "game"
	foreign, _, err := s.Service.ClientToken(f.Context(), &other, "user-1")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{token, foreign, token + "=", token[:len(token)-1], "ct_", "ct_AAAA", strings.Replace(token, "ct_", "emb_", 1), strings.Replace(token, "ct_", "age_", 1), "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := s.Service.ReadClient(s.App, text); (err == nil) != (text == token) {
			t.Fatalf("%q is %+v, %v", text, c, err)
		}
		if _, err := s.Service.ReadAge(s.App, text); err == nil {
			t.Fatalf("%q says an age", text)
		}
	})
}
