package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// raw is what is sent to the public listener byte for byte, and how it may be answered.
type raw struct {
	name    string
	text    string
	status  []int // of the first answer; 0: the connection ends without one
	answers int   // of the whole connection, at most
}

const host = "Host: h.example\r\n"

// oddities are requests that two programs could read in two ways, or that no honest one sends. /code is a page for everybody, and /v1/events
// asks for a key: an answer 401 to what was smuggled would show that it was read.
func oddities() []raw {
	const behind = "GET /v1/events HTTP/1.1\r\n" + host + "\r\n"
	post := func(headers, body string) string { return "POST /code HTTP/1.1\r\n" + host + headers + "\r\n" + body }
	get := func(target string) string {
		return "GET " + target + " HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"
	}
	with := func(headers string) string { return "GET /code HTTP/1.1\r\n" + host + headers + "\r\n" + behind }
	form := "Content-Type: application/x-www-form-urlencoded\r\n"
	closed := []int{400, 501, 0}
	return []raw{
		// Where does a request end?
		{"length and chunks", post(form+"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+behind), []int{200, 400, 422}, 1},
		{"chunks and length", post(form+"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\n"+behind), []int{200, 400, 422}, 1},
		{"chunks", post(form+"Transfer-Encoding: chunked\r\n", "0\r\n\r\n"+behind), []int{200, 400, 422}, 1},
		{"chunks twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+behind), closed, 1},
		{"chunks and identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"+behind), closed, 1},
		{"chunks misspelt", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+behind), closed, 1},
		{"chunks by a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"+behind), closed, 1},
		{"a space before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"+behind), closed, 1},
		{"two lengths", post("Content-Length: 0\r\nContent-Length: 6\r\n", "abcdef"+behind), closed, 1},
		{"two lengths in one", post("Content-Length: 0, 6\r\n", "abcdef"+behind), closed, 1},
		{"a length with a sign", post("Content-Length: +6\r\n", "abcdef"+behind), closed, 1},
		{"a length below zero", post("Content-Length: -1\r\n", behind), closed, 1},
		{"a length in hex", post("Content-Length: 0x6\r\n", "abcdef"+behind), closed, 1},
		{"a length that overflows", post("Content-Length: 18446744073709551616\r\n", behind), closed, 1},
		{"a length over two lines", post("Content-Length: 6\r\n 0\r\n", "abcdef"+behind), closed, 1},
		{"a chunk that overflows", post(form+"Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"+behind), []int{400, 422}, 1},
		{"a chunk below zero", post(form+"Transfer-Encoding: chunked\r\n", "-1\r\nabc\r\n0\r\n\r\n"+behind), []int{400, 422}, 1},
		{"a chunk with a bare line feed", post(form+"Transfer-Encoding: chunked\r\n", "2;\nxx\r\n0\r\n\r\n"+behind), []int{400, 422}, 1},
		{"a length in the trailer", post(form+"Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n", "0\r\nContent-Length: 60\r\n\r\n"+behind), []int{200, 400, 422}, 1},
		{"HTTP/1.0 with chunks", "POST /code HTTP/1.0\r\nConnection: keep-alive\r\n" + form + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + behind, []int{200, 400, 422}, 1},
		{"HTTP/1.0 that stays", "GET /code HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + behind, []int{200}, 1},
		// Who is asked, and for what?
		{"two hosts", "GET /code HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n" + behind, closed, 1},
		{"no host", "GET /code HTTP/1.1\r\n\r\n" + behind, closed, 1},
		{"a host with a path", "GET /code HTTP/1.1\r\nHost: h.example/evil.example\r\n\r\n" + behind, closed, 1},
		{"a host with a space", "GET /code HTTP/1.1\r\nHost: h.example evil.example\r\n\r\n" + behind, closed, 1},
		{"a whole address", get("http://evil.example/code"), []int{200, 400}, 1},
		{"another scheme", get("gopher://evil.example/code"), []int{200, 400, 404}, 1},
		{"two slashes", get("//evil.example/code"), []int{400, 404}, 1},
		{"backslashes", get(`/\evil.example`), []int{400, 404}, 1},
		{"no slash", get("code"), closed, 1},
		{"a way up", get("/c/../v1/events"), []int{400, 404}, 1},
		{"a way up, encoded", get("/c/%2e%2e/v1/events"), []int{400, 404}, 1},
		{"a slash, encoded", get("/c/..%2fv1%2fevents"), []int{400, 404}, 1},
		{"a slash, encoded twice", get("/c/%252e%252e%252fv1"), []int{400, 404}, 1},
		{"files", get("/static/..%2f..%2f..%2f..%2fetc%2fpasswd"), []int{400, 404}, 1},
		{"files, plain", get("/static/../../../../etc/passwd"), []int{400, 404}, 1},
		{"files, by backslashes", get(`/static/..%5c..%5c..%5cetc%5cpasswd`), []int{400, 404}, 1},
		{"a slash at the end", get("/code/"), []int{400, 404}, 1},
		{"capitals", get("/CODE"), []int{404}, 1},
		{"a parameter of the path", get("/v1;x=y/events"), []int{400, 404}, 1},
		{"NUL in the path", get("/code%00.css"), []int{400, 404}, 1},
		{"a torn escape", get("/c/%zz"), closed, 1},
		{"a raw NUL", get("/code\x00"), closed, 1},
		{"a fragment", get("/code#a"), []int{200, 400, 404}, 1},
		// Lines and names.
		{"NUL in a value", with("X-A: a\x00b\r\n"), closed, 1},
		{"a bare carriage return", with("X-A: a\rX-B: b\r\n"), closed, 1},
		{"a name with a space", with("X A: b\r\n"), closed, 1},
		{"a line without a name", with(": b\r\n"), closed, 1},
		{"a line without a colon", with("nonsense\r\n"), closed, 1},
		{"a folded line", with("X-A: a\r\n b: c\r\nConnection: close\r\n"), []int{200, 400, 0}, 1},
		{"bare line feeds", strings.ReplaceAll(get("/code"), "\r\n", "\n"), []int{200, 400}, 1},
		{"a line before the request", "\r\n" + get("/code"), []int{200, 400}, 1},
		{"30 kB of headers", with("X-A: " + strings.Repeat("a", 30<<10) + "\r\n"), []int{431, 0}, 1},
		{"5,000 headers", with(strings.Repeat("X-A: b\r\n", 5000)), []int{431, 0}, 1},
		{"30 kB of path", get("/" + strings.Repeat("a", 30<<10)), []int{414, 431, 0}, 1},
		// Methods and versions.
		{"TRACE", "TRACE /code HTTP/1.1\r\n" + host + "X-Canary: canary-7731\r\nConnection: close\r\n\r\n", []int{404, 405}, 1},
		{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{400, 404, 405}, 1},
		{"CONNECT to a page", "CONNECT /code HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{400, 404, 405}, 1},
		{"a method in small letters", "get /code HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{404, 405}, 1},
		{"a method of signs", "GE(T /code HTTP/1.1\r\n" + host + "\r\n" + behind, closed, 1},
		{"another method by a header", "POST /code HTTP/1.1\r\n" + host + form + "X-HTTP-Method-Override: DELETE\r\nContent-Length: 7\r\nConnection: close\r\n\r\ncode=ab", []int{200, 404, 422}, 1},
		{"HTTP/2 unasked", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{400, 404, 505, 0}, 1},
		{"HTTP/9.9", "GET /code HTTP/9.9\r\n" + host + "\r\n", []int{400, 505, 0}, 1},
		{"HTTP/0.9", "GET /code\r\n", closed, 1},
		{"an upgrade", "GET /code HTTP/1.1\r\n" + host + "Connection: Upgrade, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", []int{200}, 1},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", closed, 1},
		{"noise", "\xff\xfe\x00\x01\r\n\r\n", closed, 1},
		// Bodies.
		{"10 GB announced", post(form+"Content-Length: 10737418240\r\n", "code="), []int{413}, 1},
		{"10 GB announced, and asked for first", post(form+"Expect: 100-continue\r\nContent-Length: 10737418240\r\n", ""), []int{413}, 1},
		{"chunks without end", post(form+"Transfer-Encoding: chunked\r\n", strings.Repeat("4000\r\n"+strings.Repeat("a", 0x4000)+"\r\n", 8)), []int{400, 413}, 1},
		{"another wish than 100", post("Expect: 200-maybe\r\nContent-Length: 0\r\n", behind), []int{417, 400}, 1},
		// Three requests in one go are three answers, in their order.
		{"a pipeline", strings.Repeat("GET /code HTTP/1.1\r\n"+host+"\r\n", 2) + get("/code"), []int{200}, 3},
	}
}

var statusLine = regexp.MustCompile(`(?m)^HTTP/1\.[01] (\d{3}) `)

// send writes all of it and reads until the server ends the connection; it must, soon.
func (r raw) send(addr string) (string, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	go func() { _, _ = io.WriteString(c, r.text) }() // a server that refuses early reads no further
	said, err := io.ReadAll(c)
	if len(said) > 0 && err != nil && !isTimeout(err) {
		err = nil // cut after its answer: bytes were left unread
	}
	if err != nil && !isTimeout(err) {
		return "", nil // cut without one
	}
	return string(said), err
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// fault says what is wrong with an answer, "" for nothing.
func (r raw) fault(said string) string {
	var got []int
	for _, m := range statusLine.FindAllStringSubmatch(said, -1) {
		n, _ := strconv.Atoi(m[1])
		got = append(got, n)
	}
	first := 0
	if len(got) > 0 {
		first = got[0]
	}
	low := strings.ToLower(said)
	switch {
	case !slices.Contains(r.status, first):
		return fmt.Sprintf("%d, want one of %v", first, r.status)
	case len(got) > r.answers, r.answers > 1 && len(got) != r.answers:
		return fmt.Sprintf("%d answers %v, want %d", len(got), got, r.answers)
	case strings.Contains(low, "evil.example"), strings.Contains(low, "canary-7731"), strings.Contains(low, "root:"):
		return "the answer repeats what was sent, or tells of files"
	case strings.Contains(low, "\r\nserver:"), strings.Contains(low, "\r\nx-powered-by:"):
		return "it tells what serves"
	}
	return ""
}

// try sends it, and tells its fault with its name.
func (r raw) try(addr string) string {
	said, err := r.send(addr)
	if err != nil {
		return fmt.Sprintf("%s: the connection stays open: %v", r.name, err)
	}
	if fault := r.fault(said); fault != "" {
		return fmt.Sprintf("%s: %s\n%.600s", r.name, fault, said)
	}
	return ""
}

// wordBesieged sends every oddity to the service, signs a child up under another host's name, holds connections open that send next to
// nothing, as many as the argument says, and then works as ever. All that must have no effect.
func (s *story) wordBesieged(ts *testscript.TestScript, _ bool, args []string) {
	p := s.processes[s.at]
	var found []string
	faults := make(chan string, len(oddities()))
	for _, r := range oddities() {
		go func() { faults <- r.try(p.public) }() // some wait for the service to lose patience
	}
	for range oddities() {
		if fault := <-faults; fault != "" {
			found = append(found, fault)
		}
	}
	if len(found) > 0 {
		ts.Fatalf("%s", strings.Join(found, "\n"))
	}
	s.poison(ts, p)
	n, err := strconv.Atoi(one(ts, args))
	ts.Check(err)
	s.crawl(ts, p, n)
}

// poison signs a child up by requests that name another host in every way there is. Links are made of BOHOJA_PUBLIC_URL alone (threat 30).
func (s *story) poison(ts *testscript.TestScript, p *process) {
	body := signupBody("poisoned", map[string]string{"email": "poisoned@example.com"})
	r := raw{name: "another host", text: "POST http://evil.example/v1/consent-requests HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: gopher\r\n" +
		"X-Forwarded-Prefix: /evil.example\r\nForwarded: host=evil.example\r\nX-Original-URL: http://evil.example/\r\nX-Rewrite-URL: /evil.example\r\nReferer: http://evil.example/\r\n" +
		"Authorization: Bearer " + s.keys[s.key] + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body,
		status: []int{http.StatusCreated}, answers: 1}
	if fault := r.try(p.public); fault != "" {
		ts.Fatalf("%s", fault)
	}
	s.hide("poisoned@example.com")
	wait(ts, func() bool { _, ok := s.next("poisoned@example.com", "invite"); return ok }, "the letter of a request with a poisoned host")
	for _, l := range s.arrived() {
		if strings.Contains(l.Text+l.HTML, "evil.example") || l.To == "poisoned@example.com" && !strings.HasPrefix(linkTo(l, "/c/"), ts.Getenv("BOHOJA_PUBLIC_URL")+"/c/") {
			ts.Fatalf("a letter leads elsewhere")
		}
	}
}

// crawl opens connections that send half a head, or a head and a byte of a body, and no more. While all are open, everybody else is
// answered; then each is ended by the service, and what it held is given back.
func (s *story) crawl(ts *testscript.TestScript, p *process, n int) {
	before := s.held(ts)
	ended := make(chan error, n)
	halves := []string{
		"GET /code HTTP/1.1\r\n" + host + "X-A: b", "POST /code HTTP/1.1\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nc",
		"POST /v1/consent-requests HTTP/1.1\r\n" + host + "Authorization: Bearer " + s.keys[s.key] + "\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
		"POST /code HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1", "",
	}
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for i := range n {
		c, err := net.Dial("tcp", p.public)
		ts.Check(err)
		open = append(open, c)
		_, err = io.WriteString(c, halves[i%len(halves)])
		ts.Check(err)
	}
	s.call(ts, http.MethodGet, "/v1/events", http.StatusOK)
	s.call(ts, http.MethodPost, "/v1/consent-requests", http.StatusCreated, signupBody("besieged", map[string]string{"email": "besieged@example.com"}))
	s.hide("besieged@example.com")
	for _, c := range open {
		go func() {
			_ = c.SetReadDeadline(time.Now().Add(patience))
			_, err := io.Copy(io.Discard, bufio.NewReader(c))
			ended <- err
		}()
	}
	for range n {
		if err := <-ended; err != nil && isTimeout(err) {
			ts.Fatalf("of %d connections that send nothing one stays open", n)
		}
	}
	var after int
	wait(ts, func() bool { after = s.held(ts); return after <= before+before/2+20 }, "what %d connections held to be given back: %d goroutines were %d", n, after, before)
	ts.Logf("%d connections that send next to nothing were ended; goroutines %d, then %d", n, before, after)
}

func (s *story) call(ts *testscript.TestScript, method, path string, status int, body ...string) {
	s.ask(ts, s.keys[s.key], method, path, strings.Join(body, "")).want(ts, status)
}

// held is how many goroutines the service has.
func (s *story) held(ts *testscript.TestScript) int {
	a, err := s.doOnce(getting(ts, "http://"+s.processes[s.at].ops+"/metrics"))
	ts.Check(err)
	m := regexp.MustCompile(`(?m)^go_goroutines (\d+)`).FindStringSubmatch(a.body)
	if m == nil {
		ts.Fatalf("no goroutines are counted")
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
