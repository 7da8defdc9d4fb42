package main

import (
	"context"
	"errors"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/rehearsal"
)

// testClock is the clock of the test space as the API and the page of bohoja dev move it: what falls due on the way is done on the
// way, and before the answer.
type testClock struct {
	*space
	apps func() []string // declared
	work *rehearsal.Clockwork

	hooks time.Duration // real time that this jump may still wait for webhooks
	last  time.Time     // of the latest look; zero: this jump's first
	day   consent.Date  // on which ages were looked at last
}

// hookPatience is how long a jump waits for webhooks in all: their receivers may be away, and decide nothing here. But an app that
// collects what was granted does so in time.
const hookPatience = 5 * time.Second

func newTestClock(s *space, apps func() []string) *testClock {
	c := &testClock{space: s, apps: apps}
	c.work = &rehearsal.Clockwork{World: clockWorld{c}}
	return c
}

// Advance implements api.Clock and dev.Clock. A jump that has begun goes to its end, whether or not the asker waits for it. What could
// not be done on the way, the roles do a second later; the clock has moved all the same.
func (c *testClock) Advance(ctx context.Context, by time.Duration) error {
	err := c.work.Advance(ctx, by)
	if err != nil && !errors.Is(err, rehearsal.ErrNotDone) {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := errors.Join(err, c.service.Lift(ctx), c.keep(ctx)); err != nil {
		c.service.Log.WarnContext(ctx, "what fell due with the clock was not done at once", "error", err)
	}
	return nil
}

// Now implements api.Clock and dev.Clock.
func (c *testClock) Now(ctx context.Context) (time.Time, error) { return c.store.Now(ctx) }

// Offset implements dev.Clock.
func (c *testClock) Offset(ctx context.Context) (time.Duration, error) { return c.store.Offset(ctx) }

// clockWorld is the space as the clockwork moves it, one jump at a time.
type clockWorld struct{ *testClock }

// MayAdvance implements rehearsal.World, and begins a jump.
func (m clockWorld) MayAdvance(ctx context.Context, by time.Duration) error {
	m.hooks, m.last = hookPatience, time.Time{}
	return m.store.MayAdvance(ctx, by)
}

// Advance implements rehearsal.World: the clock, and whatever moves with it.
func (m clockWorld) Advance(ctx context.Context, by time.Duration) error {
	if err := m.store.Advance(ctx, by); err != nil {
		return err
	}
	if m.aged != nil {
		m.aged(by)
	}
	return nil
}

// kinds are the jobs at whose times the clock stops. Those of webhooks are the last: they are left out once they took too long.
func (m clockWorld) kinds() []consent.JobKind {
	all := []consent.JobKind{consent.JobLetter, consent.JobAct, consent.JobWebhook}
	if m.hooks <= 0 {
		return all[:2]
	}
	return all
}

// Next implements rehearsal.World.
func (m clockWorld) Next(ctx context.Context, since time.Time) (time.Time, error) {
	m.last = time.Time{}
	next, err := m.deadlines(ctx, since)
	for _, app := range m.apps() {
		for _, kind := range m.kinds() {
			c, fault := m.queue.Coming(ctx, app, kind, since)
			if err = errors.Join(err, fault); err != nil {
				return next, err
			}
			next = sooner(next, c.Next)
		}
	}
	return next, err
}

// deadlines is when a record first falls due after since, also of an app that was taken out of the settings: those are swept as all
// others, and have no letters any more.
func (m clockWorld) deadlines(ctx context.Context, since time.Time) (next time.Time, err error) {
	apps, err := m.service.EverApps(ctx)
	for _, app := range apps {
		deadline, month, fault := m.store.Upcoming(ctx, app, since)
		err = errors.Join(err, fault)
		next = sooner(sooner(next, deadline), m.look(month))
	}
	return next, err
}

// look is the midnight at which consents of a month are next looked at for their child's age; zero when none are.
func (m clockWorld) look(month int) time.Time {
	if month == 0 {
		return time.Time{}
	}
	begin := m.service.Today()
	if begin.MonthNumber() < month {
		begin = consent.MonthEnd(month - 1)
	}
	return time.Date(begin.Year, begin.Month, begin.Day+1, 0, 0, 0, 0, m.service.Book().Profile.Zone)
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Pass implements rehearsal.World: deadlines first, which the scripts hold against the clock by themselves; then the relay, which runs
// all the time, is woken and watched.
func (m clockWorld) Pass(ctx context.Context) (bool, error) {
	err := m.sweep(ctx)
	if today := m.service.Today(); today != m.day {
		err = errors.Join(err, m.service.AgeOut(ctx))
		m.day = today
	}
	m.relay.Wake()
	if err != nil {
		return false, err
	}
	return m.busy(ctx)
}

// busy reports whether jobs are due or in work, and charges the time in which only webhooks are.
func (m clockWorld) busy(ctx context.Context) (bool, error) {
	only := true
	open := 0
	for _, kind := range m.kinds() {
		for _, app := range m.apps() {
			c, err := m.queue.Coming(ctx, app, kind, time.Time{}) // of which what is due and held counts
			if err != nil {
				return false, err
			}
			open += c.Due + c.Held
		}
		if kind != consent.JobWebhook && open > 0 {
			only = false
		}
	}
	now := time.Now()
	if open > 0 && only && !m.last.IsZero() {
		m.hooks -= now.Sub(m.last)
	}
	m.last = now
	return open > 0, nil
}
