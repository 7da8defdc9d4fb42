package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/handlers/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host runs a server whose only request waits until it is let go.
type host struct {
	url     string
	stop    context.CancelFunc
	ended   chan error
	inside  chan struct{}
	proceed chan struct{}
}

func serve(t *testing.T, drain time.Duration, log *slog.Logger) host {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	h := host{"http://" + l.Addr().String(), cancel, make(chan error, 1), make(chan struct{}, 1), make(chan struct{})}
	s := &web.Server{Name: "public", Log: log, Drain: drain, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h.inside <- struct{}{}
		<-h.proceed
		_, _ = io.WriteString(w, "accepted")
	})}
	go func() { h.ended <- s.Run(ctx, l) }()
	return h
}

func get(url string) (string, error) {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// TestDrain: who was let in is answered, nobody else is let in, and then Run returns.
func TestDrain(t *testing.T) {
	h := serve(t, 0, quiet())
	var wg sync.WaitGroup
	wg.Go(func() {
		if got, err := get(h.url); err != nil || got != "accepted" {
			t.Errorf("the open request got %q, %v", got, err)
		}
	})
	<-h.inside
	h.stop()
	for { // until the listener is closed
		c, err := net.DialTimeout("tcp", h.url[len("http://"):], time.Second)
		if err != nil {
			break
		}
		_ = c.Close()
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-h.ended:
		t.Fatalf("Run returned %v while a request was open", err)
	default:
	}
	close(h.proceed)
	wg.Wait()
	if err := <-h.ended; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

// TestDrainEnds: a request that never ends is cut, and that is said.
func TestDrainEnds(t *testing.T) {
	var log bytes.Buffer
	h := serve(t, 20*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil)))
	var wg sync.WaitGroup
	wg.Go(func() {
		if got, err := get(h.url); err == nil {
			t.Errorf("the cut request got %q", got)
		}
	})
	<-h.inside
	h.stop()
	if err := <-h.ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run returned %v", err)
	}
	close(h.proceed)
	wg.Wait()
	if !bytes.Contains(log.Bytes(), []byte("cut")) {
		t.Errorf("log %s", log.String())
	}
}

func TestRunFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	s := &web.Server{Name: "public", Log: quiet(), Handler: http.NotFoundHandler()}
	if err := s.Run(t.Context(), l); err == nil {
		t.Error("a closed listener served")
	}
}

// TestNetHTTPIsMuffled: net/http's own lines quote addresses and panics; none reaches the log.
func TestNetHTTPIsMuffled(t *testing.T) {
	var log lockedBuffer
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	s := &web.Server{
		Name: "public", Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("canary") }),
	}
	go func() { ended <- s.Run(ctx, l) }()
	if _, err := get("http://" + l.Addr().String()); err == nil {
		t.Error("a panic was answered")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := log.String(); !bytes.Contains([]byte(got), []byte("net/http complained")) || bytes.Contains([]byte(got), []byte("canary")) || bytes.Contains([]byte(got), []byte("127.0.0.1")) {
		t.Errorf("log %s", got)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
