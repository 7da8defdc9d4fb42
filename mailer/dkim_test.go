package mailer_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

// keyed makes a key in a folder of the test.
func keyed(t *testing.T) (dir string, key *mailer.DKIM) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "long"), 0o700); err != nil {
		t.Fatal(err)
	}
	key, made, err := mailer.MakeDKIM(dir, "bohoja")
	if err != nil || !made {
		t.Fatal(made, err)
	}
	return dir, key
}

// verifiedBy checks the signatures of a letter as a receiver does, with another library and the published record.
func verifiedBy(raw []byte, records map[string]string) ([]*dkim.Verification, error) {
	return dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if r, ok := records[name]; ok {
			return []string{r}, nil
		}
		return nil, errors.New("no such name")
	}})
}

// TestDKIM: letters as they came over the wire have one good signature of the sender's domain; whatever a person reads is
// covered by it, and letters that leave at once do not disturb each other (-race).
func TestDKIM(t *testing.T) {
	_, key := keyed(t)
	s := mailertest.New(t, mailertest.Options{})
	m := start(t, s, func(o *mailer.Options) { o.DKIM = key })
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			if err := m.Deliver(t.Context(), letter(guardian, n)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	records := map[string]string{"bohoja._domainkey.shop.example": key.Record()}
	for _, l := range s.Letters() {
		got, err := verifiedBy(l.Raw, records)
		if err != nil || len(got) != 1 || got[0].Err != nil || got[0].Domain != "shop.example" {
			t.Fatalf("%+v, %v", *got[0], err)
		}
		for _, h := range []string{"From", "To", "Subject", "Date", "Message-Id", "Content-Type", "Reply-To", "Auto-Submitted"} {
			if !strings.Contains(strings.ToLower(fmt.Sprint(got[0].HeaderKeys)), strings.ToLower(h)) {
				t.Errorf("%s is not signed: %v", h, got[0].HeaderKeys)
			}
		}
	}
	spoil(t, s.Letters()[0].Raw, records)
}

// spoil changes a letter in every way that matters, and asks that its signature fails.
func spoil(t *testing.T, raw []byte, records map[string]string) {
	t.Helper()
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	at := len(body) / 2
	letter := map[byte]string{'A': "B"}[body[at]]
	if letter == "" {
		letter = "A"
	}
	for name, changed := range map[string]string{
		"body":           head + "\r\n\r\n" + body[:at] + letter + body[at+1:],
		"subject":        strings.Replace(string(raw), "\r\nSubject:", "\r\nSubject: x", 1),
		"second subject": "Subject: another\r\n" + string(raw),
		"second from":    "From: another@shop.example\r\n" + string(raw),
	} {
		got, err := verifiedBy([]byte(changed), records)
		if changed == string(raw) || err != nil || len(got) != 1 || got[0].Err == nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestDKIMDomain: another domain may sign; without a key nothing does.
func TestDKIMDomain(t *testing.T) {
	_, key := keyed(t)
	for _, c := range []struct {
		key  *mailer.DKIM
		want int
	}{{key, 1}, {nil, 0}} {
		s := mailertest.New(t, mailertest.Options{})
		m := start(t, s, func(o *mailer.Options) { o.DKIM, o.SignDomain = c.key, "Mail.Shop.example" })
		if err := m.Deliver(t.Context(), letter(guardian, 1)); err != nil {
			t.Fatal(err)
		}
		got, err := verifiedBy(s.Letters()[0].Raw, map[string]string{"bohoja._domainkey.mail.shop.example": key.Record()})
		if err != nil || len(got) != c.want || c.want == 1 && got[0].Err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// TestDKIMFile: a key is made once, is private, hides in print, and what is no key is refused by the file's name.
func TestDKIMFile(t *testing.T) {
	dir, key := keyed(t)
	again, made, err := mailer.MakeDKIM(dir, "bohoja")
	if err != nil || made || again.Record() != key.Record() {
		t.Errorf("made %v, %v", made, err)
	}
	name := filepath.Join(dir, "long", "dkim-bohoja.pem")
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
		t.Errorf("something was left behind: %v", left)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", key, key, key, key); s != "bohoja bohoja bohoja bohoja" {
		t.Errorf("printed as %s", s)
	}
	if none, err := mailer.ReadDKIM(dir, "other"); none != nil || err != nil {
		t.Errorf("%v, %v", none, err)
	}
	if _, err := mailer.ReadDKIM(dir, "../x"); err == nil {
		t.Error("a selector is a path")
	}
	if _, _, err := mailer.MakeDKIM(filepath.Join(dir, "nowhere"), "bohoja"); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte("secret rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mailer.ReadDKIM(dir, "bohoja"); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
