package redisstore_test

import (
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

func TestFigures(t *testing.T) {
	k := consenttest.New(t)
	read := func() (pending, overdue int, next time.Time) {
		t.Helper()
		f, err := k.Store.Figures(t.Context(), "shop", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return f.Pending, f.Overdue, f.Next
	}
	if p, o, next := read(); p != 0 || o != 0 || !next.IsZero() {
		t.Errorf("figures of an empty app: %d %d %v", p, o, next)
	}
	under := true
	ticket, err := k.Service.Signup(t.Context(), k.App, consent.Actor{Kind: consent.ActorApp}, consent.Signup{
		Subject: "user-1", Notice: "n", UnderAge: &under, Child: consent.Child{Name: consent.Secret("김하늘")},
		Guardian: consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("parent@example.com")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, o, next := read(); p != 1 || o != 0 || !next.Equal(ticket.Record.ExpiresAt) {
		t.Errorf("figures of a pending request: %d %d %v", p, o, next)
	}
	if err := k.Store.Advance(t.Context(), consent.DefaultPending+2*time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, o, _ := read(); o != 1 {
		t.Errorf("%d overdue while the sweeper sleeps", o)
	}
	k.Sweep()
	if p, o, _ := read(); p != 0 || o != 0 {
		t.Errorf("figures after the sweep: %d %d", p, o)
	}
}
