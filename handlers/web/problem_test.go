package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/web"
)

// bench is an engine whose only route, /v1/c/:token, does what a test says; /c/:token is the same as a page.
type bench struct {
	engine *gin.Engine
	log    *bytes.Buffer
}

func newBench(t *testing.T, serve func(*gin.Context) error, mend ...func(*web.Options)) bench {
	t.Helper()
	log := &bytes.Buffer{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	book := consenttest.Book()
	p := &web.Problems{Log: logger, Book: func() *consent.Book { return book }, Base: "/base"}
	o := web.Options{Log: logger, Problems: p}
	for _, m := range mend {
		m(&o)
	}
	e := web.NewEngine(o)
	for _, path := range []string{"/v1/c/:token", "/c/:token"} {
		e.GET(path, p.Handle(serve))
		e.POST(path, p.Handle(serve))
	}
	return bench{e, log}
}

func (b bench) ask(method, path string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.engine.ServeHTTP(w, req)
	return w
}

func kind(k consent.Kind) error {
	return &consent.Error{Kind: k, Code: "some_code", Detail: "a sentence"}
}

// TestAnswers is the one table from kinds and refusals to answers.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{kind(consent.KindMalformed), 400, "some_code"}, {kind(consent.KindInvalid), 422, "some_code"},
		{kind(consent.KindUnauthorized), 401, "some_code"}, {kind(consent.KindForbidden), 403, "some_code"},
		{kind(consent.KindNotFound), 404, "some_code"}, {kind(consent.KindConflict), 409, "some_code"},
		{kind(consent.KindGone), 410, "some_code"}, {kind(consent.KindOnHold), 423, "some_code"},
		{kind(consent.KindTooMany), 429, "some_code"}, {kind(consent.KindUnavailable), 503, "some_code"},
		{kind(consent.KindOutcomeUnknown), 503, "some_code"}, {kind(consent.KindBusy), 503, "some_code"},
		{kind(consent.KindInternal), 500, "internal"}, {kind(consent.Kind(99)), 500, "some_code"},
		{errors.New("inner"), 500, "internal"}, {fmt.Errorf("wrapped: %w", consent.ErrOnHold), 423, "on_hold"},
		{web.ErrMethod, 405, "method_not_allowed"}, {web.ErrTooLarge, 413, "too_large"}, {web.ErrMedia, 415, "unsupported_media_type"},
		{web.ErrSlow, 408, "timeout"}, {&http.MaxBytesError{Limit: 1}, 413, "too_large"}, {os.ErrDeadlineExceeded, 408, "timeout"},
	} {
		b := newBench(t, func(*gin.Context) error { return c.err })
		w := b.ask("GET", "/v1/c/secret")
		var p web.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if w.Code != c.status || p.Status != c.status || p.Code != c.code || p.Title == "" || p.Type != "/base/docs#code-"+c.code || p.Instance != "/v1/c/:token" {
			t.Errorf("%v: %d %+v", c.err, w.Code, p)
		}
		if w.Header().Get("Content-Type") != "application/problem+json" || (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
			t.Errorf("%v: %v", c.err, w.Header())
		}
	}
}

// TestCausesOfSteps: what stands between this service and its store is not what stands between a caller and this service.
// A caller who is told "malformed" or "too slow" would not ask again what became of it.
func TestCausesOfSteps(t *testing.T) {
	for _, cause := range []error{os.ErrDeadlineExceeded, io.ErrUnexpectedEOF, &http.MaxBytesError{}} {
		for _, e := range []*consent.Error{consent.ErrOutcomeUnknown, consent.ErrUnavailable} {
			err := *e
			err.Err = cause
			w := newBench(t, func(*gin.Context) error { return &err }).ask(http.MethodPost, "/v1/c/x")
			if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), e.Code) {
				t.Errorf("%s by %v: %d %s", e.Code, cause, w.Code, w.Body)
			}
		}
	}
}

func TestProblemDetails(t *testing.T) {
	b := newBench(t, func(*gin.Context) error {
		return &consent.Error{
			Kind: consent.KindConflict, Code: "c", RetryAfter: 1500 * time.Millisecond, ID: "cr_1",
			Fields: []consent.FieldError{{Pointer: "/a", Code: "b", Detail: "d"}}, Err: errors.New("inner"),
		}
	})
	w := b.ask("GET", "/v1/c/secret")
	want := `{"type":"/base/docs#code-c","title":"The state does not allow it","status":409,"instance":"/v1/c/:token","code":"c","errors":[{"pointer":"/a","code":"b","detail":"d"}],"retry_after":2,"id":"cr_1"}`
	if w.Body.String() != want || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

// TestInternalText: what is inside a fault is for the log, under the request's id, and not for the answer.
func TestInternalText(t *testing.T) {
	for _, path := range []string{"/v1/c/secret", "/c/secret"} {
		b := newBench(t, func(*gin.Context) error { return errors.New("inner canary") })
		w := b.ask("GET", path, "Accept", "text/html")
		if w.Code != 500 || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		id := w.Header().Get("X-Request-Id")
		if log := b.log.String(); !strings.Contains(log, "inner canary") || strings.Count(log, id) != 2 || id == "" {
			t.Errorf("id %q, log %s", id, log)
		}
	}
}

// TestPage: people get a page in their language, with the headers of a guardian's page.
func TestPage(t *testing.T) {
	b := newBench(t, func(*gin.Context) error {
		return &consent.Error{Kind: consent.KindTooMany, Code: "locked", RetryAfter: time.Minute}
	})
	ko := b.ask("GET", "/c/secret", "Accept", "text/html,*/*;q=0.8")
	en := b.ask("GET", "/c/secret", "Accept", "text/html", "Accept-Language", "fr, en-GB;q=0.7")
	for lang, w := range map[string]*httptest.ResponseRecorder{"ko": ko, "en": en} {
		body := w.Body.String()
		if w.Code != 429 || w.Header().Get("Retry-After") != "60" || !strings.Contains(body, `lang="`+lang+`"`) || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %v", lang, w.Code, w.Header())
		}
		if w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", lang, w.Header())
		}
	}
	if w := b.ask("GET", "/v1/c/secret", "Accept", "text/html"); w.Header().Get("Content-Type") != "application/problem+json" {
		t.Error("a call under /v1 got a page")
	}
}
