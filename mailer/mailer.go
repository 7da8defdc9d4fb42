// Package mailer sends letters over SMTP.
//
// A Mailer is a consent.Courier: Deliver renders a letter, makes a message of it and hands it to the operator's mail
// server, or says in a *consent.DeliveryError why not, and whether trying again makes sense. It keeps a few connections
// open, since a new one costs more than a letter. Sending, `bohoja doctor` and tests use this one path.
//
// What is sure about each letter: one Message-ID for ever, so that a letter that was sent twice is seen to be the same;
// nothing of any person in its headers but the address it goes to; no connection without the TLS that the setting asks for.
//
// go-mail writes the message and speaks the protocol. Its own sending function is not used: it calls a connection that ends
// after the final dot a permanent failure, asks for a sign of life before and after each letter, and sends SMTPUTF8
// addresses to servers that never offered it.
package mailer

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Defaults of the Options.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultIdle        = 15 * time.Second
	DefaultConcurrency = 4
)

// Options of a Mailer. URL, From and Render are required.
type Options struct {
	URL         string // smtps://user:pass@host:465, smtp+starttls://…:587 or smtp://localhost:1025
	From        string // sender, a name is allowed: "Haneul Shop <consent@shop.example>"
	Bounces     string // return path "bounces@host", sent as bounces+<token>@host (VERP); "": the sender's address
	DKIM        *DKIM  // signs every letter; nil: none is signed here
	SignDomain  string // in signatures; "": the sender's
	PublicURL   string // its host is the name we introduce ourselves with
	Render      func(consent.Letter) (templates.Rendered, error)
	Concurrency int              // letters on their way at once; 0: DefaultConcurrency
	Timeout     time.Duration    // of one exchange with the server; 0: DefaultTimeout
	Idle        time.Duration    // how long a connection may rest; 0: DefaultIdle
	Roots       *x509.CertPool   // nil: the system's
	Clock       func() time.Time // dates the letters; nil: time.Now
	Log         *slog.Logger     // nil: silent
}

// Mailer sends letters. Its methods may be called from any goroutine.
type Mailer struct {
	o      Options
	server *server
	from   mail.Address
	bounce bounce
	domain string // of the Message-IDs
	slots  chan struct{}
	pool   *pool
}

// New reads the options; it does not connect. Errors name the setting and never repeat the URL, which holds a password.
func New(o Options) (*Mailer, error) {
	o = withDefaults(o)
	srv, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	from, err := parseSender(o.From)
	if err != nil {
		return nil, err
	}
	back, err := parseBounces(o.Bounces)
	if err != nil {
		return nil, err
	}
	host := publicHost(o.PublicURL)
	srv.hello, srv.timeout, srv.roots = helloName(host, domainOf(from.Address)), o.Timeout, o.Roots
	if srv.exposed() {
		o.Log.Warn("letters go to the mail server without TLS", "host", srv.host)
	}
	return &Mailer{
		o: o, server: srv, from: from, bounce: back, domain: messageDomain(domainOf(from.Address), host),
		slots: make(chan struct{}, o.Concurrency), pool: &pool{idle: o.Idle},
	}, nil
}

func withDefaults(o Options) Options {
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Idle <= 0 {
		o.Idle = DefaultIdle
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Deliver renders and sends one letter. It returns nil when the server has taken it, else a *consent.DeliveryError.
func (m *Mailer) Deliver(ctx context.Context, l consent.Letter) error {
	r, err := m.o.Render(l)
	if err != nil {
		return &consent.DeliveryError{Class: consent.Again, Stage: StageRender, Err: err}
	}
	return m.Send(ctx, Parcel{ID: l.ID, Return: l.Return, To: l.To, ReplyTo: l.Operator.Email, Content: r})
}

// Close ends all resting connections. Letters on their way end theirs by themselves.
func (m *Mailer) Close() { m.pool.close() }

// publicHost is the host name in the public URL, "" when there is none.
func publicHost(public string) string {
	u, err := url.Parse(public)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// messageDomain is the right side of Message-IDs: the sender's domain, or the public host when the sender's is no real one.
func messageDomain(sender, public string) string {
	if !validDomain(sender, 2) && validDomain(public, 2) {
		return public
	}
	return sender
}

// helloName is what we call ourselves in EHLO: a name that a receiving server can look up, or an address literal.
func helloName(public, sender string) string {
	switch {
	case validDomain(public, 1):
		return public
	case isIP(public):
		return addressLiteral(public)
	}
	return sender
}
