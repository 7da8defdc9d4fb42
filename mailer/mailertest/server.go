// Package mailertest gives tests an SMTP server on loopback that speaks plainly, with STARTTLS or with TLS, that can be put
// to sleep, told to refuse, and asked what it received.
package mailertest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/mailer/catcher"
)

// Mode is how the server is spoken to.
type Mode string

// The modes. Stripped is what a client sees that asks for STARTTLS while somebody on the way removes the offer.
const (
	Plain    Mode = "plain"
	STARTTLS Mode = "starttls"
	TLS      Mode = "tls"
	Stripped Mode = "stripped"
)

// Options of a Server. The zero value is plain, without AUTH.
type Options struct {
	Mode     Mode
	User     string // "": no AUTH
	Password string
	UTF8     bool // offers SMTPUTF8
	Keep     int  // letters kept; 0: catcher.DefaultKeep

	NewestTLS uint16 // version of TLS that it speaks at most, such as tls.VersionTLS11; 0: the newest
}

// patience is how long Await waits; it fails the test, so it is never reached in a test that passes.
const patience = time.Minute

// Server is a running SMTP server. All methods may be called from any goroutine.
type Server struct {
	*catcher.Catcher
	t    testing.TB
	o    Options
	addr string
	cert *certificate
	gate gate

	mu     sync.Mutex
	faults []*Fault
}

// Fault is something the server does wrong on purpose.
type Fault struct {
	Stage catcher.Stage
	To    string // only for this recipient (StageMail: sender); "" for everybody
	Code  int    // the reply; 0: the connection is cut without one
	Times int    // how often; 0: always
	Then  func() // called before the client is told; nil: nothing

	hits int
}

// New starts a server on a free port of loopback and stops it with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{t: t, o: o, cert: newCertificate(t)}
	s.gate.wake()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.Catcher = catcher.New(catcher.Options{
		TLS: s.tlsConfig(), Implicit: o.Mode == TLS, User: o.User, Password: o.Password, UTF8: o.UTF8, Keep: o.Keep, Judge: s.judge,
	})
	var running sync.WaitGroup
	running.Go(func() { _ = s.Serve(&gated{l, &s.gate}) })
	t.Cleanup(func() {
		s.gate.wake()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("the SMTP server does not stop: %v", err)
		}
		running.Wait()
	})
	return s
}

func (s *Server) tlsConfig() *tls.Config {
	if s.o.Mode == STARTTLS || s.o.Mode == TLS {
		c := &tls.Config{Certificates: []tls.Certificate{s.cert.pair}, MaxVersion: s.o.NewestTLS}
		if s.o.NewestTLS != 0 {
			c.MinVersion = tls.VersionTLS10
		}
		return c
	}
	return nil
}

// URL is the setting by which a mailer reaches the server.
func (s *Server) URL() string {
	scheme := map[Mode]string{STARTTLS: "smtp+starttls", Stripped: "smtp+starttls", TLS: "smtps"}[s.o.Mode]
	if scheme == "" {
		scheme = "smtp"
	}
	user := ""
	if s.o.User != "" {
		user = s.o.User + ":" + s.o.Password + "@"
	}
	return scheme + "://" + user + s.addr
}

// Addr is host and port.
func (s *Server) Addr() string { return s.addr }

// Roots trusts the server's certificate.
func (s *Server) Roots() *x509.CertPool { return s.cert.roots }

// CertPEM is the server's certificate, to be trusted by a program through SSL_CERT_FILE.
func (s *Server) CertPEM() []byte { return s.cert.pem }

// Sleep stops all answers: connections stay open, new ones are accepted by the system, and nobody speaks.
func (s *Server) Sleep() { s.gate.sleep() }

// Wake lets the server go on where it slept.
func (s *Server) Wake() { s.gate.wake() }

// Fail adds a fault. The first that fits applies.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// CutAfterDot cuts the next n conversations after the letter was taken, before its sender is told.
func (s *Server) CutAfterDot(n int) { s.Fail(Fault{Stage: catcher.StageDot, Times: n}) }

// Mend forgets all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Hits is how often a fault at this stage was applied.
func (s *Server) Hits(at catcher.Stage) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, f := range s.faults {
		if f.Stage == at {
			n += f.hits
		}
	}
	return n
}

func (s *Server) judge(at catcher.Stage, addr string) error {
	f := s.fault(at, addr)
	if f == nil {
		return nil
	}
	if f.Then != nil {
		f.Then()
	}
	if f.Code == 0 {
		return catcher.ErrCut
	}
	return catcher.Refusal(f.Code, "refused <"+addr+"> on purpose")
}

// fault finds the first that fits, and counts it.
func (s *Server) fault(at catcher.Stage, addr string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Stage != at || f.To != "" && !strings.EqualFold(f.To, addr) || f.Times > 0 && f.hits >= f.Times {
			continue
		}
		f.hits++
		return f
	}
	return nil
}

// Await waits until n letters have come in all, and returns the kept ones. It fails the test when they do not come.
func (s *Server) Await(n int) []catcher.Letter {
	s.t.Helper()
	late := time.After(patience)
	for {
		changed := s.Changed()
		if s.Count() >= n {
			return s.Letters()
		}
		select {
		case <-changed:
		case <-late:
			s.t.Fatalf("%d letters came, %d were awaited", s.Count(), n)
		}
	}
}

// Last waits for a letter to this address and returns the newest one.
func (s *Server) Last(addr string) catcher.Letter {
	s.t.Helper()
	late := time.After(patience)
	for {
		changed := s.Changed()
		if got := s.LettersTo(addr); len(got) > 0 {
			return got[len(got)-1]
		}
		select {
		case <-changed:
		case <-late:
			s.t.Fatal("no letter came to the awaited address")
		}
	}
}
