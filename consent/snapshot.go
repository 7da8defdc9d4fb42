package consent

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// Snapshot is an offline filter over all that the gate knows, and what its holder needs to ask it.
//
// A holder of Filter and Keys can test any address or telephone number against it, and so learn whom it probably names (one
// in 256 answers of "perhaps" is wrong). It holds no address, and gives none away that nobody guesses.
type Snapshot struct {
	App    string
	Region string                  // in which telephone numbers without a country code are read
	Since  int64                   // the instant as of which it is whole, to ask for what was added since
	Count  int                     // identities in it
	Keys   map[DigestKind][16]byte // of SipHash-2-4, for each kind of identity
	Filter []byte                  // what Filters built
}

// ErrNoFilters is a service that makes no offline filters.
var ErrNoFilters = &Error{Kind: KindNotFound, Code: "not_found", Detail: "offline filters are not made here"}

// filterAge is how long a built filter is given out. What came meanwhile is told by Added.
const filterAge = 10 * time.Minute

// filterCache keeps the filter of each set of apps. Building one walks through all flags, so nobody builds two at once.
type filterCache struct {
	mu  sync.Mutex
	all map[string]*builtFilter
}

type builtFilter struct {
	mu    sync.Mutex
	at    time.Time
	since int64
	count int
	bytes []byte
}

func (c *filterCache) of(apps []string) *builtFilter {
	name := strings.Join(slices.Sorted(slices.Values(apps)), ",")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]*builtFilter{}
	}
	one, ok := c.all[name]
	if !ok {
		one = &builtFilter{}
		c.all[name] = one
	}
	return one
}

// Snapshot gives the filter of the apps whose flags count for this app, at most filterAge old.
//
// Errors: ErrNoFilters, ErrUnavailable.
func (s *Service) Snapshot(ctx context.Context, app *App) (Snapshot, error) {
	if s.Filters == nil {
		return Snapshot{}, ErrNoFilters
	}
	apps := s.gateApps(app)
	built := s.filters.of(apps)
	built.mu.Lock()
	defer built.mu.Unlock()
	if built.bytes == nil || s.Clock().Sub(built.at).Abs() > filterAge {
		if err := s.build(ctx, apps, built); err != nil {
			return Snapshot{}, err
		}
	}
	snap := Snapshot{
		App: app.ID, Region: s.Book().Profile.Region(), Since: built.since, Count: built.count, Filter: built.bytes,
		Keys: map[DigestKind][16]byte{},
	}
	for _, kind := range FlagKinds {
		snap.Keys[kind] = s.Vault.ShortKey(kind)
	}
	return snap, nil
}

// FlagKinds are the kinds of identities that are flagged.
var FlagKinds = []DigestKind{DigestFlagEmail, DigestFlagPhone, DigestFlagSubject}

// build walks through the apps. The instant is taken first: what is flagged during the walk may be missed by it, and comes
// with Added.
func (s *Service) build(ctx context.Context, apps []string, into *builtFilter) error {
	now, err := s.Store.Instant(ctx)
	if err != nil {
		return err
	}
	var keys []uint64
	for _, app := range apps {
		if keys, err = s.gather(ctx, app, keys); err != nil {
			return err
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	count := len(keys)
	made, err := s.Filters.Build(keys)
	if err != nil {
		return err
	}
	into.at, into.since, into.count, into.bytes = s.Clock(), now, count, made
	return nil
}

// gather adds what blocks in an app this month.
func (s *Service) gather(ctx context.Context, app string, keys []uint64) ([]uint64, error) {
	return s.gatherFrom(ctx, app, s.today().MonthNumber(), math.MaxInt, keys)
}

// gatherFrom adds what blocks in an app in this month or later, until there are more than most.
func (s *Service) gatherFrom(ctx context.Context, app string, month, most int, keys []uint64) ([]uint64, error) {
	for cursor := uint64(0); ; {
		page, next, err := s.Store.Walk(ctx, app, cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			if m.Guardian() || slices.ContainsFunc(m.Reports, func(r Report) bool { return r.Month >= month }) {
				keys = append(keys, binary.LittleEndian.Uint64(m.Short[:]))
			}
		}
		if cursor = next; cursor == 0 || len(keys) > most {
			return keys, nil
		}
	}
}

// SnapshotAdded lists what was added to a snapshot since an instant.
//
// Errors: ErrTooOld, ErrUnavailable.
func (s *Service) SnapshotAdded(ctx context.Context, app *App, since int64) (short [][8]byte, next int64, err error) {
	return s.Store.Added(ctx, s.gateApps(app), since)
}

// StartRun notes that a list is on its way through the gate; EndRun what became of it.
//
// Errors: ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) StartRun(ctx context.Context, app *App, kind string) (Run, error) {
	r, err := s.newRun(kind)
	if err != nil {
		return r, err
	}
	return r, s.Store.SaveRun(ctx, app.ID, r)
}

func (s *Service) newRun(kind string) (Run, error) {
	now := s.Clock()
	return Run{ID: NewID(PrefixRun, now), State: RunRunning, Kind: kind, StartedAt: now.Truncate(time.Millisecond)}, GateQuery{Kind: kind}.check()
}

// EndRun keeps the counts of a run. Errors: ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) EndRun(ctx context.Context, app *App, r Run) error {
	r.EndedAt = s.Clock().Truncate(time.Millisecond)
	return s.Store.SaveRun(ctx, app.ID, r)
}

// FindRun reads a run of this app. Errors: ErrNotFound, ErrUnavailable.
func (s *Service) FindRun(ctx context.Context, app *App, id string) (Run, error) {
	return s.Store.Run(ctx, app.ID, id)
}
