package mailer

import (
	"slices"
	"sync"
	"time"
)

// pool keeps resting connections, as many as letters were on their way at once. The one used last is used first, so that
// the others grow old and go.
type pool struct {
	idle time.Duration

	mu      sync.Mutex
	resting []*conn
	closed  bool
}

// take returns a resting connection, or nil.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.resting) == 0 {
		return nil
	}
	last := len(p.resting) - 1
	c := p.resting[last]
	p.resting = slices.Delete(p.resting, last, last+1)
	c.leave.Stop() // it may fire all the same, and then finds c taken, or ends its next rest early
	return c
}

// put lets a connection rest; it is ended after the idle limit unless it is taken before.
func (p *pool) put(c *conn) {
	if c.spoiled || !p.rest(c) {
		c.quit()
	}
}

func (p *pool) rest(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	c.rested = time.Now()
	c.leave = time.AfterFunc(p.idle, func() {
		if p.remove(c) {
			c.quit()
		}
	})
	p.resting = append(p.resting, c)
	return true
}

// remove takes c out if it rests.
func (p *pool) remove(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.resting, c)
	if i < 0 {
		return false
	}
	p.resting = slices.Delete(p.resting, i, i+1)
	return true
}

// close ends all resting connections, and those that are put back later at once.
func (p *pool) close() {
	p.mu.Lock()
	all := p.resting
	p.resting, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range all {
		c.leave.Stop()
		c.quit()
	}
}
