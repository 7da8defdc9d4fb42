package consenttest

import (
	"bytes"
	"sync/atomic"
)

// Strike is a moment in the life of a client at which something befalls it: as a request of its passes a Proxy, or as the
// answer to it does. What it was to say or to hear is lost, and so is the connection. So a process can be killed between any
// two things that it does to the world, without a word about it in its code (consent/adr/0016).
type Strike struct {
	Marker   string // the request holds it
	After    string // only once a request with this has passed; "": from the beginning
	Nth      int    // which such request; 0 and 1: the first
	Answered bool   // strike when the server has answered; false: before it has the request
	Least    int    // an answer that is shorter does not count (nothing was done)
	Do       func() // returns when the client has felt it

	seen int
}

// Strike waits for the moment, once. A new one takes the place of the old.
func (p *Proxy) Strike(s Strike) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.strike = &s
}

// Struck reports whether the moment has come.
func (p *Proxy) Struck() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.strike == nil
}

// aim looks at a request. false: it was the moment, and the request goes no further.
func (p *Proxy) aim(request []byte, under *atomic.Pointer[Strike]) bool {
	p.mu.Lock()
	s := p.strike
	if s == nil {
		p.mu.Unlock()
		return true
	}
	if s.After != "" && bytes.Contains(request, []byte(s.After)) {
		s.After = ""
	}
	if s.After != "" || !bytes.Contains(request, []byte(s.Marker)) {
		p.mu.Unlock()
		return true
	}
	if s.Answered {
		under.Store(s)
		p.mu.Unlock()
		return true
	}
	if s.seen++; s.seen < s.Nth {
		p.mu.Unlock()
		return true
	}
	p.strike = nil
	p.mu.Unlock()
	s.Do()
	return false
}

// hit looks at an answer of n bytes. true: it was the moment, and the answer goes no further.
func (p *Proxy) hit(under *atomic.Pointer[Strike], n int) bool {
	s := under.Swap(nil)
	if s == nil || n < s.Least {
		return false
	}
	p.mu.Lock()
	if p.strike != s {
		p.mu.Unlock()
		return false
	}
	if s.seen++; s.seen < s.Nth {
		p.mu.Unlock()
		return false
	}
	p.strike = nil
	p.mu.Unlock()
	s.Do()
	return true
}
