package consenttest

import (
	"errors"

	"github.com/bohoja/bohoja/consent"
)

var deskTests = map[string]func(*bench){
	"file/kept until the grant": fileKept,
	"file/refusals":             fileRefusals,
	"file/two persons":          fileTwoPersons,
	"file/gone with the end":    fileGone,
	"file/other people":         fileOtherPeople,
	"file/nobody else":          fileNobodyElse,
}

func (b *bench) staff(id, ref string) consent.Mutation {
	m := b.mutation(id, "")
	m.Actor = consent.Actor{Kind: consent.ActorStaff, Ref: ref}
	return m
}

func filing(after int, entry string) consent.Filing {
	return consent.Filing{After: after, Rev: 1, Method: consent.MethodPaper, Entry: consent.Sealed(entry), Scan: consent.Sealed("scan of " + entry)}
}

func (b *bench) filed(id, entry, scan string) {
	b.Helper()
	e, s, err := b.Store.Filed(b.Context(), storeApp, id)
	b.must(err)
	if string(e) != entry || string(s) != scan {
		b.Errorf("filed %q with %q, want %q with %q", e, s, entry, scan)
	}
	e, err = b.Store.FiledEntry(b.Context(), storeApp, id)
	b.must(err)
	if string(e) != entry {
		b.Errorf("filed %q, want %q", e, entry)
	}
}

func (b *bench) file(id, by string, f consent.Filing) consent.Record {
	b.Helper()
	f.Rev = b.get(id).Rev
	m := b.staff(id, by)
	return b.once(func() (consent.Record, error) { return b.Store.File(b.Context(), m, f) })
}

func fileKept(b *bench) {
	r := b.pending("user-1", "g@x")
	b.filed(r.ID, "", "")
	first := b.file(r.ID, "st_1", filing(0, "one"))
	if f := first.Filed; f.No != 1 || f.By != "st_1" || f.Method != consent.MethodPaper || f.At == 0 || f.Rev != 1 || !first.ExpiresAt.Equal(r.ExpiresAt) {
		b.Errorf("%+v", f)
	}
	second := consent.Filing{After: 1, Method: consent.MethodPhone, Entry: consent.Sealed("two")}
	if f := b.file(r.ID, "st_2", second).Filed; f.No != 2 || f.By != "st_2" || f.Method != consent.MethodPhone {
		b.Errorf("%+v", f)
	}
	b.filed(r.ID, "two", "")
}

func fileRefusals(b *bench) {
	r := b.pending("user-1", "g@x")
	before := b.file(r.ID, "st_1", filing(0, "one"))
	for _, after := range []int{0, 2} {
		_, err := b.Store.File(b.Context(), b.staff(r.ID, "st_2"), filing(after, "other"))
		b.refused(err, consent.ErrStale, before)
	}
	other := filing(1, "of other people")
	other.Rev = 2
	_, err := b.Store.File(b.Context(), b.staff(r.ID, "st_2"), other)
	b.refused(err, consent.ErrStale, before)
	for status, ended := range b.ended() {
		if _, err := b.Store.File(b.Context(), b.staff(ended.ID, "st_1"), filing(0, "one")); !errors.Is(err, consent.ErrNotPending) {
			b.Errorf("%s: %v", status, err)
		}
	}
	late := b.pending("user-2", "g2@x")
	b.Advance(late.ExpiresAt.Sub(b.now()))
	late, err = b.Store.Get(b.Context(), storeApp, late.ID)
	b.must(err)
	_, err = b.Store.File(b.Context(), b.staff(late.ID, "st_1"), filing(0, "one"))
	b.refused(err, consent.ErrNotPending, late)
}

