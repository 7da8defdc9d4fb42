package consent_test

import (
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// A child may set anew what is wrong, and only that.
func TestWaitCorrect(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	ticket := signup(t, k, ask("user-1"))
	child := token(t, ticket.ChildPage, "/k/")
	k.Work()
	_, err := k.Service.WaitCorrect(ctx, child, person("이보람", "new@example.com"))
	wants(t, "nothing is wrong", err, consent.ErrNotPending)

	refuse(k, &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"})
	if _, err := k.Service.Resend(ctx, k.App, app, ticket.Record.ID); err != nil {
		t.Fatal(err)
	}
	k.Work()
	refuse(k, nil)
	w, err := k.Service.Wait(ctx, child)
	if err != nil || !w.Bounced() || w.Misnamed() {
		t.Fatalf("bounced %v, misnamed %v, %v", w.Bounced(), w.Misnamed(), err)
	}
	if _, err = k.Service.WaitCorrect(ctx, child, person("이보람", "new@")); consent.KindOf(err) != consent.KindInvalid {
		t.Errorf("half an address: %v", err)
	}
	if _, err = k.Service.WaitCorrect(ctx, child, person("이보람", "new@example.com")); err != nil {
		t.Fatal(err)
	}
	w, err = k.Service.Wait(ctx, child)
	if err != nil || w.Bounced() || w.Guardian != "ne***@example.com" {
		t.Errorf("afterwards %s, bounced %v, %v", w.Guardian, w.Bounced(), err)
	}
	_, err = k.Service.WaitCorrect(ctx, child, person("이보람", "third@example.com"))
	wants(t, "a third address", err, consent.ErrNotPending)
	k.Work()
	link := last(t, k, consent.LetterInvite).Link
	v, err := k.Service.Open(ctx, token(t, link, "/c/"))
	if err != nil || v.Proof == "" {
		t.Errorf("the new letter's link: %v", err)
	}
}
