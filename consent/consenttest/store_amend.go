package consenttest

import (
	"errors"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var amendTests = map[string]func(*bench){
	"amend/from the entry to its effect": amendWhole,
	"amend/a newer one replaces":         amendReplaced,
	"amend/refusals":                     amendRefusals,
	"endorse/refusals":                   endorseRefusals,
	"told/once and when confirmed":       toldOnce,
	"enact/refusals":                     enactRefusals,
	"enact/an address that wants none":   enactQuiet,
	"enact/so often":                     enactLimit,
	"retract/at each moment":             retractAny,
	"amend/gone with the end":            amendGone,
}

const amendWait = 48 * time.Hour

func amending(r consent.Record, entry string) consent.Amending {
	return consent.Amending{
		After: r.Amends, Rev: r.Rev, What: consent.AmendAddress, Proof: "call_back", Ref: "T-1", Entry: consent.Sealed(entry),
	}
}

// enacting corrects the address of the first guardian.
func enacting(r consent.Record, no int, address string) consent.Enacting {
	return consent.Enacting{
		No: no, Rev: r.Rev, People: consent.Sealed("people with " + address), Quiet: digest(address),
		Look: consent.LookUps{
			Guardians: []consent.Digest{digest(address)}, Codes: []consent.Digest{digest("code " + address)}, Pair: digest(r.Subject + address),
			Shorts: [][8]byte{{1}},
		},
	}
}

// amend enters a correction as st_1.
func (b *bench) amend(r consent.Record, entry string) consent.Record {
	b.Helper()
	m := b.staff(r.ID, "st_1")
	return b.once(func() (consent.Record, error) { return b.Store.Amend(b.Context(), m, amending(r, entry)) })
}

// confirm confirms it as st_2: it is to be told.
func (b *bench) confirm(r consent.Record) consent.Record {
	b.Helper()
	m := b.letter(b.staff(r.ID, "st_2"))
	return b.once(func() (consent.Record, error) { return b.Store.Endorse(b.Context(), m, r.Amends, r.Rev) })
}

// endorse confirms it, and its letter has gone out.
func (b *bench) endorse(r consent.Record) consent.Record {
	b.Helper()
	r = b.confirm(r)
	m := b.mutation(r.ID, "")
	return b.once(func() (consent.Record, error) { return b.Store.Told(b.Context(), m, r.Amends, amendWait) })
}

// endorsed brings a new consent to where only the wait is left, and waits.
func (b *bench) endorsed(subject string) consent.Record {
	b.Helper()
	r := b.endorse(b.amend(b.granted(subject, subject+"@x"), "entry"))
	b.Advance(r.Amend.Due.Sub(b.now()))
	return r
}

func (b *bench) entered(id, want string) {
	b.Helper()
	got, err := b.Store.AmendEntry(b.Context(), storeApp, id)
	b.must(err)
	if string(got) != want {
		b.Errorf("what was entered is %q, want %q", got, want)
	}
}

func (b *bench) byAddress(address string) int {
	b.Helper()
	found, err := b.Store.ByGuardian(b.Context(), []string{storeApp}, []consent.Digest{digest(address)}, 10)
	b.must(err)
	return len(found)
}

func (b *bench) due() (out []consent.Due) {
	b.Helper()
	all, err := b.Store.Due(b.Context(), storeApp, 10)
	b.must(err)
	for _, d := range all {
		if d.Step == consent.StepEnact {
			out = append(out, d)
		}
	}
	return out
}

func amendWhole(b *bench) {
	r := b.granted("user-1", "old@x")
	r = b.amend(r, "entry")
	a := r.Amend
	if a.No != 1 || a.By != "st_1" || a.Rev != r.Rev || a.What != consent.AmendAddress || a.Proof != "call_back" || a.Ref != "T-1" || !a.Due.IsZero() || a.At.IsZero() {
		b.Errorf("entered: %+v", a)
	}
	b.entered(r.ID, "entry")
	r = b.endorse(r)
	if a := r.Amend; a.Endorser != "st_2" || !near(a.Due, b.now().Add(amendWait)) {
		b.Errorf("confirmed: %+v", a)
	}
	b.Advance(amendWait)
	if due := b.due(); len(due) != 1 || due[0].ID != r.ID {
		b.Errorf("due: %v", due)
	}
	m := b.letter(b.mutation(r.ID, consent.EventAmended))
	done := b.once(func() (consent.Record, error) { return b.Store.Enact(b.Context(), m, enacting(r, 1, "new@x")) })
	if done.Rev != r.Rev+1 || done.Gen != r.Gen || string(done.People) != "people with new@x" || string(done.Evidence) != string(r.Evidence) || done.Amend != (consent.Amend{}) {
		b.Errorf("in effect: %+v", done)
	}
	want := consent.Amended{No: 1, What: consent.AmendAddress, Proof: "call_back", By: "st_1", Endorser: "st_2", Ref: "T-1"}
	if len(done.Amended) == 1 {
		want.At = done.Amended[0].At
	}
	if len(done.Amended) != 1 || done.Amended[0] != want || want.At.Before(r.Amend.Due) || done.GenOf(0) != r.Gen+1 || done.GenOf(1) != r.Gen {
		b.Errorf("noted: %+v", done.Amended)
	}
	b.entered(r.ID, "")
	if len(b.due()) != 0 || b.byAddress("old@x") != 0 || b.byAddress("new@x") != 1 || b.byCode(r) {
		b.Error("what finds it is not the new address's alone")
	}
}

// near allows for the moments that the test itself takes.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < 10*time.Second }

func amendReplaced(b *bench) {
	r := b.endorse(b.amend(b.granted("user-1", "g@x"), "one"))
	r = b.amend(r, "two")
	if r.Amend.No != 2 || !r.Amend.Due.IsZero() || r.Amend.Endorser != "" {
		b.Errorf("%+v", r.Amend)
	}
	b.entered(r.ID, "two")
	b.Advance(amendWait)
	if due := b.due(); len(due) != 0 {
		b.Errorf("the one before is due: %v", due)
	}
}

func amendRefusals(b *bench) {
	r := b.amend(b.granted("user-1", "g@x"), "one")
	for name, change := range map[string]func(*consent.Amending){
		"another was entered": func(a *consent.Amending) { a.After = 0 },
		"other people":        func(a *consent.Amending) { a.Rev-- },
	} {
		a := amending(r, "two")
		change(&a)
		_, err := b.Store.Amend(b.Context(), b.staff(r.ID, "st_2"), a)
		b.Log(name)
		b.refused(err, consent.ErrStale, r)
	}
	pending := b.pending("user-2", "g2@x")
	_, err := b.Store.Amend(b.Context(), b.staff(pending.ID, "st_1"), amending(pending, "one"))
	b.refused(err, consent.ErrNotGranted, pending)
	for status, ended := range b.ended() {
		if _, err := b.Store.Amend(b.Context(), b.staff(ended.ID, "st_1"), amending(ended, "one")); !errors.Is(err, consent.ErrEnded) {
			b.Errorf("%s: %v", status, err)
		}
	}
}

// Threat 20: nobody confirms what they entered themselves, what they have not seen, or what is of other people.
func endorseRefusals(b *bench) {
	none := b.granted("user-0", "g0@x")
	endorse := func(r consent.Record, by string, no, rev int) error {
		_, err := b.Store.Endorse(b.Context(), b.staff(r.ID, by), no, rev)
		return err
	}
	b.refused(endorse(none, "st_2", 0, none.Rev), consent.ErrNotAmending, none)
	r := b.amend(b.granted("user-1", "g@x"), "one")
	b.refused(endorse(r, "st_1", 1, r.Rev), consent.ErrSamePerson, r)
	b.refused(endorse(r, "st_2", 2, r.Rev), consent.ErrStale, r)
	b.refused(endorse(r, "st_2", 1, r.Rev-1), consent.ErrStale, r)
	_, err := b.Store.Join(b.Context(), b.mutation(r.ID, ""), joining(r, "q@x", "two"))
	b.must(err)
	r = b.get(r.ID)
	b.refused(endorse(r, "st_2", 1, r.Rev), consent.ErrStale, r)
	pending := b.pending("user-2", "g2@x")
	b.refused(endorse(pending, "st_2", 0, 1), consent.ErrNotGranted, pending)
	for status, ended := range b.ended() {
		if err := endorse(ended, "st_2", 0, ended.Rev); !errors.Is(err, consent.ErrEnded) {
			b.Errorf("%s: %v", status, err)
		}
	}
}

// The wait begins when the address that stands was told, not with the confirmation; a letter that goes out twice begins it once.
func toldOnce(b *bench) {
	told := func(r consent.Record, no int) error {
		_, err := b.Store.Told(b.Context(), b.mutation(r.ID, ""), no, amendWait)
		return err
	}
	r := b.amend(b.granted("user-1", "g@x"), "one")
	b.refused(told(r, 1), consent.ErrNotAmending, r)
	r = b.confirm(r)
	if r.Amend.Endorser != "st_2" || !r.Amend.Due.IsZero() {
		b.Errorf("confirmed: %+v", r.Amend)
	}
	b.Advance(10 * amendWait)
	_, err := b.Store.Enact(b.Context(), b.mutation(r.ID, ""), enacting(r, 1, "new@x"))
	b.refused(err, consent.ErrNotDue, r)
	b.refused(told(r, 2), consent.ErrNotAmending, r)
	b.must(told(r, 1))
	first := b.get(r.ID).Amend.Due
	if !near(first, b.now().Add(amendWait)) {
		b.Errorf("due %v", first)
	}
	b.Advance(amendWait / 2)
	b.must(told(r, 1))
	if again := b.get(r.ID).Amend; again.Due.Before(first) || again.Endorser != "st_2" {
		b.Errorf("told again: %+v", again)
	}
	pending := b.pending("user-3", "g3@x")
	b.refused(told(pending, 1), consent.ErrNotGranted, pending)
	for status, ended := range b.ended() {
		if err := told(ended, 1); !errors.Is(err, consent.ErrEnded) {
			b.Errorf("%s: %v", status, err)
		}
	}
}

func enactRefusals(b *bench) {
	enact := func(r consent.Record, change func(*consent.Enacting)) error {
		e := enacting(r, r.Amends, "new@x")
		change(&e)
		_, err := b.Store.Enact(b.Context(), b.mutation(r.ID, ""), e)
		return err
	}
	same := func(*consent.Enacting) {}
	r := b.granted("user-1", "g@x")
	b.refused(enact(r, same), consent.ErrNotAmending, r)
	r = b.amend(r, "one")
	b.Advance(10 * amendWait)
	b.refused(enact(r, same), consent.ErrNotDue, r)
	r = b.endorse(r)
	b.Advance(amendWait - time.Minute)
	b.refused(enact(r, same), consent.ErrNotDue, r)
	b.Advance(time.Minute)
	b.refused(enact(r, func(e *consent.Enacting) { e.No++ }), consent.ErrNotAmending, r)
	b.refused(enact(r, func(e *consent.Enacting) { e.Rev-- }), consent.ErrStale, r)
	_, err := b.Store.Join(b.Context(), b.mutation(r.ID, ""), joining(r, "q@x", "two"))
	b.must(err)
	r = b.get(r.ID)
	b.refused(enact(r, same), consent.ErrStale, r)
	r, err = b.Store.Withdraw(b.Context(), b.mutation(r.ID, consent.EventWithdrawn), b.withdrawing())
	b.must(err)
	b.refused(enact(r, same), consent.ErrEnded, r)
	pending := b.pending("user-2", "g2@x")
	b.refused(enact(pending, same), consent.ErrNotGranted, pending)
}

// Whose holder asked for no more letters is nobody's new address.
func enactQuiet(b *bench) {
	r := b.endorsed("user-1")
	refused := b.pending("user-2", "new@x")
	_, err := b.Store.Decline(b.Context(), b.mutation(refused.ID, consent.EventDeclined), consent.Declining{Gen: 1, Reason: consent.ReasonNotMine, Block: time.Hour})
	b.must(err)
	_, err = b.Store.Enact(b.Context(), b.mutation(r.ID, ""), enacting(r, 1, "new@x"))
	b.refused(err, consent.ErrNoLetters, r)
	named := enacting(r, 1, "new@x")
	named.Quiet = consent.Digest{} // a name takes nobody's address
	_, err = b.Store.Enact(b.Context(), b.mutation(r.ID, ""), named)
	b.must(err)
}

func enactLimit(b *bench) {
	r := b.granted("user-1", "g@x")
	for range consent.MaxAmended {
		r = b.endorse(b.amend(r, "entry "+r.ID+string(rune('a'+r.Amends))))
		b.Advance(amendWait)
		var err error
		r, err = b.Store.Enact(b.Context(), b.mutation(r.ID, ""), enacting(r, r.Amends, "new@x"))
		b.must(err)
	}
	_, err := b.Store.Amend(b.Context(), b.staff(r.ID, "st_1"), amending(r, "one more"))
	b.refused(err, &consent.Error{Code: "amend_limit"}, r)
}

func retractAny(b *bench) {
	retract := func(r consent.Record, no int) consent.Record {
		m := b.staff(r.ID, "st_3")
		return b.once(func() (consent.Record, error) { return b.Store.Retract(b.Context(), m, no) })
	}
	r := b.amend(b.granted("user-1", "g@x"), "one")
	r = retract(r, 1)
	if r.Amend != (consent.Amend{}) || r.Amends != 1 {
		b.Errorf("%+v", r.Amend)
	}
	b.entered(r.ID, "")
	r = retract(b.endorse(b.amend(r, "two")), 2)
	b.Advance(amendWait)
	if due := b.due(); len(due) != 0 {
		b.Errorf("due: %v", due)
	}
	r = b.amend(r, "three")
	if r = retract(r, 2); r.Amend.No != 3 { // an old one's end is no end of another
		b.Errorf("%+v", r.Amend)
	}
	b.endorse(r)
	b.Advance(amendWait)
	r, err := b.Store.Enact(b.Context(), b.mutation(r.ID, ""), enacting(b.get(r.ID), 3, "new@x"))
	b.must(err)
	_, err = b.Store.Retract(b.Context(), b.staff(r.ID, "st_3"), 3)
	b.refused(err, consent.ErrNotAmending, r)
	pending := b.pending("user-2", "g2@x")
	_, err = b.Store.Retract(b.Context(), b.staff(pending.ID, "st_3"), 1)
	b.refused(err, consent.ErrNotGranted, pending)
	for status, ended := range b.ended() {
		if _, err := b.Store.Retract(b.Context(), b.staff(ended.ID, "st_3"), 1); !errors.Is(err, consent.ErrEnded) {
			b.Errorf("%s: %v", status, err)
		}
	}
}

// A consent that ends takes with it what waits: nothing of the new address is left (KR-12).
func amendGone(b *bench) {
	ends := map[string]func(consent.Record) (consent.Record, error){
		"withdrawn": func(r consent.Record) (consent.Record, error) {
			return b.Store.Withdraw(b.Context(), b.mutation(r.ID, consent.EventWithdrawn), b.withdrawing())
		},
		"aged out": func(r consent.Record) (consent.Record, error) {
			return b.Store.AgeOut(b.Context(), b.mutation(r.ID, consent.EventAgedOut), b.now().Add(-time.Hour), eraseDue, keepFor)
		},
	}
	for name, end := range ends {
		r, err := end(b.endorsed("user " + name))
		b.must(err)
		if r.Amend != (consent.Amend{}) || len(b.due()) != 0 {
			b.Errorf("%s: %+v", name, r.Amend)
		}
		b.entered(r.ID, "")
	}
	r := b.endorsed("user partly")
	r, err := b.Store.Withdraw(b.Context(), b.mutation(r.ID, consent.EventWithdrawn), consent.Withdrawing{Purposes: []string{"delivery"}, Data: consent.Sealed("less"), DataRev: r.DataRev})
	b.must(err)
	if r.Amend.No != 1 {
		b.Error("a purpose that was withdrawn took the correction with it")
	}
}
