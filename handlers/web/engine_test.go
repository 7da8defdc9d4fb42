package web_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/web"
)

// TestGinDefaults: what gin does by itself, and this service must not.
func TestGinDefaults(t *testing.T) {
	b := newBench(t, func(c *gin.Context) error {
		c.String(http.StatusOK, c.ClientIP()+" "+c.Param("token"))
		return nil
	})
	e := b.engine
	if e.ForwardedByClientIP || e.RedirectTrailingSlash || e.RedirectFixedPath || !e.HandleMethodNotAllowed || e.MaxMultipartMemory > web.MaxBody {
		t.Error("a default of gin is back")
	}
	before := gin.Mode()
	t.Cleanup(func() { gin.SetMode(before) })
	gin.SetMode(gin.DebugMode) // a test's own mode is another
	newBench(t, func(*gin.Context) error { return nil })
	if gin.Mode() != gin.ReleaseMode {
		t.Error("debug mode prints routes")
	}
	if w := b.ask("GET", "/v1/c/a%2Fb", "X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9"); w.Body.String() != "192.0.2.1 a/b" {
		t.Errorf("got %q", w.Body)
	}
	for _, path := range []string{"/v1/c/x/", "/V1/c/x", "//v1/c/x", "/v1//c/x", "/"} {
		if w := b.ask("GET", path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := b.ask("DELETE", "/v1/c/x")
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" || !strings.Contains(w.Body.String(), "method_not_allowed") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestAccessLog: the route's pattern, never the path, the query, a header or an address.
func TestAccessLog(t *testing.T) {
	b := newBench(t, func(c *gin.Context) error {
		c.String(http.StatusTeapot, "x")
		return nil
	})
	b.ask("GET", "/v1/c/canary?q=canary", "Referer", "https://canary.example", "User-Agent", "canary", "X-Request-Id", "canary")
	b.ask("GET", "/canary")
	b.ask("CANARY", "/canary")
	log := b.log.String()
	if strings.Contains(strings.ToLower(log), "canary") || strings.Contains(log, "192.0.2.1") {
		t.Errorf("log %s", log)
	}
	for _, want := range []string{`"route":"/v1/c/:token"`, `"status":418`, `"bytes":1`, `"method":"GET"`, `"route":"none"`, `"method":"other"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
}

func TestRequestID(t *testing.T) {
	b := newBench(t, func(*gin.Context) error { return nil })
	one, two := b.ask("GET", "/c/x", "X-Request-Id", "mine").Header(), b.ask("GET", "/c/x").Header()
	if a, b := one.Get("X-Request-Id"), two.Get("X-Request-Id"); a == b || a == "mine" || !strings.HasPrefix(a, "req_") {
		t.Errorf("ids %q %q", a, b)
	}
}

// TestRecover: a panic is answered with nothing of it, and logged with neither its text nor any header.
func TestRecover(t *testing.T) {
	var index int
	for name, fail := range map[string]func(){
		"text": func() { panic("canary of a person") }, "error": func() { panic(errors.New("canary of a person")) },
		"runtime": func() { _ = []int{}[index] },
	} {
		b := newBench(t, func(*gin.Context) error { fail(); return nil })
		w := b.ask("GET", "/v1/c/canary", "Authorization", "Bearer canary", "Cookie", "canary")
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "canary") || !strings.Contains(w.Body.String(), `"code":"internal"`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		log := b.log.String()
		if strings.Contains(log, "canary") || !strings.Contains(log, "engine_test.go") || !strings.Contains(log, `"status":500`) {
			t.Errorf("%s: log %s", name, log)
		}
		if name == "runtime" && !strings.Contains(log, "index out of range") {
			t.Errorf("%s: log %s", name, log)
		}
	}
}

// TestRecoverAfterHalf: an answer that has begun is cut, so that nobody takes it for a whole one.
func TestRecoverAfterHalf(t *testing.T) {
	b := newBench(t, func(c *gin.Context) error {
		c.String(http.StatusOK, "half")
		c.Writer.Flush()
		panic("x")
	})
	s := httptest.NewUnstartedServer(b.engine)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	defer s.Close()
	resp, err := http.Get(s.URL + "/v1/c/x")
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if err == nil {
		t.Error("the half answer looks like a whole one")
	}
}

// TestSlowBody: a body that does not come is given up, on a real connection (threat 27).
func TestSlowBody(t *testing.T) {
	p := &web.Problems{Log: quiet()}
	e := gin.New()
	e.Use(web.Limit(web.Options{Problems: p, Clock: time.Now, Read: 50 * time.Millisecond}))
	e.POST("/v1/slow", p.Handle(func(c *gin.Context) error {
		_, err := io.ReadAll(c.Request.Body)
		return err
	}))
	s := httptest.NewServer(e)
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprint(conn, "POST /v1/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// TestBodyBounds: a body that says it is too large is refused unread, another while it is read; a route may have its own bound.
func TestBodyBounds(t *testing.T) {
	p := &web.Problems{Log: quiet()}
	e := web.NewEngine(web.Options{Log: quiet(), Problems: p, Bodies: map[string]int64{"/v1/wide": 2 * web.MaxBody, "/v1/stream": -1}})
	read := p.Handle(func(c *gin.Context) error {
		n, err := io.Copy(io.Discard, c.Request.Body)
		c.Header("Read", fmt.Sprint(n))
		return err
	})
	for _, path := range []string{"/v1/small", "/v1/wide", "/v1/stream"} {
		e.POST(path, read)
	}
	for _, c := range []struct {
		path   string
		size   int
		says   bool
		status int
	}{
		{"/v1/small", web.MaxBody, true, 200}, {"/v1/small", web.MaxBody + 1, true, 413}, {"/v1/small", web.MaxBody + 1, false, 413},
		{"/v1/wide", 2 * web.MaxBody, true, 200}, {"/v1/wide", 2*web.MaxBody + 1, false, 413}, {"/v1/stream", 8 * web.MaxBody, false, 200},
		{"/v1/nowhere", web.MaxBody + 1, true, 413},
	} {
		req := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(strings.Repeat("x", c.size)))
		if !c.says {
			req.ContentLength = -1
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
		if w.Code != c.status {
			t.Errorf("%s %d %v: %d", c.path, c.size, c.says, w.Code)
		}
		if c.says && c.status == 413 && (w.Header().Get("Read") != "" || w.Header().Get("Connection") != "close") {
			t.Errorf("%s: it was read: %v", c.path, w.Header())
		}
	}
}
