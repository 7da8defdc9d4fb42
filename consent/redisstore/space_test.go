package redisstore

import (
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
)

// The live space refuses an offset twice: the adapter has none to give, and the script itself takes none.
func TestLiveHasNoOffset(t *testing.T) {
	server := miniredis.RunT(t)
	c := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = c.Close() })
	s := New(Options{Write: c})
	if err := s.Advance(t.Context(), time.Hour); consent.KindOf(err) != consent.KindForbidden {
		t.Errorf("advance: %v", err)
	}
	s.ahead.Store(3600_000)
	if got, err := s.Offset(t.Context()); err != nil || got != 0 {
		t.Errorf("offset %v, %v", got, err)
	}
	id := consent.NewID(consent.PrefixRequest, time.Now())
	for _, step := range []consent.Step{consent.StepExpire, consent.StepSignup, stepRefund} {
		args := common(3600_000, step, consent.Mutation{App: "shop", ID: id})
		_, err := s.scripts[string(step)].Run(t.Context(), c, Live.names("shop").step(id), args...)
		if err == nil || !strings.Contains(err.Error(), "live space") {
			t.Errorf("%s with an offset: %v", step, err)
		}
	}
	_, err := s.scripts["count"].Run(t.Context(), c, []string{Live.day(consent.Digest{})}, "5", "x", "1")
	if err == nil || !strings.Contains(err.Error(), "live space") {
		t.Errorf("count with an offset: %v", err)
	}
	if keys := server.Keys(); len(keys) != 0 {
		t.Errorf("written: %q", keys)
	}
}

// Another process moves the clock; this one notices.
func TestOffsetOfOthers(t *testing.T) {
	c := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = c.Close() })
	one, other := New(Options{Write: c, Space: Test}), New(Options{Write: c, Space: Test})
	if _, err := other.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := one.Advance(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := one.Advance(t.Context(), -time.Hour); consent.KindOf(err) != consent.KindInvalid {
		t.Errorf("backwards: %v", err)
	}
	other.checked.Store(0) // a second has passed
	if got, err := other.Offset(t.Context()); err != nil || got != time.Hour {
		t.Errorf("offset %v, %v", got, err)
	}
	if d := other.Clock().Sub(one.Clock()).Abs(); d > time.Minute {
		t.Errorf("clocks %v apart", d)
	}
	now, err := other.Now(t.Context())
	if err != nil || time.Until(now) < 59*time.Minute {
		t.Errorf("now %v, %v", now, err)
	}
}
