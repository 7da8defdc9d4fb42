package consent

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
)

// Notes in the log of an amendment that fell away by itself.
const (
	retractedPeople     = "people"     // they are others than when it was entered
	retractedUnreadable = "unreadable" // what was entered cannot be read any more
)

// enact puts an amendment into effect whose wait is over, or ends it when that cannot be any more. A timer without one is removed.
func (s *Service) enact(ctx context.Context, app *App, rec Record) error {
	if rec.Status != Granted || rec.Amend.Due.IsZero() {
		_, err := s.Store.Retract(ctx, s.mutation(app, rec, Actor{Kind: ActorClock}, ""), 0)
		return err
	}
	if rec.Amend.Rev != rec.Rev {
		return s.fallAway(ctx, app, rec, retractedPeople)
	}
	entry, err := s.openAmend(ctx, rec)
	if errors.Is(err, ErrUnreadable) {
		return s.fallAway(ctx, app, rec, retractedUnreadable)
	}
	if err != nil {
		return err
	}
	people, err := s.people(rec)
	if err != nil {
		return err
	}
	err = s.enactEntry(ctx, app, rec, people, entry)
	if errors.Is(err, ErrNoLetters) {
		return s.fallAway(ctx, app, rec, ErrNoLetters.Code)
	}
	return err
}

// fallAway ends an amendment for a reason that the log has.
func (s *Service) fallAway(ctx context.Context, app *App, rec Record, reason string) error {
	m := s.mutation(app, rec, Actor{Kind: ActorClock}, "")
	m.Note = reason
	_, err := s.Store.Retract(ctx, m, rec.Amend.No)
	return err
}

func (s *Service) enactEntry(ctx context.Context, app *App, rec Record, people People, entry amended) error {
	a := rec.Amend
	after := rec
	after.Amended = append(slices.Clone(rec.Amended), Amended{No: a.No, Guardian: a.Guardian, What: a.What})
	m := s.mutation(app, after, Actor{Kind: ActorClock}, EventAmended)
	m.Note = amendNote(a.What, a.Proof, a.Ref)
	m.Jobs = append(m.Jobs, s.amendLetter(rec, LetterAmended, a.No))
	if a.What.Address() {
		told, err := s.partingJob(ctx, rec, people)
		if err != nil {
			return err
		}
		m.Jobs = append(m.Jobs, told...)
	}
	e := Enacting{No: a.No, Rev: rec.Rev}
	people.Guardians[a.Guardian] = entry.apply(people.Guardians[a.Guardian])
	e.Look = s.lookUps(after, boxesOf(people))
	if a.What.Address() {
		e.Quiet = e.Look.Guardians[a.Guardian]
		if err := s.mayTake(ctx, people.Guardians[a.Guardian]); err != nil {
			return err
		}
	}
	var err error
	if e.People, err = s.resealPeople(ctx, rec, people); err != nil {
		return err
	}
	_, err = s.Store.Enact(ctx, m, e)
	return err
}

func (a amended) apply(g Guardian) Guardian {
	if a.Name != "" {
		g.Name = Secret(a.Name)
	}
	if a.Email != "" {
		g.Email = Secret(a.Email)
	}
	return g
}

// mayTake refuses an address whose holder asked any app for no letters since it was entered. Errors: ErrNoLetters.
func (s *Service) mayTake(ctx context.Context, g Guardian) error {
	box, _ := ParseMailbox(g.Email.Reveal())
	quiet, err := s.Store.Quiet(ctx, s.appIDs(), s.Vault.Digests(DigestEmail, box.Canonical.Reveal()))
	if err == nil && quiet {
		return ErrNoLetters
	}
	return err
}

// partingJob is the last letter to an address that another replaces; none when there was no address.
func (s *Service) partingJob(ctx context.Context, rec Record, people People) ([]Job, error) {
	a := rec.Amend
	g := people.Guardians[a.Guardian]
	if g.Email.Empty() {
		return nil, nil
	}
	plain, err := json.Marshal(closing{g.Email.Reveal(), g.Locale, MaskName(people.Child.Name.Reveal()), bornIn(people.Child)})
	if err != nil {
		return nil, err
	}
	sealed, err := s.Vault.Seal(ctx, ClassHour, s.Clock(), label(rec, FieldClosing, a.No), plain)
	if err != nil {
		return nil, err
	}
	return []Job{s.letterJob(LetterJob{
		App: rec.App, Request: rec.ID, Letter: LetterReplaced, Guardian: a.Guardian, Gen: rec.Gen, Amend: a.No, To: sealed,
	}, 0)}, nil
}
