// Package catcher is an SMTP server that keeps letters in memory instead of delivering them. `bohoja dev` shows what it
// caught as an inbox; mailertest wraps it for tests. It is no relay: nothing that it takes ever leaves the process.
package catcher

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Limits of the catcher.
const (
	DefaultKeep = 500     // letters
	maxBytes    = 1 << 20 // of one letter
)

// Options of a Catcher. The zero value takes letters from anybody, without TLS.
type Options struct {
	TLS      *tls.Config // nil: no TLS; else STARTTLS is offered, or spoken at once when Implicit
	Implicit bool
	User     string // "": no AUTH is asked
	Password string
	UTF8     bool             // offer SMTPUTF8
	Keep     int              // how many letters are kept, the newest; 0: DefaultKeep
	Clock    func() time.Time // stamps letters; nil: time.Now
	Judge    Judge            // nil: everything is taken
}

// Stage is a point of the conversation at which a Judge is asked.
type Stage string

// The stages.
const (
	StageHello Stage = "hello"
	StageAuth  Stage = "auth"
	StageMail  Stage = "mail"
	StageRcpt  Stage = "rcpt"
	StageDot   Stage = "dot" // the whole letter has come
)

// Judge may refuse at a stage; addr is the sender at StageMail, the recipient at StageRcpt and StageDot, else "". nil lets
// it pass. Use Refusal for a reply, ErrCut to close the connection without one.
type Judge func(s Stage, addr string) error

// Refusal is a reply of the server with this code.
func Refusal(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

// ErrCut closes the connection without a reply. At StageDot the letter has been kept by then: to its sender it is unknown
// whether it arrived.
var ErrCut error = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 0, 0}, Message: "cut"}

// Catcher takes letters and keeps the newest of them.
type Catcher struct {
	o      Options
	server *smtp.Server
	lines  tracker

	mu      sync.Mutex
	letters []Letter
	count   int
	changed chan struct{} // closed and replaced at every change
}

// New returns a catcher. It serves once Serve is called.
func New(o Options) *Catcher {
	if o.Keep == 0 {
		o.Keep = DefaultKeep
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	c := &Catcher{o: o, changed: make(chan struct{})}
	c.server = smtp.NewServer(smtp.BackendFunc(c.session))
	c.server.Domain = "catcher.invalid"
	c.server.MaxMessageBytes = maxBytes
	c.server.AllowInsecureAuth = o.TLS == nil
	c.server.EnableSMTPUTF8 = o.UTF8
	c.server.ErrorLog = log.New(io.Discard, "", 0) // what clients do wrong is no news
	if o.TLS != nil && !o.Implicit {
		c.server.TLSConfig = o.TLS
	}
	return c
}

// Serve takes letters from l until Close. It returns nil after Close.
func (c *Catcher) Serve(l net.Listener) error {
	l = c.lines.watch(l)
	if c.o.TLS != nil && c.o.Implicit {
		l = tls.NewListener(l, c.o.TLS)
	}
	if err := c.server.Serve(l); !c.lines.stopped() {
		return err
	}
	return nil
}

// Close stops serving, cuts all connections and waits for their ends, or for ctx.
func (c *Catcher) Close(ctx context.Context) error {
	c.lines.close()
	if err := c.server.Shutdown(ctx); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Cut closes every open connection without a word, as a server does that is killed.
func (c *Catcher) Cut() { c.lines.cut() }

// Connections is how many connections were accepted so far.
func (c *Catcher) Connections() int { return c.lines.accepted() }

// Letters returns the kept letters, the oldest first.
func (c *Catcher) Letters() []Letter {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.letters)
}

// LettersTo returns the kept letters to this address, the oldest first; case does not count.
func (c *Catcher) LettersTo(addr string) []Letter {
	return slices.DeleteFunc(c.Letters(), func(l Letter) bool { return !strings.EqualFold(l.To, addr) })
}

// Count is how many letters came so far, those included that are no longer kept.
func (c *Catcher) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// Clear forgets all letters.
func (c *Catcher) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.letters = nil
}

// Changed returns a channel that is closed when the next letter comes.
func (c *Catcher) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

func (c *Catcher) keep(l Letter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	l.N, l.At = c.count, c.o.Clock()
	c.letters = append(c.letters, l)
	if over := len(c.letters) - c.o.Keep; over > 0 {
		c.letters = slices.Delete(c.letters, 0, over)
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

// judge asks the Judge and carries a cut out.
func (c *Catcher) judge(conn *smtp.Conn, s Stage, addr string) error {
	return cut(conn, c.ask(s, addr))
}

func (c *Catcher) ask(s Stage, addr string) error {
	if c.o.Judge == nil {
		return nil
	}
	return c.o.Judge(s, addr)
}

func cut(conn *smtp.Conn, err error) error {
	if errors.Is(err, ErrCut) {
		_ = conn.Conn().Close()
	}
	return err
}

func (c *Catcher) session(conn *smtp.Conn) (smtp.Session, error) {
	if err := c.judge(conn, StageHello, ""); err != nil {
		return nil, err
	}
	return &session{c: c, conn: conn}, nil
}

// session is one connection's conversation.
type session struct {
	c     *Catcher
	conn  *smtp.Conn
	known bool // has authenticated
	from  string
	to    []string
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.c.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if err := s.c.judge(s.conn, StageAuth, ""); err != nil {
			return err
		}
		if user != s.c.o.User || password != s.c.o.Password {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.c.o.User != "" && !s.known {
		return Refusal(530, "authenticate first")
	}
	if err := s.c.judge(s.conn, StageMail, from); err != nil {
		return err
	}
	s.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.c.judge(s.conn, StageRcpt, to); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, to := range s.to {
		err := s.c.ask(StageDot, to)
		if err == nil || errors.Is(err, ErrCut) {
			s.c.keep(Read(s.from, to, raw)) // before anybody can see the end of the connection
		}
		if err != nil {
			return cut(s.conn, err)
		}
	}
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
