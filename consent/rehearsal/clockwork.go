package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

// World is a test space as a Clockwork moves it.
type World interface {
	// MayAdvance tells whether the clock may be moved so far, before it is moved at all.
	MayAdvance(ctx context.Context, by time.Duration) error
	// Advance moves the clock and does nothing else.
	Advance(ctx context.Context, by time.Duration) error
	// Now tells the clock.
	Now(ctx context.Context) (time.Time, error)
	// Next is when something first falls due after since, which may have come meanwhile; zero: nothing does.
	Next(ctx context.Context, since time.Time) (time.Time, error)
	// Pass does what has fallen due. It is called again, for a while, as long as it says that more is due or in work.
	Pass(ctx context.Context) (more bool, err error)
}

// How much of a jump is played.
const (
	playFor  = 10 * time.Second // of real time; then the rest is one step, and what falls due in it falls due at its end
	patience = 3 * time.Second  // of real time, at one moment, for what is in work
	exactly  = 1000             // so many moments are kept to exactly; then each step is a hundredth of the rest at least
	glance   = 5 * time.Millisecond
)

// Clockwork moves the clock of a test space as time itself does: it stops at each moment at which something falls due, in their order,
// and goes on when that was done. So a reminder goes out before the deadline, and who answers it answers in time, however far one call
// moves the clock.
type Clockwork struct {
	World World
	For   time.Duration // of real time in which a jump stops on its way; 0: ten seconds, so that a call ends in time

	once sync.Once
	turn chan struct{} // one jump after the other
}

// begin waits for this jump's turn, as long as ctx does; end gives it to the next.
func (c *Clockwork) begin(ctx context.Context) error {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Clockwork) end() { <-c.turn }

// Advance moves the clock by so much. Errors of what fell due are told when the clock stands where it should: the standing roles try
// again. A jump that has begun goes to its end, whether or not ctx does; one whose turn has not come by then is not made.
// Errors: those of World; after one of the clock itself it stands somewhere on the way; that of ctx.
func (c *Clockwork) Advance(ctx context.Context, by time.Duration) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	defer c.end()
	ctx = context.WithoutCancel(ctx)
	if err := c.World.MayAdvance(ctx, by); err != nil {
		return err
	}
	seen, failed := c.settle(ctx)
	until := time.Now().Add(cmp.Or(c.For, playFor))
	for stops := 0; by > 0; stops++ {
		step, err := c.step(ctx, seen, by, stops)
		if err != nil || time.Now().After(until) {
			step = by
		}
		if err := c.World.Advance(ctx, step); err != nil {
			return err
		}
		by -= step
		var fault error
		seen, fault = c.settle(ctx)
		failed = cmp.Or(failed, err, fault)
	}
	if failed != nil {
		return errors.Join(ErrNotDone, failed)
	}
	return nil
}

// ErrNotDone is what fell due on the way and could not be done.
var ErrNotDone = errors.New("rehearsal: not all that fell due could be done")

// step is how far the clock goes next, by at most. What fell due since the last pass saw the clock comes first: the clock runs by
// itself too, and two requests may be a moment apart.
func (c *Clockwork) step(ctx context.Context, seen time.Time, by time.Duration, stops int) (time.Duration, error) {
	next, err := c.World.Next(ctx, seen)
	if err != nil || next.IsZero() {
		return by, err
	}
	now, err := c.World.Now(ctx)
	if err != nil {
		return by, err
	}
	step := max(next.Sub(now), time.Millisecond)
	if stops > exactly {
		step = max(step, by/100)
	}
	return min(step, by), nil
}

// settle lets what has fallen due be done. seen is the clock as the last pass found it.
func (c *Clockwork) settle(ctx context.Context) (seen time.Time, err error) {
	until := time.Now().Add(patience)
	for more := true; more && !time.Now().After(until); {
		if seen, err = c.World.Now(ctx); err != nil {
			return seen, err
		}
		if more, err = c.World.Pass(ctx); err != nil {
			return seen, err
		}
		if more {
			time.Sleep(glance)
		}
	}
	return seen, nil
}
