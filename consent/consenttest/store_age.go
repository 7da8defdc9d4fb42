package consenttest

import (
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var ageTests = map[string]func(*bench){
	"ages/in their month, while granted": agesListed,
	"aging/once, from its day":           agingOnce,
	"ageout/on the birthday":             ageOutDay,
	"ageout/refusals":                    ageOutRefusals,
	"ageout/erasure and end":             ageOutErased,
	"outdate/once for each version":      outdateOnce,
	"outdated/by app":                    outdatedKept,
	"grant/terms that were agreed to":    grantTerms,
}

const (
	someMonth = 24329 // as Date.MonthNumber counts
	eraseDue  = 72 * time.Hour
	keepFor   = 3 * 365 * 24 * time.Hour
)

// born signs up and grants, for a child that is looked at first in this month.
func (b *bench) born(subject string, month int) consent.Record {
	b.Helper()
	return b.bornOf(b.pending(subject, "p@x"), month)
}

func (b *bench) bornOf(r consent.Record, month int) consent.Record {
	b.Helper()
	g := b.granting(r, "account")
	g.Month = month
	r, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), g)
	b.must(err)
	return r
}

func (b *bench) ages(month, skip int) []string {
	b.Helper()
	ids, err := b.Store.Ages(b.Context(), storeApp, month, skip, 10)
	b.must(err)
	return ids
}

func agesListed(b *bench) {
	first, second, unknown := b.born("kid", someMonth), b.born("kid2", someMonth+1), b.born("kid3", 0)
	if got := b.ages(someMonth-1, 0); len(got) != 0 {
		b.Errorf("before the month: %v", got)
	}
	if got := b.ages(someMonth, 0); !slices.Equal(got, []string{first.ID}) {
		b.Errorf("in the month: %v", got)
	}
	if got := b.ages(someMonth+1, 1); !slices.Equal(got, []string{second.ID}) || slices.Contains(b.ages(someMonth+9, 0), unknown.ID) {
		b.Errorf("later, behind the first: %v", got)
	}
	_, err := b.Store.Withdraw(b.Context(), b.mutation(first.ID, consent.EventWithdrawn), b.withdrawing())
	b.must(err)
	if got := b.ages(someMonth, 0); len(got) != 0 {
		b.Errorf("after a withdrawal: %v", got)
	}
}

func agingOnce(b *bench) {
	pending := b.pending("kid", "p@x")
	helped := b.letter(b.mutation(pending.ID, ""))
	helped.Actor.Kind = consent.ActorStaff // whose help is counted in the record, and changes nothing later
	_, err := b.Store.Resend(b.Context(), helped, 1)
	b.must(err)
	g := b.bornOf(b.get(pending.ID), someMonth)
	from := b.now().Add(time.Hour)
	aging := func() (consent.Record, error) {
		return b.Store.Aging(b.Context(), b.mutation(g.ID, consent.EventAgingOut), from, someMonth+1)
	}
	_, err = aging()
	b.refused(err, consent.ErrNotDue, g)
	b.Advance(time.Hour)
	got := b.once(aging)
	if got.AgingAt.Before(from) || got.Status != consent.Granted {
		b.Errorf("told at %v, %s", got.AgingAt, got.Status)
	}
	if len(b.ages(someMonth, 0)) != 0 || len(b.ages(someMonth+1, 0)) != 1 {
		b.Error("it is not looked at again in the month of the birthday")
	}
	r := b.pending("kid2", "q@x")
	_, err = b.Store.Aging(b.Context(), b.mutation(r.ID, ""), from, 1)
	b.refused(err, consent.ErrNotGranted, r)
}

