package consent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// Only an invitation that was asked for under today's address is undelivered, and only by a token of ours.
func TestReturned(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := start(t, k, "user-1")
	token := returnOf(t, k, consent.LetterInvite)
	if !k.Service.KnowsReturn(token) || len(token) > 48 {
		t.Fatalf("the letter's own token %q", token)
	}
	for _, bad := range []string{"", "-", token + "0", token[:len(token)-1], strings.Replace(token, "-1-", "-2-", 1), strings.ToUpper(token), strings.Replace(token, "-i-", "-o-", 1)} {
		if k.Service.KnowsReturn(bad) {
			t.Errorf("%q is known", bad)
		}
		wants(t, bad, k.Service.Returned(t.Context(), bad, "5.1.1"), consent.ErrNotFound)
	}
	if now := get(t, k, rec.ID); now.Mail != consent.MailSent {
		t.Fatalf("mail is %s", now.Mail)
	}
	must(t, k.Service.Returned(t.Context(), token, "5.1.1"))
	must(t, k.Service.Returned(t.Context(), token, "5.1.1"))
	if now := get(t, k, rec.ID); now.Mail != consent.MailBounced || now.MailHint != consent.HintCheckAddress {
		t.Errorf("mail is %s, %s", now.Mail, now.MailHint)
	}
	told(t, k, rec.ID, "pending", "invited", "bounced")
	_, err := k.Service.Correct(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret("mother@example.com")})
	must(t, err)
	k.Work()
	must(t, k.Service.Returned(t.Context(), token, "5.1.1"))
	if now := get(t, k, rec.ID); now.Mail != consent.MailSent {
		t.Errorf("after a correction mail is %s", now.Mail)
	}
}

// returnOf is the return token of the last letter of a kind.
func returnOf(t *testing.T, k *consenttest.Kit, kind consent.LetterKind) string {
	t.Helper()
	l, ok := k.Letters.Last(kind)
	if !ok || l.Return == "" {
		t.Fatalf("a letter %s with a return token: %v", kind, ok)
	}
	return l.Return
}

// What comes back after the end changes nothing.
func TestReturnedLate(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	token := returnOf(t, k, consent.LetterInvite)
	decide(t, k, tok, yes())
	k.Work()
	before := get(t, k, rec.ID)
	must(t, k.Service.Returned(t.Context(), token, "5.1.1"))
	must(t, k.Service.Returned(t.Context(), returnOf(t, k, consent.LetterGranted), "5.1.1"))
	if now := get(t, k, rec.ID); now.Status != consent.Granted || now.Mail != before.Mail || now.Rev != before.Rev {
		t.Errorf("%s, mail is %s", now.Status, now.Mail)
	}
	k.Advance(10 * 365 * 24 * time.Hour)
	_, err := (consent.Sweeper{Service: k.Service}).RunOnce(t.Context())
	must(t, err)
	must(t, k.Service.Returned(t.Context(), token, "5.1.1"))
}

// FuzzReturn: no token but the service's own is known, and none stops it.
func FuzzReturn(f *testing.F) {
	k := consenttest.New(f)
	for _, s := range []string{"", "-", "----", "06h2a8j3b6zq4a7sccttmz4j88-1-0-i-0123456789", "06h2a8j3b6zq4a7sccttmz4j88-1-0-i-", "é-\x00-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if k.Service.KnowsReturn(token) {
			t.Errorf("%q is known", token)
		}
	})
}
