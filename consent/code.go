package consent

import "context"

// ByCode finds the page of a short code from a letter. It says the same of every code that leads nowhere.
//
// Errors: ErrNotFound, ErrUnavailable.
func (s *Service) ByCode(ctx context.Context, code string) (string, error) {
	n := normalCode(code)
	if len(n) != shortLength {
		return "", ErrNotFound
	}
	c, err := s.Store.ByCode(ctx, s.appIDs(), s.Vault.Digests(DigestCode, n))
	if err != nil {
		return "", err
	}
	rec, err := s.Store.Get(ctx, c.App, c.ID)
	if err != nil {
		return "", err
	}
	return s.decideLink(rec, c.Guardian)
}
