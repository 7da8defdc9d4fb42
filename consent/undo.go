package consent

import "context"

// proveEnded adds the proof with which a refusal's guardian takes back what it left behind: the pause before the same child
// may ask again, and the wish for no letters. Data that was destroyed does not come back.
func (s *Service) proveEnded(ctx context.Context, aud Audience, v View) (View, error) {
	rec := v.Record
	if aud != LinkDecide || rec.Status != Declined || rec.DecidedBy != v.Guardian || !rec.LiftedAt.IsZero() || len(rec.Look.Guardians) == 0 {
		return v, nil
	}
	var err error
	v.Undo, err = s.seal(ctx, rec, s.form(v, stepUndo))
	return v, err
}

// CheckUndo leads from the result of a refusal to the page that asks whether to take it back. It changes nothing.
//
// Errors: ErrStale, ErrTooFast, those of Open. The View has Undo "" when there is nothing to take back.
func (s *Service) CheckUndo(ctx context.Context, token, form string) (View, error) {
	v, err := s.Open(ctx, token)
	if err != nil || v.Undo == "" {
		return v, err
	}
	p, err := s.unseal(v, stepUndo, form)
	if err != nil {
		return v, err
	}
	if s.tooFast(p) {
		return v, ErrTooFast
	}
	p.Step = stepUndoCheck
	v.Undo, err = s.seal(ctx, v.Record, p)
	return v, err
}

// Undo carries out what that page asked to confirm. Again: the same answer.
//
// Errors: ErrBack, KindInvalid without a choice, ErrStale, ErrTooFast, ErrPaused, those of Open.
func (s *Service) Undo(ctx context.Context, token, form, confirm string) (View, error) {
	v, err := s.Open(ctx, token)
	if err != nil || v.Undo == "" {
		return v, err
	}
	p, err := s.unseal(v, stepUndoCheck, form)
	if err != nil {
		return v, err
	}
	if err := checkConfirm(confirm); err != nil {
		return v, err
	}
	if s.tooFast(p) {
		return v, ErrTooFast
	}
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, "")
	v.Record, err = s.Store.Undo(ctx, m, v.Record.Gen, v.Guardian)
	v.Undo = ""
	return v, err
}
