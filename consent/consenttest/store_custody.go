package consenttest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var custodyTests = map[string]func(*bench){
	"release/as often as asked":           releaseOften,
	"release/refusals":                    releaseRefusals,
	"acknowledge/destroys":                acknowledgeDestroys,
	"acknowledge/refusals":                acknowledgeRefusals,
	"lapse/at its time":                   lapseTime,
	"withdraw/all":                        withdrawAll,
	"withdraw/part":                       withdrawPart,
	"withdraw/part by part is all":        withdrawRest,
	"withdraw/part of re-sealed data":     withdrawStale,
	"withdraw/part of data without key":   withdrawUnreadable,
	"withdraw/refusals":                   withdrawRefusals,
	"erase/once, and overdue":             eraseOverdue,
	"erase/refusals":                      eraseRefusals,
	"disclose/once each":                  discloseOnce,
	"destroyed/every cell of the table":   destroyedCells,
	"destroyed/evidence kept but shortly": evidenceShort,
}

func releaseOften(b *bench) {
	g := b.granted("kid", "p@x")
	r := b.once(func() (consent.Record, error) {
		return b.Store.Release(b.Context(), b.mutation(g.ID, consent.EventReleased))
	})
	if r.Custody != consent.Released || !bytes.Equal(r.Data, g.Data) {
		b.Errorf("released as %s with %d bytes", r.Custody, len(r.Data))
	}
}

func releaseRefusals(b *bench) {
	release := func(id string) error {
		_, err := b.Store.Release(b.Context(), b.mutation(id, consent.EventReleased))
		return err
	}
	r := b.pending("kid", "p@x")
	b.refused(release(r.ID), consent.ErrNotGranted, r)
	for _, r := range b.ended() {
		b.refused(release(r.ID), consent.ErrDestroyed, b.get(r.ID))
	}
	late := b.granted("kid2", "p@x")
	b.Advance(168 * time.Hour) // nobody sweeps, and the window is over all the same
	b.refused(release(late.ID), consent.ErrDestroyed, late)
}

func acknowledgeDestroys(b *bench) {
	g := b.granted("kid", "p@x")
	_, err := b.Store.Release(b.Context(), b.mutation(g.ID, ""))
	b.must(err)
	got := b.once(func() (consent.Record, error) {
		return b.Store.Acknowledge(b.Context(), b.mutation(g.ID, consent.EventDestroyed))
	})
	if got.Custody != consent.Destroyed || got.Data != nil || got.Status != consent.Granted || got.Evidence == nil || got.People == nil {
		b.Errorf("acknowledged as %s, %s, data %d bytes", got.Status, got.Custody, len(got.Data))
	}
	_, err = b.Store.Release(b.Context(), b.mutation(g.ID, ""))
	b.refused(err, consent.ErrDestroyed, got)
	b.sound()
	_, err = b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing())
	b.must(err)
	_, err = b.Store.Acknowledge(b.Context(), b.mutation(g.ID, "")) // again is again, also after the withdrawal
	b.must(err)
}

func acknowledgeRefusals(b *bench) {
	acknowledge := func(id string) error {
		_, err := b.Store.Acknowledge(b.Context(), b.mutation(id, ""))
		return err
	}
	r := b.pending("kid", "p@x")
	b.refused(acknowledge(r.ID), consent.ErrNotGranted, r)
	g := b.granted("kid2", "p@x")
	b.refused(acknowledge(g.ID), consent.ErrNotReleased, g)
	for _, r := range b.ended() {
		b.refused(acknowledge(r.ID), consent.ErrDestroyed, b.get(r.ID))
	}
}

func lapseTime(b *bench) {
	g := b.granted("kid", "p@x")
	lapse := func() (consent.Record, error) {
		return b.Store.Lapse(b.Context(), b.mutation(g.ID, consent.EventDestroyed))
	}
	_, err := lapse()
	b.refused(err, consent.ErrNotDue, g)
	b.Advance(168 * time.Hour)
	got := b.once(lapse)
	if got.Custody != consent.Destroyed || got.Data != nil || got.Status != consent.Granted {
		b.Errorf("lapsed to %s, %s", got.Status, got.Custody)
	}
	_, err = b.Store.Acknowledge(b.Context(), b.mutation(g.ID, ""))
	b.refused(err, consent.ErrDestroyed, got)
	r := b.pending("kid2", "p@x")
	_, err = b.Store.Lapse(b.Context(), b.mutation(r.ID, ""))
	b.refused(err, consent.ErrNotDue, r)
}

