package consent

import "time"

// Reasons of a marketing flag. Values are part of the API, for keys of the scope that sees reasons.
const (
	FlagPending   = "minor_pending"
	FlagPolicy    = "minor_policy"
	FlagWithdrawn = "minor_withdrawn"
)

// flags are the identities of the child that must get no advertising from the moment of acceptance until the last day on
// which the child can come of age (policy 9-3-라). No consent of a guardian lifts them.
func (s *Service) flags(app *App, in Signup, id string, now time.Time) []Flag {
	claim := AgeClaim{UnderAge: in.UnderAge, Age: in.AgeGiven}
	if d, err := ParseDate(in.Child.BirthDate.Reveal()); err == nil {
		claim.BirthDate = &d
	}
	ends := s.Book().Profile.FlagEnds(claim, now)
	var out []Flag
	add := func(kind DigestKind, text string) {
		out = append(out, Flag{
			Kind: kind, Look: s.Vault.Digest(kind, text), Short: s.Vault.Short(kind, text), Ends: ends, Reason: FlagPending, Source: id,
		})
	}
	if box, ok := ParseMailbox(in.Child.Email.Reveal()); ok {
		add(DigestFlagEmail, box.Canonical.Reveal())
	}
	if !in.Child.Phone.Empty() {
		add(DigestFlagPhone, in.Child.Phone.Reveal())
	}
	add(DigestFlagSubject, app.ID+"\x00"+in.Subject)
	return out
}
