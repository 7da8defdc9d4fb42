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

// bench is a store for the suite; image gives the state of the server.
func bench(t *testing.T, url string, image func() string) consenttest.StoreBench {
	s, _ := open(t, url)
	return consenttest.StoreBench{
		Store:   s,
		Advance: func(by time.Duration) { advance(t, s, by) },
		Image:   image,
		Check: func(app string) []string {
			found, err := s.Check(t.Context(), app)
			if err != nil {
				t.Fatal(err)
			}
			return found
		},
	}
}

func advance(t testing.TB, s *redisstore.Store, by time.Duration) {
	t.Helper()
	if err := s.Advance(t.Context(), by); err != nil {
		t.Fatal(err)
	}
}

func TestStoreOnMiniredis(t *testing.T) {
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench {
		m := miniredis.RunT(t)
		return bench(t, "redis://"+m.Addr(), m.Dump)
	})
}

func TestStoreOnRedis(t *testing.T) {
	server := consenttest.Redis(t, "enable-debug-command", "yes")
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench {
		return bench(t, server.URL(), func() string { return server.Command("DEBUG", "DIGEST") })
	})
}

// On a cluster Redis itself refuses a script that leaves the slot of its keys.
func TestStoreOnCluster(t *testing.T) {
	server := cluster(t)
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench {
		return bench(t, server.URL()+"?cluster=true", func() string { return server.Command("DEBUG", "DIGEST") })
	})
}

// cluster is one primary with every slot.
func cluster(t *testing.T) *consenttest.RedisServer {
	server := consenttest.Redis(t, "enable-debug-command", "yes", "cluster-enabled", "yes", "cluster-announce-ip", "127.0.0.1")
	server.Command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	within(t, "a cluster", func() bool { return server.Command("SET", "ready", "1") == "+OK" })
	return server
}

// What was answered is there after kill -9 (appendfsync always).
func TestAnsweredSurvivesKill(t *testing.T) {
	server := consenttest.Redis(t)
	s, _ := open(t, server.URL())
	var answered []string
	for i := range 50 {
		r, _, err := s.Signup(t.Context(), draft(t, s, i))
		if err != nil {
			t.Fatal(err)
		}
		answered = append(answered, r.ID)
	}
	server.Restart()
	lost := 0
	for _, id := range answered {
		if _, err := s.Get(t.Context(), app, id); err != nil {
			lost++
		}
	}
	t.Logf("%d acknowledged, %d lost", len(answered), lost)
	if found, err := s.Check(t.Context(), app); lost > 0 || err != nil || len(found) > 0 {
		t.Errorf("%d lost, %v, %v", lost, found, err)
	}
}
