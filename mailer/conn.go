package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// conn is one conversation with the server. One goroutine uses it at a time.
type conn struct {
	server  *server
	wire    *wire    // the TCP connection
	line    net.Conn // what is spoken over: the wire, or TLS on top of it
	smtp    *smtp.Client
	watch   func(Stage) // hears of every stage; may be nil
	spoiled bool        // not to be used again
	rested  time.Time   // since when it rests
	leave   *time.Timer // ends its rest
}

// dial opens a conversation: TCP, greeting, EHLO, TLS, AUTH. The error is a *failure that names the stage.
func (s *server) dial(ctx context.Context, watch func(Stage)) (*conn, error) {
	c := &conn{server: s, watch: watch}
	for _, step := range c.opening() {
		if err := c.step(ctx, s.timeout, step.stage, step.do); err != nil {
			c.drop()
			return nil, err
		}
	}
	return c, nil
}

type opening struct {
	stage string
	do    func(context.Context) error
}

func (c *conn) opening() []opening {
	var steps []opening
	switch c.server.security {
	case implicit:
		steps = []opening{{StageConnect, c.connect}, {StageTLS, c.handshake}, {StageConnect, c.greeting}, {StageHello, c.hello}}
	case starttls:
		steps = []opening{{StageConnect, c.connect}, {StageConnect, c.greeting}, {StageHello, c.hello}, {StageTLS, c.startTLS}}
	case plain:
		steps = []opening{{StageConnect, c.connect}, {StageConnect, c.greeting}, {StageHello, c.hello}}
	}
	if c.server.user != "" {
		steps = append(steps, opening{StageAuth, c.auth})
	}
	return steps
}

func (c *conn) connect(ctx context.Context) error {
	raw, err := (&net.Dialer{Timeout: c.server.timeout}).DialContext(ctx, "tcp", c.server.addr)
	if err != nil {
		return err
	}
	c.wire = &wire{Conn: raw}
	c.line = c.wire
	return c.allow(ctx, c.server.timeout)
}

func (c *conn) greeting(context.Context) (err error) {
	c.smtp, err = smtp.NewClient(c.line, c.server.host)
	return err
}

func (c *conn) handshake(ctx context.Context) error {
	secure := tls.Client(c.wire, c.server.tlsConfig())
	c.line = secure
	return secure.HandshakeContext(ctx)
}

func (c *conn) hello(context.Context) error {
	c.smtp.SkipSMTPUTF8(true)
	return c.smtp.Hello(c.server.hello)
}

// errNoSTARTTLS is a server that does not offer it, or somebody on the way who removed the offer. Nothing is sent then.
var errNoSTARTTLS = errors.New("the server offers no STARTTLS; nothing was sent")

func (c *conn) startTLS(context.Context) error {
	if offered, _ := c.smtp.Extension("STARTTLS"); !offered {
		return errNoSTARTTLS
	}
	if err := c.smtp.StartTLS(c.server.tlsConfig()); err != nil {
		return err
	}
	_, err := c.smtp.GetTLSConnectionState()
	return err
}

// step runs one exchange within limit, cut short when ctx ends, and tells the watcher.
func (c *conn) step(ctx context.Context, limit time.Duration, stage string, do func(context.Context) error) error {
	began := time.Now()
	err := c.within(ctx, limit, do)
	if c.watch != nil {
		c.watch(Stage{Name: stage, Took: time.Since(began), Err: err})
	}
	if err != nil {
		return &failure{stage: stage, err: err}
	}
	return nil
}

func (c *conn) within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	if err := c.allow(ctx, limit); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.interrupt)
	err := do(ctx)
	if !stop() {
		c.spoiled = true // the interrupt may still come, and would hit another letter
	}
	return given(ctx, err)
}

// long past: a deadline that ends every read and write at once.
var longPast = time.Unix(1, 0)

func (c *conn) interrupt() {
	if c.wire != nil {
		_ = c.wire.SetDeadline(longPast)
	}
}

// allow grants the next exchange its time and its bytes.
func (c *conn) allow(ctx context.Context, limit time.Duration) error {
	if c.wire == nil {
		return ctx.Err()
	}
	c.wire.left.Store(maxReply)
	if err := c.wire.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	return ctx.Err()
}

// farewell is how long a server may take to say goodbye.
const farewell = time.Second

// quit says goodbye and closes.
func (c *conn) quit() {
	if c.smtp != nil && c.wire.SetDeadline(time.Now().Add(farewell)) == nil {
		_ = c.smtp.Quit()
	}
	c.drop()
}

// drop closes without a word.
func (c *conn) drop() {
	c.spoiled = true
	if c.wire != nil {
		_ = c.wire.Close()
	}
}

// maxReply bounds what a server may say in one exchange, its certificates included: a server that talks without end must
// not fill the memory.
const maxReply = 256 << 10

var errTalks = errors.New("the server talks without end")

// wire is the TCP connection with a bound on what is read in one exchange.
type wire struct {
	net.Conn
	left atomic.Int64
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	if w.left.Load() <= 0 {
		return 0, errTalks
	}
	n, err := w.Conn.Read(p)
	w.left.Add(-int64(n))
	return n, err
}
