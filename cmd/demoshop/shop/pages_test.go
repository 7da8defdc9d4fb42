package shop

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/templates"
)

// Every page has the headers of a page that holds a child's answers.
func TestHeaders(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/", "/guardian", "/account/x", "/nowhere"} {
		h := s.page("GET", path, nil).Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || len(h.Values("Set-Cookie")) > 0 ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// The style sheet comes from the shop itself, below its own path.
func TestStatic(t *testing.T) {
	s := open(t)
	body := s.page("GET", "/", nil).Body.String()
	if !strings.Contains(body, `href="/dev/shop`+templates.StaticPath("bohoja.css")+`"`) {
		t.Error("no style sheet")
	}
	w := s.page("GET", templates.StaticPath("bohoja.css"), nil)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || w.Body.Len() == 0 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := s.page("GET", "/static/x.css", nil); w.Code != 404 {
		t.Error(w.Code)
	}
}

func TestLanguages(t *testing.T) {
	s := open(t)
	for _, tc := range []struct{ query, accept, want string }{
		{"", "", "ko"}, {"?lang=en", "ko", "en"}, {"?lang=ko", "en", "ko"}, {"?lang=xx", "en-GB,en;q=0.9", "en"}, {"", "fr", "ko"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/"+tc.query, nil)
		r.Header.Set("Accept-Language", tc.accept)
		w := httptest.NewRecorder()
		s.shop.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), `<html lang="`+tc.want+`">`) {
			t.Errorf("%+v", tc)
		}
	}
	if body := s.page("GET", "/?lang=en", nil).Body.String(); !strings.Contains(body, `action="/dev/shop/?lang=en"`) {
		t.Error("the form forgets the language")
	}
}

