package consent_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// lookedUp is a store that notes about how many digests it was asked, and lets something happen before it tells news.
type lookedUp struct {
	consent.Store
	digests int
	before  func()
}

func (l *lookedUp) Blocks(ctx context.Context, apps []string, look []consent.Digest, today consent.Date) ([]consent.Block, error) {
	l.digests += len(look)
	return l.Store.Blocks(ctx, apps, look, today)
}

func (l *lookedUp) News(ctx context.Context, apps []string, after []consent.Place) ([]consent.News, error) {
	if l.before != nil {
		l.before()
	}
	return l.Store.News(ctx, apps, after)
}

// sieved is a kit with a sieve, in which one child is known.
func sieved(t *testing.T) (*consenttest.Kit, *lookedUp) {
	t.Helper()
	k := consenttest.New(t)
	flagged(t, k, k.App, email("kid@example.com"), consent.AgeClaim{})
	l := &lookedUp{Store: k.Service.Store}
	k.Service.Store = l
	must(t, k.Service.Sift(t.Context()))
	return k, l
}

// A sieve answers as the store does, and asks it about those alone whom it may know.
func TestSieve(t *testing.T) {
	t.Parallel()
	k, l := sieved(t)
	for _, c := range []struct {
		who  consent.Identity
		want string
	}{
		{email("KID+a@example.com"), consent.FlagPolicy}, {email("adult@example.com"), consent.GateNone}, {email("?"), consent.GateUnreadable},
		{consent.Identity{}, consent.GateUnreadable}, {phone("010-1234-5678"), consent.GateNone}, {consent.Identity{Subject: "user-1"}, consent.GateNone},
		{consent.Identity{Email: consent.Secret("kid@example.com"), Subject: "user-1"}, consent.FlagPolicy},
	} {
		if got := reason(t, k, c.who); got != c.want {
			t.Errorf("%+v: %s, want %s", c.who, got, c.want)
		}
	}
	l.digests = 0
	who := make([]consent.Identity, 5000)
	for i := range who {
		who[i] = email(fmt.Sprintf("adult%d@example.com", i))
	}
	who[4321] = email("kid@example.com")
	got, err := k.Service.Gate(t.Context(), k.App, consent.GateQuery{Kind: consent.SendGame, Who: who})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got {
		if a.Allowed != (i != 4321) {
			t.Errorf("%d: %+v", i, a)
		}
	}
	if l.digests < 2 || l.digests > 20 {
		t.Errorf("the store was asked about %d digests", l.digests)
	}
}

// Whatever was added before the answer counts: by a request, by hand, of a guardian, in any app, many at once, and between the question
// and its news.
func TestSieveLearns(t *testing.T) {
	t.Parallel()
	k, l := sieved(t)
	game := k.Service.Book().Apps["game"]
	start(t, k, "user-1")
	flagged(t, k, k.App, phone("010-1234-5678"), consent.AgeClaim{})
	for who, want := range map[consent.Identity]string{
		email(parent): consent.GuardianOnly, phone("+821012345678"): consent.FlagPolicy, {Subject: "user-1"}: consent.FlagPending,
	} {
		if got := reason(t, k, who); got != want {
			t.Errorf("%+v: %s, want %s", who, got, want)
		}
	}
	l.before = func() { flagged(t, k, game, email("late@example.com"), consent.AgeClaim{}) } // the game's first: its order begins now
	if got := reason(t, k, email("late@example.com")); got != consent.FlagPolicy {
		t.Errorf("flagged after the question came: %s", got)
	}
	l.before = nil
	must(t, k.Service.Sift(t.Context()))
	for i := range 1100 { // more than one answer of News tells
		flagged(t, k, game, email(fmt.Sprintf("many%d@example.com", i)), consent.AgeClaim{})
	}
	if got := reason(t, k, email("many1099@example.com")); got != consent.FlagPolicy {
		t.Errorf("the last of many: %s", got)
	}
}

// A store that was put back, or lost its order, is asked about everybody until the sieve is built anew.
func TestSieveOfAnotherStore(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(k *consenttest.Kit){
		"emptied":    func(k *consenttest.Kit) { must(t, k.Clients.Write.FlushAll(t.Context()).Err()) },
		"order lost": func(k *consenttest.Kit) { must(t, k.Clients.Write.Del(t.Context(), "bt:{shop}:added").Err()) },
		"same place, other entry": func(k *consenttest.Kit) {
			last := k.Clients.Read.XRevRangeN(t.Context(), "bt:{shop}:added", "+", "-", 1).Val()[0]
			must(t, k.Clients.Write.Del(t.Context(), "bt:{shop}:added").Err())
			must(t, k.Clients.Write.Do(t.Context(), "XADD", "bt:{shop}:added", last.ID, "s", "01234567").Err())
		},
	} {
		k, l := sieved(t)
		lose(k)
		l.digests = 0
		if got := reason(t, k, email("adult@example.com")); got != consent.GateNone || l.digests == 0 {
			t.Errorf("%s: %s, and %d digests were asked of the store", name, got, l.digests)
		}
		flagged(t, k, k.App, email("new@example.com"), consent.AgeClaim{})
		for range 2 {
			if got := reason(t, k, email("new@example.com")); got != consent.FlagPolicy {
				t.Errorf("%s: flagged since: %s", name, got)
			}
			must(t, k.Service.Sift(t.Context()))
		}
	}
}

