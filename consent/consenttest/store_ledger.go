package consenttest

import (
	"errors"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var ledgerTests = map[string]func(*bench){
	"ledger/every step, linked":             ledgerTrail,
	"ledger/what an entry says":             ledgerSays,
	"ledger/a look is noted and gives":      ledgerLook,
	"ledger/an act without a record":        ledgerNote,
	"ledger/a trail outlives the record":    ledgerForgotten,
	"ledger/pages and head":                 ledgerPages,
	"ledger/apps do not share their number": ledgerApart,
}

func (b *bench) trail(id string) []consent.Entry {
	b.Helper()
	all, err := b.Store.Trail(b.Context(), storeApp, id)
	b.must(err)
	return all
}

func stepsOf(all []consent.Entry) []consent.Step {
	var steps []consent.Step
	for _, e := range all {
		steps = append(steps, e.Step)
	}
	return steps
}

// Other requests stand between the entries of one: the links lead past them.
func ledgerTrail(b *bench) {
	r := b.pending("kid", "p@x")
	b.pending("other", "o@x")
	_, err := b.Store.Invited(b.Context(), b.mutation(r.ID, ""), 1, consent.MailSent, "")
	b.must(err)
	b.pending("third", "t@x")
	_, err = b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, ""), "0"), b.granting(r, "account", "delivery"))
	b.must(err)
	all := b.trail(r.ID)
	if want := []consent.Step{consent.StepSignup, consent.StepInvite, consent.StepGrant}; !slices.Equal(stepsOf(all), want) {
		b.Fatalf("trail %v, want %v", stepsOf(all), want)
	}
	for i, e := range all {
		if e.ID != r.ID || i > 0 && e.Prev != all[i-1].Seq || i == 0 && e.Prev != 0 {
			b.Errorf("entry %d: %+v", i, e)
		}
	}
}

func ledgerSays(b *bench) {
	r := b.granted("kid", "p@x")
	w := b.withdrawing("delivery")
	w.Data, w.DataRev = consent.Sealed("less"), 2
	_, err := b.Store.Withdraw(b.Context(), b.mutation(r.ID, ""), w)
	b.must(err)
	_, err = b.Store.Withdraw(b.Context(), b.mutation(r.ID, ""), b.withdrawing())
	b.must(err)
	all := b.trail(r.ID)
	if len(all) != 4 {
		b.Fatalf("%d entries", len(all))
	}
	grant, part, end := all[1], all[2], all[3]
	if grant.Method != consent.MethodEmailLink || grant.Terms != "t_1" || grant.Status != consent.Granted || grant.Custody != consent.Held ||
		!slices.Equal(grant.Granted, []string{"account", "delivery"}) || grant.By != consent.ActorGuardian || grant.Ref != "0" {
		b.Errorf("grant: %+v", grant)
	}
	if !slices.Equal(part.Granted, []string{"account"}) || part.Status != consent.Granted || part.Method != "" {
		b.Errorf("part: %+v", part)
	}
	if end.Status != consent.Withdrawn || end.Custody != consent.Destroyed || end.Reason != consent.ReasonGuardian {
		b.Errorf("end: %+v", end)
	}
	if now := b.get(r.ID); !end.At.Equal(now.EndedAt) {
		b.Errorf("at %v, the record says %v", end.At, now.EndedAt)
	}
}

func ledgerLook(b *bench) {
	r := b.pending("kid", "p@x")
	m := b.mutation(r.ID, "")
	m.Actor, m.Note = consent.Actor{Kind: consent.ActorStaff, Ref: "s1"}, "T-17"
	got, err := b.Store.Look(b.Context(), m, consent.ActReveal)
	b.must(err)
	if !sameRecord(got, r) {
		b.Errorf("it gives\n%+v, want\n%+v", got, r)
	}
	b.unchanged(r)
	all := b.trail(r.ID)
	if last := all[len(all)-1]; last.Step != consent.ActReveal || last.By != m.Actor.Kind || last.Ref != m.Actor.Ref || last.Note != "T-17" || last.Status != consent.Pending {
		b.Errorf("%+v", last)
	}
	head := b.head(storeApp)
	for _, id := range []string{consent.NewID(consent.PrefixRequest, b.now()), "", "cr_}x:*"} {
		if _, err := b.Store.Look(b.Context(), b.mutation(id, ""), consent.ActView); !errors.Is(err, consent.ErrNotFound) {
			b.Errorf("%q: %v", id, err)
		}
	}
	if b.head(storeApp) != head {
		b.Error("a look at nothing was noted")
	}
}

