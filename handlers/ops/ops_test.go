package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is an ops listener without a connection.
type stand struct {
	*testing.T
	ops    *Ops
	engine *gin.Engine
	log    *bytes.Buffer
	now    *atomic.Int64
}

func open(t *testing.T, o Options) *stand {
	t.Helper()
	s := &stand{T: t, log: &bytes.Buffer{}, now: &atomic.Int64{}}
	s.now.Store(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).UnixNano())
	o.Log = slog.New(slog.NewTextHandler(s.log, nil))
	o.Problems = &web.Problems{Log: o.Log, Book: func() *consent.Book { return &consent.Book{} }}
	o.Clock = s.clock
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	s.ops = New(o)
	s.engine = web.NewEngine(web.Options{Log: o.Log, Problems: o.Problems, Clock: o.Clock})
	s.ops.Routes(s.engine)
	return s
}

func (s *stand) clock() time.Time { return time.Unix(0, s.now.Load()).UTC() }

func (s *stand) later(d time.Duration) { s.now.Add(int64(d)) }

func (s *stand) get(method, path string, mend ...func(*http.Request)) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, path, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	for _, m := range mend {
		m(r)
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return w
}

type readyAnswer struct {
	Status   string
	Reasons  []Reason
	Warnings []Reason
}

func (s *stand) ready() (int, readyAnswer) {
	s.Helper()
	w := s.get("GET", "/readyz")
	var a readyAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		s.Fatal(err, w.Body)
	}
	return w.Code, a
}

// A lost store makes the process unready and leaves it alive: restarting it would help nobody.
func TestLiveAndReady(t *testing.T) {
	var down atomic.Bool
	s := open(t, Options{Checks: []Check{
		{"redis", func(context.Context) error {
			if down.Load() {
				return consent.ErrUnavailable
			}
			return nil
		}},
		{"safety", func(context.Context) error { return nil }},
	}})
	if code, a := s.ready(); code != 200 || a.Status != "ready" {
		t.Errorf("%d %+v", code, a)
	}
	down.Store(true)
	s.later(readyKept)
	code, a := s.ready()
	if code != 503 || len(a.Reasons) != 1 || a.Reasons[0] != (Reason{"redis", "unavailable", consent.ErrUnavailable.Detail}) {
		t.Errorf("%d %+v", code, a)
	}
	if w := s.get("GET", "/livez"); w.Code != 200 {
		t.Errorf("livez: %d", w.Code)
	}
	down.Store(false)
	s.later(readyKept)
	if code, _ := s.ready(); code != 200 {
		t.Errorf("ready again: %d", code)
	}
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		if w := s.get("HEAD", path); w.Code != 200 {
			t.Errorf("HEAD %s: %d", path, w.Code)
		}
	}
}

// What can be borne is told, and takes nobody out of service.
func TestWarnings(t *testing.T) {
	s := open(t, Options{Warnings: []Check{{"keys", func(context.Context) error { return consent.ErrKeysDiffer }}}})
	code, a := s.ready()
	if code != 200 || a.Status != "ready" || len(a.Warnings) != 1 || a.Warnings[0].Code != "keys_differ" {
		t.Errorf("%d %+v", code, a)
	}
}

// Drain counts at once, whatever was remembered.
func TestDrain(t *testing.T) {
	s := open(t, Options{})
	if code, _ := s.ready(); code != 200 {
		t.Error(code)
	}
	s.ops.Drain()
	if code, a := s.ready(); code != 503 || a.Reasons[0].Code != "draining" {
		t.Errorf("%d %+v", code, a)
	}
}

