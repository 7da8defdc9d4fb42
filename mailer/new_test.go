package mailer_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

func TestNewTakesTheThreeForms(t *testing.T) {
	for _, url := range []string{
		"smtps://user:pass@mail.example:465", "smtps://mail.example", "smtp+starttls://user:p%40ss%3A@mail.example:587",
		"smtp+starttls://mail.example", "smtp://localhost:1025", "smtp://127.0.0.1:25/", "smtp://user:pass@localhost:1025",
		"smtp://[::1]:1025", "smtp://mailpit:1025", "smtp://MAIL.example",
	} {
		if _, err := mailer.New(mailer.Options{URL: url, From: "a@shop.example", Render: rendered}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Faults name the setting; they never show what stands in the URL.
func TestNewRefuses(t *testing.T) {
	for _, url := range []string{
		"", "mail.example:25", "http://u:hunter2@mail.example", "smtp://", "smtps://u:hunter2@", "smtps://u:hunter2@mail.example:0",
		"smtps://u:hunter2@mail.example:99999", "smtps://u:hunter2@mail.example:x", "smtps://u:hunter2@mail.example?tls=off",
		"smtps://u:hunter2@mail.example/x", "smtps://u:hunter2@mail .example", "smtps://u:hunt%er2@mail.example", "smtps://u:hunter2@a\r\nb",
		"smtp://u:hunter2@mail.example:25", "smtp+tls://u:hunter2@mail.example",
	} {
		_, err := mailer.New(mailer.Options{URL: url, From: "a@shop.example", Render: rendered})
		if err == nil || !strings.HasPrefix(err.Error(), "smtp url:") {
			t.Errorf("%q: %v", url, err)
			continue
		}
		if strings.Contains(err.Error(), "hunt") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	for _, from := range []string{"", "shop", "Shop <shop>", "a@b, c@d", "a@b\r\nBcc: c@d", "부모@shop.example", "a@[127.0.0.1]", `"a b"@shop.example`} {
		_, err := mailer.New(mailer.Options{URL: "smtp://localhost", From: from, Render: rendered})
		if err == nil || !strings.HasPrefix(err.Error(), "smtp from:") {
			t.Errorf("from %q: %v", from, err)
		}
	}
	_, err := mailer.New(mailer.Options{URL: "smtp://localhost", From: "a@shop.example", Bounces: "b<c@d", Render: rendered})
	if err == nil || !strings.HasPrefix(err.Error(), "smtp bounces:") {
		t.Errorf("bounces: %v", err)
	}
}

func TestWarnsOfClearNetwork(t *testing.T) {
	for url, warned := range map[string]bool{"smtp://mailpit:1025": true, "smtp://localhost:1025": false, "smtps://mail.example": false} {
		var log strings.Builder
		_, err := mailer.New(mailer.Options{
			URL: url, From: "a@shop.example", Render: rendered, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil || strings.Contains(log.String(), "without TLS") != warned {
			t.Errorf("%s: %v, log %q", url, err, log.String())
		}
	}
}

// The right side of a Message-ID is a domain that exists outside.
func TestMessageDomain(t *testing.T) {
	for _, c := range []struct{ from, public, want string }{
		{"a@shop.example", "https://consent.other.example", "shop.example"},
		{"a@localhost", "https://consent.other.example:8443/x", "consent.other.example"},
		{"a@localhost", "http://127.0.0.1:8080", "localhost"},
	} {
		s := mailertest.New(t, mailertest.Options{})
		m := start(t, s, func(o *mailer.Options) { o.From, o.PublicURL = c.from, c.public })
		deliver(t, m, letter(guardian, 0))
		if got := s.Await(1)[0].MessageID; got != "<"+letterID+"@"+c.want+">" {
			t.Errorf("from %s at %s: %s", c.from, c.public, got)
		}
	}
}

// names lists the stages; the last is marked when it failed.
func names(stages []mailer.Stage) string {
	var out []string
	for _, s := range stages {
		name := s.Name
		if s.Err != nil {
			name += "!"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestCheckNamesTheStage(t *testing.T) {
	const to = "admin@shop.example"
	for _, c := range []struct {
		name  string
		o     mailertest.Options
		fault *mailertest.Fault
		wrong bool // password
		to    string
		want  string
	}{
		{name: "plain", want: "connect hello mail"},
		{name: "starttls", o: mailertest.Options{Mode: mailertest.STARTTLS, User: "u", Password: "p"}, to: to, want: "connect hello tls auth mail rcpt"},
		{name: "tls", o: mailertest.Options{Mode: mailertest.TLS, User: "u", Password: "p"}, want: "connect tls connect hello auth mail"},
		{name: "stripped", o: mailertest.Options{Mode: mailertest.Stripped}, want: "connect hello tls!"},
		{name: "auth", o: mailertest.Options{Mode: mailertest.TLS, User: "u", Password: "p"}, wrong: true, want: "connect tls connect hello auth!"},
		{name: "no auth offered", o: mailertest.Options{}, wrong: true, want: "connect hello auth!"},
		{name: "sender", fault: &mailertest.Fault{Stage: catcher.StageMail, Code: 553}, to: to, want: "connect hello mail!"},
		{name: "relay", fault: &mailertest.Fault{Stage: catcher.StageRcpt, Code: 554}, to: to, want: "connect hello mail rcpt!"},
		{name: "address", to: "nobody", want: "address!"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := mailertest.New(t, c.o)
			if c.fault != nil {
				s.Fail(*c.fault)
			}
			url := s.URL()
			if c.wrong {
				url = strings.Replace(strings.Replace(url, "u:p@", "", 1), "://", "://u:wrong@", 1)
			}
			m := startURL(t, url, func(o *mailer.Options) { o.Roots = s.Roots() })
			if got := names(m.Check(t.Context(), c.to)); got != c.want {
				t.Errorf("stages %q, want %q", got, c.want)
			}
			if s.Count() != 0 {
				t.Error("a probe sent a letter")
			}
		})
	}
}

func TestCheckTellsWhatTheServerSaid(t *testing.T) {
	s := kind(map[string]string{"MAIL": "550 5.7.1 consent@shop.example may not send from here"})
	stages := startURL(t, "smtp://"+s.run(t), nil).Check(t.Context(), "")
	last := stages[len(stages)-1].String()
	if !strings.Contains(last, "mail: failed") || !strings.Contains(last, "may not send from here") {
		t.Errorf("%q", last)
	}
	if first := stages[0].String(); !strings.HasPrefix(first, "connect: fine") {
		t.Errorf("%q", first)
	}
}