// Threat 20: staff grant nothing but what another of them has filed, as it was filed.
func fileTwoPersons(b *bench) {
	r := b.pending("user-1", "g@x")
	g := b.granting(r, "account")
	g.Method, g.Filed, g.Scan = consent.MethodPaper, 1, consent.Sealed("scan as evidence")
	grant := func(by string, change func(*consent.Granting)) error {
		one := g
		change(&one)
		_, err := b.Store.Grant(b.Context(), b.staff(r.ID, by), one)
		return err
	}
	same := func(*consent.Granting) {}
	b.refused(grant("st_1", same), consent.ErrNotFiled, r)
	r = b.file(r.ID, "st_1", filing(0, "one"))
	b.refused(grant("st_1", same), consent.ErrSamePerson, r)
	b.refused(grant("st_2", func(g *consent.Granting) { g.Filed = 2 }), consent.ErrStale, r)
	b.refused(grant("st_2", func(g *consent.Granting) { g.Filed = 0 }), consent.ErrStale, r)
	b.refused(grant("st_2", func(g *consent.Granting) { g.Method = consent.MethodEmailLink }), consent.ErrStale, r)
	m := b.staff(r.ID, "st_2")
	got := b.once(func() (consent.Record, error) { return b.Store.Grant(b.Context(), m, g) })
	if got.Status != consent.Granted || got.Method != consent.MethodPaper || got.Filed != (consent.Filed{}) {
		b.Errorf("%+v", got)
	}
	b.filed(r.ID, "", "scan as evidence")
}

// What was filed for one guardian is no consent of another: it is filed anew, under the next number.
func fileOtherPeople(b *bench) {
	changes := map[string]func(consent.Record) (consent.Record, error){
		"address": func(r consent.Record) (consent.Record, error) {
			return b.Store.Correct(b.Context(), b.mutation(r.ID, ""), correction(r, "q@x", "corrected"))
		},
		"name": func(r consent.Record) (consent.Record, error) {
			return b.Store.Correct(b.Context(), b.mutation(r.ID, ""), consent.Correction{Rev: r.Rev, People: consent.Sealed("renamed"), NewName: true, Guardians: 1})
		},
		"one more": func(r consent.Record) (consent.Record, error) {
			return b.Store.Join(b.Context(), b.mutation(r.ID, ""), joining(r, "q@x", "two"))
		},
	}
	for name, change := range changes {
		r := b.pending("user "+name, "g@x")
		b.file(r.ID, "st_1", filing(0, "one"))
		r, err := change(b.get(r.ID))
		b.must(err)
		b.refused(b.grantFiled(r, 1), consent.ErrStale, r)
		if f := b.file(r.ID, "st_1", filing(1, "two")).Filed; f.No != 2 || f.Rev != 2 {
			b.Errorf("%s: %+v", name, f)
		}
		b.must(b.grantFiled(r, 2))
	}
}

// grantFiled grants as st_2 what was filed under the number no.
func (b *bench) grantFiled(r consent.Record, no int) error {
	g := b.granting(r, "account")
	g.Method, g.Filed = consent.MethodPaper, no
	_, err := b.Store.Grant(b.Context(), b.staff(r.ID, "st_2"), g)
	return err
}

// Only guardian and staff grant: the guardian never what was filed, all others never anything.
func fileNobodyElse(b *bench) {
	r := b.pending("user-1", "g@x")
	for _, filed := range []bool{false, true} {
		if filed {
			r = b.file(r.ID, "st_1", filing(0, "one"))
		}
		for _, kind := range []string{consent.ActorApp, consent.ActorChild, consent.ActorClock, consent.ActorMail, ""} {
			for no := range 2 {
				g, m := b.granting(r, "account"), b.mutation(r.ID, "")
				g.Method, g.Filed, m.Actor = consent.MethodPaper, no, consent.Actor{Kind: kind, Ref: "x"}
				_, err := b.Store.Grant(b.Context(), m, g)
				b.refused(err, consent.ErrNotFiled, r)
			}
		}
		g := b.granting(r, "account")
		g.Method, g.Filed = consent.MethodPaper, 1
		_, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, ""), "0"), g)
		b.refused(err, consent.ErrStale, r)
	}
}

func fileGone(b *bench) {
	r := b.pending("user-1", "g@x")
	b.file(r.ID, "st_1", filing(0, "one"))
	ended, err := b.Store.Cancel(b.Context(), b.mutation(r.ID, consent.EventCancelled), consent.ReasonApp)
	b.must(err)
	if ended.Filed.No != 0 {
		b.Errorf("%+v", ended.Filed)
	}
	b.filed(r.ID, "", "")
	// A guardian who decides by the link leaves nothing of it behind.
	r = b.pending("user-2", "g2@x")
	r = b.file(r.ID, "st_1", filing(0, "one"))
	_, err = b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), b.granting(r, "account"))
	b.must(err)
	b.filed(r.ID, "", "")
}
