package mailer

import (
	"context"
	"errors"
	"net/textproto"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Times of a connection that has rested.
const (
	freshFor = time.Second     // a connection that rested no longer is used without asking
	askLimit = 5 * time.Second // how long it may take to answer when it is asked
)

// Send sends one parcel. It returns nil when the server has taken it, else a *consent.DeliveryError.
func (m *Mailer) Send(ctx context.Context, p Parcel) error {
	msg, err := m.message(p)
	if err == nil {
		err = m.queue(ctx, msg)
	}
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{stage: StageRender, err: err}
	}
	return f.deliveryError()
}

// queue waits for a slot and sends.
func (m *Mailer) queue(ctx context.Context, msg message) error {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return &failure{stage: StageQueue, err: context.Cause(ctx)}
	}
	c, err := m.rested(ctx)
	if err != nil {
		return err
	}
	if c != nil {
		err := m.over(ctx, c, msg)
		if f, ok := errors.AsType[*failure](err); !ok || !f.lost() || ctx.Err() != nil {
			return err
		}
		m.o.Log.Debug("a resting connection to the mail server was dead; the letter goes over a new one")
	}
	if c, err = m.server.dial(ctx, nil); err != nil {
		return err
	}
	return m.over(ctx, c, msg)
}

// rested returns a resting connection that answers, nil when there is none.
func (m *Mailer) rested(ctx context.Context) (*conn, error) {
	for {
		c := m.pool.take()
		if c == nil || time.Since(c.rested) < freshFor {
			return c, nil
		}
		err := c.step(ctx, min(askLimit, m.o.Timeout), StageReset, func(context.Context) error { return c.smtp.Reset() })
		if err == nil {
			return c, nil
		}
		c.drop()
		if ctx.Err() != nil {
			return nil, err
		}
	}
}

// over sends msg over c and lets c rest, or ends it.
func (m *Mailer) over(ctx context.Context, c *conn, msg message) error {
	err := c.send(ctx, msg)
	f, ok := errors.AsType[*failure](err)
	switch {
	case !ok:
		m.pool.put(c)
	case f.code() == 0 || f.code() == 421 || c.spoiled:
		c.drop()
	case c.step(ctx, m.o.Timeout, StageReset, func(context.Context) error { return c.smtp.Reset() }) != nil:
		c.drop()
	default:
		m.pool.put(c)
	}
	return err
}

// errNoUTF8 is an address outside of ASCII and a server that did not offer SMTPUTF8.
var errNoUTF8 = errors.New("the server does not take addresses outside of ASCII")

// send hands one message over: MAIL, RCPT, DATA, body, dot.
func (c *conn) send(ctx context.Context, msg message) error {
	if offered, _ := c.smtp.Extension("SMTPUTF8"); msg.wide && !offered {
		return refused(errNoUTF8)
	}
	c.smtp.SkipSMTPUTF8(!msg.wide)
	if err := c.envelope(ctx, msg); err != nil {
		return err
	}
	return c.content(ctx, msg.data)
}

// envelope says who sends and who receives. Both addresses have passed the grammar, so neither can end its brackets.
func (c *conn) envelope(ctx context.Context, msg message) error {
	limit := c.server.timeout
	err := c.step(ctx, limit, StageMail, func(context.Context) error { return c.smtp.Mail("<" + msg.from + ">") })
	if err != nil {
		return err
	}
	return c.step(ctx, limit, StageRcpt, func(context.Context) error { return c.smtp.Rcpt("<" + msg.to + ">") })
}

// content hands over the body. Until the dot is written nothing has been accepted; from then on silence means "unknown".
func (c *conn) content(ctx context.Context, data []byte) error {
	limit := c.server.timeout
	var body interface {
		Write([]byte) (int, error)
		Close() error
	}
	err := c.step(ctx, limit, StageData, func(context.Context) (err error) {
		if body, err = c.smtp.Data(); err != nil {
			return err
		}
		if _, err = body.Write(data); err != nil {
			return err
		}
		return ctx.Err() // the last moment at which it is sure that nothing was accepted
	})
	if err != nil {
		return err
	}
	return c.step(ctx, limit, StageDot, func(context.Context) error { return taken(body.Close()) })
}

// taken lets every 2xx pass: go-mail takes 250 alone for a yes.
func taken(err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok && reply.Code/100 == 2 {
		return nil
	}
	return err
}

var _ consent.Courier = (*Mailer)(nil)
