package redisstore_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

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
