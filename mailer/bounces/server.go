package bounces

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"
)

// Limits of the server. Reports come from the operator's own mail server, a few at a time.
const (
	maxMessage     = 10 << 20 // over it the sender is told so; a report holds the letter at most
	maxConnections = 20
	maxRecipients  = 20
	patience       = time.Minute // for a line, and for an answer to be taken
	sessionMost    = 5 * time.Minute
)

// Options of a Server. All are required.
type Options struct {
	Address string // the return path "bounces@host"; what comes to bounces+<token>@host is taken
	// Knows tells whether the token is one of ours. Everything else is refused, 550: nobody can use this as a mailbox.
	Knows func(token string) bool
	// Returned is told that the letter of the token did not arrive. After an error the sender is asked to come again, 451.
	Returned func(ctx context.Context, token, status string) error
	Log      *slog.Logger
}

// Server takes what comes back, by SMTP. It is no relay and keeps nothing.
type Server struct {
	o             Options
	local, domain string
	smtp          *smtp.Server
	mu            sync.Mutex
	open          map[*session]bool
	whole         context.Context // of what was begun: it outlives the stop by the grace
}

// New returns a server; Run serves. It takes no mail from outside the operator's network: bind it to where their mail server gets to.
func New(o Options) *Server {
	s := &Server{o: o, open: map[*session]bool{}}
	s.local, s.domain, _ = strings.Cut(o.Address, "@")
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain = s.domain
	s.smtp.MaxMessageBytes, s.smtp.MaxRecipients = maxMessage, maxRecipients
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = patience, patience
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0) // what clients do wrong is no news
	return s
}

// Run serves on l until ctx ends. What is being taken then ends first, or within grace.
func (s *Server) Run(ctx context.Context, l net.Listener, grace time.Duration) error {
	s.whole = context.WithoutCancel(ctx)
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { //nolint:contextcheck // what was begun outlives the stop by the grace
		closing, cancel := context.WithTimeout(s.whole, grace)
		defer cancel()
		err := s.smtp.Shutdown(closing)
		s.cut() // clients that rest
		stopped <- err
	})
	err := s.smtp.Serve(netutil.LimitListener(l, maxConnections))
	if stop() {
		return err
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// session begins a conversation, which ends in time whatever its client says.
func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	one := &session{server: s, conn: c, end: time.AfterFunc(sessionMost, func() { _ = c.Close() })}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[one] = true
	return one, nil
}

func (s *Server) left(one *session) {
	one.end.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, one)
}

// cut closes what is still open. Closing a conversation takes it out of the list.
func (s *Server) cut() {
	s.mu.Lock()
	all := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, one := range all {
		_ = one.conn.Close()
	}
}

// token is what the address names; ok is false for an address that is not of our form.
func (s *Server) token(address string) (token string, ok bool) {
	local, domain, _ := strings.Cut(address, "@")
	local, token, ok = strings.Cut(local, "+")
	return strings.ToLower(token), ok && strings.EqualFold(local, s.local) && strings.EqualFold(domain, s.domain)
}

// session is one conversation.
type session struct {
	server *Server
	tokens []string
	conn   *smtp.Conn
	end    *time.Timer
}

var (
	errNobody = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such letter"}
	errLater  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "come again"}
)

// Mail implements smtp.Session. Reports have no sender, answers have one; either may come.
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	token, ok := s.server.token(to)
	if !ok || !s.server.o.Knows(token) {
		return errNobody
	}
	s.tokens = append(s.tokens, token)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			s.server.o.Log.Error("taking a returned letter failed", "panic", fmt.Sprintf("%T", fault))
			err = errLater
		}
	}()
	report := Parse(r)
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	if !report.Failed {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.server.whole, patience)
	defer cancel()
	for _, token := range s.tokens {
		if err := s.server.o.Returned(ctx, token, report.Status); err != nil {
			s.server.o.Log.WarnContext(ctx, "a returned letter was not noted; its sender comes again", "error", err)
			return errLater
		}
	}
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.tokens = nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { s.server.left(s); return nil }
