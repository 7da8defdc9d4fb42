package milter

import (
	"context"
	"fmt"
	"net/textproto"
	"strings"

	"github.com/emersion/go-milter"

	"github.com/bohoja/bohoja/consent/gate/rows"
)

// letter is one letter on its way through a mail server, which sends several in one conversation.
type letter struct {
	milter.NoOpMilter
	gate *Gate
	ctx  context.Context // of Serve: the library hands none over

	to    []string // as the sender named them, which is how they are taken out
	sign  string   // what made it promotional
	ruled int      // headers of our name that came with it
}

var _ milter.Milter = (*letter)(nil)

// MailFrom implements milter.Milter: here a letter begins. The library keeps the value after a reply of our own.
func (l *letter) MailFrom(string, *milter.Modifier) (milter.Response, error) {
	l.begin()
	return milter.RespContinue, nil
}

// Abort implements milter.Milter.
func (l *letter) Abort(*milter.Modifier) error {
	l.begin()
	return nil
}

func (l *letter) begin() {
	*l = letter{gate: l.gate, ctx: l.ctx}
	if l.gate.AllMarketing {
		l.sign = "all-marketing"
	}
}

// early reports whether recipients are refused as they are named.
func (l *letter) early() bool { return l.gate.AllMarketing && !l.gate.TagOnly }

// RcptTo implements milter.Milter.
func (l *letter) RcptTo(to string, _ *milter.Modifier) (milter.Response, error) {
	if !l.early() {
		l.to = append(l.to, to)
		return milter.RespContinue, nil
	}
	if text := l.gate.reply(l.ctx, to); text != "" {
		return reply(text), nil // not RespTempFail, after which the library would forget the letter
	}
	return milter.RespContinue, nil
}

// Header implements milter.Milter.
func (l *letter) Header(name, value string, _ *milter.Modifier) (milter.Response, error) {
	if strings.EqualFold(name, Header) {
		l.ruled++
	}
	if l.sign == "" {
		l.sign = l.gate.sign(name, value)
	}
	return milter.RespContinue, nil
}

// Headers implements milter.Milter.
func (l *letter) Headers(textproto.MIMEHeader, *milter.Modifier) (milter.Response, error) {
	return milter.RespContinue, nil
}

// Body implements milter.Milter: the letter is whole, and may be changed.
func (l *letter) Body(m *milter.Modifier) (milter.Response, error) {
	for i := l.ruled; i > 0; i-- { // from the last, as the others move up
		if err := m.ChangeHeader(i, Header, ""); err != nil {
			return nil, err
		}
	}
	if l.sign == "" || len(l.to) == 0 {
		return milter.RespAccept, nil
	}
	out, known := l.barred()
	switch {
	case !known:
		return reply(doubt), nil
	case l.gate.TagOnly:
		return l.accept(m, "would remove", len(out))
	case len(out) == len(l.to):
		return reply(nobody), nil
	}
	for _, to := range out {
		if err := m.DeleteRecipient(to); err != nil {
			return nil, err
		}
	}
	return l.accept(m, "removed", len(out))
}

// barred lists the recipients who must not get it; known is false when the gate did not answer, which ask has logged.
func (l *letter) barred() (out []string, known bool) {
	verdicts, err := l.gate.ask(l.ctx, l.to)
	if err != nil {
		return nil, false
	}
	for i, v := range verdicts {
		if v != rows.Allowed {
			out = append(out, l.to[i])
		}
	}
	l.gate.log().Info("a promotional letter", "sign", l.sign, "recipients", len(l.to), "barred", len(out), "tag_only", l.gate.TagOnly)
	return out, true
}

// accept lets the letter go with a header for the sender's log: counts, since every recipient reads it.
func (l *letter) accept(m *milter.Modifier, did string, n int) (milter.Response, error) {
	if err := m.AddHeader(Header, fmt.Sprintf("%s %d of %d", did, n, len(l.to))); err != nil {
		return nil, err
	}
	return milter.RespAccept, nil
}

func reply(text string) milter.Response {
	return milter.NewResponseStr(byte(milter.ActReplyCode), text)
}
