package api

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

func sum(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

func network(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}), 32)
}

// TestFailuresAreBounded: however many networks guess, what is remembered of them stays small, and who goes on is not
// forgotten among those who come once.
func TestFailuresAreBounded(t *testing.T) {
	now := time.Now()
	f := newFailures(func() time.Time { return now })
	guesser := network(1)
	for i := range failBurst {
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
	if e, ok := errors.AsType[*consent.Error](err); !ok || e.Kind != consent.KindTooMany || e.RetryAfter != failEvery {
		t.Errorf("the guesser: %v", err)
	}
	now = now.Add(failEvery)
	if err := f.check(guesser); err != nil {
		t.Errorf("later: %v", err)
	}
}

// TestSameKeyCountsOnce, up to failSame of them.
func TestSameKeyCountsOnce(t *testing.T) {
	now := time.Now()
	f := newFailures(func() time.Time { return now })
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
	f := newFailures(time.Now)
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

func TestBearer(t *testing.T) {
	for value, want := range map[string]string{
		"Bearer abc": "abc", "bearer abc": "abc", "BEARER a.b-c_~+/=": "a.b-c_~+/=", "Bearer": "", "Bearer ": "", "Bearer  abc": "", "Bearer a b": "",
		"Basic abc": "", "abc": "", "": "", "Bearer ключ": "", "Bearer a\x00": "", "Bearer " + strings.Repeat("k", maxKey+1): "",
	} {
		got, ok := bearer(http.Header{"Authorization": {value}})
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", value, got, ok)
		}
	}
	if _, ok := bearer(http.Header{}); ok {
		t.Error("no header is a key")
	}
	if _, ok := bearer(http.Header{"Authorization": {"Bearer a", "Bearer a"}}); ok {
		t.Error("two headers are a key")
	}
}

// TestIndex: each key leads to its app; a digest that cannot be read leads nowhere, nor does the empty one.
func TestIndex(t *testing.T) {
	book := consenttest.Book()
	for _, bad := range []string{"", "zz", "00", strings.Repeat("0", 63), strings.Repeat("g", 64)} {
		book.Apps["shop"].Keys = append(book.Apps["shop"].Keys, consent.Key{ID: "bad", SHA256: bad})
	}
	s := &space{Space: Space{Book: func() *consent.Book { return book }}}
	ix := s.index()
	if got := ix.find(sum(consenttest.GameKey)); got == nil || got.app.ID != "game" {
		t.Errorf("found %v", got)
	}
	if got := ix.find(sum(consenttest.ShopKey)); got == nil || got.app.ID != "shop" || got.key.ID != "k1" {
		t.Errorf("found %v", got)
	}
	if ix.find(sum("")) != nil || ix.find([sha256.Size]byte{}) != nil || len(ix.keys) != 2 {
		t.Errorf("%d keys", len(ix.keys))
	}
	if s.index() != ix {
		t.Error("the index was made anew for the same book")
	}
	next := *book
	book = &next
	if s.index() == ix {
		t.Error("the index outlived its book")
	}
	if n := ix.notices["shop"]; len(n) != 2 || n["ko"].Version != n["en"].Version || n["ko"].Version == "" {
		t.Errorf("notices %v", n)
	}
}
