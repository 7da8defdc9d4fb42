package redisstore_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// fill accepts n requests, many at once.
func fill(t testing.TB, s *redisstore.Store, from, n int) {
	t.Helper()
	now, err := s.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const hands = 16
	fail := make(chan error, hands)
	for h := range hands {
		go func() {
			var err error
			for i := from + h; i < from+n && err == nil; i += hands {
				_, _, err = s.Signup(t.Context(), draftAt(now, i))
			}
			fail <- err
		}()
	}
	for range hands {
		if err := <-fail; err != nil {
			t.Fatal(err)
		}
	}
}

func memory(t testing.TB, c redisstore.Clients) float64 {
	t.Helper()
	info, err := c.Read.Info(t.Context(), "memory").Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "used_memory:"); ok {
			n, _ := strconv.ParseFloat(v, 64)
			return n
		}
	}
	t.Fatal("no used_memory")
	return 0
}

// What a pending request costs, by what it is made of, on this machine's Redis with 350 bytes of sealed values. The goal of
// 1,000 bytes in all is missed: the bounds here keep it from growing, they do not say that it is met.
func TestMemoryOfPending(t *testing.T) {
	server := consenttest.Redis(t, "appendonly", "no")
	s, c := open(t, server.URL())
	const n = 20000
	fill(t, s, 0, 200)
	empty := memory(t, c)
	fill(t, s, 200, n)
	all := (memory(t, c) - empty) / n
	due, jobs, _ := redisstore.Test.OutboxKeys(app)
	base := "bt:{" + app + "}:"
	last, parts := memory(t, c), []string{}
	for _, part := range []struct {
		name string
		keys []string
	}{
		{"outbox", []string{due, jobs}}, {"events", []string{base + "events"}}, {"audit", []string{base + "audit"}},
		{"flags", []string{base + "flags", base + "added"}}, {"idempotency", keysLike(t, c, base+"i:*")},
	} {
		for from := 0; from < len(part.keys); from += 1000 {
			if err := c.Write.Del(t.Context(), part.keys[from:min(from+1000, len(part.keys))]...).Err(); err != nil {
				t.Fatal(err)
			}
		}
		now := memory(t, c)
		parts = append(parts, fmt.Sprintf("%s %.0f", part.name, (last-now)/n))
		last = now
	}
	rest := (last - empty) / n
	t.Logf("bytes of a pending request: %.0f in all; %s; record with people, data and indexes %.0f", all, strings.Join(parts, ", "), rest)
	if rest > 1750 || all > 3450 {
		t.Errorf("%.0f B in all, %.0f B for what stays", all, rest)
	}
}

func keysLike(t testing.TB, c redisstore.Clients, pattern string) []string {
	t.Helper()
	var keys []string
	it := c.Read.Scan(t.Context(), 0, pattern, 1000).Iterator()
	for it.Next(t.Context()) {
		keys = append(keys, it.Val())
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return keys
}

// The hash of a record stays one compact block.
func TestRecordIsCompact(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	g := grant(t, s, signup(t, s, 1))
	if got := c.Read.ObjectEncoding(t.Context(), "bt:{"+app+"}:r:"+g.ID).Val(); got != "listpack" {
		t.Errorf("kept as %s", got)
	}
}

// A page costs the same at any depth. BOHOJA_LONG=1 looks at a million.
func BenchmarkListPage(b *testing.B) {
	n := 50_000
	if os.Getenv("BOHOJA_LONG") == "1" {
		n = 1_000_000
	}
	server := consenttest.Redis(b, "appendonly", "no")
	s, _ := open(b, server.URL())
	fill(b, s, 0, n)
	deep := ""
	for range n / 1000 * 9 / 10 {
		p, err := s.List(b.Context(), consent.Query{App: app, Status: consent.Pending, After: deep, Limit: 1000})
		if err != nil {
			b.Fatal(err)
		}
		deep = p.Next
	}
	for name, after := range map[string]string{"first": "", "deep": deep} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.List(b.Context(), consent.Query{App: app, Status: consent.Pending, After: after, Limit: 50}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSignup(b *testing.B) {
	server := consenttest.Redis(b, "appendfsync", "everysec")
	s, _ := open(b, server.URL())
	now := time.Now().UTC()
	i := 0
	for b.Loop() {
		i++
		if _, _, err := s.Signup(b.Context(), draftAt(now, i)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPing(b *testing.B) {
	server := consenttest.Redis(b, "appendonly", "no")
	_, c := open(b, server.URL())
	for b.Loop() {
		if err := c.Read.Ping(b.Context()).Err(); err != nil {
			b.Fatal(err)
		}
	}
}
