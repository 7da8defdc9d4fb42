package consent

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// sieves keep for each set of apps who is surely not known to the gate, so that a question asks the store about few.
//
// A sieve alone would be behind. So every question first asks the store, in one round trip, what was added after the last addition
// that the sieve knows: what was flagged before the question is in the sieve before it answers. Where the store does not have
// that addition any more (it is trimmed, restored, another server), the sieve is thrown away and the store is asked about everybody.
type sieves struct {
	mu  sync.Mutex
	all map[string]*sifter
}

// sifter is one sieve, and up to where it knows the additions of each app.
type sifter struct {
	mu     sync.RWMutex
	sieve  Sieve // nil: none that can be used
	at     *[]Place
	short  map[DigestKind][16]byte
	region string
	rests  time.Time // too many for a sieve: not built again before

	turn sync.Mutex
	next *hearing   // not begun yet: whoever comes now may join
	busy sync.Mutex // held while one is under way
}

// hearing is one question to the store about what is news, for all who came before it was sent.
type hearing struct {
	done  chan struct{}
	sieve Sieve // which has learnt the news; nil: none that can answer
	err   error
}

// hear joins the next hearing, or leads it. One that is under way is no good to who comes now: what was flagged meanwhile may be
// missing in it. So many questions at once cost two round trips together, and one by itself costs one.
func (f *sifter) hear(ctx context.Context, ask func(context.Context) (Sieve, error)) (Sieve, error) {
	f.turn.Lock()
	h, leads := f.next, f.next == nil
	if leads {
		h = &hearing{done: make(chan struct{}), err: ErrUnavailable}
		f.next = h
	}
	f.turn.Unlock()
	if leads {
		f.lead(ctx, h, ask)
	}
	select {
	case <-h.done:
		return h.sieve, h.err
	case <-ctx.Done():
		return nil, &Error{Kind: KindUnavailable, Code: ErrUnavailable.Code, Detail: ErrUnavailable.Detail, Err: ctx.Err()}
	}
}

// lead asks for all. One who goes away meanwhile must not take the answer from the others; the store's own bounds of time hold.
func (f *sifter) lead(ctx context.Context, h *hearing, ask func(context.Context) (Sieve, error)) {
	f.busy.Lock()
	defer f.busy.Unlock()
	defer close(h.done)
	f.turn.Lock()
	f.next = nil
	f.turn.Unlock()
	h.sieve, h.err = ask(context.WithoutCancel(ctx))
}

func (c *sieves) of(apps []string) *sifter {
	name := strings.Join(apps, ",")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]*sifter{}
	}
	one, ok := c.all[name]
	if !ok {
		one = &sifter{}
		c.all[name] = one
	}
	return one
}

const (
	// sieveMost is how many identities a sieve may have: some 9 MB of memory. Beyond it the store answers for all, as without one.
	sieveMost = 4 << 20
	// sieveAdded is how many may come before it is built anew.
	sieveAdded = 1 << 16
	// sieveRest is how long a set of apps with too many is left alone.
	sieveRest = time.Hour
)

// use returns the sieve that can be asked, nil when there is none.
func (f *sifter) use() (Sieve, *[]Place) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.sieve, f.at
}

// grown reports whether so much was put in that it is built anew.
func (f *sifter) grown(sieve Sieve) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return sieve.Size() > sieveAdded
}

// resting reports whether there were too many for a sieve a short while ago.
func (f *sifter) resting(now time.Time) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return now.Before(f.rests)
}

// drop throws a sieve away.
func (f *sifter) drop(old Sieve) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sieve == old {
		f.sieve = nil
	}
}

