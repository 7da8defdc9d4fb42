package main

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

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
