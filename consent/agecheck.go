package consent

import (
	"context"
	"slices"
	"time"
)

// AgeCheck is a question about an age, with the identities under which a child may already be known.
type AgeCheck struct {
	Claim   AgeClaim
	Country string // "" for the operator's own profile
	Email   Private
	Phone   Private
	Subject string
}

// AgeAnswer answers it. Contradicts says that a living flag knows one of the identities as a child's, whatever is claimed now.
type AgeAnswer struct {
	AgeVerdict
	Contradicts bool
}

// AgeCheck judges an age and stores nothing.
//
// Errors: KindInvalid, ErrUnavailable.
func (s *Service) AgeCheck(ctx context.Context, app *App, q AgeCheck) (AgeAnswer, error) {
	book := s.Book()
	profile := book.Profile
	var f faults
	if q.Claim == (AgeClaim{}) {
		f.add("", "required", "a birth_date or an age is required")
	}
	checkClaim(&f, q.Claim, profile, s.Clock())
	if q.Country != "" {
		var err error
		if profile, err = ProfileOfCountry(q.Country); err != nil {
			f.add("/country", "invalid", "a country code of two letters, such as KR")
		}
	}
	digests := s.identities(&f, app, q)
	if err := f.err(); err != nil {
		return AgeAnswer{}, err
	}
	a := AgeAnswer{AgeVerdict: profile.Judge(q.Claim, s.Clock())}
	if a.UnderAge || len(digests) == 0 {
		return a, nil
	}
	flagged, err := s.Store.Flagged(ctx, s.gateApps(app), digests, DateOf(s.Clock().In(book.Profile.Zone)))
	if err != nil {
		return AgeAnswer{}, err
	}
	a.Contradicts = slices.Contains(flagged, true)
	return a, nil
}

// checkClaim refuses ages and birth dates that nobody has.
func checkClaim(f *faults, c AgeClaim, p Profile, now time.Time) {
	if c.Age != nil && (*c.Age < 0 || *c.Age > 150) {
		f.add("/age", "invalid", "completed years, 0 to 150")
	}
	if c.BirthDate != nil && DateOf(now.In(p.Zone)).Before(*c.BirthDate) {
		f.add("/birth_date", "invalid", "a day in the past")
	}
}

// identities digests what a question names.
func (s *Service) identities(f *faults, app *App, q AgeCheck) []Digest {
	var out []Digest
	if !q.Email.Empty() {
		box, ok := ParseMailbox(q.Email.Reveal())
		if !ok {
			f.add("/email", "invalid", "one mail address of the form name@domain.tld")
		}
		out = append(out, s.Vault.Digests(DigestFlagEmail, box.Canonical.Reveal())...)
	}
	if !q.Phone.Empty() {
		phone := q.Phone
		s.checkPhone(f, "/phone", &phone)
		out = append(out, s.Vault.Digests(DigestFlagPhone, phone.Reveal())...)
	}
	if q.Subject != "" {
		checkSubject(f, q.Subject)
		out = append(out, s.Vault.Digests(DigestFlagSubject, app.ID+"\x00"+q.Subject)...)
	}
	return out
}
