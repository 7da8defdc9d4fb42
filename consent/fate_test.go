package consent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// A renewed request has other links and codes, and its guardians are written to; the deadline stays.
func TestRenew(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	staff := consent.Actor{Kind: consent.ActorStaff, Ref: "1"}
	if err := k.Service.Renew(t.Context(), k.App, staff, rec, true); err != nil {
		t.Fatal(err)
	}
	n := letters(k, consent.LetterInvite)
	k.Work()
	after := get(t, k, rec.ID)
	if after.Gen != rec.Gen+1 || !after.ExpiresAt.Equal(rec.ExpiresAt) || letters(k, consent.LetterInvite) != n+1 {
		t.Errorf("%+v, %d letters", after, letters(k, consent.LetterInvite)-n)
	}
	if _, err := k.Service.Open(t.Context(), tok); consent.CodeOf(err) != consent.ErrReplaced.Code {
		t.Errorf("the old link: %v", err)
	}
	// where the address was corrected since, nobody is written to, and child and app are told
	if err := k.Service.Renew(t.Context(), k.App, staff, after, false); err != nil {
		t.Fatal(err)
	}
	n = letters(k, consent.LetterInvite)
	k.Work()
	if last := get(t, k, rec.ID); last.Gen != rec.Gen+2 || last.Mail != consent.MailBounced || last.MailHint != consent.HintCheckAddress || letters(k, consent.LetterInvite) != n {
		t.Errorf("%+v", last)
	}
}

// What the log says of a request, step by step, is what it is in the end.
func TestFate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var f consent.Fate
	for _, e := range []consent.Entry{
		{Step: consent.StepGrant, Status: consent.Granted, Custody: consent.Held, Method: consent.MethodEmailLink, Granted: []string{"account", "delivery"}, At: at},
		{Step: consent.StepCorrect, Status: consent.Granted, Custody: consent.Held},
		{Step: consent.StepWithdraw, Status: consent.Granted, Custody: consent.Held, Granted: []string{"account"}},
		{Step: consent.StepAcknowledge, Status: consent.Granted, Custody: consent.Destroyed, Hold: true},
	} {
		e.ID = "cr_1"
		f.Follow(e)
	}
	if f.ID != "cr_1" || f.Begun || f.Status != consent.Granted || !f.Destroyed || !f.Hold || !f.Corrected || !slices.Equal(f.Granted, []string{"account"}) || !f.EndedAt.Equal(at) {
		t.Errorf("%+v", f)
	}
	f = consent.Fate{}
	f.Follow(consent.Entry{ID: "cr_2", Step: consent.StepSignup, Status: consent.Pending, Method: consent.MethodEmailLink})
	f.Follow(consent.Entry{ID: "cr_2", Step: consent.StepDecline, Status: consent.Declined, Method: consent.MethodEmailLink, Reason: consent.ReasonNotMine, Note: "block=1", At: at})
	if !f.Begun || f.Reason != consent.ReasonNotMine || !slices.Equal(f.Blocked, []int{1}) || !strings.HasPrefix(f.ID, "cr_") {
		t.Errorf("%+v", f)
	}
}
