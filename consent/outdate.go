package consent

import (
	"context"
	"errors"
)

// ReasonTermsChanged is what an app is told of a consent that stands and was given to other terms than today's.
const ReasonTermsChanged = "terms_changed"

// TermsChanged reports whether a consent in force was given to other terms than those that its app declares today. It
// stands for what was agreed to; whether that covers what the app does now, the app must ask anew.
func (s *Service) TermsChanged(rec Record) bool {
	app := s.Book().Apps[rec.App]
	return app != nil && rec.Status == Granted && rec.Terms != app.Terms()
}

// Outdate tells each app once, for each version of its terms, of every consent that was given to another. It looks at an
// app when its terms have changed since the last pass, and else asks for one value.
//
// Errors: ErrUnavailable, ErrOutcomeUnknown; the next pass goes on.
func (s *Service) Outdate(ctx context.Context) error {
	var failed []error
	for _, id := range s.appIDs() {
		app := s.Book().Apps[id]
		if app == nil {
			continue // the declarations were reloaded meanwhile
		}
		done, err := s.Store.Outdated(ctx, id)
		if err == nil && done != app.Terms() {
			err = s.outdateApp(ctx, app)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (s *Service) outdateApp(ctx context.Context, app *App) error {
	q := Query{App: app.ID, Status: Granted, Limit: sweepBatch}
	for {
		page, err := s.Store.List(ctx, q)
		if err != nil {
			return err
		}
		for _, rec := range page.Records {
			if rec.Terms == app.Terms() {
				continue
			}
			m := s.mutation(app, rec, Actor{Kind: ActorClock}, EventTermsChanged)
			if _, err := s.Store.Outdate(ctx, m, app.Terms()); ignore(err, ErrNotGranted, ErrNotFound) != nil {
				return err
			}
		}
		if q.After = page.Next; q.After == "" {
			return s.Store.SetOutdated(ctx, app.ID, app.Terms())
		}
	}
}