func ageOutDay(b *bench) {
	g := b.born("kid", someMonth)
	birthday := b.now().Add(time.Hour)
	ageOut := func() (consent.Record, error) {
		return b.Store.AgeOut(b.Context(), b.mutation(g.ID, consent.EventAgedOut), birthday, eraseDue, keepFor)
	}
	_, err := ageOut()
	b.refused(err, consent.ErrNotDue, g)
	b.Advance(time.Hour)
	got := b.once(ageOut)
	if got.Status != consent.AgedOut || got.Custody != consent.Destroyed || got.Reason != consent.ReasonBirthday || got.Data != nil {
		b.Errorf("aged out as %s, %s, %s", got.Status, got.Custody, got.Reason)
	}
	if got.People == nil || got.Evidence == nil || !got.EraseBy.Equal(got.EndedAt.Add(eraseDue)) {
		b.Errorf("ended %v, erase by %v, evidence %d bytes", got.EndedAt, got.EraseBy, len(got.Evidence))
	}
	if len(b.ages(someMonth, 0)) != 0 {
		b.Error("it is still looked at")
	}
	_, err = b.Store.Release(b.Context(), b.mutation(g.ID, ""))
	b.refused(err, consent.ErrDestroyed, got)
	_, err = b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing())
	b.refused(err, consent.ErrEnded, got)
}

func ageOutRefusals(b *bench) {
	ageOut := func(id string) error {
		_, err := b.Store.AgeOut(b.Context(), b.mutation(id, ""), b.now(), eraseDue, keepFor)
		return err
	}
	r := b.pending("kid", "p@x")
	b.refused(ageOut(r.ID), consent.ErrNotGranted, r)
	for _, r := range b.ended() {
		b.refused(ageOut(r.ID), consent.ErrEnded, b.get(r.ID))
	}
}

// KR-17: after the birthday the app confirms its erasure, or is overdue, as after a withdrawal.
func ageOutErased(b *bench) {
	for _, confirmed := range []bool{true, false} {
		g := b.born("kid", someMonth)
		_, err := b.Store.AgeOut(b.Context(), b.mutation(g.ID, consent.EventAgedOut), b.now(), eraseDue, keepFor)
		b.must(err)
		if confirmed {
			got := b.once(func() (consent.Record, error) {
				return b.Store.Erase(b.Context(), b.mutation(g.ID, ""), g.DecidedAt, nil)
			})
			if got.ErasedAt.IsZero() {
				b.Error("the erasure was not noted")
			}
			continue
		}
		b.Advance(eraseDue)
		_, err = b.Store.Overdue(b.Context(), b.mutation(g.ID, consent.EventEraseOverdue))
		b.must(err)
	}
}

func outdateOnce(b *bench) {
	g := b.granted("kid", "p@x")
	told := func() int {
		n := 0
		for _, e := range b.events() {
			if e == consent.EventTermsChanged {
				n++
			}
		}
		return n
	}
	outdate := func(terms string) func() (consent.Record, error) {
		return func() (consent.Record, error) {
			return b.Store.Outdate(b.Context(), b.mutation(g.ID, consent.EventTermsChanged), terms)
		}
	}
	b.once(outdate(g.Terms)) // the same: nothing to tell
	if told() != 0 {
		b.Error("told of terms that did not change")
	}
	if got := b.once(outdate("t_2")); got.Outdated != "t_2" || got.Terms != g.Terms || told() != 1 {
		b.Errorf("told %d times, noted %q", told(), got.Outdated)
	}
	if b.once(outdate("t_3")); told() != 2 {
		b.Errorf("a second change was told %d times", told()-1)
	}
	r := b.pending("kid2", "q@x")
	_, err := b.Store.Outdate(b.Context(), b.mutation(r.ID, ""), "t_2")
	b.refused(err, consent.ErrNotGranted, r)
}

func outdatedKept(b *bench) {
	for _, want := range []string{"", "t_1", "t_2"} {
		if want != "" {
			b.must(b.Store.SetOutdated(b.Context(), storeApp, want))
		}
		if got, err := b.Store.Outdated(b.Context(), storeApp); err != nil || got != want {
			b.Errorf("noted %q, %v; want %q", got, err, want)
		}
	}
	if got, _ := b.Store.Outdated(b.Context(), "game"); got != "" {
		b.Errorf("another app's: %q", got)
	}
}

// What was agreed to is what the page showed, also when the request was made under older terms.
func grantTerms(b *bench) {
	r := b.pending("kid", "p@x")
	g := b.granting(r, "account")
	g.Terms = "t_new"
	got, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), g)
	b.must(err)
	if got.Terms != "t_new" {
		b.Errorf("agreed to %q", got.Terms)
	}
}