func withdrawAll(b *bench) {
	g := b.granted("kid", "p@x")
	got := b.once(func() (consent.Record, error) {
		return b.Store.Withdraw(b.Context(), b.mutation(g.ID, consent.EventWithdrawn), b.withdrawing())
	})
	if got.Status != consent.Withdrawn || got.Custody != consent.Destroyed || got.Reason != consent.ReasonGuardian || got.Data != nil {
		b.Errorf("withdrawn as %s, %s, %s", got.Status, got.Custody, got.Reason)
	}
	if got.People == nil || got.Evidence == nil || !got.EraseBy.Equal(got.EndedAt.Add(72*time.Hour)) {
		b.Errorf("ended %v, erase by %v, evidence %d bytes", got.EndedAt, got.EraseBy, len(got.Evidence))
	}
	for _, step := range []func() error{
		func() error { _, err := b.Store.Release(b.Context(), b.mutation(g.ID, "")); return err },
		func() error { _, err := b.Store.Acknowledge(b.Context(), b.mutation(g.ID, "")); return err },
	} {
		b.refused(step(), consent.ErrDestroyed, got)
	}
	_, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(g.ID, ""), "0"), b.granting(g, "account", "delivery"))
	b.refused(err, consent.ErrNotPending, got)
}

func withdrawPart(b *bench) {
	g := b.granted("kid", "p@x")
	w := b.withdrawing("delivery")
	w.Data, w.DataRev = consent.Sealed("less data"), g.DataRev
	got := b.once(func() (consent.Record, error) {
		return b.Store.Withdraw(b.Context(), b.mutation(g.ID, consent.EventWithdrawn), w)
	})
	if got.Status != consent.Granted || fmt.Sprint(got.Granted) != "[account]" || !bytes.Equal(got.Data, w.Data) {
		b.Errorf("in force %v, %s, data %d bytes", got.Granted, got.Status, len(got.Data))
	}
	if got.Rev != g.Rev || got.DataRev != g.DataRev+1 || got.EraseBy.IsZero() {
		b.Errorf("rev %d, data rev %d, erase by %v", got.Rev, got.DataRev, got.EraseBy)
	}
	erased, err := b.Store.Erase(b.Context(), b.mutation(g.ID, ""), b.now(), []string{"delivery"})
	b.must(err)
	if erased.ErasedAt.IsZero() {
		b.Error("the erasure of a part was not noted")
	}
	all, err := b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing())
	b.must(err)
	if !all.ErasedAt.IsZero() {
		b.Error("the app erased a part, and now all is due")
	}
}

func withdrawRest(b *bench) {
	g := b.granted("kid", "p@x")
	got, err := b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing("delivery", "account"))
	b.must(err)
	if got.Status != consent.Withdrawn || got.Data != nil {
		b.Errorf("every purpose withdrawn: %s, data %d bytes", got.Status, len(got.Data))
	}
}

// Two parts are withdrawn at once: the second one's data was sealed with the items of the first.
func withdrawStale(b *bench) {
	g := b.granted("kid", "p@x")
	w := b.withdrawing("delivery")
	w.Data, w.DataRev = consent.Sealed("less"), g.DataRev-1
	_, err := b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), w)
	b.refused(err, consent.ErrStale, g)
}

func withdrawUnreadable(b *bench) {
	g := b.granted("kid", "p@x")
	got, err := b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing("delivery"))
	b.must(err)
	if got.Status != consent.Granted || got.Custody != consent.Destroyed || got.Data != nil {
		b.Errorf("data that could not be sealed anew is %s", got.Custody)
	}
	again := b.withdrawing("delivery")
	again.Data = consent.Sealed("late") // what is destroyed does not come back
	_, err = b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), again)
	b.must(err)
	b.unchanged(got)
}

func withdrawRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Withdraw(b.Context(), b.mutation(r.ID, ""), b.withdrawing())
	b.refused(err, consent.ErrNotGranted, r)
	for status, r := range b.ended() {
		if status == consent.Withdrawn {
			continue
		}
		_, err := b.Store.Withdraw(b.Context(), b.mutation(r.ID, ""), b.withdrawing())
		b.refused(err, consent.ErrEnded, b.get(r.ID))
	}
}

func eraseOverdue(b *bench) {
	w := b.ended()[consent.Withdrawn]
	overdue := func() (consent.Record, error) {
		return b.Store.Overdue(b.Context(), b.mutation(w.ID, consent.EventEraseOverdue))
	}
	_, err := overdue()
	b.refused(err, consent.ErrNotDue, w)
	b.Advance(72 * time.Hour)
	b.once(overdue)
	at := b.now().Add(-time.Minute)
	got := b.once(func() (consent.Record, error) { return b.Store.Erase(b.Context(), b.mutation(w.ID, ""), at, nil) })
	if !got.ErasedAt.Equal(at) {
		b.Errorf("erased %v, want %v", got.ErasedAt, at)
	}
	g := b.granted("kid", "p@x")
	_, err = b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing())
	b.must(err)
	erased, err := b.Store.Erase(b.Context(), b.mutation(g.ID, ""), b.now(), nil)
	b.must(err)
	b.Advance(72 * time.Hour)
	_, err = b.Store.Overdue(b.Context(), b.mutation(g.ID, ""))
	b.refused(err, consent.ErrNotDue, erased)
}

