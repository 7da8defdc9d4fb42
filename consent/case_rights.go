package consent

import (
	"context"
	"slices"
)

// callsPage is how many calls of an app one look at those of a request reads: the delivery log has no index by request, which
// every call would pay for.
const callsPage = 500

// Calls are deliveries of webhooks that tell of a request, the newest first, among the app's callsPage calls behind a cursor ("" for
// the last ones). next is the cursor of older calls, "" when there are none: among them may be more of the request, or not.
//
// Errors: KindInvalid for a cursor that is none, ErrUnavailable.
func (s *Service) Calls(ctx context.Context, app *App, id, after string) (about []Attempt, next string, err error) {
	some, next, err := s.Store.Attempts(ctx, app.ID, after, callsPage)
	return slices.DeleteFunc(some, func(a Attempt) bool { return a.About != id }), next, err
}

// rightsOf are the rights requests about a request as staff see them: without what was asked for and by whom.
func (s *Service) rightsOf(ctx context.Context, app *App, id string) ([]Right, error) {
	all, err := s.Store.Rights(ctx, app.ID, id)
	for i := range all {
		all[i].Identity, all[i].Text, all[i].Answer, all[i].Data = nil, nil, nil, nil
	}
	return all, err
}

// Enter enters a rights request that reached staff about this very request; Subject is taken from it. What else is said of
// Ask holds here too.
//
// Errors: ErrNotFound, KindInvalid, ErrNotGranted, ErrEnded, rights_limit.
func (s *Service) Enter(ctx context.Context, app *App, by Actor, id string, in RightAsked) (Right, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return Right{}, err
	}
	in.Subject = rec.Subject
	if err := checkRight(in); err != nil {
		return Right{}, err
	}
	r := Right{ID: NewID(PrefixRight, s.Clock()), App: app.ID, Request: id, Kind: in.Kind, Channel: in.Channel, Guardian: -1}
	return s.ask(ctx, app, by, r, RightIdentity{in.Identity, in.Proxy}, in.Text, nil)
}

// RightCase shows one rights request of a request to staff, without what was asked for, and notes that it was looked at. What is
// no id is not noted: it came in a URL, and the log keeps what it has for years.
//
// Errors: ErrNotFound, ErrNoRight, ErrUnavailable.
func (s *Service) RightCase(ctx context.Context, app *App, by Actor, id, right string) (Record, Right, error) {
	if !IsID(PrefixRight, right) {
		return Record{}, Right{}, ErrNoRight
	}
	rec, err := s.Store.Look(ctx, Mutation{App: app.ID, ID: id, Actor: by, Note: right}, ActView)
	if err != nil {
		return rec, Right{}, err
	}
	all, err := s.rightsOf(ctx, app, id)
	i := slices.IndexFunc(all, func(r Right) bool { return r.ID == right })
	switch {
	case err != nil:
		return rec, Right{}, err
	case i < 0:
		return rec, Right{}, ErrNoRight
	}
	return rec, all[i], nil
}

// wordsOf opens what a rights request of this record asks for, in words. Errors: ErrNoRight, ErrUnreadable.
func (s *Service) wordsOf(ctx context.Context, rec Record, right string) (Private, error) {
	r, err := s.Store.Right(ctx, rec.App, right)
	switch {
	case err != nil:
		return Private{}, err
	case r.Request != rec.ID:
		return Private{}, ErrNoRight
	}
	text := ""
	err = s.unsealRight(r, "t", r.Text, &text)
	return Secret(text), err
}
