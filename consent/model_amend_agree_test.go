//go:build proof

package consent_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// linked are a guardian's links: the page, and the one for withdrawing.
type linked struct{ page, withdraw string }

// links are those of all guardians, while a correction waits.
func (r *run) links() []linked {
	if r.m.waiting == nil {
		return nil
	}
	all := make([]linked, len(r.m.people))
	for i := range all {
		token, _ := r.withdrawToken(i)
		all[i] = linked{r.tokenOf(i), token}
	}
	return all
}

// relink opens the links of before an effect: those to an address of before are dead, and nobody else's.
func (r *run) relink(before []linked, c change) {
	for i, l := range before {
		want := ""
		if i == c.guardian && c.address != "" {
			want = "replaced"
			r.old, r.gone = append(r.old, l.page), append(r.gone, l.withdraw)
		}
		_, err := r.Service.Open(r.ctx, l.page)
		r.same("a page after a correction", err, want)
		_, err = r.Service.OpenWithdraw(r.ctx, l.withdraw)
		r.same("withdrawing after a correction", err, want)
	}
}

// agreeOnCorrections holds what the record has of corrections against the model.
func (r *run) agreeOnCorrections(rec consent.Record) {
	if got, want := correctionsOf(rec), r.m.corrections(); !slices.Equal(got, want) {
		r.r.Fatalf("the record has %q of corrections, the model %q: %+v", got, want, r.m)
	}
	r.agreeOnEntry(rec)
	r.agreeOnAddresses()
}

// correctionsOf are all that a record has of them.
func correctionsOf(rec consent.Record) []string {
	all := []string{fmt.Sprint(rec.Amends)}
	if a := rec.Amend; a.No != 0 {
		all = append(all, fmt.Sprint("waits ", a.No, a.Guardian, a.What, a.By, a.Endorser, !a.Due.IsZero(), a.Rev != rec.Rev))
	}
	for _, a := range rec.Amended {
		all = append(all, fmt.Sprint(a.No, a.Guardian, a.What, a.By, a.Endorser))
	}
	for i := range rec.Guardians {
		all = append(all, fmt.Sprint("links ", rec.GenOf(i)))
	}
	return all
}

// agreeOnEntry looks that what was entered is kept as long as it waits, and that it takes effect when the model says.
func (r *run) agreeOnEntry(rec consent.Record) {
	entry, err := r.Store.AmendEntry(r.ctx, "shop", r.id)
	r.must(err)
	c := r.m.waiting
	if (len(entry) > 0) != (c != nil) {
		r.r.Fatalf("%d bytes of what was entered are kept; the model: %+v", len(entry), r.m)
	}
	if c != nil && c.told && rec.Amend.Due.Sub(r.Service.Clock().Add(c.left)).Abs() > time.Minute {
		r.r.Fatalf("due %v; the model: in %v", rec.Amend.Due, c.left)
	}
}

// agreeOnAddresses looks that the addresses that stand find the request while it lasts, and those of before do not.
func (r *run) agreeOnAddresses() {
	if r.m.status.Ended() {
		return
	}
	for _, p := range r.m.people {
		r.found(p.address, true)
	}
	for _, address := range r.m.former {
		r.found(address, false)
	}
}

// found looks whether this request is found by an address.
func (r *run) found(address string, want bool) {
	all, err := r.Store.ByGuardian(r.ctx, []string{"shop"}, r.Vault.Digests(consent.DigestEmail, address), 100)
	r.must(err)
	if got := slices.ContainsFunc(all, func(c consent.Claims) bool { return c.ID == r.id }); got != want {
		r.r.Fatalf("found by %s: %t; the model: %+v", address, got, r.m)
	}
}

// sound holds the corrections that took effect against what may never be, whatever the model says: two persons, and two days since
// the address of before was told, or could not be.
func (r *run) sound(rec consent.Record) {
	for _, a := range rec.Amended {
		if a.By == "" || a.Endorser == "" || a.By == a.Endorser {
			r.r.Fatalf("one person did it: %+v", a)
		}
		told := slices.IndexFunc(r.clerk.tried, func(s stopper) bool {
			c, err := r.Links.Redeem(consent.LinkObject, s.token, r.Service.Clock())
			return err == nil && c.Gen == a.No && c.Guardian == a.Guardian
		})
		if told < 0 || a.At.Sub(r.clerk.tried[told].at) < r.Service.Settings.Amend-time.Second {
			r.r.Fatalf("told too late, or never: %+v", a)
		}
	}
}
