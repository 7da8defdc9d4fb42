package webhook

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The example of the standard's own libraries: a value that was computed by somebody else.
func TestSignKnownAnswer(t *testing.T) {
	h := http.Header{}
	hook := consent.Webhook{Secret: consent.Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}
	err := Sign(h, hook, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := h.Get("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %q, want %q", got, want)
	}
	if got := h.Get("webhook-timestamp"); got != "1614265330" {
		t.Errorf("timestamp %q", got)
	}
}

// Deliveries of ours pass the standard's library; it has its own clock, so the attempt is made now.
func TestInterop(t *testing.T) {
	s := newShop(t, nil)
	d := start(t, s.URL, func(o *Options) { o.Clock = nil })
	if err := d.Deliver(t.Context(), granted(s.URL), happened); err != nil {
		t.Fatal(err)
	}
	got := s.requests()[0]
	w, err := standard.NewWebhook(newSecret.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Verify(got.body, got.header); err != nil {
		t.Error(err)
	}
	if err := w.Verify(append(got.body, ' '), got.header); err == nil {
		t.Error("a changed body passed")
	}
}

// A signature of the standard's library passes ours.
func TestInteropTheOtherWay(t *testing.T) {
	w, err := standard.NewWebhook(newSecret.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	signature, err := w.Sign("evt_01", now, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", "evt_01")
	h.Set("webhook-timestamp", "1772442000")
	h.Set("webhook-signature", signature)
	if err := Verify(newSecret.Reveal(), h, []byte("{}"), now, 0); err != nil {
		t.Error(err)
	}
}

// During a rotation either secret suffices; afterwards the old one does not.
func TestRotation(t *testing.T) {
	for _, tc := range []struct {
		name     string
		hook     consent.Webhook
		old, new bool
	}{
		{"before", consent.Webhook{Secret: oldSecret}, true, false},
		{"during", consent.Webhook{Secret: newSecret, OldSecret: oldSecret}, true, true},
		{"after", consent.Webhook{Secret: newSecret}, false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newShop(t, nil)
			tc.hook.URL = s.URL
			d := start(t, s.URL, func(o *Options) { o.Book, o.Clock = declare(t, tc.hook), nil })
			if err := d.Deliver(t.Context(), granted(s.URL), happened); err != nil {
				t.Fatal(err)
			}
			got := s.requests()[0]
			for secret, want := range map[consent.Private]bool{oldSecret: tc.old, newSecret: tc.new} {
				w, err := standard.NewWebhook(secret.Reveal())
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Verify(got.body, got.header); (err == nil) != want {
					t.Errorf("standard library: %v, want pass %v", err, want)
				}
				if err := Verify(secret.Reveal(), got.header, got.body, time.Now(), 0); (err == nil) != want {
					t.Errorf("Verify: %v, want pass %v", err, want)
				}
			}
			if n := len(strings.Fields(got.header.Get(HeaderSignature))); (n == 2) != (tc.old && tc.new) {
				t.Errorf("%d signatures", n)
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	if a, b := NewSecret(), NewSecret(); CheckSecret(a) != nil || a.Reveal() == b.Reveal() {
		t.Error("a new secret must be sound and new")
	}
	for name, text := range map[string]string{
		"empty":     "",
		"no prefix": strings.TrimPrefix(newSecret.Reveal(), "whsec_"),
		"no base64": "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
		"nothing":   "whsec_",
		"short":     "whsec_c2hvcnQ=",
		"long":      "whsec_" + strings.Repeat("QUJD", 22),
	} {
		t.Run(name, func(t *testing.T) {
			secret, h := consent.Secret(text), http.Header{}
			if err := CheckSecret(secret); !errors.Is(err, ErrSecret) {
				t.Errorf("CheckSecret: %v", err)
			}
			for _, hook := range []consent.Webhook{{Secret: secret}, {Secret: newSecret, OldSecret: consent.Secret("-" + text)}} {
				if err := Sign(h, hook, "evt_01", now, nil); !errors.Is(err, ErrSecret) {
					t.Errorf("Sign: %v", err)
				}
			}
			if len(h) != 0 {
				t.Errorf("half signed: %v", h)
			}
			if err := Verify(text, signed(t), nil, now, 0); !errors.Is(err, ErrSecret) {
				t.Errorf("Verify: %v", err)
			}
		})
	}
}
