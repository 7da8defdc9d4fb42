package consent

import "context"

// CodeFormed reports whether a text can be a short code at all: eight letters and digits. It says nothing of which codes there are.
func CodeFormed(code string) bool { return len(normalCode(code)) == shortLength }

// ByCode finds the page of a short code from a letter. It says the same of every code that leads nowhere.
//
// Errors: ErrNotFound, ErrUnavailable.
func (s *Service) ByCode(ctx context.Context, code string) (string, error) {
	if !CodeFormed(code) {
		return "", ErrNotFound
	}
	c, err := s.Store.ByCode(ctx, s.appIDs(), s.Vault.Digests(DigestCode, normalCode(code)))
	if err != nil {
		return "", err
	}
	rec, err := s.Store.Get(ctx, c.App, c.ID)
	if err != nil {
		return "", err
	}
	return s.decideLink(rec, c.Guardian)
}
