package consent

import "context"

// Cancel ends a pending request at the wish of the app or the child, and destroys what it held. Again: the same answer.
//
// Errors: ErrNotFound, ErrNotPending.
func (s *Service) Cancel(ctx context.Context, app *App, by Actor, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	after := rec
	after.Status, after.Custody, after.Reason = Cancelled, Destroyed, by.Kind
	return s.Store.Cancel(ctx, s.mutation(app, after, by, EventCancelled), by.Kind)
}
