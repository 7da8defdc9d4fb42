package consent

import (
	"context"
	"time"
)

// Waiting is what the child's page shows.
type Waiting struct {
	App         *App
	Book        *Book
	Record      Record
	Locale      string
	Guardian    string // the address with its domain in full, or nobody sees a typing mistake; "" once the request has ended
	PairingCode string // "" once the request has ended
	Now         time.Time
	Test        bool
}

// Wait shows the child's waiting page. It changes nothing.
//
// Errors: ErrNotFound, ErrLinkExpired, ErrUnavailable.
func (s *Service) Wait(ctx context.Context, token string) (Waiting, error) {
	_, rec, err := s.redeem(ctx, LinkChild, token)
	if err != nil {
		return Waiting{}, err
	}
	app, ok := s.Book().Apps[rec.App]
	if !ok {
		return Waiting{}, ErrNotFound
	}
	w := Waiting{App: app, Book: s.Book(), Record: rec, Locale: app.Language(rec.Locale), Now: s.Clock(), Test: s.Settings.Test}
	if rec.Status == Pending && !s.Clock().Before(rec.ExpiresAt) {
		w.Record.Status, w.Record.Reason = Expired, ReasonDeadline // the sweeper is late; the page is not
	}
	if w.Record.Status != Pending {
		return w, nil
	}
	people, err := s.peopleOrExpire(ctx, app, rec)
	if err != nil {
		return Waiting{}, ignoreAs(err, ErrLinkExpired, ErrUnreadable)
	}
	w.Locale = app.Language(people.Child.Locale)
	if email := people.Guardians[0].Email; !email.Empty() {
		w.Guardian = MaskLocal(email.Reveal())
	}
	w.PairingCode = s.PairingCode(rec)
	return w, nil
}

// Way is the method by which the guardian answers while that needs no letter of this service; "" for its link or reply.
func (w Waiting) Way() Method {
	if w.Record.Status != Pending || w.Record.Method.ByMail() {
		return ""
	}
	return w.Record.Method
}

// WaitResend mails the invitation again at the child's wish. Errors: those of Wait and Resend.
func (s *Service) WaitResend(ctx context.Context, token string) (Waiting, error) {
	w, err := s.Wait(ctx, token)
	if err != nil {
		return w, err
	}
	w.Record, err = s.Resend(ctx, w.App, Actor{Kind: ActorChild}, w.Record.ID)
	return w, err
}

// WaitCancel ends the request at the child's wish. Errors: those of Wait and Cancel.
func (s *Service) WaitCancel(ctx context.Context, token string) (Waiting, error) {
	w, err := s.Wait(ctx, token)
	if err != nil {
		return w, err
	}
	w.Record, err = s.Cancel(ctx, w.App, Actor{Kind: ActorChild}, w.Record.ID)
	return w, err
}

// Misnamed reports whether the child may enter the guardian's name anew here: the guardian said that it is another.
func (w Waiting) Misnamed() bool {
	return w.Record.Status == Pending && w.Record.NameMiss && w.Record.NamesSet < MaxNamesSet
}

// Bounced reports whether the letter came back.
func (w Waiting) Bounced() bool { return w.Record.Status == Pending && w.Record.Mail == MailBounced }

// Readdress reports whether the child may enter the guardian's address anew here: the letter came back, the name is another
// and so perhaps the person, or the signup was only just now; twice at most. Later the app can.
func (w Waiting) Readdress() bool {
	if w.Record.Status != Pending || !w.Record.Method.ByMail() || w.Record.AddressSet >= MaxAddressSet {
		return false
	}
	return w.Bounced() || w.Record.NameMiss || w.Now.Before(w.Record.CreatedAt.Add(AddressFreeFor))
}

// WaitCorrect sets anew what may be: the name when it is another one (Misnamed), the address while Readdress allows it. An
// address that is left empty stays as it is, unless the letter came back; what may not be set stays, whatever is sent.
//
// Errors: those of Wait and Correct; ErrNotPending when there is nothing to correct.
func (s *Service) WaitCorrect(ctx context.Context, token string, g Guardian) (Waiting, error) {
	w, err := s.Wait(ctx, token)
	if err != nil {
		return w, err
	}
	if !w.Misnamed() && !w.Readdress() {
		return w, ErrNotPending
	}
	people, err := s.people(w.Record)
	if err != nil {
		return w, err
	}
	if !w.Misnamed() {
		g.Name = people.Guardians[0].Name
	}
	if !w.Readdress() || g.Email.Empty() && w.Misnamed() && !w.Bounced() {
		g.Email = people.Guardians[0].Email
	}
	rec, err := s.Correct(ctx, w.App, Actor{Kind: ActorChild}, w.Record.ID, g)
	if err == nil {
		w.Record = rec
	}
	return w, err
}
