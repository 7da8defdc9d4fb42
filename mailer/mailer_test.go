package mailer_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest/ports"
	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
	"github.com/bohoja/bohoja/templates"
)

func TestDeliversInEveryMode(t *testing.T) {
	for _, o := range []mailertest.Options{
		{Mode: mailertest.Plain},
		{Mode: mailertest.STARTTLS},
		{Mode: mailertest.TLS},
		{Mode: mailertest.Plain, User: "shop", Password: "secret"},
		{Mode: mailertest.STARTTLS, User: "shop", Password: "secret"},
		{Mode: mailertest.TLS, User: "shop", Password: "secret"},
	} {
		t.Run(string(o.Mode)+o.User, func(t *testing.T) {
			s := mailertest.New(t, o)
			m := start(t, s, nil)
			deliver(t, m, letter(guardian, 0))
			got := s.Await(1)[0]
			if got.To != guardian || got.From != "consent@shop.example" {
				t.Errorf("envelope: from %q to %q", got.From, got.To)
			}
			if got.Code != "ABCD-2345" || len(got.Links) != 1 || len(got.Links[0]) < 265 {
				t.Errorf("code %q, links %v", got.Code, got.Links)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	at := time.Date(2026, 11, 23, 9, 30, 0, 0, time.FixedZone("KST", 9*60*60))
	m := start(t, s, func(o *mailer.Options) { o.Clock = func() time.Time { return at } })
	deliver(t, m, letter(guardian, 0))
	got := s.Await(1)[0]
	for name, value := range map[string]string{
		"From":                     "=?utf-8?q?=ED=95=98=EB=8A=98=EC=83=81=EC=A0=90?= <consent@shop.example>",
		"To":                       "<parent@mail.example>",
		"Reply-To":                 "<privacy@shop.example>",
		"Date":                     "Mon, 23 Nov 2026 09:30:00 +0900",
		"Message-Id":               "<" + letterID + "@shop.example>",
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"Content-Language":         "ko",
		"Mime-Version":             "1.0",
	} {
		if !slices.Equal(got.Header.Values(name), []string{value}) {
			t.Errorf("%s: %q, want %q", name, got.Header.Values(name), value)
		}
	}
	if got.Subject != "보호자의 확인이 필요한 가입 신청이 있습니다" {
		t.Errorf("subject %q", got.Subject)
	}
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") {
		t.Errorf("content type %q", kind)
	}
	known := 0
	for fields := got.Header.Fields(); fields.Next(); known++ {
	}
	if known != 11 {
		t.Errorf("%d header fields, want 11 and no more:\n%s", known, got.Raw)
	}
}

func TestPartsTravelWhole(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	deliver(t, start(t, s, nil), letter(guardian, 0))
	got := s.Await(1)[0]
	r, _ := rendered(consent.Letter{})
	if got.Text != r.Text || got.HTML != r.HTML {
		t.Errorf("a part was changed:\n%q\n%q", got.Text, got.HTML)
	}
	_, part, _ := strings.Cut(string(got.Raw), "text/plain")
	_, part, _ = strings.Cut(part, "\r\n\r\n")
	part, _, _ = strings.Cut(part, "\r\n--")
	plain, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(part, "\r\n", ""))
	if err != nil || string(plain) != strings.ReplaceAll(r.Text, "\n", "\r\n") {
		t.Errorf("line ends inside base64 must be CRLF (RFC 2045, 6.8): %v, %q", err, plain)
	}
	if n := strings.Count(string(got.Raw), "Content-Transfer-Encoding: base64"); n != 2 {
		t.Errorf("%d parts in base64, want 2", n)
	}
	if text, html := strings.Index(string(got.Raw), "text/plain"), strings.Index(string(got.Raw), "text/html"); text > html {
		t.Error("the plain part must come first: readers show the last one they can")
	}
	for line := range strings.SplitSeq(string(got.Raw), "\r\n") {
		if len(line) > 78 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
}

func TestReturnPathNamesTheLetter(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, func(o *mailer.Options) { o.Bounces = "bounces@mail.shop.example" })
	for i, c := range [][2]string{{"abc-1-0-i-xyz", "bounces+abc-1-0-i-xyz@mail.shop.example"}, {"", "bounces@mail.shop.example"}} {
		l := letter(guardian, 0)
		l.Return = c[0]
		deliver(t, m, l)
		if got := s.Await(i + 1)[i].From; got != c[1] {
			t.Errorf("return path %q, not %q", got, c[1])
		}
	}
}

func TestStrippedSTARTTLS(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{Mode: mailertest.Stripped})
	want(t, start(t, s, nil).Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageTLS)
	if s.Count() != 0 {
		t.Error("a letter went out without TLS")
	}
}

func TestStrippedSTARTTLSKeepsThePassword(t *testing.T) {
	s := kind(map[string]string{"EHLO": "250-fine\r\n250 AUTH PLAIN"})
	m := startURL(t, "smtp+starttls://shop:secret@"+s.run(t), nil)
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageTLS)
	if got := s.said(); !slices.Equal(got, []string{"EHLO"}) {
		t.Errorf("the server heard %v", got)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	for _, mode := range []mailertest.Mode{mailertest.TLS, mailertest.STARTTLS} {
		s := mailertest.New(t, mailertest.Options{Mode: mode})
		m := start(t, s, func(o *mailer.Options) { o.Roots = nil })
		want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageTLS)
	}
}

