package mailer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/mailer/mailertest"
	"github.com/bohoja/bohoja/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	sender   = "하늘상점 <consent@shop.example>"
	guardian = "parent@mail.example"
	letterID = "job_01hzzzzzzzzzzzzzzzzzzzzzzz"
	longLink = "https://consent.shop.example/c/"
)

// rendered stands in for the letters of package templates: here only the transport is tested.
func rendered(consent.Letter) (templates.Rendered, error) {
	link := longLink + strings.Repeat("abcdefghij", 26)
	return templates.Rendered{
		Subject: "보호자의 확인이 필요한 가입 신청이 있습니다", Lang: "ko",
		Text: "안내\n\n" + link + "\n코드 ABCD-2345\n.\n..끝\n",
		HTML: `<!doctype html><html lang="ko"><body><p>안내</p><a href="` + link + `">열기</a></body></html>`,
	}, nil
}

// letter is one to addr with a distinct id for each n.
func letter(addr string, n int) consent.Letter {
	l := consent.Letter{ID: letterID, Kind: consent.LetterInvite, To: consent.Secret(addr), Locale: "ko"}
	l.Operator.Email = "privacy@shop.example"
	if n > 0 {
		l.ID = fmt.Sprintf("job_%026d", n)
	}
	return l
}

// start returns a mailer for s; change may alter its options.
func start(t *testing.T, s *mailertest.Server, change func(*mailer.Options)) *mailer.Mailer {
	t.Helper()
	return startURL(t, s.URL(), func(o *mailer.Options) {
		o.Roots = s.Roots()
		if change != nil {
			change(o)
		}
	})
}

func startURL(t *testing.T, url string, change func(*mailer.Options)) *mailer.Mailer {
	t.Helper()
	o := mailer.Options{
		URL: url, From: sender, PublicURL: "https://consent.shop.example/x", Render: rendered, Timeout: time.Minute,
	}
	if change != nil {
		change(&o)
	}
	m, err := mailer.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// want checks the class, code and stage of a failed delivery.
func want(t *testing.T, err error, class consent.DeliveryClass, code int, stage string) {
	t.Helper()
	e, ok := errors.AsType[*consent.DeliveryError](err)
	if !ok {
		t.Fatalf("no delivery error: %v", err)
	}
	if e.Class != class || e.Code != code || e.Stage != stage {
		t.Errorf("class %v, code %d, stage %q; want %v, %d, %q (%v)", e.Class, e.Code, e.Stage, class, code, stage, e.Err)
	}
	for _, text := range []string{err.Error(), fmt.Sprint(e.Err), fmt.Sprintf("%+v", e.Err)} {
		if strings.Contains(text, "parent") {
			t.Errorf("the error quotes the address: %s", text)
		}
	}
}

// deliver sends and expects success.
func deliver(t *testing.T, m *mailer.Mailer, l consent.Letter) {
	t.Helper()
	if err := m.Deliver(t.Context(), l); err != nil {
		t.Fatalf("not delivered: %v (%v)", err, errors.Unwrap(err))
	}
}

// script is a server that knows its lines by heart: what it says to each command, whatever comes. It is for replies that a
// decent server never gives.
type script struct {
	greeting string
	replies  map[string]string // by verb; "" closes the connection; "dot" answers the final dot
	mu       sync.Mutex
	heard    []string
}

// run listens until the test ends and returns host:port.
func (s *script) run(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(t.Context(), func() { _ = c.Close() })
			all.Go(func() { defer stop(); defer func() { _ = c.Close() }(); s.talk(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().String()
}

func (s *script) talk(c net.Conn) {
	if _, err := fmt.Fprintf(c, "%s\r\n", s.greeting); err != nil {
		return
	}
	in, body := bufio.NewScanner(c), false
	for in.Scan() {
		verb, _, _ := strings.Cut(in.Text(), " ")
		if body && in.Text() != "." {
			continue
		}
		if body {
			verb = "dot"
		}
		s.mu.Lock()
		s.heard = append(s.heard, verb)
		s.mu.Unlock()
		reply := s.replies[verb]
		if _, err := fmt.Fprintf(c, "%s\r\n", reply); err != nil || reply == "" {
			return
		}
		body = verb == "DATA" && strings.HasPrefix(reply, "354")
	}
}

// said lists the verbs that came.
func (s *script) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...)
}

// kind is a script of a server that takes everything, with some replies replaced.
func kind(change map[string]string) *script {
	s := &script{greeting: "220 hello", replies: map[string]string{
		"EHLO": "250 fine", "MAIL": "250 fine", "RCPT": "250 fine", "DATA": "354 go on", "dot": "250 fine",
		"RSET": "250 fine", "NOOP": "250 fine", "QUIT": "221 bye",
	}}
	for verb, reply := range change {
		if verb == "greeting" {
			s.greeting = reply
			continue
		}
		s.replies[verb] = reply
	}
	return s
}
