package consent_test

import (
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	id := signup(t, k, ask("user-1")).Record.ID
	_, err := k.Service.Release(ctx, k.App, app, id)
	wants(t, "release before the grant", err, consent.ErrNotGranted)
	if v := decide(t, k, invited(t, k), yes()); v.Record.Status != consent.Granted || v.Withdraw == "" || v.Proof != "" {
		t.Fatalf("status %s, withdraw link %v, proof %v", v.Record.Status, v.Withdraw != "", v.Proof != "")
	}
	h, err := k.Service.Release(ctx, k.App, app, id)
	if err != nil {
		t.Fatal(err)
	}
	if string(h.Data["nickname"]) != `"하늘이"` || len(h.Data) != 2 || h.Record.Custody != consent.Released {
		t.Errorf("released %v, custody %s", h.Data, h.Record.Custody)
	}
	for _, again := range []string{"once", "twice"} {
		if rec, err := k.Service.Acknowledge(ctx, k.App, app, id); err != nil || rec.Custody != consent.Destroyed {
			t.Errorf("acknowledged %s: %s, %v", again, rec.Custody, err)
		}
	}
	_, err = k.Service.Release(ctx, k.App, app, id)
	wants(t, "release after the acknowledgement", err, consent.ErrDestroyed)
	s, err := k.Service.Subject(ctx, k.App, "user-1")
	if err != nil || s.Status != "granted" || len(s.Purposes) != 1 || s.ID != id {
		t.Errorf("standing %+v, %v", s, err)
	}
	told(t, k, id, "pending", "invited", "granted", "released", "destroyed")
}

// Every event tells the state that its step led to.
func TestEventsTellTheState(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1", "delivery")
	for _, step := range []func() error{
		func() error { _, err := k.Service.Release(t.Context(), k.App, app, rec.ID); return err },
		func() error {
			_, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, []string{"delivery"})
			return err
		},
		func() error { _, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, nil); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	want := []struct {
		status   consent.Status
		custody  consent.Custody
		purposes int
	}{
		{consent.Pending, consent.Held, 0}, {consent.Pending, consent.Held, 0}, {consent.Granted, consent.Held, 2},
		{consent.Granted, consent.Released, 2}, {consent.Granted, consent.Released, 1}, {consent.Withdrawn, consent.Destroyed, 0},
	}
	all := events(t, k, rec.ID)
	if len(all) != len(want) {
		t.Fatalf("%d events", len(all))
	}
	for i, w := range want {
		if d := all[i].Data; d.Status != w.status || d.Custody != w.custody || len(d.Purposes) != w.purposes || d.Subject != "user-1" {
			t.Errorf("%s tells %+v, want %+v", all[i].Type, d, w)
		}
	}
}