// A server that speaks no newer TLS than 1.1 gets no letter; one with 1.2 does.
func TestOldTLS(t *testing.T) {
	for _, mode := range []mailertest.Mode{mailertest.TLS, mailertest.STARTTLS} {
		old := mailertest.New(t, mailertest.Options{Mode: mode, NewestTLS: tls.VersionTLS11})
		want(t, start(t, old, nil).Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageTLS)
		if old.Count() != 0 {
			t.Error("a letter went out by an old TLS")
		}
		deliver(t, start(t, mailertest.New(t, mailertest.Options{Mode: mode, NewestTLS: tls.VersionTLS12}), nil), letter(guardian, 0))
	}
}

func TestAuthFails(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{Mode: mailertest.TLS, User: "shop", Password: "secret"})
	m := startURL(t, strings.Replace(s.URL(), "secret", "wrong", 1), func(o *mailer.Options) { o.Roots = s.Roots() })
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 535, mailer.StageAuth)
}

// Each reply at each stage, and what it means for the letter.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		verb, reply string
		class       consent.DeliveryClass
		code        int
		stage       string
	}{
		{"greeting", "421 too many", consent.Again, 421, mailer.StageConnect},
		{"greeting", "554 no service for you", consent.Again, 554, mailer.StageConnect},
		{"greeting", "", consent.Again, 0, mailer.StageConnect},
		{"MAIL", "451 later", consent.Again, 451, mailer.StageMail},
		{"MAIL", "550 sender refused", consent.Again, 550, mailer.StageMail},
		{"MAIL", "530 authenticate first", consent.Again, 530, mailer.StageMail},
		{"MAIL", "", consent.Again, 0, mailer.StageMail},
		{"RCPT", "450 grey", consent.Again, 450, mailer.StageRcpt},
		{"RCPT", "421 bye", consent.Again, 421, mailer.StageRcpt},
		{"RCPT", "550 5.1.1 <parent@mail.example> unknown", consent.Never, 550, mailer.StageRcpt},
		{"RCPT", "501 syntax", consent.Never, 501, mailer.StageRcpt},
		{"RCPT", "530 authenticate first", consent.Again, 530, mailer.StageRcpt},
		{"RCPT", "503 order", consent.Again, 503, mailer.StageRcpt},
		{"RCPT", "", consent.Again, 0, mailer.StageRcpt},
		{"DATA", "451 later", consent.Again, 451, mailer.StageData},
		{"DATA", "554 no", consent.Never, 554, mailer.StageData},
		{"DATA", "", consent.Again, 0, mailer.StageData},
		{"dot", "452 full", consent.Again, 452, mailer.StageDot},
		{"dot", "550 5.7.1 not wanted", consent.Never, 550, mailer.StageDot},
		{"dot", "552 too large", consent.Never, 552, mailer.StageDot},
		{"dot", "", consent.Unknown, 0, mailer.StageDot},
		{"dot", "what?", consent.Unknown, 0, mailer.StageDot},
	} {
		t.Run(c.verb+" "+c.reply, func(t *testing.T) {
			s := kind(map[string]string{c.verb: c.reply})
			m := startURL(t, "smtp://"+s.run(t), nil)
			want(t, m.Deliver(t.Context(), letter(guardian, 0)), c.class, c.code, c.stage)
		})
	}
}

func TestEHLORefused(t *testing.T) {
	s := kind(map[string]string{"EHLO": "554 no", "HELO": "554 no"})
	m := startURL(t, "smtp://"+s.run(t), nil)
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 554, mailer.StageHello)
}

func TestEvery2xxIsAYes(t *testing.T) {
	s := kind(map[string]string{"dot": "252 taken", "RCPT": "251 will forward"})
	deliver(t, startURL(t, "smtp://"+s.run(t), nil), letter(guardian, 0))
}

func TestEndlessReply(t *testing.T) {
	s := kind(map[string]string{"EHLO": strings.Repeat("250-more and more\r\n", 1<<16) + "250 fine"})
	m := startURL(t, "smtp://"+s.run(t), nil)
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageHello)
}