func (b *bench) head(app string) int64 {
	b.Helper()
	n, err := b.Store.Head(b.Context(), app)
	b.must(err)
	return n
}

func ledgerNote(b *bench) {
	staff := consent.Actor{Kind: consent.ActorStaff, Ref: "s1"}
	m := consent.Mutation{App: consent.StaffLedger, Actor: staff, Note: "s2 viewer"}
	b.must(b.Store.Note(b.Context(), m, consent.ActStaff))
	all, err := b.Store.Entries(b.Context(), consent.StaffLedger, 0, 10)
	b.must(err)
	if len(all) != 1 || all[0].Seq != 1 || all[0].Step != consent.ActStaff || all[0].Note != m.Note || all[0].ID != "" || all[0].App != consent.StaffLedger {
		b.Errorf("%+v", all)
	}
	r := b.pending("kid", "p@x")
	b.must(b.Store.Note(b.Context(), consent.Mutation{App: storeApp, ID: r.ID, Actor: staff}, consent.ActSearch))
	if trail := b.trail(r.ID); trail[len(trail)-1].Step != consent.ActSearch {
		b.Errorf("%v", stepsOf(trail))
	}
	if err := b.Store.Note(b.Context(), consent.Mutation{App: storeApp, ID: "cr_}x:*"}, consent.ActView); consent.KindOf(err) != consent.KindInvalid {
		b.Errorf("a foreign id: %v", err)
	}
	b.must(b.Store.Note(b.Context(), consent.Mutation{App: storeApp, ID: consent.NewID(consent.PrefixRequest, b.now()), Actor: staff}, consent.ActView))
}

// What is noted of a forgotten record makes no new one.
func ledgerForgotten(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
	b.must(err)
	b.Advance(consent.RecordKept + time.Hour)
	b.must(b.Store.Forget(b.Context(), b.mutation(r.ID, "")))
	b.must(b.Store.Note(b.Context(), consent.Mutation{App: storeApp, ID: r.ID}, consent.ActView))
	b.gone(r.ID)
	all, err := b.Store.Entries(b.Context(), storeApp, 0, 10)
	b.must(err)
	if len(all) != 4 || all[2].Step != consent.StepForget || all[2].Prev != 2 || all[3].Prev != 0 || len(b.trail(r.ID)) != 0 {
		b.Errorf("%+v", all)
	}
}

func ledgerPages(b *bench) {
	if n := b.head(storeApp); n != 0 {
		b.Errorf("head of nothing: %d", n)
	}
	for range 5 {
		b.must(b.Store.Note(b.Context(), consent.Mutation{App: storeApp}, consent.ActSearch))
	}
	var seen []int64
	for after := int64(0); ; {
		some, err := b.Store.Entries(b.Context(), storeApp, after, 2)
		b.must(err)
		if len(some) == 0 {
			break
		}
		for _, e := range some {
			seen, after = append(seen, e.Seq), e.Seq
		}
	}
	if !slices.Equal(seen, []int64{1, 2, 3, 4, 5}) || b.head(storeApp) != 5 {
		b.Errorf("%v, head %d", seen, b.head(storeApp))
	}
}

func ledgerApart(b *bench) {
	b.must(b.Store.Note(b.Context(), consent.Mutation{App: "other"}, consent.ActSearch))
	r := b.pending("kid", "p@x")
	if all := b.trail(r.ID); len(all) != 1 || all[0].Seq != 1 {
		b.Errorf("%+v", all)
	}
	if all, err := b.Store.Trail(b.Context(), "other", r.ID); err != nil || len(all) != 0 {
		b.Errorf("another app's: %+v, %v", all, err)
	}
}
