package consent

import (
	"context"
	"errors"
	"slices"
)

// sweepBatch is how many deadlines one pass takes from an app at once.
const sweepBatch = 200

// Sweeper is the standing role that carries out deadlines. A late sweeper releases nothing: every script checks the
// deadline by itself. It only destroys later than it should.
type Sweeper struct{ Service *Service }

// RunOnce carries out every deadline that has come, in all apps, and returns how many. It goes on past single faults and
// returns them joined.
func (w Sweeper) RunOnce(ctx context.Context) (int, error) {
	var done int
	var failed []error
	apps, err := w.Service.EverApps(ctx)
	failed = append(failed, err)
	for _, app := range apps {
		n, err := w.sweepApp(ctx, app)
		done += n
		failed = append(failed, err)
	}
	return done, errors.Join(failed...)
}

// EverApps are the declared apps and those of before: a request of an app that was taken out of the settings falls due all
// the same. When those of before cannot be asked for, the error says so, and the declared ones are there.
func (s *Service) EverApps(ctx context.Context) ([]string, error) {
	apps := s.appIDs()
	before, err := s.Store.Apps(ctx)
	for _, id := range before {
		if !slices.Contains(apps, id) {
			apps = append(apps, id)
		}
	}
	return apps, err
}

func (w Sweeper) sweepApp(ctx context.Context, app string) (int, error) {
	all := 0
	for {
		due, err := w.Service.Store.Due(ctx, app, sweepBatch)
		if err != nil {
			return all, err
		}
		done, err := w.batch(ctx, app, due)
		all += done
		if len(due) < sweepBatch || done == 0 {
			return all, err
		}
	}
}

// batch carries out what it can. What fails stays due, and does not stand before the rest.
func (w Sweeper) batch(ctx context.Context, app string, due []Due) (done int, err error) {
	var failed []error
	for _, d := range due {
		if err := w.Service.fall(ctx, app, d); err != nil {
			failed = append(failed, err)
			continue
		}
		done++
	}
	return done, errors.Join(failed...)
}

// fall carries out one deadline. That somebody else was sooner is no error.
func (s *Service) fall(ctx context.Context, id string, d Due) error {
	if d.Right != "" {
		return s.fallRight(ctx, id, d)
	}
	app := s.Book().Apps[id]
	rec, err := s.Store.Get(ctx, id, d.ID)
	if err == nil {
		err = s.carryOut(ctx, app, rec, d.Step)
	} else if errors.Is(err, ErrNotFound) {
		err = s.Store.Forget(ctx, Mutation{App: id, ID: d.ID, Actor: Actor{Kind: ActorClock}})
	}
	return ignore(err, ErrNotDue, ErrNotPending, ErrNotGranted, ErrEnded, ErrNotAmending, ErrNotFound)
}

func (s *Service) carryOut(ctx context.Context, app *App, rec Record, step Step) error {
	clock := Actor{Kind: ActorClock}
	switch step {
	case StepExpire:
		_, err := s.expire(ctx, app, rec, ReasonDeadline)
		return err
	case StepLapse:
		after := rec
		after.Custody = Destroyed
		_, err := s.Store.Lapse(ctx, s.mutation(app, after, clock, EventDestroyed))
		return err
	case StepOverdue:
		_, err := s.Store.Overdue(ctx, s.mutation(app, rec, clock, EventEraseOverdue))
		return err
	case StepFade:
		return s.Store.Fade(ctx, s.mutation(app, rec, clock, ""))
	case StepForget:
		return s.Store.Forget(ctx, s.mutation(app, rec, clock, ""))
	case StepEnact:
		return s.enact(ctx, app, rec)
	}
	return errors.New("no such deadline: " + string(step))
}

// expire ends a pending request and destroys what it held.
func (s *Service) expire(ctx context.Context, app *App, rec Record, reason string) (Record, error) {
	after := rec
	after.Status, after.Custody, after.Reason = Expired, Destroyed, reason
	return s.Store.Expire(ctx, s.mutation(app, after, Actor{Kind: ActorClock}, EventExpired), reason)
}
