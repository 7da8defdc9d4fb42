package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest/ports"
)

// deliveryError returns the error's *consent.DeliveryError, or ends the test.
func deliveryError(t *testing.T, err error) *consent.DeliveryError {
	t.Helper()
	e, ok := errors.AsType[*consent.DeliveryError](err)
	if !ok {
		t.Fatalf("no delivery error: %v", err)
	}
	return e
}

// The request as the API reference describes it, to the byte.
func TestRequest(t *testing.T) {
	s := newShop(t, nil)
	target := s.URL + "/hooks/consent?a=b"
	d := start(t, target, nil)
	if err := d.Deliver(t.Context(), granted(target), happened.In(time.FixedZone("KST", 9*3600))); err != nil {
		t.Fatal(err)
	}
	got := s.requests()[0]
	want := `{"id":"evt_01","type":"consent.granted","timestamp":"2026-03-02T07:30:00.123Z","data":{"id":"cr_01",` +
		`"subject":"user-123","status":"granted","custody":"held","purposes":["account","delivery"]}}`
	if string(got.body) != want {
		t.Errorf("body\n %s\nwant\n %s", got.body, want)
	}
	if got.method != http.MethodPost || got.target != "/hooks/consent?a=b" {
		t.Errorf("%s %s", got.method, got.target)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "bohoja", "Webhook-Id": "evt_01",
		"Webhook-Timestamp": fmt.Sprint(now.Unix()), "Content-Length": fmt.Sprint(len(want)),
	} {
		if got.header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), value)
		}
	}
	for _, name := range []string{"Cookie", "Authorization", "Accept-Encoding", "Referer"} {
		if v := got.header.Values(name); len(v) > 0 {
			t.Errorf("%s: %q", name, v)
		}
	}
}

// A list of purposes is a list, also when there are none.
func TestNoPurposes(t *testing.T) {
	job := granted("https://shop.example")
	job.Data.Purposes = nil
	b, err := body(job, happened)
	if err != nil || !strings.Contains(string(b), `"purposes":[]`) {
		t.Errorf("%s, %v", b, err)
	}
}

// An event that JSON cannot hold will never be one that it can.
func TestUnwritableEvent(t *testing.T) {
	s := newShop(t, nil)
	err := start(t, s.URL, nil).Deliver(t.Context(), granted(s.URL), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	if e := deliveryError(t, err); e.Class != consent.Never || e.Stage != "body" {
		t.Errorf("%+v", e)
	}
}

// Threat 7: what a receiver tells repetitions by is the same at every attempt and every target; only the time moves on.
func TestRetriesAreTheSameEvent(t *testing.T) {
	answers := []int{500, 503, 200}
	var n atomic.Int32
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(answers[n.Add(1)-1]) })
	other := newShop(t, nil)
	at := now
	d := start(t, s.URL, func(o *Options) {
		o.Book = declare(t, hookTo(s.URL), hookTo(other.URL))
		o.Clock = func() time.Time { return at }
	})
	for i, code := range answers {
		err := d.Deliver(t.Context(), granted(s.URL), happened)
		if (err == nil) != (code == 200) {
			t.Fatalf("attempt %d: %v", i, err)
		}
		at = at.Add(5 * time.Minute)
	}
	job := granted(other.URL)
	job.N = 1
	if err := d.Deliver(t.Context(), job, happened); err != nil {
		t.Fatal(err)
	}
	for i, got := range append(s.requests(), other.requests()...) {
		first := s.requests()[0]
		if got.header.Get(HeaderID) != "evt_01" || !bytes.Equal(got.body, first.body) {
			t.Errorf("attempt %d: id %q, body %s", i, got.header.Get(HeaderID), got.body)
		}
		made := now.Add(time.Duration(i) * 5 * time.Minute)
		if err := Verify(newSecret.Reveal(), got.header, got.body, made, time.Second); err != nil {
			t.Errorf("attempt %d: %v", i, err)
		}
	}
}

