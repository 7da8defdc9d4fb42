package consent

import "time"

// How long links live. Whether one may still decide is the record's business: its deadline and its generation.
const (
	linkAfter    = 30 * 24 * time.Hour  // a decided link shows its result this long after the deadline
	withdrawLife = 400 * 24 * time.Hour // from the decision
)

// decideLink is the address of a guardian's page.
func (s *Service) decideLink(rec Record, guardian int) (string, error) {
	return s.link("/c/", Claims{
		Audience: LinkDecide, App: rec.App, ID: rec.ID, Gen: rec.GenOf(guardian), Guardian: guardian, Expires: rec.ExpiresAt.Add(linkAfter),
	})
}

// withdrawLink is the address where a guardian withdraws; it rides on the letters after a grant.
func (s *Service) withdrawLink(rec Record, guardian int) (string, error) {
	return s.link("/w/", Claims{
		Audience: LinkWithdraw, App: rec.App, ID: rec.ID, Gen: rec.GenOf(guardian), Guardian: guardian, Expires: rec.DecidedAt.Add(withdrawLife),
	})
}

// objectLink is the address where the holder of an address stops its amendment; it rides on one letter alone.
func (s *Service) objectLink(rec Record) (string, error) {
	return s.link("/a/", Claims{
		Audience: LinkObject, App: rec.App, ID: rec.ID, Gen: rec.Amend.No, Guardian: rec.Amend.Guardian, Expires: s.amendDue(rec).Add(linkAfter),
	})
}

// childPage is the address of the child's waiting page. It stays the same over changed addresses.
func (s *Service) childPage(rec Record) (string, error) {
	return s.link("/k/", Claims{Audience: LinkChild, App: rec.App, ID: rec.ID, Expires: rec.ExpiresAt.Add(linkAfter)})
}

// ChildPage is the address of the child's waiting page.
func (s *Service) ChildPage(rec Record) (string, error) { return s.childPage(rec) }

// DecideLink is the address of a guardian's page, for the code page, which leads there.
func (s *Service) DecideLink(rec Record, guardian int) (string, error) {
	return s.decideLink(rec, guardian)
}

func (s *Service) link(path string, c Claims) (string, error) {
	c.Expires = c.Expires.Truncate(time.Second)
	token, err := s.Links.Mint(c)
	if err != nil {
		return "", err
	}
	return s.Settings.PublicURL + path + token, nil
}
