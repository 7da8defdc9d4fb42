package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// ErrDrop is what a worker returns for a job that is no longer wanted: its request has ended, or it is too late.
// consent.ErrMoot means the same.
var ErrDrop = errors.New("outbox: the job is no longer wanted")

// Delay is what a worker returns for a job that must wait: it is kept, and no failure is counted. At least a second.
func Delay(d time.Duration) error { return &delayed{max(d, time.Second)} }

type delayed struct{ d time.Duration }

func (e *delayed) Error() string { return fmt.Sprintf("outbox: the job must wait %s", e.d) }

// fault is a try in which this program failed: a panic, or an error that no worker should return.
type fault struct {
	code string
	err  error
}

func (e *fault) Error() string { return "outbox: the worker failed" }

func (e *fault) Unwrap() error { return e.err }

// Codes of failures that are the outbox's own.
const (
	codePanic   = "panic"
	codeFault   = "fault"
	codeTimeout = "timeout"
	codeTooLate = "too_late"
)

// Outcome is what became of one try. Values are metric labels.
type Outcome string

// The outcomes.
const (
	OutcomeDone    Outcome = "done"
	OutcomeDropped Outcome = "dropped"
	OutcomeRetried Outcome = "retried" // a failure that counts
	OutcomeDelayed Outcome = "delayed" // given back, nothing counted
	OutcomeBuried  Outcome = "buried"
)

// verdict is what is to be done with a job after a try.
type verdict struct {
	outcome  Outcome
	delay    time.Duration
	attempts int // to be added
	faults   int
	code     string // "" leaves the last one
}

// maxFaults buries a job in which this program fails time and again (threats: poison jobs).
const maxFaults = 5

// soon is the pause after a failure that is neither the job's nor the receiver's.
const soon = 5 * time.Second

// away is the pause while the receiving side is not there at all.
const away = time.Minute

// judge decides by the class of err. random is in [0,1) and spreads the pauses.
func (r Rule) judge(j Job, err error, random float64) verdict {
	if err == nil {
		return verdict{outcome: OutcomeDone}
	}
	if errors.Is(err, ErrDrop) || errors.Is(err, consent.ErrMoot) {
		return verdict{outcome: OutcomeDropped}
	}
	if e, ok := errors.AsType[*delayed](err); ok {
		return verdict{outcome: OutcomeDelayed, delay: e.d}
	}
	if e, ok := errors.AsType[*fault](err); ok {
		return r.faulty(j, e.code, random)
	}
	if e, ok := errors.AsType[*consent.DeliveryError](err); ok {
		return r.undelivered(j, e, random)
	}
	return r.otherwise(j, err, random)
}

// otherwise judges what did not come from a receiver.
func (r Rule) otherwise(j Job, err error, random float64) verdict {
	if errors.Is(err, context.DeadlineExceeded) {
		return r.counted(j, codeTimeout, 0, random)
	}
	if errors.Is(err, context.Canceled) {
		return verdict{outcome: OutcomeDelayed, delay: spread(soon, random)}
	}
	e, ok := errors.AsType[*consent.Error](err)
	if !ok {
		return r.faulty(j, codeFault, random)
	}
	switch e.Kind {
	case consent.KindUnavailable, consent.KindOutcomeUnknown, consent.KindBusy, consent.KindTooMany:
		return verdict{outcome: OutcomeDelayed, delay: max(e.RetryAfter, spread(soon, random)), code: code(e.Code)}
	}
	return r.faulty(j, code(e.Code), random)
}

// undelivered judges what a receiver said, or failed to say.
func (r Rule) undelivered(j Job, e *consent.DeliveryError, random float64) verdict {
	word := e.Stage
	if e.Code != 0 {
		word += "_" + strconv.Itoa(e.Code)
	}
	// Asked before Never: a mail server that refuses our password says 5xx and means none of the letters.
	if slices.Contains(r.Peer, e.Stage) {
		return verdict{outcome: OutcomeDelayed, delay: max(spread(away, random), r.wish(e.After)), code: code(word)}
	}
	if e.Class == consent.Never {
		return verdict{outcome: OutcomeBuried, code: code(word)}
	}
	return r.counted(j, code(word), e.After, random)
}

// counted is a failure that brings the job nearer to its end.
func (r Rule) counted(j Job, word string, after time.Duration, random float64) verdict {
	pause, more := r.step(j.Attempts)
	if !more {
		return verdict{outcome: OutcomeBuried, code: word}
	}
	if r.Life > 0 && j.At.Sub(j.Enqueued) > r.Life {
		return verdict{outcome: OutcomeBuried, code: codeTooLate}
	}
	return verdict{outcome: OutcomeRetried, delay: max(spread(pause, random), r.wish(after)), attempts: 1, code: word}
}

// faulty is a failure of this program: a few more tries, since another version may know better, then the dead.
func (r Rule) faulty(j Job, word string, random float64) verdict {
	if j.Faults+1 >= maxFaults {
		return verdict{outcome: OutcomeBuried, code: word}
	}
	return verdict{outcome: OutcomeRetried, delay: spread(away<<(2*j.Faults), random), faults: 1, code: word}
}

// wish is the receiver's Retry-After, but no longer than the kind's own longest pause: a receiver cannot put a job off for ever.
func (r Rule) wish(after time.Duration) time.Duration {
	if len(r.Backoff) == 0 {
		return 0
	}
	return min(after, slices.Max(r.Backoff))
}

// spread moves d by up to a fifth to either side, so that what failed together does not come back together.
func spread(d time.Duration, random float64) time.Duration {
	return d + time.Duration((random*2-1)*float64(d)/5)
}
