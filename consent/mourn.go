package consent

import (
	"context"
	"errors"
	"time"
)

// clocksApart is how far the hour of a request's key may be from the hour of its creation: the one is by this host's clock, the other
// by the store's.
const clocksApart = time.Minute

// Mourn ends the pending requests that were sealed in hours whose keys are lost, at once and with reason ReasonUnreadable, so that
// nothing waits in silence. hours are their UTC starts; each request is opened first, and one that opens stays. It goes on past
// single faults and returns them joined.
//
// Errors: ErrUnavailable, ErrOutcomeUnknown, ErrKeysDiffer; the next pass goes on.
func (s *Service) Mourn(ctx context.Context, hours []time.Time) error {
	if len(hours) == 0 {
		return nil
	}
	apps, err := s.EverApps(ctx)
	failed := []error{err}
	for _, app := range apps {
		failed = append(failed, s.mournApp(ctx, app, hours))
	}
	return errors.Join(failed...)
}

func (s *Service) mournApp(ctx context.Context, app string, hours []time.Time) error {
	q := Query{App: app, Status: Pending, Limit: sweepBatch}
	var failed []error
	for {
		page, err := s.Store.List(ctx, q)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		for _, rec := range page.Records {
			if sealedIn(rec, hours) {
				failed = append(failed, s.mournOne(ctx, app, rec.ID))
			}
		}
		if q.After = page.Next; q.After == "" {
			return errors.Join(failed...)
		}
	}
}

// sealedIn reports whether a request's key may be that of one of the hours.
func sealedIn(rec Record, hours []time.Time) bool {
	for _, h := range hours {
		if rec.CreatedAt.Add(clocksApart).After(h) && rec.CreatedAt.Add(-clocksApart).Before(h.Add(time.Hour)) {
			return true
		}
	}
	return false
}

func (s *Service) mournOne(ctx context.Context, app, id string) error {
	rec, err := s.Store.Get(ctx, app, id)
	if err != nil || rec.Status != Pending {
		return ignore(err, ErrNotFound)
	}
	_, err = s.peopleOrExpire(ctx, s.Book().Apps[app], rec)
	return ignore(err, ErrUnreadable, ErrNotPending, ErrNotFound)
}