// learn puts in what is news. It moves the place on only from where the news begin, so that nothing is left out between two who learn
// at once. It reports whether the sieve knows everything up to the end.
func (f *sifter) learn(sieve Sieve, at *[]Place, news []News) bool {
	next, more, changed := make([]Place, len(news)), false, false
	for i, n := range news {
		if !n.Known {
			f.drop(sieve)
			return false
		}
		next[i], more, changed = n.At, more || n.More, changed || len(n.Short) > 0
	}
	if !changed {
		return !more
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sieve != sieve {
		return false
	}
	for _, n := range news {
		sieve.Add(n.Short)
	}
	if f.at == at {
		f.at = &next
	}
	return !more
}

// sift answers those who are surely not known, and those whom nobody can read. open are the others; all is true when nothing was
// answered, and everybody is open.
//
// Errors: ErrUnavailable. There is no answer then, and none means no.
func (s *Service) sift(ctx context.Context, app *App, who []Identity, answers []GateAnswer) (open []int, all bool, err error) {
	apps := s.gateApps(app)
	f := s.sieves.of(apps)
	if sieve, _ := f.use(); sieve == nil || len(who) == 0 || !s.sieveFits(f) {
		return nil, true, nil
	}
	sieve, err := f.hear(ctx, func(ctx context.Context) (Sieve, error) { return s.follow(ctx, apps, f) })
	if err != nil || sieve == nil {
		return nil, err == nil, err
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.sieve != sieve { // a newer one may have been begun before the news were read
		return nil, true, nil
	}
	unreadable := int64(0)
	for i := range who {
		perhaps, readable := sieve.Perhaps(app.ID, who[i])
		switch {
		case !readable:
			answers[i].Reason = GateUnreadable
			unreadable++
		case perhaps:
			open = append(open, i)
		default:
			answers[i] = GateAnswer{true, GateNone}
		}
	}
	if unreadable > 0 {
		s.tally.add(app.ID, BlockedUnreadable, unreadable)
	}
	return open, false, nil
}

// follow lets the sieve learn what is news. It returns none when the sieve cannot know everything up to now.
func (s *Service) follow(ctx context.Context, apps []string, f *sifter) (Sieve, error) {
	sieve, at := f.use()
	if sieve == nil {
		return nil, nil //nolint:nilnil // no sieve is an answer: the store is asked about everybody
	}
	news, err := s.Store.News(ctx, apps, *at)
	if err != nil || !f.learn(sieve, at, news) {
		return nil, err
	}
	return sieve, nil
}

// sieveFits reports whether identities are digested and read as they were when it was built.
func (s *Service) sieveFits(f *sifter) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, kind := range FlagKinds {
		if f.short[kind] != s.Vault.ShortKey(kind) {
			return false
		}
	}
	return f.region == s.Book().Profile.Region()
}

// Sift builds the sieves that are missing, and lets those that are there learn. A standing role calls it; without it the gate asks the
// store about everybody, and answers the same.
//
// Errors: ErrUnavailable.
func (s *Service) Sift(ctx context.Context) error {
	if s.Filters == nil {
		return nil
	}
	sets := [][]string{s.appIDs()}
	if s.Book().Gate.Scope == GateApp {
		sets = nil
		for _, id := range s.appIDs() {
			sets = append(sets, []string{id})
		}
	}
	for _, apps := range sets {
		if err := s.siftApps(ctx, apps, s.sieves.of(apps)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) siftApps(ctx context.Context, apps []string, f *sifter) error {
	sieve, at := f.use()
	if sieve == nil || f.grown(sieve) || !s.sieveFits(f) {
		return s.makeSieve(ctx, apps, f)
	}
	news, err := s.Store.News(ctx, apps, *at)
	if err == nil {
		f.learn(sieve, at, news)
	}
	return err
}

// makeSieve walks through all that the gate knows in these apps, the ended too. The places are taken first: what is added during the
// walk may be missed by it, and is news.
func (s *Service) makeSieve(ctx context.Context, apps []string, f *sifter) error {
	if len(apps) == 0 || f.resting(s.Clock()) {
		return nil
	}
	short := map[DigestKind][16]byte{}
	for _, kind := range FlagKinds {
		short[kind] = s.Vault.ShortKey(kind)
	}
	at, err := s.Store.End(ctx, apps)
	if err != nil {
		return err
	}
	var keys []uint64
	for _, app := range apps {
		if keys, err = s.gatherFrom(ctx, app, 0, sieveMost, keys); err != nil {
			return err
		}
	}
	if len(keys) > sieveMost {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sieve, f.rests = nil, s.Clock().Add(sieveRest)
		return nil
	}
	slices.Sort(keys)
	region := s.Book().Profile.Region()
	made, err := s.Filters.Sieve(slices.Compact(keys), short, region)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sieve, f.at, f.short, f.region = made, &at, short, region
	return nil
}
