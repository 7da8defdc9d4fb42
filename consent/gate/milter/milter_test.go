package milter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/emersion/go-milter"

	"github.com/bohoja/bohoja/consent/consenttest/ports"
	"github.com/bohoja/bohoja/consent/gate/milter"
	"github.com/bohoja/bohoja/consent/gate/rows"
)

// judge bars kid…, cannot read odd…, and has no answer as soon as it is asked about down….
func judge(_ context.Context, to []string) ([]rows.Verdict, error) {
	out := make([]rows.Verdict, len(to))
	for i, one := range to {
		switch {
		case strings.HasPrefix(one, "down"):
			return nil, errors.New("the store is away")
		case strings.HasPrefix(one, "short"):
			return out[:0], nil
		case strings.HasPrefix(one, "kid"):
			out[i] = rows.Blocked
		case !strings.HasPrefix(one, "odd"):
			out[i] = rows.Allowed
		}
	}
	return out, nil
}

// listen serves g by one of its ways until the test ends.
func listen(t *testing.T, serve func(context.Context, net.Listener) error) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:"+ports.Free(t)) // after its end nobody else has it
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		if err := serve(ctx, l); err != nil {
			t.Errorf("it ended: %v", err)
		}
	})
	stop = func() { cancel(); done.Wait() }
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

// server is a mail server in conversation with the gate.
type server struct {
	t *testing.T
	*client.ClientSession
}

func connect(t *testing.T, addr string) server {
	t.Helper()
	c := client.NewClientWithOptions("tcp", addr, client.ClientOptions{ReadTimeout: time.Minute, WriteTimeout: time.Minute})
	s, err := c.Session()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return server{t, s}
}

// said is what an action means to the sender.
func said(a *client.Action, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case a.Code == client.ActReplyCode:
		return fmt.Sprint(a.SMTPCode, " ", strings.Fields(a.SMTPText)[0])
	case a.Code == client.ActAccept || a.Code == client.ActContinue:
		return "taken"
	}
	return fmt.Sprint("action ", a.Code)
}

// sends passes one letter and tells how each recipient and the letter were answered, and what was changed.
func (s server) sends(headers string, to ...string) (recipients []string, whole string, changes []string) {
	s.t.Helper()
	if got := said(s.Mail("shop@example.com", nil)); got != "taken" {
		s.t.Fatal(got)
	}
	for _, one := range to {
		recipients = append(recipients, said(s.Rcpt(one, nil)))
	}
	for line := range strings.Lines(headers) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if got := said(s.HeaderField(name, strings.ReplaceAll(value, "\\n", "\n"))); got != "taken" {
			s.t.Fatal(got)
		}
	}
	if got := said(s.HeaderEnd()); got != "taken" {
		s.t.Fatal(got)
	}
	did, act, err := s.End()
	for _, d := range did {
		switch d.Code {
		case client.ActDelRcpt:
			changes = append(changes, "-"+d.Rcpt)
		case client.ActAddHeader, client.ActChangeHeader:
			changes = append(changes, fmt.Sprint(d.HeaderIndex, " ", d.HeaderName, ": ", d.HeaderValue))
		default:
			changes = append(changes, fmt.Sprint(d.Code))
		}
	}
	return recipients, said(act, err), changes
}

const ad = "From: Shop <shop@example.com>\nSubject: (광고) 봄 할인\n"

func TestLetters(t *testing.T) {
	g := &milter.Gate{Judge: judge}
	addr, _ := listen(t, g.Serve)
	s := connect(t, addr) // one conversation: no letter may learn of the one before
	for _, c := range []struct {
		headers, to, whole, changes string
	}{
		{ad, "kid@a.example adult@a.example Kid2@a.example", "taken", "-<kid@a.example>;0 Bohoja-Gate: removed 1 of 3"},
		{"Subject: order\n", "kid@a.example", "taken", ""},
		{ad, "kid@a.example odd kid@b.example", "550 5.7.1", ""},
		{"Subject: order\n", "kid@a.example adult@a.example", "taken", ""},
		{ad, "adult@a.example", "taken", "0 Bohoja-Gate: removed 0 of 1"},
		{ad, "odd adult@a.example", "taken", "-<odd>;0 Bohoja-Gate: removed 1 of 2"},
		{ad, "adult@a.example down@a.example", "451 4.7.1", ""},
		{ad, "adult@a.example short@a.example", "451 4.7.1", ""},
		{"Subject: order\n", "down@a.example", "taken", ""},
		{"Subject: =?utf-8?B?KOq0?=\\n =?utf-8?B?keqzoCk=?=\n", "kid@a.example", "550 5.7.1", ""},
		{"Subject: order\nList-Unsubscribe: <mailto:no@a.example>\n", "kid@a.example", "550 5.7.1", ""},
		{"Precedence: bulk\n", "kid@a.example", "550 5.7.1", ""},
		{"Subject: order\nSubject: (광고)\n", "kid@a.example", "550 5.7.1", ""},
		{ad + "Bohoja-Gate: removed 0 of 1\nbohoja-gate: x\n", "adult@a.example kid@a.example", "taken",
			"2 Bohoja-Gate: ;1 Bohoja-Gate: ;-<kid@a.example>;0 Bohoja-Gate: removed 1 of 2"},
		{"Subject: \nX: \n", "kid@a.example", "taken", ""},
	} {
		recipients, whole, changes := s.sends(c.headers, strings.Fields(c.to)...)
		if slices.ContainsFunc(recipients, func(r string) bool { return r != "taken" }) || whole != c.whole || strings.Join(changes, ";") != c.changes {
			t.Errorf("%q to %s: %v, %s, %v; want %s, %s", c.headers, c.to, recipients, whole, changes, c.whole, c.changes)
		}
	}
}