func TestOneRefusedRecipientDoesNotHurtOthers(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	s.Fail(mailertest.Fault{Stage: catcher.StageRcpt, To: "gone@mail.example", Code: 550})
	m := start(t, s, nil)
	for n := range 6 {
		to := guardian
		if n%2 == 1 {
			to = "gone@mail.example"
		}
		err := m.Deliver(t.Context(), letter(to, n+1))
		if to == guardian && err != nil {
			t.Fatal(err)
		}
		if to != guardian {
			want(t, err, consent.Never, 550, mailer.StageRcpt)
		}
	}
	if s.Count() != 3 || s.Connections() != 1 {
		t.Errorf("%d letters over %d connections, want 3 over 1", s.Count(), s.Connections())
	}
}

// After a refusal the transaction is ended before the next one begins on the same connection (RFC 5321, 4.1.1.5).
func TestRefusalIsFollowedByReset(t *testing.T) {
	s := kind(map[string]string{"RCPT": "550 no"})
	m := startURL(t, "smtp://"+s.run(t), nil)
	for range 2 {
		want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Never, 550, mailer.StageRcpt)
	}
	if got := s.said(); !slices.Equal(got, []string{"EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "RSET"}) {
		t.Errorf("the server heard %v", got)
	}
}

// A letter over a resting connection takes four exchanges, and not one more.
func TestExchangesOfALetter(t *testing.T) {
	s := kind(nil)
	m := startURL(t, "smtp://"+s.run(t), nil)
	deliver(t, m, letter(guardian, 1))
	deliver(t, m, letter(guardian, 2))
	if got := s.said(); !slices.Equal(got, []string{"EHLO", "MAIL", "RCPT", "DATA", "dot", "MAIL", "RCPT", "DATA", "dot"}) {
		t.Errorf("the server heard %v", got)
	}
}

func TestCutAfterTheDot(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	s.CutAfterDot(1)
	m := start(t, s, nil)
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Unknown, 0, mailer.StageDot)
	deliver(t, m, letter(guardian, 0))
	got := s.Await(2)
	if got[0].MessageID == "" || got[0].MessageID != got[1].MessageID {
		t.Errorf("Message-IDs %q and %q", got[0].MessageID, got[1].MessageID)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	const letters, atOnce = 200, 4
	s := mailertest.New(t, mailertest.Options{Mode: mailertest.STARTTLS, User: "u", Password: "p"})
	m := start(t, s, func(o *mailer.Options) { o.Concurrency = atOnce })
	var all sync.WaitGroup
	for n := range letters {
		all.Go(func() {
			if err := m.Deliver(t.Context(), letter(guardian, n+1)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ids := map[string]bool{}
	for _, l := range s.Letters() {
		ids[l.MessageID] = true
	}
	if len(ids) != letters || s.Count() != letters {
		t.Errorf("%d letters with %d ids, want %d", s.Count(), len(ids), letters)
	}
	if s.Connections() > atOnce {
		t.Errorf("%d connections, want at most %d", s.Connections(), atOnce)
	}
}

// A server may close resting connections, or say 421 instead: the letter does not notice.
func TestDeadRestingConnectionIsReplaced(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, nil)
	deliver(t, m, letter(guardian, 1))
	s.Cut()
	deliver(t, m, letter(guardian, 2))
	s.Fail(mailertest.Fault{Stage: catcher.StageMail, Code: 421, Times: 1})
	deliver(t, m, letter(guardian, 3))
	if s.Hits(catcher.StageMail) != 1 || s.Count() != 3 || s.Connections() != 3 {
		t.Errorf("%d letters over %d connections", s.Count(), s.Connections())
	}
}

// A connection that died before the dot was never given the letter, one that died after it may have been: that one is not
// sent again behind the outbox's back.
func TestDeadAfterTheDotIsNotRepeated(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, nil)
	deliver(t, m, letter(guardian, 1))
	s.CutAfterDot(1)
	want(t, m.Deliver(t.Context(), letter(guardian, 2)), consent.Unknown, 0, mailer.StageDot)
	if s.Count() != 2 {
		t.Errorf("%d letters, want 2", s.Count())
	}
}

func TestRestingConnectionsGo(t *testing.T) {
	s := kind(nil)
	m := startURL(t, "smtp://"+s.run(t), func(o *mailer.Options) { o.Idle = time.Millisecond })
	deliver(t, m, letter(guardian, 1))
	for end := time.Now().Add(time.Minute); !slices.Contains(s.said(), "QUIT"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the resting connection was not ended")
		}
	}
	deliver(t, m, letter(guardian, 2))
}

func TestServerAsleep(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	s.Sleep()
	m := start(t, s, func(o *mailer.Options) { o.Timeout = 30 * time.Millisecond })
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageConnect)
	s.Wake()
	m = start(t, s, nil)
	deliver(t, m, letter(guardian, 0))
}

