package catcher_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/mailer/catcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run serves a catcher until the test ends and returns its address.
func run(t *testing.T, o catcher.Options) (*catcher.Catcher, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := catcher.New(o)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := c.Serve(l); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		serving.Wait()
	})
	return c, l.Addr().String()
}

// mail sends by the standard library's client: the catcher must get on with more clients than ours.
func mail(t *testing.T, addr, to, body string) {
	t.Helper()
	if err := smtp.SendMail(addr, nil, "shop@shop.example", []string{to}, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

const mixed = "From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?b?7JWI64WV?=\r\nMessage-ID: <1@b.example>\r\n" +
	"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Content-Transfer-Encoding: quoted-printable\r\n\r\nhttps://a.example/c/abcdef?lang=3Den\r\nopen https://a.example/c/abc=\r\ndef.\r\nor https://a.example/code (ABCD-2345)\r\n" +
	"tel 02-2345-6789\r\n--x\r\nContent-Type: text/html; charset=euc-kr\r\nContent-Transfer-Encoding: base64\r\n\r\nvsiz5w==\r\n--x--\r\n"

func TestReadsLetters(t *testing.T) {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	c, addr := run(t, catcher.Options{Clock: func() time.Time { return at }})
	mail(t, addr, "Parent@mail.example", mixed)
	got := c.LettersTo("parent@MAIL.example")
	if len(got) != 1 {
		t.Fatalf("%d letters", len(got))
	}
	l := got[0]
	if l.N != 1 || !l.At.Equal(at) || l.From != "shop@shop.example" || l.To != "Parent@mail.example" || l.MessageID != "<1@b.example>" {
		t.Errorf("%+v", l)
	}
	if l.Subject != "안녕" || l.HTML != "안녕" {
		t.Errorf("subject %q, html %q", l.Subject, l.HTML)
	}
	if want := []string{"https://a.example/c/abcdef", "https://a.example/code", "https://a.example/c/abcdef?lang=en"}; !slices.Equal(l.Links, want) {
		t.Errorf("links %q", l.Links)
	}
	if l.Code != "ABCD-2345" {
		t.Errorf("code %q", l.Code)
	}
	if len(c.LettersTo("other@mail.example")) != 0 {
		t.Error("a letter went to the wrong reader")
	}
}

func TestOddLetters(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "no headers": "hello\r\n", "broken multipart": "Content-Type: multipart/alternative\r\n\r\nx", "charset": "Content-Type: text/plain; charset=x-y\r\n\r\nx",
	} {
		l := catcher.Read("a@b.example", "c@d.example", []byte(body))
		if l.To != "c@d.example" || l.Links == nil || string(l.Raw) != body {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func TestCodeIsNoTelephoneNumber(t *testing.T) {
	for text, want := range map[string]string{
		"call 02-2345-6789, code ABCD-2345.": "ABCD-2345",
		"code 2345-6789":                     "2345-6789",
		"https://a.example/c/x-ABCD-2345-y":  "",
		"02-2345-6789":                       "",
		"code ABCD-234O":                     "",
		"(WXYZ-2345)를 적어 주세요. 번호: HJKM-9876": "WXYZ-2345",
	} {
		l := catcher.Read("", "", []byte("Content-Type: text/plain; charset=utf-8\r\n\r\n"+text))
		if l.Code != want {
			t.Errorf("%q: code %q, want %q", text, l.Code, want)
		}
	}
}

func TestKeepsTheNewest(t *testing.T) {
	c, addr := run(t, catcher.Options{Keep: 3})
	for n := range 5 {
		mail(t, addr, fmt.Sprintf("p%d@mail.example", n), "Subject: x\r\n\r\n")
	}
	got := c.Letters()
	if len(got) != 3 || got[0].N != 3 || got[2].To != "p4@mail.example" || c.Count() != 5 {
		t.Errorf("%d kept, %d came", len(got), c.Count())
	}
	changed := c.Changed()
	c.Clear()
	mail(t, addr, "p@mail.example", "Subject: x\r\n\r\n")
	<-changed
	if len(c.Letters()) != 1 {
		t.Error("Clear left letters")
	}
}

func TestJudge(t *testing.T) {
	var asked []string
	var mu sync.Mutex
	c, addr := run(t, catcher.Options{Judge: func(s catcher.Stage, a string) error {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, string(s)+" "+a)
		if s == catcher.StageRcpt && strings.HasPrefix(a, "gone") {
			return catcher.Refusal(550, "no such mailbox")
		}
		if s == catcher.StageDot && strings.HasPrefix(a, "cut") {
			return catcher.ErrCut
		}
		return nil
	}})
	send := func(to string) error {
		return smtp.SendMail(addr, nil, "a@b.example", []string{to}, []byte("Subject: x\r\n\r\n"))
	}
	if err := send("gone@d.example"); err == nil || !strings.HasPrefix(err.Error(), "550") {
		t.Errorf("refused with %v", err)
	}
	if err := send("cut@d.example"); err == nil || c.Count() != 1 {
		t.Errorf("cut: %v, %d letters", err, c.Count())
	}
	if err := send("fine@d.example"); err != nil || c.Count() != 2 {
		t.Errorf("fine: %v, %d letters", err, c.Count())
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"hello ", "mail a@b.example", "rcpt gone@d.example", "dot fine@d.example"} {
		if !slices.Contains(asked, want) {
			t.Errorf("never asked %q: %q", want, asked)
		}
	}
}

func TestAuthIsAsked(t *testing.T) {
	c, addr := run(t, catcher.Options{User: "shop", Password: "secret"})
	send := func(a smtp.Auth) error {
		return smtp.SendMail(addr, a, "a@b.example", []string{"c@d.example"}, []byte("Subject: x\r\n\r\n"))
	}
	if err := send(nil); err == nil || !strings.HasPrefix(err.Error(), "530") {
		t.Errorf("without: %v", err)
	}
	if err := send(smtp.PlainAuth("", "shop", "wrong", "127.0.0.1")); err == nil || !strings.HasPrefix(err.Error(), "535") {
		t.Errorf("wrong: %v", err)
	}
	if err := send(smtp.PlainAuth("", "shop", "secret", "127.0.0.1")); err != nil || c.Count() != 1 {
		t.Errorf("right: %v", err)
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	c, addr := run(t, catcher.Options{})
	err := smtp.SendMail(addr, nil, "a@b.example", []string{"c@d.example"}, []byte("Subject: x\r\n\r\n"+strings.Repeat("x\r\n", 1<<19)))
	if err == nil || c.Count() != 0 {
		t.Errorf("%v, %d letters", err, c.Count())
	}
}

// Close ends Serve and every connection, also when it comes first.
func TestClose(t *testing.T) {
	c, addr := run(t, catcher.Options{})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	c.Cut()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	for err == nil {
		_, err = conn.Read(make([]byte, 512))
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		t.Error("Cut left a connection open")
	}
	early := catcher.New(catcher.Options{})
	if err := early.Close(t.Context()); err != nil {
		t.Error(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := early.Serve(l); err != nil {
		t.Errorf("Serve after Close: %v", err)
	}
}
