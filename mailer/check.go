package mailer

import (
	"context"
	"fmt"
	"time"
)

// Stage is one step of a probe.
type Stage struct {
	Name string // StageConnect, …
	Took time.Duration
	Err  error // nil when it went well; it may quote the server, which knows no guardian at that time
}

// String tells the stage in a line, for the doctor.
func (s Stage) String() string {
	if s.Err != nil {
		return fmt.Sprintf("%s: failed: %v", s.Name, s.Err)
	}
	return fmt.Sprintf("%s: fine (%s)", s.Name, s.Took.Round(time.Millisecond))
}

// Check walks the way of a letter up to the point before it is sent: connect, TLS, AUTH and MAIL FROM; with to, an address
// of the operator's own, RCPT TO as well. It opens a connection of its own by the code that sends letters. The last stage
// it returns is the one that failed, if any did; the reply's text tells the operator why.
func (m *Mailer) Check(ctx context.Context, to string) []Stage {
	var stages []Stage
	watch := func(s Stage) { stages = append(stages, s) }
	if _, err := checkRecipient(to); to != "" && err != nil {
		return []Stage{{Name: StageAddress, Err: err}}
	}
	c, err := m.server.dial(ctx, watch)
	if err != nil {
		return merge(stages)
	}
	defer c.quit()
	limit := m.o.Timeout
	err = c.step(ctx, limit, StageMail, func(context.Context) error { return c.smtp.Mail("<" + m.from.Address + ">") })
	if err == nil && to != "" {
		_ = c.step(ctx, limit, StageRcpt, func(context.Context) error { return c.smtp.Rcpt("<" + to + ">") })
	}
	return merge(stages)
}

// merge makes one of neighbours with the same name: TCP and the greeting are both "connect".
func merge(stages []Stage) []Stage {
	var out []Stage
	for _, s := range stages {
		if n := len(out); n > 0 && out[n-1].Name == s.Name {
			out[n-1].Took += s.Took
			out[n-1].Err = s.Err
			continue
		}
		out = append(out, s)
	}
	return out
}
