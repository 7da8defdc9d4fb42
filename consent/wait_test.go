package consent_test

import (
	"errors"
	"testing"
	"time"

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
	pass(t, k, consent.AddressFreeFor)
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

// In the first ten minutes the address may be set anew without a reason, twice at most.
func TestWaitReaddress(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	ticket := signup(t, k, ask("user-1"))
	child := token(t, ticket.ChildPage, "/k/")
	for _, to := range []string{"first@example.com", "second@example.com"} {
		if _, err := k.Service.WaitCorrect(ctx, child, person("이보람", to)); err != nil {
			t.Fatal(err)
		}
		k.Work()
		l := last(t, k, consent.LetterInvite)
		if l.To.Reveal() != to {
			t.Errorf("the letter went to another address than %s", to)
		}
		if got := get(t, k, ticket.Record.ID); !got.ExpiresAt.Equal(ticket.Record.ExpiresAt) {
			t.Error("the deadline has moved")
		}
	}
	_, err := k.Service.WaitCorrect(ctx, child, person("이보람", "third@example.com"))
	wants(t, "a third address", err, consent.ErrNotPending)
	if w, err := k.Service.Wait(ctx, child); err != nil || w.Readdress() {
		t.Errorf("a third address could be entered, %v", err)
	}
	if _, err := k.Service.Correct(ctx, k.App, app, ticket.Record.ID, person(guardianName, "fourth@example.com")); err != nil {
		t.Errorf("by the app: %v", err)
	}
}

// Whoever says that the name is another may also be another person: then the address may be set anew with the name, and
// stays when it is left empty.
func TestWaitCorrectMisnamed(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	ticket := signup(t, k, ask("user-1"))
	child, tok := token(t, ticket.ChildPage, "/k/"), invited(t, k)
	pass(t, k, time.Hour)
	misname := func(tok string) {
		a := yes()
		a.Misnamed = true
		if err := checkFails(t, k, tok, a); !errors.Is(err, consent.ErrMisnamed) {
			t.Fatal(err)
		}
	}
	miss(t, k, tok, consent.WaysOnFrom)
	misname(tok)
	if _, err := k.Service.WaitCorrect(ctx, child, person("이보람", "")); err != nil {
		t.Fatal(err)
	}
	opened(t, k, tok) // the link lives on
	misname(tok)
	if _, err := k.Service.WaitCorrect(ctx, child, person("이다른", "new@example.com")); err != nil {
		t.Fatal(err)
	}
	_, err := k.Service.Open(ctx, tok)
	wants(t, "the link of the old address", err, consent.ErrReplaced)
}
