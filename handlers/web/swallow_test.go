package web_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/web"
)

// hall is a server over a connection that reads its bodies whole, by a clock that is so far ahead: it waits that much longer for a body.
func hall(t *testing.T, ahead time.Duration) string {
	t.Helper()
	b := newBench(t, func(c *gin.Context) error {
		_, err := io.Copy(io.Discard, c.Request.Body)
		return err
	}, func(o *web.Options) { o.Clock = func() time.Time { return time.Now().Add(ahead) } })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- (&web.Server{Name: "public", Log: quiet(), Handler: b.engine, Drain: 10 * time.Second}).Run(ctx, l)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// TestTooLargeIsToldToWhoSendsFirst: a client that writes all of its body before it reads learns that it was too large.
func TestTooLargeIsToldToWhoSendsFirst(t *testing.T) {
	addr := hall(t, time.Hour)
	for name, c := range map[string]struct {
		head string
		size int
		body func(w io.Writer, n int) error
	}{
		"with a length": {"Content-Length: %d\r\n", 5 << 20, plainly},
		"just above":    {"Content-Length: %d\r\n", web.MaxBody + 1, plainly},
		"in chunks":     {"Transfer-Encoding: chunked\r\nX-Size: %d\r\n", 5 << 20, inChunks},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			head := "POST /v1/c/x HTTP/1.1\r\nHost: x\r\n" + fmt.Sprintf(c.head, c.size) + "\r\n"
			if _, err := io.WriteString(conn, head); err != nil {
				t.Fatal(err)
			}
			if err := c.body(conn, c.size); err != nil {
				t.Fatalf("the body was not taken: %v", err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			defer func() { _ = resp.Body.Close() }()
			text, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || !bytes.Contains(text, []byte("too_large")) || !resp.Close {
				t.Errorf("%v %d, closes: %v: %s", err, resp.StatusCode, resp.Close, text)
			}
		})
	}
}

func plainly(w io.Writer, n int) error {
	_, err := io.Copy(w, io.LimitReader(filler{}, int64(n)))
	return err
}

func inChunks(w io.Writer, n int) error {
	for left := n; left > 0; left -= 64 << 10 {
		if _, err := fmt.Fprintf(w, "%x\r\n%s\r\n", 64<<10, strings.Repeat("x", 64<<10)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "0\r\n\r\n")
	return err
}

// filler is bytes without an end.
type filler struct{}

// Read implements io.Reader.
func (filler) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// TestTooLargeByClients: the clients of two languages, of which one reads while it writes and one only afterwards.
func TestTooLargeByClients(t *testing.T) {
	url := "http://" + hall(t, time.Hour) + "/v1/c/x"
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Post(url, "application/json", io.LimitReader(filler{}, 6<<20))
	if err != nil {
		t.Fatalf("Go: %v", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("Go: %d", resp.StatusCode)
	}
	if _, err := exec.LookPath("python3"); errors.Is(err, exec.ErrNotFound) {
		t.Log("no python3 here; TestTooLargeIsToldToWhoSendsFirst does what its urllib does")
		return
	}
	script := "import sys, urllib.request, urllib.error\ntry: urllib.request.urlopen(sys.argv[1], data=b'x' * (6 << 20))\nexcept urllib.error.HTTPError as e: print(e.code)"
	python, complaints := exec.CommandContext(t.Context(), "python3", "-c", script, url), &bytes.Buffer{}
	python.Stderr = complaints
	out, err := python.Output()
	if err != nil || strings.TrimSpace(string(out)) != "413" {
		t.Errorf("urllib: %v: %s%s", err, out, complaints)
	}
}

// TestSwallowIsBounded: what never ends is not read for ever, and one that asks whether it may send is not waited for: there, by its clock,
// the server would wait an hour.
func TestSwallowIsBounded(t *testing.T) {
	send := func(addr, head string, body io.Reader) (sent int64, answer string, err error) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		_, _ = io.WriteString(conn, "POST /v1/c/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n"+head+"\r\n")
		sent, _ = io.Copy(conn, body) // until the server has had enough
		text, err := io.ReadAll(conn)
		return sent, string(text), err
	}
	patient, quick := hall(t, time.Hour), hall(t, 0)
	if sent, _, _ := send(patient, "", io.LimitReader(filler{}, 1_000_000_000)); sent > 64<<20 {
		t.Errorf("%d bytes were taken", sent)
	}
	if _, answer, err := send(patient, "Expect: 100-continue\r\n", strings.NewReader("")); !strings.HasPrefix(answer, "HTTP/1.1 413 ") || err != nil {
		t.Errorf("%v: %s", err, answer)
	}
	if _, answer, err := send(quick, "", strings.NewReader("x")); !strings.HasPrefix(answer, "HTTP/1.1 413 ") || err != nil {
		t.Errorf("of a client that stops: %v: %s", err, answer)
	}
}