func TestOutcomes(t *testing.T) {
	for _, tc := range []struct {
		code  int
		after string
		want  *consent.DeliveryError // nil: delivered
	}{
		{code: 200}, {code: 201}, {code: 202}, {code: 204}, {code: 299},
		{code: 410, want: &consent.DeliveryError{Class: consent.Never}},
		{code: 300, want: &consent.DeliveryError{}},
		{code: 304, want: &consent.DeliveryError{}},
		{code: 400, want: &consent.DeliveryError{}},
		{code: 401, want: &consent.DeliveryError{}},
		{code: 404, want: &consent.DeliveryError{}},
		{code: 422, want: &consent.DeliveryError{}},
		{code: 500, want: &consent.DeliveryError{}},
		{code: 502, want: &consent.DeliveryError{}},
		{code: 599, want: &consent.DeliveryError{}},
		{code: 429, want: &consent.DeliveryError{}},
		{code: 429, after: "120", want: &consent.DeliveryError{After: 2 * time.Minute}},
		{code: 503, after: "Mon, 02 Mar 2026 10:00:00 GMT", want: &consent.DeliveryError{After: time.Hour}},
		{code: 503, after: "Mon, 02 Mar 2026 08:00:00 GMT", want: &consent.DeliveryError{}},
		{code: 503, after: "999999999999", want: &consent.DeliveryError{After: 24 * time.Hour}},
		{code: 503, after: "Mon, 02 Mar 2126 10:00:00 GMT", want: &consent.DeliveryError{After: 24 * time.Hour}},
		{code: 503, after: "-30", want: &consent.DeliveryError{}},
		{code: 503, after: "-18446744073", want: &consent.DeliveryError{}},
		{code: 503, after: "soon", want: &consent.DeliveryError{}},
		{code: 500, after: "120", want: &consent.DeliveryError{}},
	} {
		t.Run(fmt.Sprint(tc.code, " ", tc.after), func(t *testing.T) {
			s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.after != "" {
					w.Header().Set("Retry-After", tc.after)
				}
				w.WriteHeader(tc.code)
			})
			err := start(t, s.URL, nil).Deliver(t.Context(), granted(s.URL), happened)
			if tc.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := deliveryError(t, err)
			if e.Class != tc.want.Class || e.After != tc.want.After || e.Code != tc.code || e.Stage != "answer" {
				t.Errorf("%+v, want %+v", e, tc.want)
			}
		})
	}
}

// A redirect would be a way past the declared target.
func TestRedirectsAreNotFollowed(t *testing.T) {
	inside := newShop(t, nil)
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := newShop(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, code) })
		err := start(t, s.URL, nil).Deliver(t.Context(), granted(s.URL), happened)
		if e := deliveryError(t, err); e.Class != consent.Again || e.Code != code {
			t.Errorf("%d: %+v", code, e)
		}
	}
	if n := len(inside.requests()); n != 0 {
		t.Errorf("%d redirects followed", n)
	}
}

// A proxy would dial for us, past the guard. TestMain has set one; only a name that is not localhost would ask it.
func TestProxyIsNotAsked(t *testing.T) {
	s := newShop(t, nil)
	target := "http://shop.test:" + s.port(t)
	d := start(t, target, func(o *Options) {
		o.Resolver = names(t, func(int) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} })
	})
	if err := d.Deliver(t.Context(), granted(target), happened); err != nil {
		t.Error(err, errors.Unwrap(err))
	}
}

// What one answer sets does not come back with the next request.
func TestNoCookies(t *testing.T) {
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "you"})
	})
	d := start(t, s.URL, nil)
	for range 2 {
		if err := d.Deliver(t.Context(), granted(s.URL), happened); err != nil {
			t.Fatal(err)
		}
	}
	if c := s.requests()[1].header.Values("Cookie"); len(c) > 0 {
		t.Error(c)
	}
}

// within ends the test when f hangs.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the attempt does not end")
	}
}

func TestSilentTarget(t *testing.T) {
	s := newShop(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	d := start(t, s.URL, func(o *Options) { o.Timeout = 50 * time.Millisecond })
	within(t, func() {
		err := d.Deliver(t.Context(), granted(s.URL), happened)
		if e := deliveryError(t, err); e.Class != consent.Again || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%+v: %v", e, e.Err)
		}
	})
}

// The status has come, so the event is delivered; the body that drips on for ever is left.
func TestDrippingBody(t *testing.T) {
	s := newShop(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("."))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Millisecond)
		}
	})
	within(t, func() {
		// A busy host may not bring even the status in time: then it gets more of it.
		for timeout := 50 * time.Millisecond; ; timeout *= 2 {
			d := start(t, s.URL, func(o *Options) { o.Timeout = timeout })
			err := d.Deliver(t.Context(), granted(s.URL), happened)
			if err == nil {
				return
			}
			if timeout > 20*time.Second {
				t.Error(err)
				return
			}
		}
	})
}

