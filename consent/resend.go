package consent

import "context"

// Resend mails the invitation again. The links of before go on working, and the deadline stays where it is (KR-12).
//
// Errors: ErrNotFound, ErrNotPending, ErrNoLetter, resend_limit (KindTooMany).
func (s *Service) Resend(ctx context.Context, app *App, by Actor, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	if rec.Status == Pending && !rec.Method.ByMail() {
		return rec, ErrNoLetter
	}
	m := s.mutation(app, rec, by, "")
	for g := range rec.Guardians {
		m.Jobs = append(m.Jobs, s.letterJob(LetterJob{
			App: rec.App, Request: rec.ID, Letter: LetterInvite, Guardian: g, Gen: rec.Gen,
			Again: rec.Mail == MailSent || rec.Mail == MailQueued,
		}, 0))
	}
	return s.Store.Resend(ctx, m, s.Settings.ResendDay)
}

// ErrNoLetter is a request whose method begins without a letter, so there is none to send again.
var ErrNoLetter = &Error{Kind: KindConflict, Code: "no_letter", Detail: "this request does not begin with a letter"}
