package ops

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

// scrape returns the lines of the registry that are ours.
func scrape(t *testing.T, reg *prometheus.Registry) string {
	t.Helper()
	w := open(t, Options{Registry: reg}).get("GET", "/metrics")
	if w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	var out strings.Builder
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "bohoja_") {
			out.WriteString(line)
		}
	}
	return out.String()
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
}

// Threat 22: whatever is in a path, a method or a query, only the route's pattern reaches a label.
func TestRequests(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg, "1.2.3")
	tick := time.Unix(0, 0)
	e := gin.New()
	e.Use(func(c *gin.Context) {
		defer func() { _ = recover() }()
		c.Next()
	}, m.Requests(func() time.Time { tick = tick.Add(20 * time.Millisecond); return tick }))
	e.GET("/c/:token", func(c *gin.Context) { c.Status(http.StatusGone) })
	e.POST("/panic", func(*gin.Context) { panic("CANARY") })
	for _, ask := range []string{"GET /c/CANARY1?x=CANARY", "GET /c/CANARY2", "GET /CANARY", "POST /panic", "CANARY /c/x"} {
		method, path, _ := strings.Cut(ask, " ")
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, nil))
	}
	text := scrape(t, reg)
	if strings.Contains(text, "CANARY") {
		t.Error(text)
	}
	has(t, text,
		`bohoja_http_requests_total{class="4xx",method="GET",route="/c/:token"} 2`,
		`bohoja_http_requests_total{class="4xx",method="GET",route="none"} 1`,
		`bohoja_http_requests_total{class="4xx",method="other",route="none"} 1`,
		`bohoja_http_requests_total{class="5xx",method="POST",route="/panic"} 1`,
		`bohoja_http_request_seconds_bucket{method="GET",route="/c/:token",le="0.01"} 0`,
		`bohoja_http_request_seconds_bucket{method="GET",route="/c/:token",le="0.025"} 2`,
		`bohoja_http_request_seconds_count{method="GET",route="/c/:token"} 2`)
	if !strings.Contains(text, `bohoja_build_info{go="go1.`) || !strings.Contains(text, `version="1.2.3"} 1`) {
		t.Error("no build info")
	}
}

func TestTries(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg, "v")
	m.Try("letter", "done", 300*time.Millisecond)
	m.Try("letter", "retried", time.Second)
	m.Try("webhook", "done", time.Second)
	m.Returned()
	m.Secured(web.KeyRefused)
	has(t, scrape(t, reg),
		`bohoja_outbox_tries_total{kind="letter",outcome="done"} 1`, `bohoja_outbox_tries_total{kind="letter",outcome="retried"} 1`,
		`bohoja_outbox_try_seconds_count{kind="letter"} 2`, `bohoja_outbox_try_seconds_sum{kind="letter"} 1.3`,
		`bohoja_letters_returned_total 1`, `bohoja_security_events_total{event="key_refused"} 1`, `bohoja_security_events_total{event="sign_in_failed"} 0`)
}

// fakeStore answers every decision with the same record and error.
type fakeStore struct {
	consent.Store
	rec      consent.Record
	replayed bool
	err      error
}

func (f *fakeStore) Signup(context.Context, consent.Draft) (consent.Record, bool, error) {
	return f.rec, f.replayed, f.err
}

func (f *fakeStore) Grant(context.Context, consent.Mutation, consent.Granting) (consent.Record, error) {
	return f.rec, f.err
}

func (f *fakeStore) Decline(context.Context, consent.Mutation, consent.Declining) (consent.Record, error) {
	return f.rec, f.err
}

func (f *fakeStore) Expire(context.Context, consent.Mutation, string) (consent.Record, error) {
	return f.rec, f.err
}

func (f *fakeStore) Cancel(context.Context, consent.Mutation, string) (consent.Record, error) {
	return f.rec, f.err
}

func (f *fakeStore) Withdraw(context.Context, consent.Mutation, consent.Withdrawing) (consent.Record, error) {
	return f.rec, f.err
}

