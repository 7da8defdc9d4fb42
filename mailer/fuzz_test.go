package mailer

import (
	"net"
	"net/mail"
	"strconv"
	"strings"
	"testing"
)

// FuzzServer: a server that is taken can be dialled, never meets a password in clear on a network, and no fault quotes one.
func FuzzServer(f *testing.F) {
	for _, s := range []string{"smtps://u:canary@mail.example", "smtp://u:canary@mail.example", "smtp://localhost:1025", "smtp+starttls://[::1]:587", "smtp://u:canary@[::1", "smtps://u:ca%zznary@x", "smtp://x:99999", "smtp://x?y", "SMTP://LOCALHOST"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := parseURL(raw)
		if err != nil {
			if strings.Contains(err.Error(), "canary") {
				t.Fatalf("%q is quoted: %v", raw, err)
			}
			return
		}
		host, port, err := net.SplitHostPort(s.addr)
		n, errPort := strconv.Atoi(port)
		if err != nil || errPort != nil || host != s.host || n < 1 || n > 65535 || strings.ContainsAny(s.host, "\r\n \x00") {
			t.Fatalf("%q leads to %q", raw, s.addr)
		}
		if s.user != "" && s.security == plain && !isLoopback(s.host) {
			t.Fatalf("%q sends a password in clear", raw)
		}
	})
}

// FuzzSender: a sender that is taken is one address that breaks no line and reads the same elsewhere.
func FuzzSender(f *testing.F) {
	for _, s := range []string{"Shop <no-reply@shop.example>", "no-reply@shop.example", "하늘상점 <a@b.kr>", "\"a\r\nBcc: x\" <a@b.kr>", "a@b.kr, c@d.kr", "group: a@b.kr;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, from string) {
		a, err := parseSender(from)
		if err != nil {
			return
		}
		if strings.ContainsAny(a.Address+a.Name, "\r\n\x00") || strings.Count(a.Address, "@") != 1 {
			t.Fatalf("%q is %+v", from, a)
		}
		again, err := mail.ParseAddress(a.String())
		if err != nil || again.Address != a.Address {
			t.Fatalf("%q is read as %v, %v", from, again, err)
		}
	})
}
