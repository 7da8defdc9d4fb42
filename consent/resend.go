package consent

import "context"

// Resend mails the invitation again. The links of before go on working, and the deadline stays where it is (KR-12).
//
// Errors: ErrNotFound, ErrNotPending, resend_limit (KindTooMany).
func (s *Service) Resend(ctx context.Context, app *App, by Actor, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	m := s.mutation(app, rec, by, "")
	if byMail(rec.Method) {
		for g := range rec.Guardians {
			m.Jobs = append(m.Jobs, s.letter(rec, LetterInvite, g, 0))
		}
	}
	return s.Store.Resend(ctx, m, s.Settings.ResendDay)
}
