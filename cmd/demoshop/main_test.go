package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe is an output that can be read while it is written.
type pipe struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

func (p *pipe) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// It says where it is, serves with and without its path, and ends in order.
func TestRun(t *testing.T) {
	var stdout, stderr pipe
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"-listen", "127.0.0.1:0", "-base", "/shop/", "-poll", "1ms"},
			env("BOHOJA_PUBLIC_URL", "http://127.0.0.1:1/", "BOHOJA_API_KEY", "bhj_test_sk_CANARY"), &stdout, &stderr)
	}()
	for late := time.Now().Add(time.Minute); !strings.HasSuffix(stdout.String(), "/shop/\n"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("it does not say where it is")
		}
	}
	at := strings.TrimPrefix(strings.TrimSpace(stdout.String()), "demoshop: ")
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	for _, url := range []string{at, strings.TrimSuffix(at, "shop/")} {
		res, err := (&http.Client{Transport: tr}).Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), `action="/shop/"`) {
			t.Errorf("%s: %d %v", url, res.StatusCode, err)
		}
	}
	stop()
	if got := <-code; got != exitFine {
		t.Errorf("exit code %d: %s", got, stderr.String())
	}
	if !strings.Contains(stderr.String(), "DEMOSHOP_SECRET") || strings.Contains(stderr.String()+stdout.String(), "CANARY") {
		t.Error(stderr.String())
	}
}

func TestUsage(t *testing.T) {
	good := env("BOHOJA_PUBLIC_URL", "http://127.0.0.1:1", "BOHOJA_API_KEY", "k", "DEMOSHOP_SECRET", "s")
	for name, tc := range map[string]struct {
		args   []string
		getenv func(string) string
		code   int
		said   string
	}{
		"nothing":      {nil, env(), exitUsage, "BOHOJA_PUBLIC_URL or -url, BOHOJA_API_KEY"},
		"unknown flag": {[]string{"-x"}, good, exitUsage, "-x"},
		"no pause":     {[]string{"-poll", "0s"}, good, exitUsage, "-poll"},
		"no address":   {[]string{"-listen", "127.0.0.1:x"}, good, exitFailed, "listen tcp"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), tc.args, tc.getenv, io.Discard, &stderr); code != tc.code || !strings.Contains(stderr.String(), tc.said) {
			t.Errorf("%s: %d %s", name, code, stderr.String())
		}
	}
}
