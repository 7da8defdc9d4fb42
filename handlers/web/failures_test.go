package web

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func sum(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

func network(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}), 32)
}

// TestFailuresAreBounded: however many networks guess, what is remembered of them stays small, and who goes on is not
// forgotten among those who come once.
func TestFailuresAreBounded(t *testing.T) {
	now := time.Now()
	f := NewFailures(nil, func() time.Time { return now })
	guesser := network(1)
	for i := range FailBurst {
		f.note(guesser, sum(fmt.Sprint(i)))
	}
	for i := range 5 * failNets {
		f.note(network(1000+i), sum("once"))
		if i%1000 == 0 && f.check(guesser) == nil {
			t.Fatalf("the guesser was forgotten after %d others", i)
		}
	}
	if n := len(f.nets) + len(f.old); n > 2*failNets {
		t.Errorf("%d networks are remembered", n)
	}
	err := f.check(guesser)
	if e, ok := errors.AsType[*consent.Error](err); !ok || e.Kind != consent.KindTooMany || e.RetryAfter != FailEvery {
		t.Errorf("the guesser: %v", err)
	}
	now = now.Add(FailEvery)
	if err := f.check(guesser); err != nil {
		t.Errorf("later: %v", err)
	}
}

// TestSameKeyCountsOnce, up to failSame of them.
func TestSameKeyCountsOnce(t *testing.T) {
	now := time.Now()
	f := NewFailures(nil, func() time.Time { return now })
	for i := range 1000 {
		f.note(network(1), sum(fmt.Sprint(i%failSame)))
	}
	if err := f.check(network(1)); err != nil {
		t.Errorf("a few forgotten workers closed their network: %v", err)
	}
	for i := range 1000 {
		f.note(network(2), sum(fmt.Sprint(i%(failSame+1))))
	}
	if err := f.check(network(2)); err == nil {
		t.Error("a guesser who repeats was not seen")
	}
}

func TestFailuresAtOnce(t *testing.T) {
	f := NewFailures(nil, time.Now)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				f.note(network(j%7), sum(fmt.Sprint(i, j)))
				_ = f.check(network(j % 5))
			}
		})
	}
	wg.Wait()
	if f.check(network(0)) == nil {
		t.Error("guesses were lost")
	}
}

// TestFailuresByRequest: requests count for their network, and where none is known nothing is refused.
func TestFailuresByRequest(t *testing.T) {
	guess := httptest.NewRequestWithContext(t.Context(), "POST", "/code", nil)
	other := httptest.NewRequestWithContext(t.Context(), "POST", "/code", nil)
	guess.RemoteAddr, other.RemoteAddr = "203.0.113.7:1", "203.0.113.8:1"
	f, none := NewFailures(&Networks{}, time.Now), NewFailures(nil, time.Now)
	for i := range FailBurst {
		f.Note(guess, sum(fmt.Sprint(i)))
		none.Note(guess, sum(fmt.Sprint(i)))
	}
	if f.Check(guess) == nil || f.Check(other) != nil || none.Check(guess) != nil {
		t.Error(f.Check(guess), f.Check(other), none.Check(guess))
	}
}
