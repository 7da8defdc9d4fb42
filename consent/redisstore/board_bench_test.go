package redisstore_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// boardSpan is today's, in UTC.
func boardSpan(now time.Time) consent.Span {
	s := consent.Span{Now: now, Midnight: now.Truncate(24 * time.Hour)}
	for i := range consent.FunnelDays {
		s.Days = append(s.Days, consent.DateOf(now.AddDate(0, 0, i+1-consent.FunnelDays)))
	}
	return s
}

// What staff wait for at many pending: the overview in one round trip, a page of a list at its beginning, its middle and
// its end. BOHOJA_LONG=1 looks at a million. The goals are 50 ms for the overview and 20 ms for a list, pages included.
func TestBoardAtManyPending(t *testing.T) {
	n := 20_000
	if os.Getenv("BOHOJA_LONG") == "1" {
		n = 1_000_000
	}
	server := consenttest.Redis(t, "appendonly", "no")
	s, _ := open(t, server.URL())
	fill(t, s, 0, n)
	now, err := s.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	span := boardSpan(now)
	worst := map[string]time.Duration{}
	measure := func(name string, f func()) {
		t.Helper()
		var took []time.Duration
		for range 20 {
			begin := time.Now()
			f()
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		worst[name] = took[len(took)/2]
	}
	measure("overview", func() {
		o, err := s.Overview(t.Context(), app, span)
		if err != nil || o.Counts[consent.WorkPending] != n {
			t.Fatal(o.Counts, err)
		}
	})
	for name, after := range map[string]string{"list, beginning": "", "list, middle": placeAt(t, s, span, n/2), "list, end": placeAt(t, s, span, n-60)} {
		measure(name, func() {
			p, err := s.Worklist(t.Context(), app, consent.WorkPending, span, after, 50)
			if err != nil || len(p.Records) != 50 {
				t.Fatal(len(p.Records), err)
			}
		})
	}
	for _, name := range []string{"overview", "list, beginning", "list, middle", "list, end"} {
		t.Logf("%d pending: %s takes %v (median of 20)", n, name, worst[name])
		if most := map[bool]time.Duration{true: 50, false: 20}[name == "overview"] * time.Millisecond; os.Getenv("BOHOJA_LONG") == "1" && worst[name] > most {
			t.Errorf("%s: %v, the goal is %v", name, worst[name], most)
		}
	}
}

// placeAt is the cursor behind the request of this rank.
func placeAt(t *testing.T, s *redisstore.Store, span consent.Span, rank int) string {
	t.Helper()
	after := ""
	for at := 0; at < rank; {
		p, err := s.Worklist(t.Context(), app, consent.WorkPending, span, after, min(1000, rank-at))
		if err != nil || p.Next == "" {
			t.Fatal(fmt.Sprint("no place at ", rank), err)
		}
		after = p.Next
		at += len(p.Records)
	}
	return after
}
