package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// receiver is the app's end of its webhook.
type receiver struct {
	server *httptest.Server
	url    string // where the service reaches it
	secret string
	down   atomic.Bool
	gone   atomic.Bool // it answers 410
	told   func()      // after each 2xx; nil: nothing

	mu   sync.Mutex
	came []*delivery
}

// delivery is one attempt that came in, also while the receiver was down.
type delivery struct {
	id, kind, request, body string
	good                    bool // the signature
	lost                    bool // not answered
	seen                    bool // by the story
}

func newReceiver(t testing.TB, secret string) *receiver {
	r := &receiver{secret: secret}
	r.server = httptest.NewServer(r)
	r.url = r.server.URL
	t.Cleanup(r.server.Close)
	return r
}

// ServeHTTP implements http.Handler. While the receiver is down it cuts the connection.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	checker, err := standardwebhooks.NewWebhook(r.secret)
	d := &delivery{
		id: req.Header.Get("Webhook-Id"), kind: strings.TrimPrefix(field(string(body), "type"), "consent."),
		request: field(string(body), "data.id"), body: string(body), lost: r.down.Load() || r.gone.Load(),
		good: err == nil && checker.Verify(body, req.Header) == nil,
	}
	r.mu.Lock()
	r.came = append(r.came, d)
	r.mu.Unlock()
	if r.down.Load() {
		panic(http.ErrAbortHandler)
	}
	if d.lost {
		w.WriteHeader(http.StatusGone)
		return
	}
	w.WriteHeader(http.StatusNoContent)
	if r.told != nil {
		_ = http.NewResponseController(w).Flush()
		r.told()
	}
}

// of lists the attempts for an event of a request.
func (r *receiver) of(request, kind string) []*delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*delivery
	for _, d := range r.came {
		if d.request == request && d.kind == kind {
			out = append(out, d)
		}
	}
	return out
}

// wordHook waits for a delivery that was answered and that the story has not seen yet.
func (s *story) wordHook(ts *testscript.TestScript, _ bool, args []string) {
	var got *delivery
	wait(ts, func() bool {
		for _, d := range s.hooks.of(ts.Getenv("ID"), one(ts, args)) {
			if !d.lost && !d.seen {
				got = d
				return true
			}
		}
		return false
	}, "the webhook %s", args[0])
	got.seen = true
	if !got.good {
		ts.Fatalf("the signature of %s is wrong", got.kind)
	}
	for _, secret := range s.secrets {
		if heldAt(got.body, secret) >= 0 {
			ts.Fatalf("the webhook %s holds %q", got.kind, secret)
		}
	}
	ts.Setenv("HOOK", got.id)
	s.keep(ts, answer{body: got.body})
}

// wordTried waits until an event was tried that often, and sees that it always had the same id and the same body.
func (s *story) wordTried(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var all []*delivery
	wait(ts, func() bool { all = s.hooks.of(ts.Getenv("ID"), args[1]); return len(all) >= n }, "%s to be tried %d times", args[1], n)
	for _, d := range all {
		if d.id != all[0].id || d.body != all[0].body {
			ts.Fatalf("%s came as %s and as %s", args[1], all[0].id, d.id)
		}
	}
}

// wordListens starts `bohoja webhooks listen`, which forwards to the same receiver, and waits until it is there.
func (s *story) wordListens(ts *testscript.TestScript, _ bool, _ []string) {
	p := &process{}
	s.processes["listen"] = p
	p.start(ts, s.dir, s.environ(ts, "BOHOJA_WEBHOOK_SECRET="+s.hooks.secret), "webhooks", "listen", "--forward-to", s.hooks.server.URL)
	wait(ts, func() bool { return p.ended() || strings.Contains(p.said.String(), "Forwarding") }, "webhooks listen")
	if p.ended() {
		ts.Fatalf("webhooks listen ended:\n%s", p.said.String())
	}
}
