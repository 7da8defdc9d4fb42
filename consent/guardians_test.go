package consent_test

import (
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// A further guardian's letter that comes back is not the request's: the first guardian has theirs.
func TestBounceOfAFurtherGuardian(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := start(t, k, "user-1")
	k.Letters.Fail = func(l consent.Letter) error {
		if l.To.Reveal() == "other@example.com" {
			return &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"}
		}
		return nil
	}
	_, err := k.Service.Join(t.Context(), k.App, app, rec.ID, consent.Guardian{
		Name: consent.Secret("이보람"), Email: consent.Secret("other@example.com"), Locale: "ko",
	})
	fine(t, err)
	k.Work()
	got, err := k.Service.Find(t.Context(), k.App, rec.ID)
	fine(t, err)
	if got.Mail != consent.MailSent || got.MailHint != "" || eventsOf(t, k, consent.EventBounced) != 0 {
		t.Errorf("the request shows %s (%s), %d bounces told", got.Mail, got.MailHint, eventsOf(t, k, consent.EventBounced))
	}
}
