//go:build outside

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// wordGated starts `bohoja gate milter`, and a Postfix that asks it: as a milter at its first port, as a policy service at
// the second, which carries nothing but marketing. gated stops ends the gate, gated starts begins it again.
func (o *outside) wordGated(ts *testscript.TestScript, _ bool, args []string) {
	if o.processes["milter"] == nil {
		o.processes["milter"] = &process{}
	}
	p := o.processes["milter"]
	starts := strings.Count(p.said.String(), "policy 127")
	switch strings.Join(args, " ") {
	case "stops":
		p.kill()
		return
	case "starts":
		ts.Check(p.again())
	default:
		o.gatedPostfix(ts, p)
	}
	wait(ts, func() bool { return p.ended() || strings.Count(p.said.String(), "policy 127") > starts }, "gate milter")
	if p.ended() {
		ts.Fatalf("gate milter ended:\n%s", p.said.String())
	}
}

func (o *outside) gatedPostfix(ts *testscript.TestScript, p *process) {
	listen, policy := "127.0.0.1:"+consenttest.FreePort(o.t), "127.0.0.1:"+consenttest.FreePort(o.t)
	p.start(ts, o.dir, o.environ(ts), "gate", "milter", "--listen", listen, "--policy", policy)
	o.post = newPostfix(o.t, ts)
	o.box = o.post.letters
	o.marketing = "127.0.0.1:" + consenttest.FreePort(o.t)
	more(ts, filepath.Join(o.post.dir, "conf", "main.cf"), "smtpd_milters = inet:"+listen+"\nmilter_default_action = tempfail\n")
	more(ts, filepath.Join(o.post.dir, "conf", "master.cf"), o.marketing+` inet n - n - - smtpd
  -o smtpd_milters=
  -o { smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service inet:`+policy+` }
`)
	o.post.start(ts)
	wait(ts, func() bool { return greets(o.marketing) }, "Postfix at its second port")
}

func more(ts *testscript.TestScript, name, text string) {
	old, err := os.ReadFile(name)
	ts.Check(err)
	put(ts, name, string(old)+text)
}

// wordMails hands a letter in: mails [marketing] CODES FILE ADDRESS…. CODES are the answers to each recipient and to the letter
// (550-5.7.1 says which 550), separated by commas.
func (o *outside) wordMails(ts *testscript.TestScript, _ bool, args []string) {
	addr := o.post.addr
	if args[0] == "marketing" {
		addr, args = o.marketing, args[1:]
	}
	text := ts.ReadFile(args[1])
	got := strings.Join(submit(ts, addr, text, args[2:]), ",")
	if got != args[0] {
		ts.Fatalf("answered %s, want %s", got, args[0])
	}
	o.count(1, "letters handed in")
}

func submit(ts *testscript.TestScript, addr, text string, to []string) (codes []string) {
	c, err := smtp.Dial(addr)
	ts.Check(err)
	defer func() { _ = c.Close() }()
	err = c.StartTLS(&tls.Config{InsecureSkipVerify: true}) // of the test's own Postfix
	if err == nil {
		err = c.Mail("shop@shop.example")
	}
	if err != nil {
		return []string{replyOf(ts, err)}
	}
	some := false
	for _, one := range to {
		err := c.Rcpt(one)
		codes, some = append(codes, replyOf(ts, err)), some || err == nil
	}
	if !some {
		return codes
	}
	w, err := c.Data()
	ts.Check(err)
	_, err = w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	ts.Check(err)
	return append(codes, replyOf(ts, w.Close()))
}

var enhanced = regexp.MustCompile(`^[245]\.\d+\.\d+`)

// replyOf is a reply's code, with the enhanced one of a refusal.
func replyOf(ts *testscript.TestScript, err error) string {
	if err == nil {
		return "250"
	}
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		ts.Check(err)
	}
	return strings.TrimSuffix(fmt.Sprint(reply.Code, "-", enhanced.FindString(reply.Msg)), "-")
}

// wordCame waits until so many letters came to an address and nothing is on its way: came N ADDRESS [LINE]. The newest of them
// has this line.
func (o *outside) wordCame(ts *testscript.TestScript, neg bool, args []string) {
	wait(ts, o.post.empty, "an empty queue")
	n, last := 0, ""
	for _, l := range o.post.letters() {
		if l.To == args[1] {
			n, last = n+1, string(l.Raw)
		}
	}
	if fmt.Sprint(n) != args[0] {
		ts.Fatalf("%d letters came to %s", n, args[1])
	}
	for _, line := range args[2:] {
		if strings.Contains(last, line+"\n") == neg {
			ts.Fatalf("%q is not as it should be in\n%s", line, last)
		}
	}
}