// A body without end is cut after 64 KiB, not at the time-out. What the kernel buffers is a few megabytes at most.
func TestHugeBody(t *testing.T) {
	const enough = 64 << 20
	var sent atomic.Int64
	closed := make(chan struct{})
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(closed)
		block := make([]byte, 64<<10)
		for sent.Load() < enough {
			n, err := w.Write(block)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	if err := start(t, s.URL, nil).Deliver(t.Context(), granted(s.URL), happened); err != nil {
		t.Error(err)
	}
	<-closed
	if sent.Load() >= enough {
		t.Errorf("%d bytes were read", sent.Load())
	}
}

// Headers have an end as well.
func TestHugeHeaders(t *testing.T) {
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Much", strings.Repeat("x", 1<<20)) })
	err := start(t, s.URL, nil).Deliver(t.Context(), granted(s.URL), happened)
	if e := deliveryError(t, err); e.Class != consent.Again || e.Code != 0 {
		t.Errorf("%+v", e)
	}
}

// The worker's context ends an attempt; the outbox sees that it was not the target's fault.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newShop(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	within(t, func() {
		err := start(t, s.URL, nil).Deliver(ctx, granted(s.URL), happened)
		if e := deliveryError(t, err); !errors.Is(err, context.Canceled) || e.Stage != "answer" {
			t.Errorf("%+v: %v", e, e.Err)
		}
	})
}

func TestStagesWithoutAnswer(t *testing.T) {
	cut := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = c.Close()
		}
	})
	nobody := names(t, func(int) []netip.Addr { return nil })
	for stage, target := range map[string]string{
		"connect": "http://127.0.0.1:" + ports.Free(t), "answer": cut.URL, "dns": "http://nobody.test/",
	} {
		d := start(t, target, func(o *Options) { o.Resolver = nobody })
		e := deliveryError(t, d.Deliver(t.Context(), granted(target), happened))
		if e.Stage != stage || e.Class != consent.Again || e.Code != 0 {
			t.Errorf("%s: %+v: %v", stage, e, e.Err)
		}
	}
}

// TLS is verified; a known authority gives HTTP/2, or HTTP/1.1 where the target has no more.
func TestTLS(t *testing.T) {
	for proto, second := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		s := unstarted(nil)
		s.EnableHTTP2 = second
		s.StartTLS()
		t.Cleanup(s.Close)

		var log bytes.Buffer
		err := start(t, s.URL, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }).Deliver(t.Context(), granted(s.URL), happened)
		if said := log.String(); !strings.Contains(said, "level=WARN msg=\"webhook not delivered\"") || !strings.Contains(said, "stage=tls") {
			t.Errorf("the log says %q", said)
		}
		if e := deliveryError(t, err); e.Stage != "tls" || e.Class != consent.Again || len(s.requests()) != 0 {
			t.Errorf("unknown authority: %+v", e)
		}
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		d := start(t, s.URL, func(o *Options) { o.Roots = roots })
		if err := d.Deliver(t.Context(), granted(s.URL), happened); err != nil {
			t.Fatal(err)
		}
		if got := s.requests()[0].proto; got != proto {
			t.Errorf("%s, want %s", got, proto)
		}
	}
}

// TestOldTLS: a target that speaks no newer TLS than 1.1 is told nothing; one with 1.2 is.
func TestOldTLS(t *testing.T) {
	for newest, told := range map[uint16]int{tls.VersionTLS11: 0, tls.VersionTLS12: 1} {
		s := unstarted(nil)
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: newest}
		s.StartTLS()
		t.Cleanup(s.Close)
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		err := start(t, s.URL, func(o *Options) { o.Roots = roots }).Deliver(t.Context(), granted(s.URL), happened)
		if n := len(s.requests()); n != told || (err == nil) != (told == 1) {
			t.Errorf("%s: %d requests, %v", tls.VersionName(newest), n, err)
		}
		if told == 0 && deliveryError(t, err).Stage != "tls" {
			t.Errorf("%s: %v", tls.VersionName(newest), err)
		}
	}
}

// A job follows its URL, never its index alone.
func TestTargets(t *testing.T) {
	a, b, c := newShop(t, nil), newShop(t, nil), newShop(t, nil)
	d := start(t, "", func(o *Options) { o.Book = declare(t, hookTo(b.URL), hookTo(a.URL)) })
	for _, tc := range []struct {
		name string
		app  string
		n    int
		to   *shop
		want error
	}{
		{"where it was", "shop", 0, b, nil},
		{"moved", "shop", 0, a, nil},
		{"past the end", "shop", 7, a, nil},
		{"before the beginning", "shop", -1, a, nil},
		{"removed", "shop", 0, c, consent.ErrNoHook},
		{"of an app that is gone", "other", 0, b, consent.ErrNoHook},
	} {
		job := granted(tc.to.URL)
		job.App, job.N = tc.app, tc.n
		before := len(tc.to.requests())
		if err := d.Deliver(t.Context(), job, happened); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := len(tc.to.requests()) - before; (got == 1) != (tc.want == nil) {
			t.Errorf("%s: %d requests", tc.name, got)
		}
	}
	if n := len(a.requests()) + len(b.requests()) + len(c.requests()); n != 4 || len(d.Log()) != 4 {
		t.Errorf("%d requests, %d in the log", n, len(d.Log()))
	}
}