func eraseRefusals(b *bench) {
	erase := func(id string) error {
		_, err := b.Store.Erase(b.Context(), b.mutation(id, ""), b.now(), nil)
		return err
	}
	r, g := b.pending("kid", "p@x"), b.granted("kid2", "p@x")
	b.refused(erase(r.ID), consent.ErrNotWithdrawn, r)
	b.refused(erase(g.ID), consent.ErrNotWithdrawn, g)
	for status, r := range b.ended() {
		if status != consent.Withdrawn {
			b.refused(erase(r.ID), consent.ErrNotWithdrawn, b.get(r.ID))
		}
	}
}

func discloseOnce(b *bench) {
	g := b.granted("kid", "p@x")
	disclose := func(id, what string) error {
		return b.Store.Disclose(b.Context(), b.mutation(g.ID, ""), id, consent.Sealed(what))
	}
	first := consent.NewID(consent.PrefixDisclosure, b.now())
	b.must(disclose(first, "to the carrier"))
	m := b.mutation(g.ID, consent.EventReleased)
	b.must(b.Store.Disclose(b.Context(), m, first, consent.Sealed("to the carrier")))
	if b.Image() != b.before {
		b.Error("repeated, it has written something")
	}
	b.must(disclose(consent.NewID(consent.PrefixDisclosure, b.now()), "to another"))
	r := b.pending("kid2", "p@x")
	err := b.Store.Disclose(b.Context(), b.mutation(r.ID, ""), first, consent.Sealed("x"))
	b.refused(err, consent.ErrNotGranted, r)
	for _, r := range b.ended() {
		err := b.Store.Disclose(b.Context(), b.mutation(r.ID, ""), first, consent.Sealed("x"))
		b.refused(err, consent.ErrEnded, b.get(r.ID))
	}
}

// destroyedCells walks the table "sealing and destruction" column by column, to the day on which nothing is left.
func destroyedCells(b *bench) {
	all := b.ended()
	b.Advance(consent.LookUpsKept - time.Minute)
	for _, r := range all {
		b.refused(b.Store.Fade(b.Context(), b.mutation(r.ID, "")), consent.ErrNotDue, b.get(r.ID))
	}
	b.Advance(time.Minute)
	for status, r := range all {
		found := b.byCode(r)
		if !found {
			b.Errorf("%s: its code leads nowhere on the last day of its look-ups", status)
		}
		err := b.Store.Fade(b.Context(), b.mutation(r.ID, ""))
		if keeps := status == consent.Withdrawn; keeps {
			b.refused(err, consent.ErrNotDue, b.get(r.ID))
			continue
		}
		b.must(err)
		b.must(b.Store.Fade(b.Context(), b.mutation(r.ID, "")))
		if b.byCode(r) {
			b.Errorf("%s: its code still leads to it", status)
		}
	}
	b.sound()
	b.Advance(consent.RecordKept - consent.LookUpsKept - time.Minute)
	for _, r := range all {
		b.refused(b.Store.Forget(b.Context(), b.mutation(r.ID, "")), consent.ErrNotDue, b.get(r.ID))
	}
	b.Advance(time.Minute)
	for status, r := range all {
		if status != consent.Withdrawn {
			b.forgotten(r)
		}
	}
	w := all[consent.Withdrawn]
	if got := b.get(w.ID); got.Evidence == nil || got.People == nil || got.Data != nil {
		b.Error("the evidence of a withdrawn consent is gone too soon")
	}
	b.Advance(3*365*24*time.Hour - consent.RecordKept)
	b.forgotten(w)
}

func (b *bench) byCode(r consent.Record) bool {
	c, err := b.Store.ByCode(b.Context(), []string{"other", storeApp}, []consent.Digest{digest("an old key"), digest("code " + r.ID)})
	return err == nil && c.ID == r.ID && c.App == storeApp && c.Gen == r.Gen && c.Guardian == 0
}

// forgotten forgets a record, twice, and checks that nothing points to it.
func (b *bench) forgotten(r consent.Record) {
	b.Helper()
	b.must(b.Store.Forget(b.Context(), b.mutation(r.ID, "")))
	b.must(b.Store.Forget(b.Context(), b.mutation(r.ID, "")))
	b.must(b.Store.Fade(b.Context(), b.mutation(r.ID, "")))
	b.gone(r.ID)
	if all, err := b.Store.Subject(b.Context(), storeApp, r.Subject); err != nil || len(all) != 0 || b.byCode(r) {
		b.Errorf("%s: something still points to it: %d of its subject, %v", r.Status, len(all), err)
	}
}

func evidenceShort(b *bench) {
	g := b.granted("kid", "p@x")
	w := b.withdrawing()
	w.Keep = 10 * 24 * time.Hour
	_, err := b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), w)
	b.must(err)
	b.must(b.Store.Disclose(b.Context(), b.mutation(b.granted("other", "q@x").ID, ""), "dis_1", consent.Sealed("x")))
	b.Advance(w.Keep)
	b.must(b.Store.Fade(b.Context(), b.mutation(g.ID, "")))
	if got := b.get(g.ID); got.Evidence != nil || got.People != nil || got.Status != consent.Withdrawn {
		b.Error("evidence is kept longer than was set")
	}
	if b.byCode(g) {
		b.Error("its code outlived its evidence")
	}
}
