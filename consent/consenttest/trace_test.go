package consenttest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// The trace sees both ways of calling a script, two slots in one call, and a key that was not named.
func TestTrace(t *testing.T) {
	server := consenttest.Redis(t)
	trace := new(consenttest.Trace)
	trace.Watch(t, server.Addr)
	c := redis.NewClient(&redis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = c.Close() })
	heard := func(n int, sha string) {
		t.Helper()
		for late := time.Now().Add(time.Minute); trace.Calls(sha) < n; time.Sleep(time.Millisecond) {
			if time.Now().After(late) {
				t.Fatalf("%d calls of %d", trace.Calls(sha), n)
			}
		}
	}
	good := redis.NewScript("return redis.call('SET', KEYS[1], ARGV[1])")
	for range 2 { // in full, then by its digest
		if err := good.Run(t.Context(), c, []string{"{\x00\"}:a", "b:{\x00\"}:c"}, "\xff\n\\\"").Err(); err != nil {
			t.Fatal(err)
		}
	}
	heard(2, good.Hash())
	if bad := trace.Astray(); len(bad) > 0 {
		t.Fatal(bad)
	}
	for text, want := range map[string]string{
		"return redis.call('GET', KEYS[1])":             `"a" and "b" are not in one slot`,
		"return redis.call('GET', KEYS[1] .. 'x')":      `GET touches "ax", which was not named`,
		"return redis.call('DEL', KEYS[1], 'c')":        `DEL touches "c", which was not named`,
		"return redis.call('XINFO', 'STREAM', KEYS[1])": `"a" and "b" are not in one slot`,
	} {
		s := redis.NewScript(text)
		_ = s.Run(t.Context(), c, []string{"a", "b"})
		end := redis.NewScript("return '" + s.Hash() + "'")
		_ = end.Run(t.Context(), c, nil)
		heard(1, end.Hash())
		var found []string
		for _, one := range trace.Astray() {
			if rest, ok := strings.CutPrefix(one, s.Hash()+": "); ok {
				found = append(found, rest)
			}
		}
		if !strings.Contains(strings.Join(found, "\n"), want) {
			t.Errorf("%s: %q, want %q", text, found, want)
		}
	}
}

// A server that was killed is listened to again.
func TestTraceGoesOn(t *testing.T) {
	server := consenttest.Redis(t)
	trace := new(consenttest.Trace)
	trace.Watch(t, server.Addr)
	server.Restart()
	s := redis.NewScript("return 1")
	c := redis.NewClient(&redis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = c.Close() })
	for late := time.Now().Add(time.Minute); trace.Calls(s.Hash()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("nothing is heard")
		}
		_ = s.Eval(t.Context(), c, nil)
	}
}

// The slots are Redis' own.
func TestSlot(t *testing.T) {
	server := consenttest.Redis(t, "cluster-enabled", "yes")
	c := redis.NewClient(&redis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = c.Close() })
	for _, key := range []string{"", "a", "bt:{shop}:r:x", "{}a", "{a", "a{b}{c}", "{{a}}", "}{a}", "\x00\xff"} {
		if want := c.ClusterKeySlot(t.Context(), key).Val(); int64(consenttest.Slot(key)) != want {
			t.Errorf("%q: slot %d, want %d", key, consenttest.Slot(key), want)
		}
	}
}
