package main

import (
	"net/smtp"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/templates"
)

// wordLetter waits for the next letter of a kind that the story has not read yet.
func (s *story) wordLetter(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		if _, err := templates.Words("ko").Say("mail."+args[1]+".subject", "app", "x", "operator", "x"); err != nil {
			ts.Fatalf("there are no letters %s: %v", args[1], err) // of these there is never one
		}
		s.idle(ts)
		if _, ok := s.next(args[0], args[1]); ok {
			ts.Fatalf("there is a letter %s", args[1])
		}
		return
	}
	var l catcher.Letter
	wait(ts, func() bool {
		found, ok := s.next(args[0], args[1])
		l = found
		return ok
	}, "the letter %s; there are %q", args[1], s.subjects())
	s.taken[l.N] = true
	for variable, path := range map[string]string{"LINK": "/c/", "WITHDRAW": "/w/", "PORTAL": "/my/", "OBJECT": "/a/"} {
		if link := linkTo(l, path); link != "" {
			ts.Setenv(variable, link)
			s.hide(token(link))
		}
	}
	ts.Setenv("CODE", l.Code)
	ts.Setenv("LETTER", l.MessageID)
	s.hide(l.Code)
	ts.Check(os.WriteFile(ts.MkAbs("letter"), []byte(l.Text+l.HTML), 0o600))
}

// arrived are all letters, the oldest first.
func (s *story) arrived() []catcher.Letter {
	if s.box != nil {
		return s.box()
	}
	return s.smtp.Letters()
}

// next is the oldest unread letter to an address of a kind.
func (s *story) next(to, kind string) (catcher.Letter, bool) {
	for _, l := range s.arrived() {
		if strings.EqualFold(l.To, to) && !s.taken[l.N] && kindOf(l) == kind {
			return l, true
		}
	}
	return catcher.Letter{}, false
}

// kindOf tells a letter by its subject, which is the one of its kind in some language.
func kindOf(l catcher.Letter) string {
	for _, lang := range templates.Languages() {
		words := templates.Words(lang)
		for _, key := range words.Keys() {
			kind, ok := strings.CutSuffix(key, ".subject")
			if !ok {
				continue
			}
			for _, app := range []string{"하늘상점", "Haneul Shop", "하늘상점(주)", "Haneul Shop Inc."} {
				if text, err := words.Say(key, "app", app); err == nil && strings.HasSuffix(l.Subject, text) {
					return strings.TrimPrefix(kind, "mail.")
				}
			}
		}
	}
	return l.Subject
}

func (s *story) subjects() []string {
	var out []string
	for _, l := range s.arrived() {
		out = append(out, kindOf(l))
	}
	return out
}

func linkTo(l catcher.Letter, path string) string {
	for _, link := range l.Links {
		if strings.Contains(link, path) {
			return link
		}
	}
	return ""
}

// idle waits until no letter is due or being delivered in any space. A claimed letter is due again when its lease ends,
// which is sooner than any that waits for its day.
func (s *story) idle(ts *testscript.TestScript) {
	wait(ts, func() bool { return s.due("b:{shop}:due", 0) && s.due("bt:{shop}:due", s.ahead()) }, "an idle outbox")
}

// due reports whether a queue has no letters for the next two minutes of its clock.
func (s *story) due(queue string, ahead time.Duration) bool {
	soon := time.Now().Add(ahead + 2*time.Minute).UnixMilli()
	return s.redis.Command("ZCOUNT", queue, "-inf", strconv.FormatInt(soon, 10)) == ":0"
}

// ahead is how far the test space's clock is moved.
func (s *story) ahead() time.Duration {
	d, _ := time.ParseDuration(strings.TrimSpace(s.redis.Command("GET", "bt:clock")) + "ms")
	return d
}

// wordBounces names the return path and where it is served, for the next serve.
func (s *story) wordBounces(ts *testscript.TestScript, _ bool, _ []string) {
	s.returns = "127.0.0.1:" + consenttest.FreePort(s.t)
	ts.Setenv("BOHOJA_SMTP__BOUNCES", "bounces@shop.example")
	ts.Setenv("BOHOJA_SMTP__BOUNCES_LISTEN", s.returns)
}

// wordReturns sends a file as what a mail server says of the last letter to an address, to the return path of that letter; negated it
// expects that the path is refused.
func (s *story) wordReturns(ts *testscript.TestScript, neg bool, args []string) {
	path := ""
	for _, l := range s.arrived() {
		if l.To == args[0] {
			path = l.From
		}
	}
	if len(args) > 2 {
		path = args[2]
	}
	report := strings.ReplaceAll(ts.ReadFile(args[1]), "\n", "\r\n")
	if err := smtp.SendMail(s.returns, nil, "", []string{path}, []byte(report)); (err != nil) != neg {
		ts.Fatalf("what came back to %q: %v", path, err)
	}
}
