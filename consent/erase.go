package consent

import (
	"context"
	"slices"
	"time"
)

// Erase notes the app's word that it deleted the data after a withdrawal or on ageing out. Again: the same answer.
//
// Errors: ErrNotFound, ErrNotWithdrawn, KindInvalid for a time in the future and a purpose that was never asked for or is in force.
func (s *Service) Erase(ctx context.Context, app *App, by Actor, id string, at time.Time, purposes []string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	var f faults
	if at.UnixMilli() <= 0 || at.After(s.Clock().Add(time.Minute)) { // the record holds it in milliseconds, 0 being none
		f.add("/at", "invalid", "a time that has passed")
	}
	some := rec.Status == Granted && !rec.EraseBy.IsZero()
	for i, one := range purposes {
		switch {
		case !slices.Contains(rec.Asked, one):
			f.add("/purposes/"+itoa(i), "unknown_purpose", "this request never asked for it")
		case some && slices.Contains(rec.Granted, one): // its word would close what is awaited of another
			f.add("/purposes/"+itoa(i), "invalid", "the consent for this purpose is in force, so no erasure is awaited")
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
