package mailertest

import (
	"net"
	"sync"
)

// gate holds every read and write while it is shut.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while awake
	shut bool
}

func (g *gate) sleep() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		g.open, g.shut = make(chan struct{}), true
	}
}

func (g *gate) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = make(chan struct{})
		close(g.open)
	}
	if g.shut {
		close(g.open)
		g.shut = false
	}
}

func (g *gate) now() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// gated is a listener whose connections pass the gate.
type gated struct {
	net.Listener
	gate *gate
}

// Accept implements net.Listener.
func (l *gated) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sleeper{Conn: c, gate: l.gate, gone: make(chan struct{})}, nil
}

// sleeper is a connection that stands still while the gate is shut, until it is closed.
type sleeper struct {
	net.Conn
	gate *gate
	once sync.Once
	gone chan struct{}
}

// Read implements net.Conn. What came in before the gate shut is held back too.
func (s *sleeper) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	return n, s.pass(err)
}

// Write implements net.Conn.
func (s *sleeper) Write(p []byte) (int, error) {
	if err := s.pass(nil); err != nil {
		return 0, err
	}
	return s.Conn.Write(p)
}

// Close implements net.Conn.
func (s *sleeper) Close() error {
	s.once.Do(func() { close(s.gone) })
	return s.Conn.Close()
}

func (s *sleeper) pass(err error) error {
	select {
	case <-s.gate.now():
		return err
	case <-s.gone:
		return net.ErrClosed
	}
}
