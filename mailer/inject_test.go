package mailer_test

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/mailer/mailertest"
	"github.com/bohoja/bohoja/templates"
)

// dangerous are strings that some parser takes for an address, and that must never reach the wire.
var dangerous = []string{
	"", "parent", "@mail.example", "parent@", "parent@mail", "parent@localhost", "parent@[127.0.0.1]", "parent@127.0.0.1",
	"parent@mail.example\r\nRCPT TO:<x@y.example>", "parent@mail.example>\r\nDATA", "parent@mail.example> NOTIFY=SUCCESS",
	"parent@mail.example> SIZE=1 <", "parent@mail.example,x@y.example", "parent@mail.example x@y.example",
	"<parent@mail.example>", "Parent <parent@mail.example>", `"parent"@mail.example`, `"a b"@mail.example`,
	`"parent> NOTIFY=NEVER"@mail.example`, "parent(comment)@mail.example", "group: parent@mail.example;",
	"@relay.example:parent@mail.example", "parent@mail..example", "parent@-mail.example", "parent@mail-.example",
	".parent@mail.example", "parent.@mail.example", "par..ent@mail.example", "par ent@mail.example", "parent@mail.example\x00",
	"par\tent@mail.example", "parent@mail.example ", " parent@mail.example", "parent\u00a0@mail.example", "parent\u202e@mail.example",
	"parent\u200b@mail.example", "parent@mäil.example", "parent@mail\u3002example", "par\xffent@mail.example", "parent%0d%0a@mail.example\n",
	"parent\\@mail.example", "parent:x@mail.example", "parent;x@mail.example", "parent@mail_x.example",
	strings.Repeat("p", 65) + "@mail.example", "p@" + strings.Repeat("m", 64) + ".example", "p@" + strings.Repeat("mail.", 60) + "example",
}

func TestDangerousAddressesStayHere(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{UTF8: true})
	m := start(t, s, nil)
	for _, addr := range dangerous {
		err := m.Deliver(t.Context(), letter(addr, 0))
		if err == nil {
			t.Errorf("%q was sent to", addr)
			continue
		}
		want(t, err, consent.Never, 553, mailer.StageAddress)
	}
	if s.Connections() != 0 {
		t.Errorf("%d connections were opened", s.Connections())
	}
}

func TestOddButPlainAddressesGo(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, nil)
	for n, addr := range []string{
		"o'brien+shop@mail.example", "a.b-c_d@sub.mail.example", "{x}=y/z!#$%&*?^`|~@mail.example", "P@xn--vk1b.kr", "1@2.example",
	} {
		deliver(t, m, letter(addr, n+1))
		got := s.Last(addr)
		if list := got.Header.Values("To"); len(list) != 1 {
			t.Errorf("To of %q: %v", addr, list)
		}
		if a, err := mail.ParseAddress(got.Header.Get("To")); err != nil || a.Address != addr || a.Name != "" {
			t.Errorf("To of %q reads as %v, %v", addr, a, err)
		}
	}
}

// go-mail sends such addresses to servers that never offered SMTPUTF8.
func TestWideAddressesOnlyWhereOffered(t *testing.T) {
	const wide = "부모@mail.example"
	narrow := mailertest.New(t, mailertest.Options{})
	m := start(t, narrow, nil)
	want(t, m.Deliver(t.Context(), letter(wide, 1)), consent.Never, 553, mailer.StageAddress)
	deliver(t, m, letter(guardian, 2))
	if narrow.Count() != 1 || narrow.Connections() != 1 {
		t.Errorf("%d letters over %d connections", narrow.Count(), narrow.Connections())
	}
	offered := mailertest.New(t, mailertest.Options{UTF8: true})
	m = start(t, offered, nil)
	deliver(t, m, letter(wide, 1))
	deliver(t, m, letter(guardian, 2))
	if got := offered.Await(2)[0]; got.To != wide {
		t.Errorf("it went to %q", got.To)
	}
}

func TestIDsThatAreNoIDs(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, nil)
	for _, id := range []string{"", "a b", "a@b", "a>\r\nBcc: x@y.example", "a\n", strings.Repeat("x", 61)} {
		l := letter(guardian, 0)
		l.ID = id
		want(t, m.Deliver(t.Context(), l), consent.Again, 0, mailer.StageRender)
	}
}

// Texts from the configuration may hold anything; they cannot add a header or a part.
func TestHeadersCannotBeBroken(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, func(o *mailer.Options) {
		o.Render = func(l consent.Letter) (templates.Rendered, error) {
			r, err := rendered(l)
			r.Subject = "하늘상점\r\nBcc: x@y.example\r\n\r\nbody"
			r.Text = "--\r\n.\r\nQUIT\r\n\x00" + r.Text
			return r, err
		}
	})
	for n, reply := range []string{"x@y.example\r\nBcc: z@y.example", "a <x@y.example>", "x@y.example, z@y.example"} {
		l := letter(guardian, n+1)
		l.Operator.Email = reply
		deliver(t, m, l)
	}
	for _, got := range s.Await(3) {
		read, err := mail.ReadMessage(bytes.NewReader(got.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if read.Header.Get("Bcc") != "" || read.Header.Get("Reply-To") != "" {
			t.Errorf("a header was added:\n%s", got.Raw)
		}
		if got.Subject != "하늘상점 Bcc: x@y.example body" {
			t.Errorf("subject %q", got.Subject)
		}
		if !strings.HasPrefix(got.Text, "--\n.\nQUIT\n") {
			t.Errorf("text %q", got.Text[:20])
		}
	}
	if s.Connections() != 1 {
		t.Errorf("%d connections", s.Connections())
	}
}

// What passes the grammar holds nothing that could end a command, a bracket or a header.
func FuzzRecipient(f *testing.F) {
	for _, addr := range append(dangerous, guardian, "부모@mail.example") {
		f.Add(addr)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		if _, err := mailer.CheckRecipient(addr); err != nil {
			return
		}
		if strings.ContainsAny(addr, "\r\n\t <>()[]\",:;\\\x00") || strings.Count(addr, "@") != 1 || len(addr) > 254 {
			t.Errorf("%q passed", addr)
		}
	})
}
