package consent

import (
	"context"
	"time"
)

// PauseFor is how long a link takes no answer after its decoy was pressed: a program that presses every button goes on for
// a while.
const PauseFor = 10 * time.Minute

// Pause notes in the record that the decoy of v's page was pressed, so that every process keeps to it. The scripts of all
// decisions refuse this guardian's answers until then (threat 2). Errors: ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) Pause(ctx context.Context, v View) (View, error) {
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, "")
	rec, err := s.Store.Pause(ctx, m, v.Guardian, PauseFor)
	if err == nil {
		v.Record = rec
	}
	return v, err
}

// PausedUntil is when this guardian's answers count again; zero when they do.
func (v View) PausedUntil() time.Time {
	if until := v.Record.Of(v.Guardian).PausedUntil; v.Now.Before(until) {
		return until
	}
	return time.Time{}
}
