package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestClockTakesRedisAlong: where the clock is moved, keys that Redis expires by itself grow as old as the rest.
func TestClockTakesRedisAlong(t *testing.T) {
	p := &playground{redis: miniredis.RunT(t)}
	k := consenttest.NewOn(t, "redis://"+p.redis.Addr(), t.TempDir())
	s := &space{
		store: k.Store, service: k.Service, vault: k.Vault, links: k.Links, receipts: k.Receipts, queue: k.Queue, relay: k.Relay,
	}
	p.adopt(s)
	clock := newTestClock(s, func() []string { return []string{"shop"} })
	if err := p.redis.Set("kept a day", "x"); err != nil {
		t.Fatal(err)
	}
	p.redis.SetTTL("kept a day", 24*time.Hour)
	if err := clock.Advance(t.Context(), 23*time.Hour); err != nil || !p.redis.Exists("kept a day") {
		t.Errorf("gone too early, %v", err)
	}
	if err := clock.Advance(t.Context(), 2*time.Hour); err != nil || p.redis.Exists("kept a day") {
		t.Errorf("the key stays, %v", err)
	}
}

// TestClockStopsForAppsOfBefore: a request of an app that was taken out of the settings expires at its deadline, not at the end of the jump.
func TestClockStopsForAppsOfBefore(t *testing.T) {
	k := consenttest.New(t)
	text, err := k.App.TermsText()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Store.Prime(t.Context(), "shop", k.App.Terms(), text); err != nil {
		t.Fatal(err)
	}
	asked, err := k.Service.Signup(t.Context(), k.App, consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, consent.Signup{
		Subject: "user-1", Notice: "n1", UnderAge: new(true), Child: consent.Child{Name: consent.Secret("김하늘"), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("guardian@example.com"), Locale: "ko"},
		Data:     map[string]json.RawMessage{"nickname": json.RawMessage(`"하늘이네"`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	book := *k.Service.Book()
	book.Apps = map[string]*consent.App{"game": book.Apps["game"]}
	k.Service.Book = func() *consent.Book { return &book }
	s := &space{store: k.Store, service: k.Service, vault: k.Vault, links: k.Links, receipts: k.Receipts, queue: k.Queue, relay: k.Relay}
	if err := newTestClock(s, func() []string { return []string{"game"} }).Advance(t.Context(), 200*time.Hour); err != nil {
		t.Fatal(err)
	}
	events, err := k.Store.Events(t.Context(), "shop", "", 100)
	at := slices.IndexFunc(events, func(e consent.Event) bool { return e.Type == consent.EventExpired })
	if err != nil || at < 0 {
		t.Fatal(events, err)
	}
	if late := events[at].At.Sub(asked.Record.ExpiresAt); late < 0 || late > time.Minute {
		t.Errorf("expired %s after the deadline", late)
	}
}
