package consent

import (
	"context"
	"slices"
	"time"
)

// Erase notes the app's word that it deleted the data after a withdrawal or on ageing out. Again: the same answer.
//
// Errors: ErrNotFound, ErrNotWithdrawn, KindInvalid for a time in the future or a purpose that was never asked for.
func (s *Service) Erase(ctx context.Context, app *App, by Actor, id string, at time.Time, purposes []string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	var f faults
	if at.IsZero() || at.After(s.Clock().Add(time.Minute)) {
		f.add("/at", "invalid", "a time that has passed")
	}
	for i, one := range purposes {
		if !slices.Contains(rec.Asked, one) {
			f.add("/purposes/"+itoa(i), "unknown_purpose", "this request never asked for it")
		}
	}
	if err := f.err(); err != nil {
		return Record{}, err
	}
	m := s.mutation(app, rec, by, "")
	if rec.ErasedAt.IsZero() && rec.Status == Withdrawn {
		for g := range rec.Guardians {
			m.Jobs = append(m.Jobs, s.letter(rec, LetterErased, g, 0))
		}
	}
	return s.Store.Erase(ctx, m, at, purposes)
}
