package consent_test

import (
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// replaced signs up and exchanges the address: the token is that of the letter to the first one.
func replaced(t *testing.T, k *consenttest.Kit, subject string) (consent.Record, string) {
	t.Helper()
	k.Work()
	ticket := signup(t, k, ask(subject))
	first := invited(t, k)
	rec, err := k.Service.Correct(t.Context(), k.App, app, ticket.Record.ID, person("김다른", "other@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	return rec, first
}

func TestStopByAReplacedLink(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := replaced(t, k, "user-1")
	v, err := k.Service.OpenStop(t.Context(), tok)
	if err != nil || v.Proof == "" || v.Child != "" {
		t.Fatalf("%+v, %v", v, err)
	}
	_, err = k.Service.CheckStop(t.Context(), tok, v.Proof, "yes")
	wants(t, "at once", err, consent.ErrTooFast)
	pass(t, k, 3*time.Second)
	_, err = k.Service.CheckStop(t.Context(), tok, v.Proof, "")
	same(t, "without a choice", faults(err), "/stop required")
	_, err = k.Service.Stop(t.Context(), tok, v.Proof, "yes")
	wants(t, "the first page's proof on the second", err, consent.ErrStale)
	check, err := k.Service.CheckStop(t.Context(), tok, v.Proof, "yes")
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Service.Stop(t.Context(), tok, check.Proof, "back")
	wants(t, "back", err, consent.ErrBack)
	_, err = k.Service.Stop(t.Context(), tok, check.Proof, "")
	same(t, "without a confirmation", faults(err), "/confirm required")
	if got := get(t, k, rec.ID); got.Status != consent.Pending {
		t.Fatalf("stopped too early: %s", got.Status)
	}
	if _, err = k.Service.Stop(t.Context(), tok, check.Proof, "yes"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, k, rec.ID); got.Status != consent.Declined || got.Custody != consent.Destroyed || len(got.People)+len(got.Data) != 0 {
		t.Errorf("%s, %s, %d bytes of people", got.Status, got.Custody, len(got.People))
	}
	v, err = k.Service.OpenStop(t.Context(), tok)
	if err != nil || v.Proof != "" || v.Record.Status != consent.Declined {
		t.Errorf("afterwards: %s, proof %q, %v", v.Record.Status, v.Proof, err)
	}
}

// Only a replaced link stops: a living one decides on its own page, and a forged one does nothing.
func TestStopNeedsAReplacedLink(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, living := start(t, k, "user-1")
	for name, tok := range map[string]string{"living": living, "forged": "x", "empty": ""} {
		_, err := k.Service.OpenStop(t.Context(), tok)
		wants(t, name, err, consent.ErrNotFound)
	}
	k2 := consenttest.New(t)
	_, tok := replaced(t, k2, "user-1")
	v, err := k2.Service.OpenStop(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	_, other := replaced(t, k2, "user-2")
	_, err = k2.Service.CheckStop(t.Context(), other, v.Proof, "yes")
	wants(t, "another request's proof", err, consent.ErrStale)
}
