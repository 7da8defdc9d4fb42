package consent_test

import (
	"errors"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

func staffed(ref string) consent.Actor { return consent.Actor{Kind: consent.ActorStaff, Ref: ref} }

// signed is a consent to everything as a paper has it.
func signed(k *consenttest.Kit) consent.OnPaper {
	in := consent.OnPaper{Method: consent.MethodPaper, Ref: "box-7", Scan: []byte("%PDF-1.7 scan"), Answers: consent.Answers{
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
