package redisstore_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// open makes a store of the test space on the server at url, which is emptied.
func open(t testing.TB, url string) (*redisstore.Store, redisstore.Clients) {
	t.Helper()
	c, err := redisstore.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Write.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return redisstore.New(redisstore.Options{Write: c.Write, Read: c.Read, Space: redisstore.Test}), c
}

func bench(t *testing.T, url string) consenttest.StoreBench {
	s, _ := open(t, url)
	return consenttest.StoreBench{
		Store: s,
		Advance: func(by time.Duration) {
			if err := s.Advance(t.Context(), by); err != nil {
				t.Fatal(err)
			}
		},
		Check: func(app string) []string {
			found, err := s.Check(t.Context(), app)
			if err != nil {
				t.Fatal(err)
			}
			return found
		},
	}
}

func TestStoreOnMiniredis(t *testing.T) {
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench {
		return bench(t, "redis://"+miniredis.RunT(t).Addr())
	})
}

func TestStoreOnRedis(t *testing.T) {
	server := consenttest.Redis(t)
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench { return bench(t, server.URL()) })
}
