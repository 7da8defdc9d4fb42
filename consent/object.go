package consent

import "context"

// Steps of the form behind the link that stops an amendment.
const (
	stepObject      = "object"
	stepObjectCheck = "object-check"
)

// OpenObject shows the page on which the holder of the address that stands stops an amendment of it. It changes nothing. Without a
// Proof there is nothing left to stop: Record.Amended tells whether it took effect.
//
// Errors: ErrNotFound, ErrLinkExpired, ErrUnreadable, ErrUnavailable.
func (s *Service) OpenObject(ctx context.Context, token string) (View, error) {
	c, rec, err := s.redeem(ctx, LinkObject, token)
	if err != nil {
		return View{}, err
	}
	app, ok := s.Book().Apps[rec.App]
	if !ok {
		return View{}, ErrNotFound
	}
	v := View{
		App: app, Book: s.Book(), Record: rec, Guardian: c.Guardian, Locale: app.Language(rec.Locale), Now: s.Clock(),
		Deadline: s.amendDue(rec), Test: s.Settings.Test,
	}
	waits := v.waits(c.Gen)
	v.Enacted = !waits && rec.amendWhat(c.Gen, c.Guardian) != ""
	if !waits {
		return v, nil
	}
	people, err := s.people(rec)
	if err != nil {
		return View{}, err
	}
	if c.Guardian >= len(people.Guardians) {
		return View{}, ErrNotFound
	}
	v.Child, v.Locale = MaskName(people.Child.Name.Reveal()), app.Language(people.Guardians[c.Guardian].Locale)
	v.Proof, err = s.seal(ctx, rec, s.form(v, stepObject))
	return v, err
}

// waits reports whether the amendment of this guardian under this number was confirmed and has not ended.
func (v View) waits(no int) bool {
	a := v.Record.Amend
	return v.Record.Status == Granted && a.No == no && a.Guardian == v.Guardian && a.Endorser != ""
}

// CheckObject takes the choice of that page and leads to its check page: programs that press every button make one choice, not two.
//
// Errors: KindInvalid without a choice, ErrTooFast, ErrStale; those of OpenObject.
func (s *Service) CheckObject(ctx context.Context, token, form, choice string) (View, error) {
	v, err := s.OpenObject(ctx, token)
	if err != nil || v.Proof == "" {
		return v, err
	}
	return s.chosen(ctx, v, stepObject, stepObjectCheck, form, choice)
}

// Object stops an amendment at the wish of who holds the address that stands. Nothing else is asked: the consent stays as it is.
//
// Errors: KindInvalid without a choice, ErrBack, ErrStale, ErrNotAmending when it took effect meanwhile; those of OpenObject.
func (s *Service) Object(ctx context.Context, token, form, confirm string) (View, error) {
	v, err := s.OpenObject(ctx, token)
	if err != nil || v.Proof == "" {
		return v, err
	}
	if err := s.confirmed(v, stepObjectCheck, form, confirm); err != nil {
		return v, err
	}
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, "")
	m.Note = amendNote(v.Record.Amend.What, v.Record.Amend.Proof, v.Record.Amend.Ref)
	v.Record, err = s.Store.Retract(ctx, m, v.Record.Amend.No)
	v.Proof = ""
	return v, err
}
