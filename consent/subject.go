package consent

import "context"

// Standing answers "may I use this child's data now?".
type Standing struct {
	Status   string // a Status, or "none" for a subject that was never heard of
	Hold     bool
	Purposes []string // in force
	Reasons  []string // why not, when nothing is in force; ReasonTermsChanged beside purposes that are
	ID       string   // of the request that decides
}

// StandingNone is the status of an unknown subject.
const StandingNone = "none"

// Subject tells how a child stands with an app. Of several requests the newest in force counts, unless a newer
// consent has ended; else the newest.
//
// Errors: KindInvalid, ErrUnavailable: who cannot know must not use the data.
func (s *Service) Subject(ctx context.Context, app *App, subject string) (Standing, error) {
	if err := CheckSubject(subject); err != nil {
		return Standing{}, err
	}
	recs, err := s.Store.Subject(ctx, app.ID, subject)
	if err != nil {
		return Standing{}, err
	}
	if len(recs) == 0 {
		return Standing{Status: StandingNone, Purposes: []string{}}, nil
	}
	return s.standing(recs), nil
}

func (s *Service) standing(recs []Record) Standing {
	best := recs[0]
	for _, r := range recs {
		if r.Status == Granted {
			best = r
			break
		}
		if r.Status == Withdrawn || r.Status == AgedOut {
			break // it took the place of the consents before it: they do not come back with its end
		}
	}
	if best.Status == Pending && !s.Clock().Before(best.ExpiresAt) {
		best.Status, best.Reason = Expired, ReasonDeadline // the sweeper is late; the answer is not
	}
	out := Standing{Status: string(best.Status), Hold: best.Hold, Purposes: best.InForce(), ID: best.ID}
	if out.Purposes == nil {
		out.Purposes = []string{}
	}
	if best.Reason != "" {
		out.Reasons = append(out.Reasons, best.Reason)
	}
	if best.Hold {
		out.Reasons = append(out.Reasons, "on_hold")
	}
	if s.TermsChanged(best) {
		out.Reasons = append(out.Reasons, ReasonTermsChanged)
	}
	return out
}
