package consent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Why the gate said no, as it is counted: sums by app and day, from which nobody can tell who was meant.
const (
	BlockedRequest    = "request"    // a child by a request
	BlockedHand       = "hand"       // a child whom an app flagged by hand
	BlockedGuardian   = "guardian"   // an address that is known only from a request or consent
	BlockedUnreadable = "unreadable" // nothing that could be compared
)

// BlockedBy lists them in the order in which staff see them.
var BlockedBy = []string{BlockedRequest, BlockedHand, BlockedGuardian, BlockedUnreadable}

// BlockedDay is how often the gate said no on one day.
type BlockedDay struct {
	Day    Date
	Counts map[string]int64 // by one of BlockedBy
}

// tally counts in this process until Tally writes it down, so that an answer of the gate waits for no counting.
type tally struct {
	mu   sync.Mutex
	apps map[string]map[string]int64
}

func (t *tally) add(app, by string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.apps == nil {
		t.apps = map[string]map[string]int64{}
	}
	if t.apps[app] == nil {
		t.apps[app] = map[string]int64{}
	}
	t.apps[app][by] += n
}

// take empties the tally.
func (t *tally) take() map[string]map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.apps
	t.apps = nil
	return all
}

// blocked counts the answers of one question: with the app whose flag it is, and what nobody can read with the one that asked.
func (s *Service) blocked(app *App, worst []Block, answers []GateAnswer) {
	for i, b := range worst {
		switch {
		case answers[i].Reason == GateUnreadable:
			s.tally.add(app.ID, BlockedUnreadable, 1)
		case b.Reason == FlagPending:
			s.tally.add(b.App, BlockedRequest, 1)
		case b.Reason == GuardianOnly:
			s.tally.add(b.App, BlockedGuardian, 1)
		case b.Reason != "":
			s.tally.add(b.App, BlockedHand, 1)
		}
	}
}

// Tally writes down what was counted since the last pass. What cannot be written because the store is away is counted the next
// time; a process that dies loses what it had not written.
//
// Errors: ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) Tally(ctx context.Context) error {
	all, today := s.tally.take(), s.today()
	var failed error
	for _, app := range slices.Sorted(maps.Keys(all)) {
		err := s.Store.AddBlocked(ctx, app, today, all[app])
		if errors.Is(err, ErrUnavailable) { // surely not written
			for by, n := range all[app] {
				s.tally.add(app, by, n)
			}
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// BlockedDays tells how often the gate said no in an app, today and on the days before, FunnelDays in all.
//
// Errors: ErrUnavailable.
func (s *Service) BlockedDays(ctx context.Context, app *App) ([]BlockedDay, error) {
	days := make([]Date, FunnelDays)
	for i := range days {
		days[i] = DateOf(s.today().in(time.UTC).AddDate(0, 0, -i))
	}
	counts, err := s.Store.Blocked(ctx, app.ID, days)
	if err != nil {
		return nil, err
	}
	out := make([]BlockedDay, len(days))
	for i := range out {
		out[i] = BlockedDay{days[i], counts[i]}
	}
	return out, nil
}

// RunsOf lists the runs of an app that one of the staff made, the newest first.
//
// Errors: ErrUnavailable.
func (s *Service) RunsOf(ctx context.Context, app *App, by Actor) ([]Run, error) {
	all, err := s.Store.Runs(ctx, app.ID, runsLooked)
	return slices.DeleteFunc(all, func(r Run) bool { return by.Kind != ActorStaff || r.By != by.Ref }), err
}

// runsLooked is how many of an app's last runs are looked through for those of one person.
const runsLooked = 200

// StartRunBy is StartRun for one of the staff: it stands in the audit log before anything of the list is read.
//
// Errors: KindInvalid, ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) StartRunBy(ctx context.Context, app *App, by Actor, kind string) (Run, error) {
	r, err := s.newRun(kind)
	if err != nil {
		return r, err
	}
	r.By = by.Ref
	if err := s.Store.Note(ctx, Mutation{App: app.ID, Actor: by, Note: r.ID + " " + kind}, ActFilter); err != nil {
		return r, err
	}
	return r, s.Store.SaveRun(ctx, app.ID, r)
}
