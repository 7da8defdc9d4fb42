package milter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-milter"

	"github.com/bohoja/bohoja/consent/gate/rows"
)

// Gate answers mail servers. Judge is required. Fields are set before the first call; it is safe for concurrent use.
type Gate struct {
	Judge        rows.Judge    // tells of recipients' addresses who may get advertising
	Mark         Mark          // a further header that makes a letter promotional
	AllMarketing bool          // every letter is promotional: recipients are refused as they are named (RCPT)
	TagOnly      bool          // takes nobody out, but says in Header how many it would have
	Patience     time.Duration // how long one question may take; 0: 20 s, less than Postfix waits (milter_command_timeout)
	Log          *slog.Logger  // counts and faults; nil: nobody
}

// Replies that a mail server hands on to the sender (RFC 5321, 4.2; RFC 3463). They do not say who is flagged, nor why.
const (
	refusal = "550 5.7.1 Advertising may not be sent to this recipient"
	nobody  = "550 5.7.1 Advertising may not be sent to any of these recipients"
	doubt   = "451 4.7.1 Whether advertising may be sent could not be checked; please try again later"
)

const defaultPatience = 20 * time.Second

// atOnce is how many addresses one question may hold: with the longest of them it stays below the API's 2 MiB.
const atOnce = 5000

var errAnswers = errors.New("more or fewer answers than recipients")

// ask judges recipients. An error means no for all of them, and later perhaps yes.
func (g *Gate) ask(ctx context.Context, to []string) ([]rows.Verdict, error) {
	patience := g.Patience
	if patience <= 0 {
		patience = defaultPatience
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	out := make([]rows.Verdict, 0, len(to))
	for len(out) < len(to) {
		part := to[len(out):min(len(out)+atOnce, len(to))]
		got, err := g.Judge(ctx, part)
		if err == nil && len(got) != len(part) {
			err = errAnswers
		}
		if err != nil {
			g.log().Error("the gate does not answer, so the mail server was told to try again", "error", err)
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}

// reply is what a recipient gets at RCPT; "" when the letter may go to them.
func (g *Gate) reply(ctx context.Context, to string) string {
	got, err := g.ask(ctx, []string{to})
	switch {
	case err != nil:
		return doubt
	case got[0] != rows.Allowed:
		return refusal
	}
	return ""
}

func (g *Gate) log() *slog.Logger {
	if g.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return g.Log
}

// Serve answers as a milter until ctx ends, then cuts the conversations: the mail servers have those letters tried again. It
// closes l. Error: the listener's.
func (g *Gate) Serve(ctx context.Context, l net.Listener) error {
	s := &milter.Server{
		NewMilter: func() milter.Milter { return &letter{gate: g, ctx: ctx} },
		Actions:   milter.OptRemoveRcpt | milter.OptAddHeader | milter.OptChangeHeader,
		Protocol:  milter.OptNoConnect | milter.OptNoHelo | milter.OptNoData | milter.OptNoBody | milter.OptNoUnknown,
	}
	return g.until(ctx, l, s.Serve)
}

// until serves l as long as ctx lives.
func (g *Gate) until(ctx context.Context, l net.Listener, serve func(net.Listener) error) error {
	conns := &conversations{Listener: l, open: map[net.Conn]struct{}{}}
	stop := context.AfterFunc(ctx, conns.cut)
	defer stop()
	err := serve(conns)
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("listening for mail servers: %w", err)
}

// silence is how long a mail server may say nothing. Postfix says nothing while a slow sender's letter comes in.
const silence = time.Hour

// conversations is a listener that can cut all it has accepted.
type conversations struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]struct{}
	done bool
}

// Accept implements net.Listener.
func (c *conversations) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		_ = conn.Close()
		return nil, io.EOF
	}
	c.open[conn] = struct{}{}
	return &conversation{Conn: conn, of: c}, nil
}

func (c *conversations) cut() {
	_ = c.Listener.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	for conn := range c.open {
		_ = conn.Close()
	}
}

// conversation is a connection that does not wait for ever.
type conversation struct {
	net.Conn
	of *conversations
}

// Read implements net.Conn. A conversation that was cut has ended: the library need not complain.
func (c *conversation) Read(b []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(silence))
	n, err := c.Conn.Read(b)
	if errors.Is(err, net.ErrClosed) {
		err = io.EOF
	}
	return n, err
}

// Write implements net.Conn.
func (c *conversation) Write(b []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(time.Minute))
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *conversation) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c.Conn)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
