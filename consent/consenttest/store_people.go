package consenttest

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var peopleTests = map[string]func(*bench){
	"reopen": func(b *bench) {
		r := b.pending("user-1", "g@x")
		m := b.mutation(r.ID, "")
		b.once(func() (consent.Record, error) { return b.Store.Reopen(b.Context(), m) }) // not locked: nothing to lift
		for range 5 {
			_, err := b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
			b.must(err)
		}
		m = b.mutation(r.ID, "")
		open := b.once(func() (consent.Record, error) { return b.Store.Reopen(b.Context(), m) })
		if !open.LockedUntil.IsZero() || open.Tries != 0 || !open.ExpiresAt.Equal(r.ExpiresAt) {
			b.Errorf("reopened: %+v", open)
		}
		_, err := b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
		b.must(err)
		for status, ended := range b.ended() {
			if _, err := b.Store.Reopen(b.Context(), b.mutation(ended.ID, "")); !errors.Is(err, consent.ErrNotPending) {
				b.Errorf("%s: %v", status, err)
			}
		}
		before := b.granted("user-2", "g2@x")
		_, err = b.Store.Reopen(b.Context(), b.mutation(before.ID, ""))
		b.refused(err, consent.ErrNotPending, before)
	},
	"resend/limit of a day":     resendLimit,
	"resend/same call again":    resendAgain,
	"resend/quiet guardian":     resendQuiet,
	"correct/new address":       correctAddress,
	"correct/new name":          correctName,
	"correct/refusals":          correctRefusals,
	"join/pending and granted":  joinBoth,
	"join/refusals":             joinRefusals,
	"join/digests by a new key": joinRekeyed,
	"letters/counted for a day": lettersCounted,
}

func resendLimit(b *bench) {
	r := b.pending("kid", "p@x")
	resend := func() (consent.Record, error) { return b.Store.Resend(b.Context(), b.letter(b.mutation(r.ID, "")), 2) }
	for range 2 {
		got, err := resend()
		b.must(err)
		if got.Mail != consent.MailQueued || !got.ExpiresAt.Equal(r.ExpiresAt) {
			b.Errorf("mail %s, deadline %v moved from %v", got.Mail, got.ExpiresAt, r.ExpiresAt)
		}
	}
	before := b.get(r.ID)
	_, err := resend()
	e, _ := errors.AsType[*consent.Error](err)
	if e == nil || e.Code != "resend_limit" || e.Kind != consent.KindTooMany || e.RetryAfter <= 0 || e.RetryAfter > 24*time.Hour {
		b.Fatalf("third resend of a day: %+v", err)
	}
	b.unchanged(before)
	b.Advance(e.RetryAfter)
	_, err = resend()
	b.must(err)
	for _, r := range b.ended() {
		_, err := b.Store.Resend(b.Context(), b.letter(b.mutation(r.ID, "")), 2)
		b.refused(err, consent.ErrNotPending, b.get(r.ID))
	}
}

func resendAgain(b *bench) {
	r := b.pending("kid", "p@x")
	m := b.letter(b.mutation(r.ID, ""))
	b.once(func() (consent.Record, error) { return b.Store.Resend(b.Context(), m, 1) })
}

func resendQuiet(b *bench) {
	r, other := b.pending("kid", "p@x"), b.pending("kid2", "p@x")
	_, err := b.Store.Decline(b.Context(), b.mutation(other.ID, ""), consent.Declining{Gen: 1, Reason: consent.ReasonNotMine, Block: time.Hour})
	b.must(err)
	got, err := b.Store.Resend(b.Context(), b.letter(b.mutation(r.ID, "")), 3)
	b.must(err)
	if got.Mail != consent.MailNotSent || got.MailHint != consent.HintAnotherWay {
		b.Errorf("mail %s, hint %s to one who wants no letters", got.Mail, got.MailHint)
	}
}

// correction of a record to another guardian.
func correction(r consent.Record, guardian, people string) consent.Correction {
	gen := fmt.Sprint(r.Gen + 1)
	return consent.Correction{
		Rev: r.Rev, People: consent.Sealed(people), Guardians: 1, NewAddress: true,
		Look: consent.LookUps{
			Guardians: []consent.Digest{digest(guardian)}, Codes: []consent.Digest{digest("code " + r.ID + gen)},
			Shorts: make([][8]byte, 1), Pair: digest(r.Subject + guardian),
		},
	}
}

func correctAddress(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Invited(b.Context(), b.mutation(r.ID, ""), 1, consent.MailBounced, consent.HintCheckAddress)
	b.must(err)
	b.Advance(time.Minute)
	c, m := correction(r, "q@x", "corrected"), b.letter(b.mutation(r.ID, ""))
	c.Guardians = 2
	got := b.once(func() (consent.Record, error) { return b.Store.Correct(b.Context(), m, c) })
	if got.Guardians != 2 {
		b.Errorf("%d guardians", got.Guardians)
	}
	if got.Gen != 2 || got.Rev != 2 || got.DataRev != 1 || !bytes.Equal(got.People, c.People) || !bytes.Equal(got.Data, r.Data) {
		b.Errorf("corrected to gen %d, rev %d, data rev %d", got.Gen, got.Rev, got.DataRev)
	}
	if got.Mail != consent.MailQueued || got.MailHint != "" || !got.ExpiresAt.Equal(r.ExpiresAt) {
		b.Errorf("mail %s, hint %q, deadline %v", got.Mail, got.MailHint, got.ExpiresAt)
	}
	c.Look.Shorts = nil // nobody reads them back
	if fmt.Sprint(got.Look) != fmt.Sprint(c.Look) {
		b.Error("the look-ups are the old ones")
	}
	if b.byCode(r) {
		b.Error("the old code still leads to it")
	}
	if cl, err := b.Store.ByCode(b.Context(), []string{storeApp}, c.Look.Codes); err != nil || cl.Gen != 2 || cl.ID != r.ID {
		b.Errorf("the new code: %+v, %v", cl, err)
	}
	_, err = b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, ""), "0"), consent.Granting{Gen: 1, Rev: 2})
	b.refused(err, consent.ErrReplaced, got)
}

