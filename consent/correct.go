package consent

import (
	"cmp"
	"context"
	"strings"
)

// Correct sets the first guardian's name and address anew while the request is pending. A new address voids the links
// that went to the old one and is written to; the same address with another name keeps them. The deadline stays. An app may
// set as many addresses a day as it may resend letters: each is a letter to somebody who may never have heard of the child.
//
// Errors: ErrNotFound, ErrNotPending, ErrStale, name_limit and address_limit (KindConflict), correction_limit
// (KindTooMany), KindInvalid.
func (s *Service) Correct(ctx context.Context, app *App, by Actor, id string, g Guardian) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	if rec.Status != Pending {
		return rec, ErrNotPending
	}
	people, err := s.peopleOrExpire(ctx, app, rec)
	if err != nil {
		return rec, ignoreAs(err, ErrNotPending, ErrUnreadable)
	}
	box, err := s.checkNewGuardian(ctx, rec, people, g)
	if err != nil {
		return rec, err
	}
	old := people.Guardians[0]
	g.Email, g.Locale = box.Address, app.Language(cmp.Or(g.Locale, old.Locale))
	if g.Email.Empty() { // only where no letter is needed
		g.Email = old.Email
	}
	if g.Phone.Empty() {
		g.Phone = old.Phone
	}
	people.Guardians[0] = g
	return s.correct(ctx, app, by, rec, people, Correction{
		Rev: rec.Rev, Guardians: len(people.Guardians),
		NewAddress: rec.Method.ByMail() && !sameBox(old.Email, g.Email), NewName: !SameName(old.Name.Reveal(), g.Name.Reveal()),
		ByChild: by.Kind == ActorChild, ByApp: by.Kind == ActorApp, PerDay: s.Settings.ResendDay,
	})
}

// sameBox compares two addresses as they were typed, up to case: another spelling of one mailbox is a wish to write there.
func sameBox(a, b Private) bool { return strings.EqualFold(a.Reveal(), b.Reveal()) }

// checkNewGuardian checks a name and an address given later.
func (s *Service) checkNewGuardian(ctx context.Context, rec Record, people People, g Guardian) (Mailbox, error) {
	var f faults
	checkNewName(&f, g.Name.Reveal())
	box := s.checkNewAddress(ctx, &f, rec, people, g.Email)
	return box, f.err()
}

func checkNewName(f *faults, name string) {
	checkName(f, "/name", name, leastGuardian)
	if isGeneric(name) {
		f.add("/name", "guardian_name_generic", "the guardian's own name is needed: it is asked again when they decide")
	}
	refuseResident(f, "/name", name)
}

func (s *Service) checkNewAddress(ctx context.Context, f *faults, rec Record, people People, email Private) Mailbox {
	var of faults
	refuseResident(&of, "/email", email.Reveal())
	box := s.checkAddress(ctx, &of, email, people.Child.Email, rec.Method.ByMail())
	for _, one := range of {
		one.Pointer = strings.TrimPrefix(one.Pointer, "/guardian")
		*f = append(*f, one)
	}
	return box
}

func refuseResident(f *faults, pointer, text string) {
	if hasResidentNumber(text) {
		f.add(pointer, "resident_number", "this looks like a resident registration number, which may not be processed")
	}
}

func (s *Service) correct(ctx context.Context, app *App, by Actor, rec Record, people People, c Correction) (Record, error) {
	after := rec
	if c.NewAddress {
		after.Gen++
	}
	var err error
	if c.People, err = s.resealPeople(ctx, rec, people); err != nil {
		return rec, err
	}
	c.Look = s.lookUps(after, boxesOf(people))
	m := s.mutation(app, after, by, "")
	if c.NewAddress && rec.Method.ByMail() {
		for g := range people.Guardians {
			m.Jobs = append(m.Jobs, s.invitation(after, g)...)
		}
	}
	return s.Store.Correct(ctx, m, c)
}

// resealPeople seals people for the next revision, under the key that held them: a correction gains no time (KR-12).
func (s *Service) resealPeople(ctx context.Context, rec Record, people People) (Sealed, error) {
	plain, err := people.encode()
	if err != nil {
		return nil, err
	}
	class := ClassHour
	at, _ := s.Vault.KeyOf(rec.People)
	if rec.Status == Granted {
		class, at = ClassEvidence, s.Clock()
	}
	return s.Vault.Seal(ctx, class, at, label(rec, FieldPeople, rec.Rev+1), plain)
}

func boxesOf(people People) []Mailbox {
	boxes := make([]Mailbox, len(people.Guardians))
	for i, g := range people.Guardians {
		boxes[i], _ = ParseMailbox(g.Email.Reveal()) // the zero Mailbox stands for one without an address
	}
	return boxes
}
