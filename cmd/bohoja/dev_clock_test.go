package main

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestClockTakesRedisAlong: the page of bohoja dev and the API move the clock in the same way, and keys that Redis expires by itself
// grow as old as the rest.
func TestClockTakesRedisAlong(t *testing.T) {
	p := &playground{redis: miniredis.RunT(t)}
	k := consenttest.NewOn(t, "redis://"+p.redis.Addr(), t.TempDir())
	s := &space{store: k.Store}
	p.adopt(s)
	for name, advance := range map[string]func(by time.Duration) error{
		"the page": func(by time.Duration) error { return moved{k.Store, s}.Advance(t.Context(), by) },
		"the API":  func(by time.Duration) error { return promptly{s}.advance(t.Context(), by) },
	} {
		if err := p.redis.Set("kept a day", "x"); err != nil {
			t.Fatal(err)
		}
		p.redis.SetTTL("kept a day", 24*time.Hour)
		if err := advance(23 * time.Hour); err != nil || !p.redis.Exists("kept a day") {
			t.Errorf("%s: gone too early, %v", name, err)
		}
		if err := advance(2 * time.Hour); err != nil || p.redis.Exists("kept a day") {
			t.Errorf("%s: the key stays, %v", name, err)
		}
	}
}