func TestServerGone(t *testing.T) {
	m := startURL(t, "smtp://127.0.0.1:"+ports.Free(t), nil)
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageConnect)
}

// When the caller gives up, a conversation ends at once, wherever it stands.
func TestCallerGivesUp(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, func(o *mailer.Options) { o.Concurrency, o.Timeout = 1, time.Hour })
	s.Sleep()
	var err error
	for patience := 30 * time.Millisecond; err == nil || strings.Contains(err.Error(), mailer.StageQueue); patience *= 2 { // a busy host may need it all for the queue
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err = m.Deliver(ctx, letter(guardian, 1))
		cancel()
	}
	want(t, err, consent.Again, 0, mailer.StageConnect)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the reason is lost: %v", errors.Unwrap(err))
	}
	var first sync.WaitGroup
	long, stop := context.WithCancel(t.Context())
	first.Go(func() { _ = m.Deliver(long, letter(guardian, 2)) })
	for err = nil; err == nil || !strings.Contains(err.Error(), mailer.StageQueue); {
		short, end := context.WithTimeout(t.Context(), 5*time.Millisecond)
		err = m.Deliver(short, letter(guardian, 3)) // the one slot is taken by the first letter, as soon as it came so far
		end()
	}
	want(t, err, consent.Again, 0, mailer.StageQueue)
	stop()
	first.Wait()
	s.Wake()
	deliver(t, m, letter(guardian, 4))
}

func TestRenderFails(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, func(o *mailer.Options) {
		o.Render = func(consent.Letter) (templates.Rendered, error) { return templates.Rendered{}, errors.New("no words") }
	})
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageRender)
}

func TestIncompleteLettersStayHere(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	for name, change := range map[string]func(*templates.Rendered){
		"no text":    func(r *templates.Rendered) { r.Text = "" },
		"no html":    func(r *templates.Rendered) { r.HTML = "" },
		"no subject": func(r *templates.Rendered) { r.Subject = "" },
		"language":   func(r *templates.Rendered) { r.Lang = "ko\r\nBcc: x@y.example" },
	} {
		t.Run(name, func(t *testing.T) {
			m := start(t, s, func(o *mailer.Options) {
				o.Render = func(l consent.Letter) (templates.Rendered, error) {
					r, err := rendered(l)
					change(&r)
					return r, err
				}
			})
			want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageRender)
		})
	}
	if s.Connections() != 0 {
		t.Error("a connection was opened for nothing")
	}
}

func TestNothingOfALetterIsLogged(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{Mode: mailertest.STARTTLS, User: "shop", Password: "secret"})
	s.Fail(mailertest.Fault{Stage: catcher.StageRcpt, Code: 550, Times: 1})
	var log strings.Builder
	m := start(t, s, func(o *mailer.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_ = m.Deliver(t.Context(), letter(guardian, 1))
	deliver(t, m, letter(guardian, 2))
	s.Cut()
	deliver(t, m, letter(guardian, 3))
	for _, word := range []string{"parent", "secret", "abcdefghij", "ABCD"} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log holds %q:\n%s", word, log.String())
		}
	}
	if log.Len() == 0 {
		t.Error("nothing was logged: this test is blind")
	}
}

// After Close nothing rests: a letter that was on its way, or comes later, still goes, and ends its connection itself.
func TestCloseLeavesNoConnection(t *testing.T) {
	s := kind(nil)
	m := startURL(t, "smtp://"+s.run(t), nil)
	deliver(t, m, letter(guardian, 1))
	m.Close()
	deliver(t, m, letter(guardian, 2))
	m.Close()
	if got := s.said(); !slices.Equal(got, []string{"EHLO", "MAIL", "RCPT", "DATA", "dot", "QUIT", "EHLO", "MAIL", "RCPT", "DATA", "dot", "QUIT"}) {
		t.Errorf("the server heard %v", got)
	}
}

// What a server sends before TLS cannot be taken for what it says under TLS (the plain buffer is thrown away).
func TestRepliesBeforeTLSAreForgotten(t *testing.T) {
	s := kind(map[string]string{"EHLO": "250-fine\r\n250 STARTTLS", "STARTTLS": "220 go on\r\n250-evil\r\n250 AUTH PLAIN\r\n235 welcome"})
	m := startURL(t, "smtp+starttls://shop:secret@"+s.run(t), func(o *mailer.Options) { o.Timeout = 100 * time.Millisecond })
	want(t, m.Deliver(t.Context(), letter(guardian, 0)), consent.Again, 0, mailer.StageTLS)
	if slices.Contains(s.said(), "AUTH") {
		t.Error("a password was sent without TLS")
	}
}
