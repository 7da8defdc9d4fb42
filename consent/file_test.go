package consent_test

import (
	"context"
	"errors"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// scanned is the picture of a paper.
const scanned = "%PDF-1.7 scan"

func staffed(ref string) consent.Actor { return consent.Actor{Kind: consent.ActorStaff, Ref: ref} }

// signed is a consent to everything as a paper has it.
func signed(k *consenttest.Kit) consent.OnPaper {
	in := consent.OnPaper{Rev: 1, Method: consent.MethodPaper, Ref: "box-7", Scan: []byte(scanned), Answers: consent.Answers{
		Name: "김보호", Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true, Purposes: map[string]string{},
	}}
	for _, p := range k.App.Purposes {
		in.Answers.Purposes[p.ID] = "yes"
	}
	return in
}

// file enters a paper as st_1.
func file(t *testing.T, k *consenttest.Kit, id string) consent.Record {
	t.Helper()
	rec, err := k.Service.File(t.Context(), k.App, staffed("st_1"), id, signed(k))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// A guardian without an address: no letter, the child is told what is awaited, and what two persons have seen is a grant like any
// other: it is released, and it is withdrawn (threat 20, KR-04).
func TestPaperFromEndToEnd(t *testing.T) {
	k := consenttest.New(t)
	k.App.Methods = append(k.App.Methods, consent.MethodPaper)
	in := ask("user-1")
	in.Method, in.Guardian.Email = consent.MethodPaper, consent.Private{}
	ticket, err := k.Service.Signup(t.Context(), k.App, app, in)
	if err != nil {
		t.Fatal(err)
	}
	id := ticket.Record.ID
	w, err := k.Service.Wait(t.Context(), token(t, ticket.ChildPage, "/k/"))
	if err != nil || w.Way() != consent.MethodPaper {
		t.Errorf("%q, %v", w.Way(), err)
	}
	file(t, k, id)
	fold(t, k)
	if got := onList(t, k, consent.WorkFiled); len(got) != 1 || got[0] != id {
		t.Errorf("to be confirmed: %v", got)
	}
	if got := onList(t, k, consent.WorkBounced); len(got) != 0 {
		t.Errorf("not delivered: %v, though nothing was to be", got)
	}
	if _, err := k.Service.GrantFiled(t.Context(), k.App, staffed("st_1"), id, 1); !errors.Is(err, consent.ErrSamePerson) {
		t.Errorf("alone: %v", err)
	}
	k.App.Methods = k.App.Methods[:1]
	if _, err := k.Service.GrantFiled(t.Context(), k.App, staffed("st_2"), id, 1); consent.CodeOf(err) != "method_not_accepted" {
		t.Errorf("by a way that the app no longer takes: %v", err)
	}
	k.App.Methods = append(k.App.Methods, consent.MethodPaper)
	rec, err := k.Service.GrantFiled(t.Context(), k.App, staffed("st_2"), id, 1)
	if err != nil || rec.Status != consent.Granted || rec.Method != consent.MethodPaper {
		t.Fatal(rec.Status, rec.Method, err)
	}
	k.Work()
	if all := k.Letters.All(); len(all) != 0 {
		t.Errorf("%d letters to nobody", len(all))
	}
	fold(t, k)
	if got := onList(t, k, consent.WorkFiled); len(got) != 0 {
		t.Errorf("still to be confirmed: %v", got)
	}
	if _, err = k.Service.Release(t.Context(), k.App, app, id); err != nil {
		t.Error(err)
	}
	if _, err = k.Service.Withdraw(t.Context(), k.App, staffed("st_1"), id, nil); err != nil {
		t.Error(err)
	}
}

// beside is a store in which something else happens between the reading of a record and of what was filed, once. It counts the scans
// that are read.
type beside struct {
	consent.Store
	before func()
	scans  int
}

func (b *beside) Filed(ctx context.Context, app, id string) (entry, scan consent.Sealed, err error) {
	b.scans++
	if f := b.before; f != nil {
		b.before = nil
		f()
	}
	return b.Store.Filed(ctx, app, id)
}

// Whatever comes between two persons, the second is told that it came, and the first one's paper is no consent of another guardian.
func TestPaperIsOvertaken(t *testing.T) {
	for name, c := range map[string]struct {
		before, between func(t *testing.T, k *consenttest.Kit, id string)
		want            error
	}{
		"filed anew meanwhile":  {nil, func(t *testing.T, k *consenttest.Kit, id string) { file(t, k, id) }, consent.ErrStale},
		"cancelled meanwhile":   {nil, cancelled, consent.ErrNotPending},
		"corrected meanwhile":   {nil, correctedTo, consent.ErrStale},
		"corrected before that": {correctedTo, nil, consent.ErrStale},
	} {
		t.Run(name, func(t *testing.T) {
			k := consenttest.New(t)
			id := comeFiled(t, k)
			if c.before != nil {
				c.before(t, k, id)
			}
			store := &beside{Store: k.Store}
			k.Service.Store = store
			if c.between != nil {
				store.before = func() { c.between(t, k, id) }
			}
			if _, err := k.Service.GrantFiled(t.Context(), k.App, staffed("st_2"), id, 1); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if rec := get(t, k, id); rec.Status == consent.Granted {
				t.Error("granted")
			}
		})
	}
}

func cancelled(t *testing.T, k *consenttest.Kit, id string) {
	t.Helper()
	if _, err := k.Service.Cancel(t.Context(), k.App, app, id); err != nil {
		t.Fatal(err)
	}
}

func correctedTo(t *testing.T, k *consenttest.Kit, id string) {
	t.Helper()
	g := consent.Guardian{Name: consent.Secret("이다른"), Email: consent.Secret("other@example.com")}
	if _, err := k.Service.Correct(t.Context(), k.App, staffed("st_1"), id, g); err != nil {
		t.Fatal(err)
	}
}

// The scan is as large as a file may be: who looks at the request does not read it, and who grants reads it once.
func TestScanIsReadForTheGrantAlone(t *testing.T) {
	k := consenttest.New(t)
	id := comeFiled(t, k)
	store := &beside{Store: k.Store}
	k.Service.Store = store
	c, err := k.Service.Case(t.Context(), k.App, staffed("st_2"), id)
	if err != nil || c.Filed == nil || c.Filed.Ref != "box-7" || store.scans != 0 {
		t.Fatalf("%+v, %d scans read, %v", c.Filed, store.scans, err)
	}
	if _, err = k.Service.GrantFiled(t.Context(), k.App, staffed("st_2"), id, 1); err != nil || store.scans != 1 {
		t.Errorf("%d scans read, %v", store.scans, err)
	}
}