// slowNews is a store whose news are read, and come when they are let go.
type slowNews struct {
	consent.Store
	read, free chan struct{}
	asked      atomic.Int64
}

func (h *slowNews) News(ctx context.Context, apps []string, after []consent.Place) ([]consent.News, error) {
	h.asked.Add(1)
	news, err := h.Store.News(ctx, apps, after)
	h.read <- struct{}{}
	<-h.free
	return news, err
}

// watchedVault counts the questions that are about to wait for news: each reads the key of every kind first.
type watchedVault struct {
	consent.Vault
	read atomic.Int64
}

func (v *watchedVault) ShortKey(kind consent.DigestKind) [16]byte {
	v.read.Add(1)
	return v.Vault.ShortKey(kind)
}

// came waits until so many questions came.
func (v *watchedVault) came(t *testing.T, n int) {
	t.Helper()
	for late := time.Now().Add(time.Minute); v.read.Load() < int64(n*len(consent.FlagKinds)); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%d keys were read", v.read.Load())
		}
	}
	time.Sleep(20 * time.Millisecond) // from there to the wait
}

// Questions that come while the store is being asked wait for the next answer, which is one for all of them: that on its way does not
// know whom they may be about. One who goes away takes nothing from the others.
func TestQuestionsShareNews(t *testing.T) {
	t.Parallel()
	k, l := sieved(t)
	h := &slowNews{Store: l.Store, read: make(chan struct{}, 99), free: make(chan struct{})}
	vault := &watchedVault{Vault: k.Vault}
	k.Service.Store, k.Service.Vault = h, vault
	var all sync.WaitGroup
	ask := func(ctx context.Context, who string, want bool) {
		all.Go(func() {
			got, err := k.Service.Gate(ctx, k.App, consent.GateQuery{Kind: consent.SendAdMail, Who: []consent.Identity{email(who)}})
			if err != nil || got[0].Allowed != want {
				t.Errorf("%s: %+v, %v", who, got, err)
			}
		})
	}
	ask(t.Context(), "first@example.com", true)
	<-h.read // the news are read, and have not come
	flagged(t, k, k.App, email("second@example.com"), consent.AgeClaim{})
	leader, goes := context.WithCancel(t.Context())
	all.Go(func() {
		if _, err := k.Service.Gate(leader, k.App, consent.GateQuery{Kind: consent.SendAdMail, Who: []consent.Identity{email("a@example.com")}}); !errors.Is(err, consent.ErrUnavailable) && err != nil {
			t.Errorf("who went away: %v", err)
		}
	})
	vault.came(t, 2) // it waits, and the others come behind it
	for range 20 {
		ask(t.Context(), "second@example.com", false)
		ask(t.Context(), "adult@example.com", true)
	}
	vault.came(t, 42)
	goes()
	close(h.free)
	all.Wait()
	if n := h.asked.Load(); n < 2 || n > 20 {
		t.Errorf("the store was asked %d times for 42 questions", n)
	}
}

// Ended flags lie in the sieve and block nobody; in the scope of an app another app's flags do not lie in it.
func TestSieveScopes(t *testing.T) {
	t.Parallel()
	k, _ := sieved(t)
	game := k.Service.Book().Apps["game"]
	if got := may(t, k, game, email("kid@example.com"), consent.SendPrize, ""); got.Allowed {
		t.Error("another app of the operator may")
	}
	book := *k.Service.Book()
	book.Gate.Scope = consent.GateApp
	k.Service.Book = func() *consent.Book { return &book }
	must(t, k.Service.Sift(t.Context()))
	if a, b := may(t, k, game, email("kid@example.com"), consent.SendPrize, ""), may(t, k, k.App, email("kid@example.com"), consent.SendPrize, ""); !a.Allowed || b.Allowed {
		t.Errorf("%+v, %+v", a, b)
	}
	days, err := k.Service.BlockedDays(t.Context(), k.App)
	if err != nil || len(days) != consent.FunnelDays || slices.ContainsFunc(days, func(d consent.BlockedDay) bool { return len(d.Counts) > 0 }) {
		t.Errorf("before it is written: %+v, %v", days, err)
	}
	must(t, k.Service.Tally(t.Context()))
	if days, err = k.Service.BlockedDays(t.Context(), k.App); err != nil || days[0].Counts[consent.BlockedHand] != 2 {
		t.Errorf("%+v, %v", days, err)
	}
}

// must stops the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
