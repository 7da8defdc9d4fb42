package consent

import "context"

// Show reads a request as the app sees it. Errors: ErrNotFound, ErrUnavailable.
func (s *Service) Show(ctx context.Context, app *App, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	return s.asOfNow(rec), err
}

// List pages through an app's requests, as the app sees them. Errors: ErrUnavailable.
func (s *Service) List(ctx context.Context, app *App, q Query) (Page, error) {
	q.App = app.ID
	page, err := s.Store.List(ctx, q)
	for i, rec := range page.Records {
		page.Records[i] = s.asOfNow(rec)
	}
	return page, err
}

// Events pages through an app's events of the last EventsKept, oldest first, beginning behind the event with the id after.
// Errors: ErrUnavailable.
func (s *Service) Events(ctx context.Context, app *App, after string, limit int) ([]Event, error) {
	return s.Store.Events(ctx, app.ID, after, limit)
}

// asOfNow shows a pending request past its deadline as the expired one that it is: the sweeper is late, the answer is not.
func (s *Service) asOfNow(rec Record) Record {
	if rec.Status == Pending && !s.Clock().Before(rec.ExpiresAt) {
		rec.Status, rec.Reason, rec.EndedAt = Expired, ReasonDeadline, rec.ExpiresAt
	}
	return rec
}
