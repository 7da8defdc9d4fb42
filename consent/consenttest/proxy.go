package consenttest

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a client and a server and can lose answers: the request goes through, its answer does not come
// back, and the connection is cut. To the client that is a server that may or may not have done what it was told.
type Proxy struct {
	Addr string // where clients connect

	l      net.Listener
	target string

	mu     sync.Mutex
	marker []byte // answers to requests that hold it are lost; nil: none
	left   int    // how many more
	seen   int    // requests with the marker that went through
	strike *Strike
	conns  map[net.Conn]bool
}

// NewProxy listens on a free port of loopback until the test's end and passes everything on to target.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	return NewProxyAt(t, "127.0.0.1:0", target)
}

// NewProxyAt is NewProxy on an address of the caller's choice.
func NewProxyAt(t testing.TB, addr, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), l: l, target: target, conns: map[net.Conn]bool{}}
	go p.accept()
	t.Cleanup(p.close)
	return p
}

// Lose makes the proxy lose the answers to the next n requests that hold marker, and counts such requests anew.
func (p *Proxy) Lose(n int, marker string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marker, p.left, p.seen = []byte(marker), n, 0
}

// Seen is how many requests with the marker went through since Lose.
func (p *Proxy) Seen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// Cut closes every connection that is open now.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *Proxy) close() {
	_ = p.l.Close()
	p.Cut()
}

func (p *Proxy) accept() {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		go p.serve(c)
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	p.mu.Lock()
	p.conns[client] = true
	p.mu.Unlock()
	lose, under := make(chan struct{}), new(atomic.Pointer[Strike])
	go p.answers(client, server, lose, under)
	p.requests(client, server, lose, under)
	p.mu.Lock()
	delete(p.conns, client)
	p.mu.Unlock()
}

// requests passes on what the client sends. One write of a client is taken as one request: test clients do not split.
func (p *Proxy) requests(client, server net.Conn, lose chan struct{}, under *atomic.Pointer[Strike]) {
	buf := make([]byte, 256<<10)
	lost := false
	for {
		n, err := client.Read(buf)
		if n > 0 {
			if !lost && p.mark(buf[:n]) {
				lost = true
				close(lose) // before the request, so that the answer cannot be quicker
			}
			if !p.aim(buf[:n], under) {
				return
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// mark counts a request with the marker and reports whether its answer is to be lost.
func (p *Proxy) mark(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.marker == nil || !bytes.Contains(request, p.marker) {
		return false
	}
	p.seen++
	if p.left == 0 {
		return false
	}
	p.left--
	return true
}

// answers passes back what the server says, until an answer is to be lost: that one is read, so it was given, and dropped.
func (p *Proxy) answers(client, server net.Conn, lose chan struct{}, under *atomic.Pointer[Strike]) {
	defer func() { _ = client.Close() }()
	buf := make([]byte, 256<<10)
	for {
		n, err := server.Read(buf)
		select {
		case <-lose:
			return
		default:
		}
		if n > 0 && p.hit(under, n) {
			return
		}
		if n > 0 {
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