// The first page: what is missing is said, with everything typed kept; whoever is old enough is asked nothing more.
func TestFirstPage(t *testing.T) {
	s := open(t)
	for _, tc := range []struct {
		name, nick, y, m, d string
		status              int
		want                string
	}{
		{"nothing", "", "", "", "", 422, "Fill in this field."},
		{"no birthday", "하늘", "", "", "", 422, "하늘"},
		{"no numbers", "하늘", "x", "5", "4", 422, `value="x"`},
		{"no such day", "하늘", "2016", "2", "31", 422, `value="31"`},
		{"adult", "하늘", "1990", "5", "4", 200, "old enough"},
		{"child", "하늘", "2016", "5", "4", 200, "우리는 누구일까요?"},
		{"pasted whole", "하늘", "2016.05.04", "", "", 200, "우리는 누구일까요?"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := s.page("POST", "/?lang=en", url.Values{"nickname": {tc.nick}, "birth_year": {tc.y}, "birth_month": {tc.m}, "birth_day": {tc.d}})
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	if w := s.page("POST", "/", url.Values{"nickname": {strings.Repeat("a", maxBody)}}); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: %d", w.Code)
	}
}

// KR-02: of the guardian only a name and an address are asked; KR-03: after the notice, whose version goes along.
func TestSecondPage(t *testing.T) {
	s := open(t)
	w := s.page("POST", "/?lang=en", url.Values{"nickname": {nickname}, "birth_year": {"2016"}, "birth_month": {"5"}, "birth_day": {"4"}})
	body := w.Body.String()
	if strings.Index(body, "우리는 누구일까요?") > strings.Index(body, `name="guardian_name"`) {
		t.Error("the notice does not come first")
	}
	if n := strings.Count(body, `name="guardian_`); n != 2 {
		t.Errorf("%d questions about the guardian", n)
	}
	subject := s.signup()
	q := s.api.requests["cr_"+subject]
	if q.Notice.Version != "n_1" || len(q.Data) != 3 || len(q.Purposes) != 2 {
		t.Errorf("%+v", q)
	}
}

// Faults of the form, ours and the API's, come back with everything typed.
func TestSecondPageFaults(t *testing.T) {
	for name, set := range map[string]url.Values{
		"nothing about the guardian": {"guardian_name": {""}, "guardian_email": {" "}},
		"generic name":               {"guardian_name": {"엄마"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			form := second(s.first())
			for k, v := range set {
				form[k] = v
			}
			w := s.page("POST", "/guardian?lang=en", form)
			body := w.Body.String()
			if w.Code != 422 || !strings.Contains(body, child) || !strings.Contains(body, nickname) || !strings.Contains(body, `aria-invalid="true"`) {
				t.Fatalf("%d %s", w.Code, body)
			}
			if name == "generic name" && !strings.Contains(body, "not “mom” or “dad”") {
				t.Error("not said why")
			}
			if w := s.page("POST", "/guardian", second(form)); w.Code != http.StatusSeeOther {
				t.Errorf("mended: %d", w.Code)
			}
		})
	}
}

// Without an address nobody asks for the delivery.
func TestNoAddress(t *testing.T) {
	s := open(t)
	form := second(s.first())
	form.Set("address", "")
	s.page("POST", "/guardian", form)
	q := s.api.requests["cr_"+form.Get("subject")]
	if len(q.Purposes) != 1 || q.Data["address"] != nil {
		t.Errorf("%+v", q)
	}
}

// A button that is pressed twice makes one request; another answer from the same form changes nothing.
func TestTwice(t *testing.T) {
	s := open(t)
	form := second(s.first())
	s.page("POST", "/guardian", form)
	s.page("POST", "/guardian", form)
	form.Set("guardian_name", "Somebody else")
	if w := s.page("POST", "/guardian", form); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
	if len(s.api.requests) != 1 || s.state(form.Get("subject")).request == "" {
		t.Errorf("%d requests", len(s.api.requests))
	}
}

// Whoever comes with a name that this shop has not made, or too early, is led to the beginning.
func TestUnknown(t *testing.T) {
	s := open(t)
	form := s.first()
	fresh := form.Get("subject")
	for _, tc := range []struct{ method, path, to string }{
		{"GET", "/guardian?lang=en", "/dev/shop/?lang=en"},
		{"GET", "/account/acc_x", "/dev/shop/"},
		{"GET", "/account/" + fresh, "/dev/shop/"},
		{"GET", "/waiting/acc_x", "/dev/shop/"},
		{"GET", "/account", "/dev/shop/"},
	} {
		w := s.page(tc.method, tc.path, nil)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != tc.to {
			t.Errorf("%s: %d %s", tc.path, w.Code, w.Header().Get("Location"))
		}
	}
	forged := second(form)
	forged.Set("subject", "acc_forged")
	if w := s.page("POST", "/guardian", forged); w.Code != http.StatusSeeOther || len(s.api.requests) != 0 {
		t.Errorf("forged: %d, %d requests", w.Code, len(s.api.requests))
	}
	if w := s.page("DELETE", "/account", nil); w.Code != http.StatusMethodNotAllowed {
		t.Error(w.Code)
	}
}

// Only a playground leads whoever asks to the newest account.
func TestMine(t *testing.T) {
	for playground, to := range map[bool]string{true: "/dev/shop/account/", false: "/dev/shop/"} {
		s := open(t, func(o *Options) { o.Playground = playground })
		subject := s.signup()
		s.first()
		if playground {
			to += subject
		}
		if got := s.page("GET", "/account", nil).Header().Get("Location"); got != to {
			t.Errorf("%q, want %q", got, to)
		}
	}
}

// The log of a whole walk, with everything going wrong, holds nothing of anybody.
func TestLogHoldsNobody(t *testing.T) {
	var log bytes.Buffer
	s := open(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	subject := s.signup()
	s.api.refuse = func(string) (int, string) { return 500, "internal" }
	s.page("POST", "/guardian", second(s.first0(t)))
	s.page("GET", "/account/"+subject, nil)
	s.tell("consent.granted", subject)
	_ = s.shop.RunOnce(t.Context())
	if found := canaries(log.String()); log.Len() == 0 || found != nil {
		t.Errorf("%q in %s", found, log.String())
	}
}

// first0 is first while the service is away: a form that was opened before.
func (s *stage) first0(t *testing.T) url.Values {
	t.Helper()
	refuse := s.api.refuse
	s.api.refuse = nil
	defer func() { s.api.refuse = refuse }()
	return s.first()
}

func TestText(t *testing.T) {
	for raw, want := range map[string]string{`"하늘"`: "하늘", `7`: "7", `{"a":1}`: `{"a":1}`, `null`: ""} {
		if got := text(jsonText(raw)); got != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
}
