package webhook

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var testSecret = consent.Secret("whsec_dGVzdCBzZWNyZXQgb2YgdGhlIHNob3AsIDMyIGJ5dGU=")

// Events of the test space are signed by the test secret where there is one, and by it alone: a live receiver refuses them.
// Without one they are signed as all others. The library that is asked is not ours.
func TestWhoSigns(t *testing.T) {
	for _, tc := range []struct {
		name string
		own  bool // the webhook has a test secret
		test bool // the event is of the test space
		good []consent.Private
		bad  []consent.Private
	}{
		{"live", true, false, []consent.Private{newSecret, oldSecret}, []consent.Private{testSecret}},
		{"test", true, true, []consent.Private{testSecret}, []consent.Private{newSecret, oldSecret}},
		{"test without its own", false, true, []consent.Private{newSecret, oldSecret}, []consent.Private{testSecret}},
	} {
		s := newShop(t, nil)
		hook := consent.Webhook{URL: s.URL, Secret: newSecret, OldSecret: oldSecret}
		if tc.own {
			hook.TestSecret = testSecret
		}
		d := start(t, s.URL, func(o *Options) { o.Book, o.Clock = declare(t, hook), nil })
		job := granted(s.URL)
		job.Data.Test = tc.test
		if err := d.Deliver(t.Context(), job, happened); err != nil {
			t.Fatal(err)
		}
		got := s.requests()[0]
		for _, secret := range tc.good {
			if err := verified(t, secret, got); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
		}
		for _, secret := range tc.bad {
			if verified(t, secret, got) == nil {
				t.Errorf("%s: a secret verifies that should not", tc.name)
			}
		}
	}
}

// verified asks the reference library of Standard Webhooks.
func verified(t *testing.T, secret consent.Private, got received) error {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return w.Verify(got.body, got.header)
}

// What would mend a failure is said where it is known: which setting allows a private target, and that none allows others.
func TestHints(t *testing.T) {
	s := newShop(t, nil)
	secure := unstarted(nil)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for _, tc := range []struct{ target, stage, hint string }{
		{s.URL, "guard", "BOHOJA_WEBHOOKS__ALLOW_PRIVATE"},
		{"http://169.254.169.254/", "guard", "no setting allows"},
		{"ftp://shop.example/", "url", "http or https"},
	} {
		d := start(t, tc.target, func(o *Options) { o.AllowPrivate = false })
		if a, err := d.Try(t.Context(), granted(tc.target), happened); err == nil || a.Stage != tc.stage || !strings.Contains(a.Hint, tc.hint) {
			t.Errorf("%s: %+v, %v", tc.target, a, err)
		}
	}
	a, err := start(t, secure.URL, nil).Try(t.Context(), granted(secure.URL), happened)
	if err == nil || a.Stage != "tls" || !strings.Contains(a.Hint, "SSL_CERT_FILE") {
		t.Errorf("unknown authority: %+v, %v", a, err)
	}
	s2 := newShop(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	if a, err := start(t, s2.URL, nil).Try(t.Context(), granted(s2.URL), happened); err == nil || a.Hint != "" || a.Code != http.StatusTeapot {
		t.Errorf("a refusal of the target's own: %+v, %v", a, err)
	}
}

// The log names the webhook by its place of today, wherever it stood when the job was written.
func TestAttemptNamesTheWebhook(t *testing.T) {
	a, b := newShop(t, nil), newShop(t, nil)
	d := start(t, "", func(o *Options) { o.Book = declare(t, hookTo(b.URL), hookTo(a.URL)) })
	if got, err := d.Try(t.Context(), granted(a.URL), happened); err != nil || got.Hook != 1 || !got.Delivered() {
		t.Errorf("%+v, %v", got, err)
	}
}
