package consent

import (
	"context"
	"errors"
	"time"
)

// fallRight carries out one deadline of a rights request. That somebody else was sooner is no error.
func (s *Service) fallRight(ctx context.Context, id string, d Due) error {
	app := s.Book().Apps[id]
	rec, err := s.Store.Get(ctx, id, d.ID)
	if err == nil {
		var r Right
		if r, err = s.Store.Right(ctx, id, d.Right); err == nil {
			err = s.carryOutRight(ctx, app, rec, r, d.Step)
		}
	}
	return ignore(err, ErrNotDue, ErrNotFound)
}

func (s *Service) carryOutRight(ctx context.Context, app *App, rec Record, r Right, step Step) error {
	clock := Actor{Kind: ActorClock}
	var err error
	switch step {
	case StepNudge:
		_, err = s.Store.Nudge(ctx, s.rightMutation(app, rec, r, clock, EventDueSoon), r.ID, r.Nudges+1, s.nextNudge(r))
	case StepLate:
		_, err = s.Store.Late(ctx, s.rightMutation(app, rec, r, clock, EventLate), r.ID)
	case StepClear:
		_, err = s.Store.Clear(ctx, s.rightMutation(app, rec, r, clock, ""), r.ID)
	default:
		err = errors.New("no such deadline of a rights request: " + string(step))
	}
	return err
}

// nextNudge is how long until the reminder after the one that is due now; 0 when there is none.
func (s *Service) nextNudge(r Right) time.Duration {
	for _, after := range rightNudges[min(r.Nudges+1, len(rightNudges)):] {
		if wait := r.CreatedAt.Add(after).Sub(s.Clock()); wait > 0 {
			return wait
		}
	}
	return 0
}
