package consent

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// writeLetter fills a letter. It opens the record's people for the address and the child's masked name; the names that
// are facts (the guardian's, the pairing code) go into no letter.
func (s *Service) writeLetter(ctx context.Context, app *App, rec Record, l LetterJob, job string) (Letter, error) {
	book := s.Book()
	out := Letter{
		ID: job, Return: s.returnToken(rec, l), Kind: l.Letter, App: app, Operator: book.Operator, Zone: book.Profile.Zone, Case: rec.ID,
		Deadline: s.decideBy(rec, l.Guardian), Decided: rec.DecidedAt, Test: s.Settings.Test,
		Purposes: app.Chosen(rec.Asked),
	}
	if rec.Status == Granted {
		out.Purposes, out.Refused = app.Chosen(rec.Granted), app.Chosen(rec.Refused)
	}
	if l.Letter == LetterErased {
		out.Deadline = rec.ErasedAt
	}
	out.Amend = rec.amendWhat(l.Amend, l.Guardian)
	if rec.Status == Declined || l.Letter == LetterReplaced {
		return s.addressClosing(out, rec, l)
	}
	people, err := s.peopleOrExpire(ctx, app, rec)
	if err != nil {
		return Letter{}, ignoreAs(err, ErrMoot, ErrUnreadable)
	}
	if l.Guardian >= len(people.Guardians) || people.Guardians[l.Guardian].Email.Empty() {
		return Letter{}, ErrMoot
	}
	if l.Right != "" {
		if out.Right, err = s.Store.Right(ctx, rec.App, l.Right); err != nil {
			return Letter{}, ignoreAs(err, ErrMoot, ErrNotFound)
		}
	}
	g := people.Guardians[l.Guardian]
	out.Born = bornIn(people.Child)
	out.To, out.Locale, out.Child = g.Email, app.Language(g.Locale), MaskName(people.Child.Name.Reveal())
	return s.addLinks(out, rec, l.Guardian)
}

// addLinks adds the ways on that this letter offers.
func (s *Service) addLinks(out Letter, rec Record, guardian int) (Letter, error) {
	var err error
	switch out.Kind {
	case LetterInvite, LetterRemind, LetterLocked:
		out.Code, out.CodePage = s.shortCode(rec, guardian), s.Settings.PublicURL+"/code"
		out.Link, err = s.decideLink(rec, guardian)
	case LetterRightsReceived, LetterRightsAnswered:
		out.Portal = s.Settings.PublicURL + "/my"
	case LetterProve:
		out.Code, out.Deadline = s.mailCode(rec, guardian), rec.Of(guardian).CodeAt.Add(CodeLives)
		if !s.Clock().Before(out.Deadline) {
			return out, ErrMoot
		}
	case LetterAmending:
		out.Deadline = s.amendDue(rec)
		out.Link, err = s.objectLink(rec)
	case LetterAmended:
		out.Withdraw, err = s.withdrawLink(rec, guardian)
	case LetterGranted, LetterConfirm, LetterWithdrawn:
		if rec.Status != Granted { // nothing is left to withdraw
			return out, nil
		}
		out.Withdraw, err = s.withdrawLink(rec, guardian)
	}
	return out, err
}

// closing is what a letter needs whose address no record has any more, sealed inside its job: the one that closes a refusal, and
// the one to an address that another has replaced.
type closing struct {
	Email  string `json:"e"`
	Locale string `json:"l"`
	Child  string `json:"c"` // masked
	Born   string `json:"b,omitempty"`
}

// closingJob is the letter that tells a guardian that the refusal was carried out.
func (s *Service) closingJob(rec Record, people People, guardian int, seal func(Label, []byte) (Sealed, error)) (Job, error) {
	g := people.Guardians[guardian]
	plain, err := json.Marshal(closing{g.Email.Reveal(), g.Locale, MaskName(people.Child.Name.Reveal()), bornIn(people.Child)})
	if err != nil {
		return Job{}, err
	}
	sealed, err := seal(label(rec, FieldClosing, rec.Rev), plain)
	if err != nil {
		return Job{}, err
	}
	return s.letterJob(LetterJob{
		App: rec.App, Request: rec.ID, Letter: LetterDeclined, Guardian: guardian, Gen: rec.Gen, To: sealed,
	}, 0), nil
}

func (s *Service) addressClosing(out Letter, rec Record, l LetterJob) (Letter, error) {
	rev := rec.Rev
	if l.Letter == LetterReplaced {
		rev = l.Amend
	}
	plain, err := s.Vault.Open(label(rec, FieldClosing, rev), l.To)
	if err != nil {
		return Letter{}, ignoreAs(err, ErrMoot, ErrUnreadable) // its hour is over
	}
	var c closing
	if err := json.Unmarshal(plain, &c); err != nil {
		return Letter{}, err
	}
	out.To, out.Locale, out.Child, out.Born = Secret(c.Email), out.App.Language(c.Locale), c.Child, c.Born
	return out, nil
}

// Remains is what a dead job keeps of its body: never the sealed address of a closing letter, which is gone with it.
func Remains(j Job) []byte {
	var l LetterJob
	if j.Kind != JobLetter || json.Unmarshal(j.Body, &l) != nil || l.To == nil {
		return j.Body
	}
	l.To = nil
	body, _ := json.Marshal(l) // the type holds strings, numbers and bytes only
	return body
}

// decideBy is the last moment at which a guardian's link decides: the deadline, or sooner when links live shorter. A further
// guardian's link lives from their own last letter; the one that is written now is the first when there is none.
func (s *Service) decideBy(rec Record, guardian int) time.Time {
	ttl, from := s.Settings.LinkTTL, rec.MailAt
	if guardian > 0 {
		if from = rec.Of(guardian).AskedAt; from.IsZero() {
			from = s.Clock()
		}
	}
	if ttl > 0 && !from.IsZero() && from.Add(ttl).Before(rec.ExpiresAt) {
		return from.Add(ttl)
	}
	return rec.ExpiresAt
}

// people opens the names and addresses of a record. Errors: ErrUnreadable.
func (s *Service) people(rec Record) (People, error) {
	plain, err := s.Vault.Open(label(rec, FieldPeople, rec.Rev), rec.People)
	if err != nil {
		return People{}, err
	}
	return decodePeople(plain)
}

// peopleOrExpire opens the people of a record. A pending record whose key was lost can never be decided: it ends here and
// now as expired, so that nothing waits in silence; past its deadline it was bound to. Errors: ErrUnreadable.
func (s *Service) peopleOrExpire(ctx context.Context, app *App, rec Record) (People, error) {
	p, err := s.people(rec)
	if !errors.Is(err, ErrUnreadable) || rec.Status != Pending {
		return p, err
	}
	reason := ReasonUnreadable
	if !s.Clock().Before(rec.ExpiresAt) {
		reason = ReasonDeadline
	}
	if _, fail := s.expire(ctx, app, rec, reason); fail != nil {
		return p, fail
	}
	return p, err
}

// ignoreAs returns instead for err when it is what, else err.
func ignoreAs(err, instead, what error) error {
	if errors.Is(err, what) {
		return instead
	}
	return err
}
