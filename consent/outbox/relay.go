package outbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Worker does one job, within the time that ctx gives it: it must return when ctx ends, or it keeps a hand for ever. What it returns decides what becomes of the job:
//
//	nil                                  done
//	ErrDrop, consent.ErrMoot             removed, nothing was sent
//	Delay(d)                             due again after d, nothing counted
//	*consent.DeliveryError               by its class and the kind's Rule
//	consent.Error of kind Unavailable,   due again soon or after its RetryAfter, nothing counted
//	OutcomeUnknown, Busy, TooMany
//	context.DeadlineExceeded             the try took too long: a failure that counts
//	anything else, or a panic            a fault of this program: a few more tries, then the dead
type Worker func(ctx context.Context, j Job) error

// Setup is what a Relay needs. Queue, Apps and Workers are required.
type Setup struct {
	Queue   *Queue
	Apps    func() []string // asked before each pass
	Workers map[consent.JobKind]Worker
	Rules   map[consent.JobKind]Rule // nil: Rules()
	Grace   time.Duration            // how long workers may go on after Run was told to stop; 0: 10 s
	Log     *slog.Logger             // nil: none
	Random  func() float64           // in [0,1), for jitter; nil: math/rand

	// OnDead is told of a job that is about to be buried, with the reason as its Last. When the process dies between
	// the two it is told again after the lease.
	OnDead func(ctx context.Context, j Job)
	// Remains returns what is kept of a dead job's body; nil keeps all of it.
	Remains func(j Job) []byte
	// Observe is told how each try ended and how long the worker took.
	Observe func(kind consent.JobKind, o Outcome, took time.Duration)
}

// Relay is the standing role that works the outbox. Each kind has hands, pace and back-off of its own.
type Relay struct {
	set   Setup
	lines []*line
}

// NewRelay makes a relay; nothing runs before Run or RunOnce.
func NewRelay(s Setup) *Relay {
	if s.Rules == nil {
		s.Rules = Rules()
	}
	if s.Grace == 0 {
		s.Grace = 10 * time.Second
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Random == nil {
		s.Random = rand.Float64
	}
	r := &Relay{set: s}
	for kind, work := range s.Workers {
		rule, ok := s.Rules[kind]
		if !ok {
			rule = other()
		}
		r.lines = append(r.lines, newLine(&r.set, kind, rule, work))
	}
	return r
}

// RunOnce makes one pass over the apps: of each it claims once what is due, as much as its hands allow, and waits for
// the workers. It returns how many jobs were tried, and what stood in the way of claims.
func (r *Relay) RunOnce(ctx context.Context) (int, error) {
	var mu sync.Mutex
	var total int
	var faults []error
	var all sync.WaitGroup
	for _, l := range r.lines {
		all.Go(func() {
			s := l.begin(ctx)
			n, err := l.pass(ctx, s)
			s.end()
			mu.Lock()
			defer mu.Unlock()
			total += n
			faults = append(faults, err)
		})
	}
	all.Wait()
	return total, errors.Join(faults...)
}

// Run works until ctx ends, then claims no more and returns when the workers have finished, or Grace later has ended
// their contexts. What they did not finish is due again at once. It always returns nil.
func (r *Relay) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, l := range r.lines {
		all.Go(func() { l.run(ctx) })
	}
	all.Wait()
	return nil
}

// Wake makes an idle relay look at once. It never blocks; call it after a step that left a job.
func (r *Relay) Wake() {
	for _, l := range r.lines {
		l.poke()
	}
}
