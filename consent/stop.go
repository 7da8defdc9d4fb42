package consent

import "context"

// Steps of the form behind a replaced link.
const (
	stepStop      = "stop"
	stepStopCheck = "stop-check"
)

// noteReplaced stands in the audit log when a request was ended by a link that a newer one had replaced.
const noteReplaced = "replaced_link"

// OpenStop shows the page behind a replaced link, on which its holder can stop the request: whoever was named first may be
// the guardian, and a child that has exchanged the address must not be able to shut them out. It changes nothing. Without a
// Proof there is nothing left to stop: View.Enacted tells that the consent stands for an address that took this one's place.
//
// Errors: ErrNotFound also for a link that is not replaced; ErrLinkExpired, ErrUnavailable.
func (s *Service) OpenStop(ctx context.Context, token string) (View, error) {
	c, rec, err := s.redeem(ctx, LinkDecide, token)
	if err == nil {
		return View{}, ErrNotFound
	}
	if CodeOf(err) != ErrReplaced.Code {
		return View{}, err
	}
	app, ok := s.Book().Apps[rec.App]
	if !ok {
		return View{}, ErrNotFound
	}
	v := View{
		App: app, Book: s.Book(), Record: s.asOfNow(rec), Guardian: c.Guardian, Locale: app.Language(rec.Locale),
		Now: s.Clock(), Deadline: rec.ExpiresAt, Test: s.Settings.Test,
	}
	if v.Record.Status != Pending {
		v.Enacted = v.Record.Status == Granted && c.Gen >= rec.Gen // it was good until the grant, and the address was corrected since
		return v, nil
	}
	v.Proof, err = s.seal(ctx, rec, s.form(v, stepStop))
	return v, err
}

// CheckStop takes the choice of that page and leads to its check page: programs that press every button make one choice, not two.
//
// Errors: KindInvalid without a choice, ErrTooFast, ErrStale; those of OpenStop.
func (s *Service) CheckStop(ctx context.Context, token, form, choice string) (View, error) {
	v, err := s.OpenStop(ctx, token)
	if err != nil || v.Proof == "" {
		return v, err
	}
	return s.chosen(ctx, v, stepStop, stepStopCheck, form, choice)
}

// Stop ends the request at the wish of a replaced link's holder, who is asked for nothing else: like any refusal it
// destroys at once. Nobody's pause begins, since nobody can tell whether the holder is the guardian.
//
// Errors: KindInvalid without a choice, ErrBack, ErrStale, ErrNotPending; those of OpenStop.
func (s *Service) Stop(ctx context.Context, token, form, confirm string) (View, error) {
	v, err := s.OpenStop(ctx, token)
	if err != nil || v.Proof == "" {
		return v, err
	}
	if err := s.confirmed(v, stepStopCheck, form, confirm); err != nil {
		return v, err
	}
	after := v.Record
	after.Status, after.Custody, after.Reason = Declined, Destroyed, ReasonRefused
	m := s.mutation(v.App, after, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, EventDeclined)
	m.Note = noteReplaced
	v.Record, err = s.Store.Decline(ctx, m, Declining{Gen: v.Record.Gen, Reason: ReasonRefused, Index: v.Guardian})
	v.Proof = ""
	return v, err
}

// chosen takes the only choice of a page that stops something, and leads to its check page. The View comes back with every error.
//
// Errors: KindInvalid without the choice, ErrTooFast, ErrStale.
func (s *Service) chosen(ctx context.Context, v View, step, check, form, choice string) (View, error) {
	p, err := s.unseal(v, step, form)
	if err != nil {
		return v, err
	}
	if s.tooFast(p) {
		return v, ErrTooFast
	}
	if choice != "yes" {
		var f faults
		f.add("/stop", "required", "the choice is not made")
		return v, f.err()
	}
	p.Step = check
	v.Proof, err = s.seal(ctx, v.Record, p)
	return v, err
}

// confirmed reads the form of such a check page. Errors: KindInvalid without a choice, ErrBack, ErrStale.
func (s *Service) confirmed(v View, check, form, confirm string) error {
	if _, err := s.unseal(v, check, form); err != nil {
		return err
	}
	return checkConfirm(confirm)
}
