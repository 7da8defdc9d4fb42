package outbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
)

// DeadKept is how long a dead letter can be seen and revived.
const DeadKept = 30 * 24 * time.Hour

// maxClaim bounds one claim, so that no script holds Redis for long.
const maxClaim = 200

// ErrLost is a fence that is no longer the job's own: its lease ended and another worker has it, or it was dropped.
var ErrLost = errors.New("outbox: the job is no longer held")

// ErrHeld is a job that a worker has just now.
var ErrHeld = &consent.Error{Kind: consent.KindConflict, Code: "job_held", Detail: "a worker has this job just now"}

// ErrNoJob is a job that is not, or no longer, there.
var ErrNoJob = &consent.Error{Kind: consent.KindNotFound, Code: "no_such_job", Detail: "there is no such job"}

// Keys are the names of one app's keys, all in one slot. The store owns the names.
type Keys struct {
	Due  string // sorted set, see put.lua
	Jobs string // hash, see put.lua
	Dead string // sorted set: job id -> ms of its burial
}

// Config is what a Queue needs.
type Config struct {
	Client redis.UniversalClient
	Keys   func(app string) Keys
	Offset func() time.Duration // of a test space's clock; nil for the live space, whose time is Redis' own
}

// Queue is the client's side of the outbox. All that changes something is one script, executed at most once.
// Errors of all methods: consent.ErrUnavailable (nothing was done); of those that change something also
// consent.ErrOutcomeUnknown (sent, not answered). Each may be called again: what was done already is not done twice.
type Queue struct {
	client  redis.UniversalClient
	keys    func(app string) Keys
	offset  func() time.Duration
	scripts scripts
}

// NewQueue makes a queue; several may share one client.
func NewQueue(c Config) *Queue {
	q := &Queue{client: c.Client, keys: c.Keys, offset: c.Offset, scripts: newScripts()}
	if q.offset == nil {
		q.offset = func() time.Duration { return 0 }
	}
	return q
}

// Claim takes at most n jobs of a kind that are due, in the order in which they fell due. They are the caller's until the
// lease ends. A claim whose answer was lost leaves its jobs to the end of their lease.
func (q *Queue) Claim(ctx context.Context, app string, kind consent.JobKind, n int, lease time.Duration) ([]Job, error) {
	k := q.keys(app)
	val, err := q.scripts.claim.Run(ctx, q.client, []string{k.Due, k.Jobs, k.Dead},
		q.offsetMS(), string(kind), min(n, maxClaim), lease.Milliseconds(), DeadKept.Milliseconds())
	if err != nil {
		return nil, err
	}
	return claimed(app, val)
}

// claimed reads {now_ms, id, value, id, value, …}.
func claimed(app string, val any) ([]Job, error) {
	list, ok := val.([]any)
	if !ok || len(list)%2 != 1 {
		return nil, fmt.Errorf("outbox: claim answered %T", val)
	}
	now, err := strconv.ParseInt(text(list[0]), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("outbox: claim answered no time")
	}
	jobs := make([]Job, 0, len(list)/2)
	for i := 1; i < len(list); i += 2 {
		j, err := Parse(app, text(list[i]), text(list[i+1]))
		if err != nil {
			return nil, err
		}
		j.At = millis(now)
		jobs = append(jobs, j)
	}
	return jobs, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// Done finishes a job. Error: ErrLost.
func (q *Queue) Done(ctx context.Context, j Job) error {
	k := q.keys(j.App)
	return held(q.scripts.done.Run(ctx, q.client, []string{k.Due, k.Jobs}, q.offsetMS(), j.ID, j.Fence))
}

// Again says how a job goes back.
type Again struct {
	Delay    time.Duration // until it is due again
	Attempts int           // added; 0 for an outage
	Faults   int           // added
	Code     string        // of the failure, one word; "" leaves the last one
}

// Retry gives a job back. Error: ErrLost.
func (q *Queue) Retry(ctx context.Context, j Job, a Again) error {
	k := q.keys(j.App)
	if a.Code == "" {
		a.Code = j.Last
	}
	return held(q.scripts.retry.Run(ctx, q.client, []string{k.Due, k.Jobs},
		q.offsetMS(), j.ID, j.Fence, a.Delay.Milliseconds(), a.Attempts, a.Faults, code(a.Code)))
}

// Bury moves a job to the dead, with j.Body as what remains of its body. The reason is one word. Error: ErrLost.
func (q *Queue) Bury(ctx context.Context, j Job, reason string) error {
	k := q.keys(j.App)
	return held(q.scripts.bury.Run(ctx, q.client, []string{k.Due, k.Jobs, k.Dead},
		q.offsetMS(), j.ID, j.Fence, code(reason), j.Body))
}

// held reads the answer of a script that a fence guards.
func held(val any, err error) error {
	if err != nil {
		return err
	}
	if val != int64(1) {
		return ErrLost
	}
	return nil
}

func (q *Queue) offsetMS() int64 { return q.offset().Milliseconds() }
