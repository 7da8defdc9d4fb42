package consent

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// PortalChild is one consent in the portal: a child and an app.
type PortalChild struct {
	App    *App
	Book   *Book
	Record Record
	Name   string // masked
	Born   string // year of birth; "" when it is not known
	Agreed time.Time
}

// PortalDetail is all about one consent: what was agreed, to which text, and what came of it.
type PortalDetail struct {
	PortalChild
	Evidence    Evidence // Relation is empty when another guardian agreed: theirs is theirs
	Receipt     string   // URL
	Terms       *App     // with the items and purposes as they read when it was agreed to
	Disclosures []Disclosure
	Rights      []RightView
	EraseDue    time.Duration
	Now         time.Time
	Visit       Visiting

	guardian int
}

// PortalChildren lists the consents of a visit, and what was typed before it was renewed. It changes nothing.
//
// Errors: those of OpenVisit.
func (s *Service) PortalChildren(ctx context.Context, token string) (Visiting, []PortalChild, error) {
	v, err := s.OpenVisit(ctx, LinkInside, token)
	if err != nil {
		return v, nil, err
	}
	children, _, err := s.childrenOf(ctx, v.who)
	if err != nil {
		return v, nil, err
	}
	var out []PortalChild
	for _, c := range children {
		one, err := s.portalChild(c)
		if ignore(err, ErrUnreadable) != nil {
			return v, nil, err
		}
		if err == nil {
			out = append(out, one)
		}
	}
	return v, out, nil
}

// portalChild tells siblings apart: the masked name, the app, and the year of birth if it is known.
func (s *Service) portalChild(c child) (PortalChild, error) {
	people, err := s.people(c.rec)
	if err != nil {
		return PortalChild{}, err
	}
	return PortalChild{
		App: c.app, Book: s.Book(), Record: c.rec, Name: MaskName(people.Child.Name.Reveal()), Born: bornIn(people.Child), Agreed: c.rec.DecidedAt,
	}, nil
}

// PortalDetail shows one consent. A request of another address reads as ErrNotFound. It changes nothing.
//
// Errors: those of OpenVisit.
func (s *Service) PortalDetail(ctx context.Context, token, id string) (PortalDetail, error) {
	v, err := s.OpenVisit(ctx, LinkInside, token)
	if err != nil {
		return PortalDetail{Visit: v}, err
	}
	children, _, err := s.childrenOf(ctx, v.who)
	if err != nil {
		return PortalDetail{Visit: v}, err
	}
	i := slices.IndexFunc(children, func(c child) bool { return c.rec.ID == id })
	if i < 0 {
		return PortalDetail{Visit: v}, ErrNotFound
	}
	out := PortalDetail{EraseDue: s.Settings.EraseDue, Now: s.Clock(), Visit: v, guardian: children[i].g}
	if out.PortalChild, err = s.portalChild(children[i]); err != nil {
		return out, err
	}
	return out, s.fillDetail(ctx, &out)
}

func (s *Service) fillDetail(ctx context.Context, d *PortalDetail) error {
	var err error
	if d.Evidence, err = s.evidence(d.Record); err != nil {
		return err
	}
	if d.Evidence.Guardian != d.guardian {
		d.Evidence.Relation, d.Evidence.TypedName = "", ""
	}
	if d.Terms, err = s.termsOf(ctx, d.App, d.Evidence.Terms); err != nil {
		return err
	}
	if d.Receipt, err = s.receiptLink(d.Record, d.guardian); err != nil {
		return err
	}
	if d.Disclosures, err = s.disclosures(ctx, d.Record); err != nil {
		return err
	}
	d.Rights, err = s.rightsFor(ctx, d.Record, d.guardian)
	return err
}

// termsOf gives the app with the text of a version of its terms: what was agreed to stays readable when it has changed
// since. A version of which no text was kept reads as the one in force.
func (s *Service) termsOf(ctx context.Context, app *App, version string) (*App, error) {
	if version == app.Terms() {
		return app, nil
	}
	text, err := s.Store.Terms(ctx, app.ID, version)
	if errors.Is(err, ErrNotFound) {
		return app, nil
	}
	if err != nil {
		return nil, err
	}
	return app.as(version, text)
}

// as is the app with a kept text of its terms in place of today's.
func (a *App) as(version string, text []byte) (*App, error) {
	old := *a
	old.terms, old.Items, old.Purposes = version, nil, nil
	err := json.Unmarshal(text, &struct {
		Items    *map[string]Text `json:"items"`
		Purposes *[]Purpose       `json:"purposes"`
	}{&old.Items, &old.Purposes})
	return &old, err
}

// disclosures opens what the app noted. What cannot be read is left out.
func (s *Service) disclosures(ctx context.Context, rec Record) ([]Disclosure, error) {
	all, err := s.Store.Disclosures(ctx, rec.App, rec.ID)
	if err != nil {
		return nil, err
	}
	var out []Disclosure
	for _, one := range all {
		plain, err := s.Vault.Open(Label{App: rec.App, ID: rec.ID, Field: one.ID}, one.Sealed)
		if errors.Is(err, ErrUnreadable) {
			continue
		}
		var d Disclosure
		if err == nil {
			err = json.Unmarshal(plain, &d)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// rightsFor opens the rights requests that a guardian may read, the newest first: their own, and those that the app entered.
// What another guardian wrote in the portal stays theirs.
func (s *Service) rightsFor(ctx context.Context, rec Record, guardian int) ([]RightView, error) {
	all, err := s.Store.Rights(ctx, rec.App, rec.ID)
	if err != nil {
		return nil, err
	}
	var out []RightView
	for _, r := range slices.Backward(all) {
		if r.Guardian >= 0 && r.Guardian != guardian {
			continue
		}
		v := RightView{Right: r, Subject: rec.Subject}
		if err := errors.Join(s.readRight(&v), s.readRightData(&v)); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
