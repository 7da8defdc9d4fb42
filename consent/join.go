package consent

import "context"

// MaxGuardians bounds how many guardians one request may have.
const MaxGuardians = 4

// Join invites a further guardian, also after a grant. Each has a link of their own; none learns of the other's name.
// Asking for one who is already there changes nothing.
//
// Errors: ErrNotFound, ErrEnded, ErrStale, guardian_limit (KindConflict), KindInvalid.
func (s *Service) Join(ctx context.Context, app *App, by Actor, id string, g Guardian) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	if rec.Status.Ended() {
		return rec, ErrEnded
	}
	people, err := s.peopleOrExpire(ctx, app, rec)
	if err != nil {
		return rec, ignoreAs(err, ErrEnded, ErrUnreadable)
	}
	box, err := s.checkNewGuardian(ctx, rec, people, g)
	if err != nil {
		return rec, err
	}
	for _, have := range boxesOf(people) {
		if have.Canonical.Reveal() == box.Canonical.Reveal() {
			return rec, nil
		}
	}
	if len(people.Guardians) >= MaxGuardians {
		return rec, &Error{Kind: KindConflict, Code: "guardian_limit", Detail: "a request has at most four guardians"}
	}
	g.Email, g.Locale = box.Address, app.Language(g.Locale)
	people.Guardians = append(people.Guardians, g)
	return s.join(ctx, app, by, rec, people)
}

func (s *Service) join(ctx context.Context, app *App, by Actor, rec Record, people People) (Record, error) {
	c := Correction{Rev: rec.Rev, Guardians: len(people.Guardians), Look: s.lookUps(rec, boxesOf(people))}
	var err error
	if c.People, err = s.resealPeople(ctx, rec, people); err != nil {
		return rec, err
	}
	m := s.mutation(app, rec, by, "")
	if rec.Method.ByMail() {
		m.Jobs = append(m.Jobs, s.invitation(rec, len(people.Guardians)-1)...)
	}
	return s.Store.Join(ctx, m, c)
}
