package outbox

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// try works one job and does with it what its result says.
func (l *line) try(shift context.Context, j Job) {
	began := time.Now()
	lease, done := context.WithDeadline(shift, began.Add(l.rule.Lease()))
	defer done()
	err := l.call(shift, j)
	took := time.Since(began)
	v := verdict{outcome: OutcomeDelayed}
	if shift.Err() == nil || !cut(err) {
		v = l.rule.judge(j, err, l.set.Random())
	}
	if l.settle(lease, j, v) && l.set.Observe != nil {
		l.set.Observe(j.Kind, v.outcome, took)
	}
}

// call runs the worker in its time, and catches a panic.
func (l *line) call(shift context.Context, j Job) (err error) {
	ctx, cancel := context.WithTimeout(shift, l.rule.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // its value may hold anything, so only the place is told
			l.set.Log.Error("outbox worker panicked", "kind", j.Kind, "job", j.ID, "at", panicPlace())
			err = &fault{code: codePanic}
		}
	}()
	return l.work(ctx, j)
}

// panicPlace names the function and line that panicked. It is called while recovering.
func panicPlace() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") || !more {
			return f.Function + ":" + strconv.Itoa(f.Line)
		}
	}
}

// cut reports whether err says no more than that the try was broken off: no receiver answered, nothing may have arrived.
func cut(err error) bool {
	if e, ok := errors.AsType[*consent.DeliveryError](err); ok {
		return e.Class == consent.Again && e.Code == 0
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// settle carries a verdict out, as long as the lease and the shift last but once at least: a letter that went out and is
// not noted as done goes out again. It reports whether it could.
func (l *line) settle(lease context.Context, j Job, v verdict) bool {
	if v.outcome == OutcomeBuried {
		j.Last = v.code
		l.mourn(lease, j)
	}
	sent, pause := false, 20*time.Millisecond
	for {
		err := l.carryOut(lease, j, v)
		switch {
		case err == nil, errors.Is(err, ErrLost) && sent: // an earlier try arrived after all
			return true
		case errors.Is(err, consent.ErrOutcomeUnknown):
			sent = true
		case !errors.Is(err, consent.ErrUnavailable):
			l.set.Log.Warn("outbox job not settled", "kind", j.Kind, "job", j.ID, "outcome", string(v.outcome), "err", err)
			return false
		}
		select {
		case <-lease.Done():
			l.set.Log.Warn("outbox job not settled", "kind", j.Kind, "job", j.ID, "outcome", string(v.outcome), "err", err)
			return false
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		}
	}
}

// settling is a context for what must be said after the work, also when its own time has ended.
func settling(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), LeaseMargin/3)
}

// carryOut asks the queue once.
func (l *line) carryOut(lease context.Context, j Job, v verdict) error {
	ctx, cancel := settling(lease)
	defer cancel()
	switch v.outcome {
	case OutcomeDone, OutcomeDropped:
		return l.set.Queue.Done(ctx, j)
	case OutcomeBuried:
		return l.set.Queue.Bury(ctx, l.remains(j), v.code)
	}
	return l.set.Queue.Retry(ctx, j, Again{Delay: v.delay, Attempts: v.attempts, Faults: v.faults, Code: v.code})
}

// mourn tells of a dead letter; somebody has to see it.
func (l *line) mourn(ctx context.Context, j Job) {
	l.set.Log.Error("outbox job is dead", "kind", j.Kind, "job", j.ID, "app", j.App, "reason", j.Last)
	if l.set.OnDead == nil {
		return
	}
	ctx, cancel := settling(ctx)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			l.set.Log.Error("outbox dead-letter hook panicked", "kind", j.Kind, "job", j.ID, "at", panicPlace())
		}
	}()
	l.set.OnDead(ctx, j)
}

// remains returns the job with what is kept of its body after death.
func (l *line) remains(j Job) Job {
	if l.set.Remains != nil {
		j.Body = l.set.Remains(j)
	}
	return j
}
