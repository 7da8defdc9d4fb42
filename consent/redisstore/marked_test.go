package redisstore_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// Events of the test space, and no others, come back marked.
func TestEventsAreMarkedBySpace(t *testing.T) {
	c := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = c.Close() })
	for _, space := range []redisstore.Space{redisstore.Live, redisstore.Test} {
		s := redisstore.New(redisstore.Options{Write: c, Read: c, Space: space})
		signup(t, s, 1)
		got, err := s.Events(t.Context(), app, "", 10)
		if err != nil || len(got) != 1 || got[0].Data.Test != (space == redisstore.Test) {
			t.Errorf("%s: %+v, %v", space, got, err)
		}
	}
}

// However often the clock is moved, it comes to an end, and the space goes on by the last time that was taken.
func TestClockHasAnEnd(t *testing.T) {
	c := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = c.Close() })
	one := redisstore.New(redisstore.Options{Write: c, Read: c, Space: redisstore.Test})
	other := redisstore.New(redisstore.Options{Write: c, Read: c, Space: redisstore.Test})
	var err error
	moved := 0
	for ; err == nil && moved < 1000; moved++ {
		err = []*redisstore.Store{one, other}[moved%2].Advance(t.Context(), 5*366*24*time.Hour)
	}
	if consent.KindOf(err) != consent.KindInvalid || moved != 21 {
		t.Errorf("after %d moves: %v", moved, err)
	}
	if err := one.Advance(t.Context(), 1<<63-1); consent.KindOf(err) != consent.KindInvalid {
		t.Errorf("as far as a duration goes: %v", err)
	}
	now, err := one.Now(t.Context())
	if ahead := time.Until(now); err != nil || ahead < 99*365*24*time.Hour || ahead > 101*366*24*time.Hour {
		t.Errorf("%v ahead, %v", ahead, err)
	}
}
