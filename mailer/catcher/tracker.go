package catcher

import (
	"net"
	"sync"
)

// tracker knows its listeners and their open connections, so that they can be closed. The SMTP library forgets a listener
// that is handed to it while it stops.
type tracker struct {
	mu     sync.Mutex
	listen []net.Listener
	open   map[*line]struct{}
	total  int
	closed bool
}

// line is one tracked connection.
type line struct {
	net.Conn
	t *tracker
}

// Close implements net.Conn.
func (l *line) Close() error {
	l.t.mu.Lock()
	delete(l.t.open, l)
	l.t.mu.Unlock()
	return l.Conn.Close()
}

// watch returns l with its connections tracked. After close it closes l.
func (t *tracker) watch(l net.Listener) net.Listener {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listen = append(t.listen, l)
	if t.closed {
		_ = l.Close()
	}
	return &watched{l, t}
}

type watched struct {
	net.Listener
	t *tracker
}

// Accept implements net.Listener.
func (w *watched) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return w.t.add(c), nil
}

func (t *tracker) add(c net.Conn) net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &line{c, t}
	t.total++
	if t.closed {
		_ = c.Close()
		return l
	}
	if t.open == nil {
		t.open = map[*line]struct{}{}
	}
	t.open[l] = struct{}{}
	return l
}

// cut closes all open connections.
func (t *tracker) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for l := range t.open {
		_ = l.Conn.Close()
	}
	clear(t.open)
}

// close ends all listeners and cuts all connections, those to come included.
func (t *tracker) close() {
	t.mu.Lock()
	t.closed = true
	for _, l := range t.listen {
		_ = l.Close()
	}
	t.mu.Unlock()
	t.cut()
}

func (t *tracker) stopped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

func (t *tracker) accepted() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}