// TestAbandoned: what a sender took back is not counted into the next letter.
func TestAbandoned(t *testing.T) {
	g := &milter.Gate{Judge: judge}
	addr, _ := listen(t, g.Serve)
	s := connect(t, addr)
	_, _ = s.Mail("a@a.example", nil)
	_, _ = s.Rcpt("adult@a.example", nil)
	_, _ = s.HeaderField("Precedence", "bulk")
	if err := s.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, whole, changes := s.sends("Subject: order\n", "kid@a.example"); whole != "taken" || changes != nil {
		t.Error(whole, changes)
	}
	if _, whole, _ := s.sends(ad, "kid@a.example"); whole != "550 5.7.1" {
		t.Error(whole)
	}
}

func TestTagOnly(t *testing.T) {
	g := &milter.Gate{Judge: judge, TagOnly: true, AllMarketing: true}
	addr, _ := listen(t, g.Serve)
	s := connect(t, addr)
	recipients, whole, changes := s.sends("Subject: order\n", "kid@a.example", "adult@a.example")
	if got := append(append(recipients, whole), changes...); strings.Join(got, ";") != "taken;taken;taken;0 Bohoja-Gate: would remove 1 of 2" {
		t.Error(recipients, whole, changes)
	}
	if _, whole, _ := s.sends("Subject: order\n", "down@a.example"); whole != "451 4.7.1" {
		t.Error(whole)
	}
}

func TestAllMarketing(t *testing.T) {
	g := &milter.Gate{Judge: judge, AllMarketing: true}
	addr, _ := listen(t, g.Serve)
	s := connect(t, addr)
	for range 2 {
		recipients, whole, changes := s.sends("Subject: order\n", "adult@a.example", "kid@a.example", "down@a.example", "odd", "adult2@a.example")
		if got := strings.Join(recipients, ", "); got != "taken, 550 5.7.1, 451 4.7.1, 550 5.7.1, taken" || whole != "taken" || changes != nil {
			t.Error(got, whole, changes)
		}
	}
}

// TestManyRecipients: more than one question, each answer at its place.
func TestManyRecipients(t *testing.T) {
	most := 0
	g := &milter.Gate{Judge: func(ctx context.Context, to []string) ([]rows.Verdict, error) {
		most = max(most, len(to))
		return judge(ctx, to)
	}}
	addr, _ := listen(t, g.Serve)
	var to []string
	for i := range 5003 {
		to = append(to, fmt.Sprintf("adult%d@a.example", i))
	}
	to[5001] = "kid@a.example"
	_, whole, changes := connect(t, addr).sends(ad, to...)
	if whole != "taken" || strings.Join(changes, ";") != "-<kid@a.example>;0 Bohoja-Gate: removed 1 of 5003" || most != 5000 {
		t.Error(whole, changes, most)
	}
}

// TestPatience: a gate that hangs makes the letter wait at its sender, and nothing of it is in the log.
func TestPatience(t *testing.T) {
	var log bytes.Buffer
	g := &milter.Gate{Patience: time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Judge: func(ctx context.Context, _ []string) ([]rows.Verdict, error) { <-ctx.Done(); return nil, ctx.Err() }}
	addr, stop := listen(t, g.Serve)
	if _, whole, _ := connect(t, addr).sends(ad, "kid@a.example"); whole != "451 4.7.1" {
		t.Error(whole)
	}
	stop()
	if !strings.Contains(log.String(), "deadline") || strings.Contains(log.String(), "kid") {
		t.Error(log.String())
	}
}

// TestStop: whoever waits for an answer when the gate ends gets none, which mail servers take for "try again".
func TestStop(t *testing.T) {
	g := &milter.Gate{Judge: judge}
	addr, stop := listen(t, g.Serve)
	s := connect(t, addr)
	if _, whole, _ := s.sends(ad, "adult@a.example"); whole != "taken" {
		t.Fatal(whole)
	}
	stop()
	if got := said(s.Mail("a@a.example", nil)); got == "taken" {
		t.Error("it goes on")
	}
	if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		t.Error("it still listens")
	}
}

func TestPolicy(t *testing.T) {
	g := &milter.Gate{Judge: judge}
	addr, _ := listen(t, g.ServePolicy)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	in := textproto.NewConn(c)
	for _, q := range []struct{ request, want string }{
		{"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=adult@a.example\n", "DUNNO"},
		{"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=kid@a.example\nsender=a=b@a.example\n", "550 5.7.1"},
		{"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=down@a.example\n", "451 4.7.1"},
		{"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=odd\n", "550 5.7.1"},
		{"request=smtpd_access_policy\nprotocol_state=RCPT\n", "451 4.3.5"}, // also: nothing of the one before is left
		{"request=smtpd_access_policy\nprotocol_state=DATA\nrecipient=adult@a.example\n", "451 4.3.5"},
		{"recipient=adult@a.example\n", "451 4.3.5"},
		{"", "451 4.3.5"},
	} {
		_, _ = io.WriteString(c, q.request+"\n")
		got, err := in.ReadLine()
		empty, err2 := in.ReadLine()
		if !strings.HasPrefix(got, "action="+q.want) || empty != "" || errors.Join(err, err2) != nil {
			t.Errorf("%q: %q %q %v %v", q.request, got, empty, err, err2)
		}
	}
	_, _ = io.WriteString(c, "EHLO me\n")
	if line, err := in.ReadLine(); err == nil {
		t.Errorf("whoever is no Postfix is told %q", line)
	}
}
