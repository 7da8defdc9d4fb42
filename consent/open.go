package consent

import (
	"context"
	"errors"
	"time"
)

// View is what a guardian's page shows. Names are masked; neither the guardian's own name nor the pairing code is in it.
type View struct {
	App      *App
	Book     *Book
	Record   Record
	Guardian int
	Locale   string
	Child    string // masked; "" once the request has ended
	Born     string // year of the child's birth; "" when it is not known
	Nickname string // of the child, masked; only where Born is not known
	Now      time.Time
	Deadline time.Time
	EraseDue time.Duration // how long the app may take to confirm erasure
	Purposes []Purpose     // asked, in the app's order
	Proof    string        // goes back with the form; "" when there is nothing to decide
	Withdraw string        // URL, when a consent is in force
	Receipt  string        // URL of the receipt, when a consent is in force or was withdrawn
	Undo     string        // goes back with the form that takes a refusal's pause and block back; "" when there is none
	Enacted  bool          // of an amendment: it took effect
	Test     bool
}

// Open shows the page of a mailed link. It changes nothing, however often and by whomever it is called.
//
// Errors: ErrNotFound (forged or unknown), ErrLinkExpired, ErrReplaced (a newer address has its own link), ErrUnreadable,
// ErrUnavailable. A decided request is no error: its View has no Proof.
func (s *Service) Open(ctx context.Context, token string) (View, error) {
	return s.open(ctx, LinkDecide, token)
}

func (s *Service) open(ctx context.Context, aud Audience, token string) (View, error) {
	c, rec, err := s.redeem(ctx, aud, token)
	if err != nil {
		return View{}, err
	}
	app, ok := s.Book().Apps[c.App]
	if !ok {
		return View{}, ErrNotFound
	}
	v := View{
		App: app, Book: s.Book(), Record: rec, Guardian: c.Guardian, Locale: app.Language(rec.Locale),
		Now: s.Clock(), Deadline: s.decideBy(rec, c.Guardian), EraseDue: s.Settings.EraseDue, Purposes: app.Chosen(rec.Asked), Test: s.Settings.Test,
	}
	if rec.Status == Granted || rec.Status == Withdrawn && len(rec.Evidence) > 0 {
		if v.Receipt, err = s.receiptLink(rec, c.Guardian); err != nil {
			return View{}, err
		}
	}
	if rec.Status.Ended() {
		return s.proveEnded(ctx, aud, v)
	}
	if rec.Status == Pending && !v.Now.Before(v.Deadline) {
		return View{}, ErrLinkExpired
	}
	people, err := s.peopleOrExpire(ctx, app, rec)
	if err != nil {
		return View{}, err
	}
	if c.Guardian >= len(people.Guardians) {
		return View{}, ErrNotFound
	}
	g := people.Guardians[c.Guardian]
	v.Child, v.Locale = MaskName(people.Child.Name.Reveal()), app.Language(g.Locale)
	s.tellApart(&v, people.Child)
	return s.proveOpen(ctx, aud, v)
}

// proveOpen adds the proof to a page on which something can be decided.
func (s *Service) proveOpen(ctx context.Context, aud Audience, v View) (View, error) {
	var err error
	switch {
	case aud == LinkDecide && v.Record.Status == Pending:
		v.Proof, err = s.seal(ctx, v.Record, s.form(v, stepPage))
	case aud == LinkDecide && v.Record.Status == Granted:
		v.Withdraw, err = s.withdrawLink(v.Record, v.Guardian)
	case aud == LinkWithdraw:
		v.Proof, err = s.seal(ctx, v.Record, s.form(v, stepWithdraw))
	}
	return v, err
}

// Knows reports whether this space made the link: the pages of all spaces share one address.
func (s *Service) Knows(aud Audience, token string) bool {
	_, err := s.Links.Redeem(aud, token, s.Clock())
	return !errors.Is(err, ErrNotFound)
}

// redeem checks a link and reads its record.
func (s *Service) redeem(ctx context.Context, aud Audience, token string) (Claims, Record, error) {
	c, err := s.Links.Redeem(aud, token, s.Clock())
	if err != nil {
		return c, Record{}, err
	}
	rec, err := s.Store.Get(ctx, c.App, c.ID)
	if errors.Is(err, ErrNotFound) {
		return c, rec, ErrLinkExpired // genuine, and its record is gone
	}
	if err != nil {
		return c, rec, err
	}
	late := c.Gen < rec.GenOf(c.Guardian) && (aud == LinkWithdraw || aud == LinkReceipt)
	if late || aud == LinkDecide && c.Gen != rec.GenOf(c.Guardian) {
		return c, rec, ErrReplaced
	}
	return c, rec, nil
}