// all makes each decision once.
func all(t *testing.T, s consent.Store) error {
	t.Helper()
	ctx, m := t.Context(), consent.Mutation{}
	_, _, err := s.Signup(ctx, consent.Draft{})
	errs := []error{err}
	for _, f := range []func() (consent.Record, error){
		func() (consent.Record, error) { return s.Grant(ctx, m, consent.Granting{}) },
		func() (consent.Record, error) {
			return s.Decline(ctx, m, consent.Declining{Reason: consent.ReasonRefused})
		},
		func() (consent.Record, error) {
			return s.Decline(ctx, m, consent.Declining{Reason: consent.ReasonNotMine})
		},
		func() (consent.Record, error) { return s.Expire(ctx, m, consent.ReasonDeadline) },
		func() (consent.Record, error) { return s.Cancel(ctx, m, consent.ReasonApp) },
		func() (consent.Record, error) { return s.Withdraw(ctx, m, consent.Withdrawing{}) },
	} {
		rec, err := f()
		if rec.ID != "cr_1" {
			t.Error("the record is lost")
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// What succeeded counts once; what failed, or was only repeated, does not; every result has a series from the start.
func TestDecisions(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg, "v")
	f := &fakeStore{rec: consent.Record{ID: "cr_1", Status: consent.Withdrawn}, err: consent.ErrUnavailable}
	s := m.Counted(f)
	if err := all(t, s); !errors.Is(err, consent.ErrUnavailable) {
		t.Error(err)
	}
	for _, r := range Results {
		has(t, scrape(t, reg), `bohoja_decisions_total{result="`+r+`"} 0`)
	}
	f.err, f.replayed = nil, true
	if err := all(t, s); err != nil {
		t.Error(err)
	}
	f.rec.Status, f.replayed = consent.Granted, false
	if err := all(t, s); err != nil {
		t.Error(err)
	}
	text := scrape(t, reg)
	for result, n := range map[string]string{
		"asked": "1", "granted": "2", "refused": "2", "not_mine": "2", "expired": "2", "cancelled": "2", "withdrawn": "1", "reduced": "1",
	} {
		has(t, text, `bohoja_decisions_total{result="`+result+`"} `+n)
	}
}

// While the store is away its figures are absent, not zero and not yesterday's.
func TestGauges(t *testing.T) {
	reg := prometheus.NewRegistry()
	var fault error
	figures := Figures{"shop": {Pending: 3, Oldest: time.Hour, Overdue: 1, Dead: 2, Rights: 6, Late: 5, Queues: map[string]QueueFigures{"letter": {Depth: 4, Age: time.Minute}}}}
	bounded := false
	NewGauges(t.Context(), reg, slog.New(slog.DiscardHandler), func(ctx context.Context) (Figures, error) {
		_, bounded = ctx.Deadline()
		return figures, fault
	})
	has(t, scrape(t, reg), "bohoja_redis_up 1", `bohoja_pending{app="shop"} 3`, `bohoja_oldest_pending_seconds{app="shop"} 3600`,
		`bohoja_destruction_overdue{app="shop"} 1`, `bohoja_rights_open{app="shop"} 6`, `bohoja_rights_overdue{app="shop"} 5`, `bohoja_outbox_dead{app="shop"} 2`, `bohoja_outbox_depth{app="shop",kind="letter"} 4`,
		`bohoja_outbox_age_seconds{app="shop",kind="letter"} 60`)
	if !bounded {
		t.Error("a reading has no time-out")
	}
	fault = consent.ErrUnavailable
	if text := scrape(t, reg); text != "bohoja_redis_up 0\n" {
		t.Error(text)
	}
}

// A store that hangs keeps nobody waiting: whoever scrapes while a reading is late is answered without it, and the next
// reading begins once that one has ended.
func TestGaugesWhileTheStoreHangs(t *testing.T) {
	reg := prometheus.NewRegistry()
	hangs, asked := make(chan struct{}), atomic.Int32{}
	NewGauges(t.Context(), reg, slog.New(slog.DiscardHandler), func(ctx context.Context) (Figures, error) {
		asked.Add(1)
		<-hangs // whatever ctx says
		return Figures{}, ctx.Err()
	})
	for range 3 {
		if text := scrape(t, reg); text != "bohoja_redis_up 0\n" {
			t.Error(text)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the store was asked %d times at once", n)
	}
	close(hangs)
	for late := time.Now().Add(time.Minute); scrape(t, reg) != "bohoja_redis_up 1\n"; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the store is back, and nobody asks it")
		}
	}
}