func correctName(b *bench) {
	r := b.pending("kid", "p@x")
	rev := 1
	rename := func() (consent.Record, error) {
		got, err := b.Store.Correct(b.Context(), b.mutation(r.ID, ""), consent.Correction{
			Rev: rev, People: consent.Sealed(fmt.Sprint("name ", rev)), NewName: true, Guardians: 1,
		})
		if err == nil {
			rev++
		}
		return got, err
	}
	got, err := rename()
	b.must(err)
	if got.Gen != 1 || got.NamesSet != 0 || !b.byCode(r) || got.Mail != r.Mail {
		b.Errorf("another name: gen %d, names %d, mail %s", got.Gen, got.NamesSet, got.Mail)
	}
	for i := 1; i <= consent.MaxNamesSet; i++ {
		_, err := b.Store.Misname(b.Context(), b.mutation(r.ID, ""), 1, 0)
		b.must(err)
		got, err = rename()
		b.must(err)
		if got.NameMiss || got.NamesSet != i {
			b.Fatalf("set anew %d times: miss %v, count %d", i, got.NameMiss, got.NamesSet)
		}
	}
	miss, err := b.Store.Misname(b.Context(), b.mutation(r.ID, ""), 1, 0)
	b.must(err)
	_, err = rename()
	b.refused(err, &consent.Error{Code: "name_limit"}, miss)
}

func correctRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	c := correction(r, "q@x", "x")
	c.Rev = 5
	_, err := b.Store.Correct(b.Context(), b.mutation(r.ID, ""), c)
	b.refused(err, consent.ErrStale, r)
	g := b.granted("kid2", "p@x")
	_, err = b.Store.Correct(b.Context(), b.mutation(g.ID, ""), correction(g, "q@x", "x"))
	b.refused(err, consent.ErrNotPending, g)
	for _, r := range b.ended() {
		_, err = b.Store.Correct(b.Context(), b.mutation(r.ID, ""), correction(r, "q@x", "x"))
		b.refused(err, consent.ErrNotPending, b.get(r.ID))
	}
}

// joining adds a second guardian.
func joining(r consent.Record, guardian, people string) consent.Correction {
	return consent.Correction{
		Rev: r.Rev, People: consent.Sealed(people), Guardians: 2,
		Look: consent.LookUps{
			Guardians: append(r.Look.Guardians[:1:1], digest(guardian)),
			Codes:     append(r.Look.Codes[:1:1], digest("second "+r.ID)), Pair: r.Look.Pair, Shorts: make([][8]byte, 2),
		},
	}
}

func joinBoth(b *bench) {
	for _, r := range []consent.Record{b.pending("kid", "p@x"), b.granted("kid2", "p@x")} {
		c := joining(r, "q@x", "both")
		m := b.letter(b.mutation(r.ID, ""))
		got := b.once(func() (consent.Record, error) { return b.Store.Join(b.Context(), m, c) })
		if got.Guardians != 2 || got.Gen != 1 || got.Rev != r.Rev+1 || got.DataRev != r.DataRev || got.Status != r.Status {
			b.Errorf("joined %s: %d guardians, rev %d", got.Status, got.Guardians, got.Rev)
		}
		cl, err := b.Store.ByCode(b.Context(), []string{storeApp}, c.Look.Codes[1:])
		if err != nil || cl.Guardian != 1 || cl.ID != r.ID || !b.byCode(r) {
			b.Errorf("the second guardian's code: %+v, %v", cl, err)
		}
	}
}

// The digests may come from a new key: those of before must not stay behind.
func joinRekeyed(b *bench) {
	r := b.pending("kid", "p@x")
	c := joining(r, "q@x", "both")
	c.Look.Guardians[0], c.Look.Codes[0] = digest("p@x by another key"), digest("code by another key")
	_, err := b.Store.Join(b.Context(), b.mutation(r.ID, ""), c)
	b.must(err)
	if b.byCode(r) {
		b.Error("the old digest of the code still leads to it")
	}
}

func joinRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	c := joining(r, "q@x", "both")
	c.Rev = 2
	_, err := b.Store.Join(b.Context(), b.mutation(r.ID, ""), c)
	b.refused(err, consent.ErrStale, r)
	for _, r := range b.ended() {
		_, err := b.Store.Join(b.Context(), b.mutation(r.ID, ""), joining(r, "q@x", "x"))
		b.refused(err, consent.ErrEnded, b.get(r.ID))
	}
}

func lettersCounted(b *bench) {
	count := func(to, letter string) time.Duration {
		wait, err := b.Store.CountLetter(b.Context(), digest(to), letter, 2)
		b.must(err)
		return wait
	}
	if count("p@x", "1")+count("p@x", "1")+count("p@x", "2") != 0 {
		b.Error("the first letters of a day must go out, each counted once")
	}
	wait := count("p@x", "3")
	if wait <= 0 || wait > 24*time.Hour || count("q@x", "4") != 0 {
		b.Errorf("past the limit: wait %v", wait)
	}
	b.Advance(wait)
	if count("p@x", "3") != 0 {
		b.Error("a delayed letter is lost")
	}
}
