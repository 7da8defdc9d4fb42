package consenttest

import (
	"errors"
	"fmt"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var embedTests = map[string]func(*bench){
	"signup/once":           signupOnce,
	"correct/by the child":  correctByChild,
	"correct/by the app":    correctByApp,
	"signup/once, answered": signupOnceAgain,
}

// once makes a draft one whose id was given out before, under a key of its own.
func onceDraft(b *bench, subject, key string) consent.Draft {
	d := b.draft(subject, "p@x")
	d.Once, d.Idempotency = true, &consent.Idempotency{Key: digest(key), Body: digest("body")}
	return d
}

// signupOnce: an id makes one record, whatever else the second call names.
func signupOnce(b *bench) {
	d := onceDraft(b, "kid", "first")
	first, replayed, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	if replayed {
		b.Fatal("the first was taken for a repetition")
	}
	d.Idempotency = &consent.Idempotency{Key: digest("second"), Body: digest("body")}
	b.before = b.Image()
	_, _, err = b.Store.Signup(b.Context(), d)
	b.refused(err, consent.ErrEmbedUsed, first)
	cancelled, err := b.Store.Cancel(b.Context(), b.mutation(first.ID, consent.EventCancelled), consent.ReasonApp)
	b.must(err)
	b.before = b.Image()
	_, _, err = b.Store.Signup(b.Context(), d)
	b.refused(err, consent.ErrEmbedUsed, cancelled)
}

// signupOnceAgain: the same call again is answered the same, as every other.
func signupOnceAgain(b *bench) {
	d := onceDraft(b, "kid", "first")
	first, _, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	again, replayed, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	if !replayed || !sameRecord(first, again) {
		b.Errorf("replayed %v\n%+v\n%+v", replayed, first, again)
	}
}

// correctByChild: the address may be set anew twice on the child's own page; another name is not counted.
func correctByChild(b *bench) {
	r := b.pending("kid", "p@x")
	for i := 1; i <= consent.MaxAddressSet; i++ {
		c := correction(r, fmt.Sprintf("q%d@x", i), fmt.Sprint("people ", i))
		c.ByChild = true
		m := b.letter(b.mutation(r.ID, ""))
		r = b.once(func() (consent.Record, error) { return b.Store.Correct(b.Context(), m, c) })
		if r.AddressSet != i {
			b.Fatalf("%d addresses counted, want %d", r.AddressSet, i)
		}
	}
	c := correction(r, "q3@x", "people 3")
	c.ByChild = true
	_, err := b.Store.Correct(b.Context(), b.letter(b.mutation(r.ID, "")), c)
	b.refused(err, &consent.Error{Code: "address_limit"}, r)
	c.NewAddress, c.NewName, c.Look = false, true, consent.LookUps{}
	got, err := b.Store.Correct(b.Context(), b.mutation(r.ID, ""), c)
	b.must(err)
	if got.AddressSet != consent.MaxAddressSet {
		b.Errorf("a name was counted as an address: %d", got.AddressSet)
	}
}

// correctByApp: what the app corrects is not counted against the child, and has a limit of its own, a day's; another name, and
// what staff correct, is not counted.
func correctByApp(b *bench) {
	r := b.pending("kid", "p@x")
	correct := func(n int, by bool, address bool) (consent.Record, error) {
		c := correction(r, fmt.Sprintf("q%d@x", n), fmt.Sprint("people ", n))
		c.ByApp, c.PerDay, c.NewAddress, c.NewName = by, consent.MaxAddressSet+1, address, !address
		m := b.letter(b.mutation(r.ID, ""))
		return b.Store.Correct(b.Context(), m, c)
	}
	for i := range consent.MaxAddressSet + 1 {
		got, err := correct(i, true, true)
		b.must(err)
		r = got
	}
	if r.AddressSet != 0 {
		b.Errorf("%d addresses counted against the child", r.AddressSet)
	}
	_, err := correct(10, true, true)
	e, _ := errors.AsType[*consent.Error](err)
	if e == nil || e.Code != "correction_limit" || e.Kind != consent.KindTooMany || e.RetryAfter <= 0 || e.RetryAfter > 24*time.Hour {
		b.Fatalf("one address more on the same day: %+v", err)
	}
	b.unchanged(r)
	r, err = correct(11, true, false)
	b.must(err)
	r, err = correct(12, false, true)
	b.must(err)
	b.Advance(e.RetryAfter)
	_, err = correct(13, true, true)
	b.must(err)
}