// An error that is none of ours may quote anything, so it goes to the log alone.
func TestReasonsTellNothingForeign(t *testing.T) {
	s := open(t, Options{Checks: []Check{{"redis", func(context.Context) error { return errors.New("dial CANARY") }}}})
	w := s.get("GET", "/readyz")
	if w.Code != 503 || strings.Contains(w.Body.String(), "CANARY") || !strings.Contains(s.log.String(), "CANARY") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Any number of askers costs one round a second, and a slow check does not hold the others up one after another.
func TestChecksAreShared(t *testing.T) {
	var runs atomic.Int32
	gate := make(chan struct{})
	wait := func(context.Context) error { runs.Add(1); <-gate; return nil }
	s := open(t, Options{Checks: []Check{{"a", wait}, {"b", wait}}})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { s.get("GET", "/readyz") })
	}
	for runs.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	close(gate)
	all.Wait()
	if runs.Load() != 2 {
		t.Errorf("%d runs", runs.Load())
	}
	s.later(readyKept - 1)
	s.ready()
	if runs.Load() != 2 {
		t.Error("asked again within a second")
	}
	s.later(1)
	s.ready()
	s.later(-time.Hour) // the clock was set back
	s.ready()
	if runs.Load() != 6 {
		t.Errorf("%d runs", runs.Load())
	}
}

// A caller who hangs up leaves the answer whole for the next one; a check that hangs is told to end.
func TestCheckContext(t *testing.T) {
	var bounded atomic.Bool
	s := open(t, Options{Checks: []Check{{"redis", func(ctx context.Context) error {
		_, ok := ctx.Deadline()
		bounded.Store(ok)
		return ctx.Err()
	}}}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := s.get("GET", "/readyz", func(r *http.Request) { *r = *r.WithContext(ctx) })
	if w.Code != 200 || !bounded.Load() {
		t.Errorf("%d, bounded %v", w.Code, bounded.Load())
	}
}

func TestReload(t *testing.T) {
	var fault error
	runs := 0
	s := open(t, Options{Reload: func(context.Context) error { runs++; return fault }})
	if w := s.get("POST", "/reload"); w.Code != 204 || runs != 1 {
		t.Errorf("%d, %d runs", w.Code, runs)
	}
	fault = errors.New("bohoja.yaml:12: apps[0].id: too long [form]\nbohoja.yaml:14: apps[0].name: an empty text [required]")
	w := s.get("POST", "/reload")
	var p web.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 422 || p.Code != "reload_refused" || len(p.Errors) != 2 ||
		p.Errors[1].Detail != "bohoja.yaml:14: apps[0].name: an empty text [required]" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s %v", w.Code, w.Body, err)
	}
	fault = consent.ErrUnavailable
	if w := s.get("POST", "/reload"); w.Code != 503 {
		t.Errorf("a kind of its own: %d", w.Code)
	}
	if w := s.get("GET", "/reload"); w.Code != 405 {
		t.Errorf("GET: %d", w.Code)
	}
	if w := open(t, Options{}).get("POST", "/reload"); w.Code != 404 {
		t.Errorf("not offered: %d", w.Code)
	}
}

// Only a program of this host may ask: not a neighbour, not through a proxy, not a page in a browser.
func TestReloadIsLocal(t *testing.T) {
	runs := 0
	s := open(t, Options{Reload: func(context.Context) error { runs++; return nil }})
	for name, mend := range map[string]func(*http.Request){
		"neighbour": func(r *http.Request) { r.RemoteAddr = "10.0.0.7:4711" },
		"no peer":   func(r *http.Request) { r.RemoteAddr = "@" },
		"proxy":     func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") },
		"proxy 2":   func(r *http.Request) { r.Header.Set("Forwarded", "for=127.0.0.1") },
		"page":      func(r *http.Request) { r.Header.Set("Origin", "null") },
		"page 2":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		if w := s.get("POST", "/reload", mend); w.Code != 403 || runs != 0 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	for _, peer := range []string{"[::1]:1", "[::ffff:127.0.0.1]:1"} {
		if w := s.get("POST", "/reload", func(r *http.Request) { r.RemoteAddr = peer }); w.Code != 204 {
			t.Errorf("%s: %d", peer, w.Code)
		}
	}
}

// No answer here is to be kept or run by a browser.
func TestHeaders(t *testing.T) {
	s := open(t, Options{})
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		h := s.get("GET", path).Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, h)
		}
	}
}
