package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Pauses of a line that found nothing: short at first, so that a busy line stays quick; never so long that a letter
// waits for it.
const (
	idleMin = 5 * time.Millisecond
	idleMax = 250 * time.Millisecond
	downMax = 2 * time.Second // while the store is away
)

// line is the jobs of one kind and the hands that work them.
type line struct {
	set  *Setup
	kind consent.JobKind
	rule Rule
	work Worker

	hands chan struct{} // a token for each busy hand
	wake  chan struct{}

	mu   sync.Mutex
	busy map[string]int // hands by app
	turn int            // which app comes first
	down bool           // the last claim failed, and that was logged
}

func newLine(set *Setup, kind consent.JobKind, rule Rule, work Worker) *line {
	return &line{
		set: set, kind: kind, rule: rule, work: work,
		hands: make(chan struct{}, max(rule.Hands, 1)), wake: make(chan struct{}, 1), busy: map[string]int{},
	}
}

// shift is the time in which workers work: it outlives the context that began it by the grace, so that a stop lets them
// finish, and no longer.
type shift struct {
	ctx  context.Context
	stop func()
	all  sync.WaitGroup
}

func (l *line) begin(ctx context.Context) *shift {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &shift{ctx: work}
	var timer *time.Timer
	var mu sync.Mutex
	unhook := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		timer = time.AfterFunc(l.set.Grace, cancel)
	})
	s.stop = func() {
		unhook()
		cancel()
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
	}
	return s
}

// end waits for the workers.
func (s *shift) end() {
	s.all.Wait()
	s.stop()
}

// run makes passes until ctx ends.
func (l *line) run(ctx context.Context) {
	s := l.begin(ctx)
	defer s.end()
	pause := idleMin
	for ctx.Err() == nil {
		n, err := l.pass(ctx, s)
		l.note(ctx, err)
		switch {
		case n > 0:
			pause = idleMin
			continue
		case err != nil:
			pause = min(pause*2, downMax)
		default:
			pause = min(pause*2, idleMax)
		}
		if l.rest(ctx, pause) {
			pause = idleMin
		}
	}
}

// note logs when the store goes away and when it is back, not every try.
func (l *line) note(ctx context.Context, err error) {
	if ctx.Err() != nil || l.down == (err != nil) {
		return
	}
	l.down = err != nil
	if l.down {
		l.set.Log.Warn("outbox cannot claim", "kind", l.kind, "err", err)
		return
	}
	l.set.Log.Info("outbox claims again", "kind", l.kind)
}

// rest waits for d, for a poke (true) or for the end.
func (l *line) rest(ctx context.Context, d time.Duration) (woken bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-l.wake:
		return true
	}
	return false
}

func (l *line) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// pass claims once in each app that has something, beginning with another app each time, and sets hands to work. It
// waits only for a free hand.
func (l *line) pass(ctx context.Context, s *shift) (started int, err error) {
	apps := l.set.Apps()
	due, fault := l.waiting(ctx, apps)
	for _, app := range due {
		free := l.take(ctx, l.share(app, len(apps)))
		if free == 0 {
			continue
		}
		// Not to be cut short: a claim whose answer is not read keeps its jobs from everybody until the lease ends.
		jobs, err := l.set.Queue.Claim(context.WithoutCancel(ctx), app, l.kind, free, l.rule.Lease())
		fault = errors.Join(fault, err)
		l.giveBack(free - len(jobs))
		for _, j := range jobs {
			l.start(ctx, s, j)
		}
		started += len(jobs)
	}
	return started, fault
}

// waiting returns the apps to claim from, in turn. With a single app the claim itself is the question.
func (l *line) waiting(ctx context.Context, apps []string) ([]string, error) {
	if len(apps) < 2 || ctx.Err() != nil {
		return apps, ctx.Err()
	}
	l.mu.Lock()
	l.turn++
	at := l.turn % len(apps)
	l.mu.Unlock()
	turned := append(append(make([]string, 0, len(apps)), apps[at:]...), apps[:at]...)
	return l.set.Queue.Waiting(ctx, l.kind, turned)
}

// share is how many more hands an app may have. Where there are several apps, none has more than three quarters: one
// whose receiver is slow cannot take them all.
func (l *line) share(app string, apps int) int {
	most := cap(l.hands)
	if apps > 1 {
		most = l.most()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return most - l.busy[app]
}

func (l *line) most() int { return max(1, cap(l.hands)*3/4) }

// take waits for one hand and takes what else is free, n at most. 0: n was 0, or ctx ended.
func (l *line) take(ctx context.Context, n int) int {
	if n <= 0 || ctx.Err() != nil {
		return 0
	}
	select {
	case l.hands <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for got := 1; got < n; got++ {
		select {
		case l.hands <- struct{}{}:
		default:
			return got
		}
	}
	return n
}

func (l *line) giveBack(n int) {
	for range n {
		<-l.hands
	}
}

// start sets a hand, already taken, to work on j.
func (l *line) start(ctx context.Context, s *shift, j Job) {
	l.count(j.App, 1)
	s.all.Go(func() {
		defer l.giveBack(1)
		defer l.count(j.App, -1)
		if ctx.Err() != nil { // claimed while the stop came
			l.settle(s.ctx, j, verdict{outcome: OutcomeDelayed}) //nolint:contextcheck // s.ctx outlives the stop by the grace
			return
		}
		l.try(s.ctx, j) //nolint:contextcheck // as above
	})
}

// count keeps the hands by app. An app that had its full share may have more now, so the line looks again.
func (l *line) count(app string, by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if by < 0 && l.busy[app] >= l.most() {
		l.poke()
	}
	if l.busy[app] += by; l.busy[app] == 0 {
		delete(l.busy, app)
	}
}
