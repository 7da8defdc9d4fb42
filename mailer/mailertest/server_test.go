package mailertest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/smtp"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func send(s *mailertest.Server, to string) error {
	return smtp.SendMail(s.Addr(), nil, "a@b.example", []string{to}, []byte("Subject: x\r\n\r\nhello\r\n"))
}

func TestFaultsFitStageRecipientAndTimes(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	s.Fail(mailertest.Fault{Stage: catcher.StageRcpt, To: "grey@d.example", Code: 450, Times: 2})
	for n, fails := range []bool{true, true, false} {
		if err := send(s, "grey@d.example"); (err != nil) != fails {
			t.Errorf("try %d: %v", n, err)
		}
		if err := send(s, "fine@d.example"); err != nil {
			t.Error(err)
		}
	}
	if s.Hits(catcher.StageRcpt) != 2 || len(s.Await(4)) != 4 || s.Last("grey@d.example").To != "grey@d.example" {
		t.Errorf("%d hits, %d letters", s.Hits(catcher.StageRcpt), s.Count())
	}
	s.Fail(mailertest.Fault{Stage: catcher.StageHello, Code: 421})
	if send(s, "fine@d.example") == nil {
		t.Error("a fault without a limit did not apply")
	}
	s.Mend()
	if err := send(s, "fine@d.example"); err != nil {
		t.Error(err)
	}
}

func TestSleepAndWake(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{})
	s.Sleep()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatalf("a sleeping server still takes connections: %v", err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Fatalf("it spoke %d bytes in its sleep", n)
	}
	s.Wake()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Errorf("it does not wake: %v", err)
	}
}

func TestURLs(t *testing.T) {
	for mode, scheme := range map[mailertest.Mode]string{
		"": "smtp", mailertest.Plain: "smtp", mailertest.STARTTLS: "smtp+starttls", mailertest.Stripped: "smtp+starttls", mailertest.TLS: "smtps",
	} {
		s := mailertest.New(t, mailertest.Options{Mode: mode, User: "u", Password: "p"})
		u, err := url.Parse(s.URL())
		if err != nil || u.Scheme != scheme || u.Host != s.Addr() || u.User.String() != "u:p" {
			t.Errorf("%s: %v, %v", mode, u, err)
		}
	}
}

func TestCertificateIsTrustedByItsPEM(t *testing.T) {
	s := mailertest.New(t, mailertest.Options{Mode: mailertest.TLS})
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CertPEM()) {
		t.Fatal("no certificate in the PEM")
	}
	for _, pool := range []*x509.CertPool{roots, s.Roots()} {
		c, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	}
}