// Of two targets with one URL the index tells which secret signs.
func TestTwinTargets(t *testing.T) {
	s := newShop(t, nil)
	d := start(t, "", func(o *Options) {
		o.Book = declare(t, hookTo(s.URL), consent.Webhook{URL: s.URL, Secret: oldSecret})
	})
	job := granted(s.URL)
	job.N = 1
	if err := d.Deliver(t.Context(), job, happened); err != nil {
		t.Fatal(err)
	}
	got := s.requests()[0]
	if err := Verify(oldSecret.Reveal(), got.header, got.body, now, 0); err != nil {
		t.Error(err)
	}
}

// Without a sound secret nothing is sent; a reload may mend it.
func TestUnsignedIsNotSent(t *testing.T) {
	s := newShop(t, nil)
	d := start(t, "", func(o *Options) { o.Book = declare(t, consent.Webhook{URL: s.URL}) })
	e := deliveryError(t, d.Deliver(t.Context(), granted(s.URL), happened))
	if e.Stage != "sign" || e.Class != consent.Again || len(s.requests()) != 0 {
		t.Errorf("%+v", e)
	}
}

// Threat 22: what a target answers, its path and the secrets appear neither in the log, nor in errors, nor on staff pages.
func TestNothingLeaks(t *testing.T) {
	const canary = "canary-7d1f"
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Said", canary)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(canary))
	})
	garbled := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = c.Write([]byte(canary + "\r\n\r\n"))
			_ = c.Close()
		}
	})
	var out bytes.Buffer
	for _, target := range []string{s.URL + "/" + canary + "?t=" + canary, garbled.URL + "/" + canary, "http://u:" + canary + "@shop.test/"} {
		d := start(t, target, func(o *Options) {
			o.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		err := d.Deliver(t.Context(), granted(target), happened)
		fmt.Fprintf(&out, "%v\n%+v\n", err, d.Log())
	}
	for _, private := range []string{canary, "whsec_", newSecret.Reveal()[6:], "user-123"} {
		if strings.Contains(out.String(), private) {
			t.Errorf("%q in\n%s", private, out.String())
		}
	}
	if !strings.Contains(out.String(), "webhook not delivered") {
		t.Error("nothing was logged at all")
	}
}

func TestLog(t *testing.T) {
	codes := []int{200, 500, 410, 204}
	var n atomic.Int32
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(codes[n.Add(1)-1]) })
	d := start(t, s.URL+"/hooks", func(o *Options) { o.Keep = 3 })
	for range codes {
		_ = d.Deliver(t.Context(), granted(s.URL+"/hooks"), happened)
	}
	base := consent.Attempt{
		At: now, App: "shop", Event: "evt_01", Type: consent.EventGranted, Host: strings.TrimPrefix(s.URL, "http://"),
	}
	want := []consent.Attempt{base, base, base} // the newest first, the oldest forgotten
	want[0].Code = 204
	want[1].Code, want[1].Stage = 410, "answer"
	want[2].Code, want[2].Stage = 500, "answer"
	got := d.Log()
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	got[0].Code = 1
	if d.Log()[0].Code != 204 {
		t.Error("the log can be changed from outside")
	}
}

// Many at once, while the log is read.
func TestConcurrentDeliveries(t *testing.T) {
	s := newShop(t, nil)
	d := start(t, s.URL, func(o *Options) { o.Keep = 10 })
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			job := granted(s.URL)
			job.Event = fmt.Sprint("evt_", i)
			if err := d.Deliver(t.Context(), job, happened); err != nil {
				t.Error(err)
			}
			_ = d.Log()
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, r := range s.requests() {
		var e consent.Event
		if err := json.Unmarshal(r.body, &e); err != nil || e.ID != r.header.Get(HeaderID) {
			t.Errorf("id %q in %s: %v", r.header.Get(HeaderID), r.body, err)
		}
		seen[e.ID] = true
	}
	if len(seen) != 40 || len(d.Log()) != 10 {
		t.Errorf("%d events, %d in the log", len(seen), len(d.Log()))
	}
}
