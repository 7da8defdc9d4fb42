package consent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// knockPatience is how long an address is not written to again: pressing twice sends one letter.
const knockPatience = 10 * time.Minute

// maxChildren bounds how many consents of one app a visit shows.
const maxChildren = 50

// visitAddress is whose visit it is, sealed inside its job and its record.
type visitAddress struct {
	Email  string `json:"e"`
	Locale string `json:"l"`
}

// Knock asks for a link into the portal. It does the same for every address, known or not: it leaves one job, which finds
// out later whether there is anybody to write to, so neither the answer nor the store's commands tell (threat 8).
//
// Errors: KindInvalid for what is no address; ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) Knock(ctx context.Context, email Private, locale string) error {
	box, ok := ParseMailbox(strings.TrimSpace(email.Reveal()))
	if !ok {
		f := faults{{Pointer: "/email", Code: "invalid", Detail: "a mail address"}}
		return f.err()
	}
	bucket := s.Clock().Unix() / int64(knockPatience/time.Second)
	d := s.Vault.Digest(DigestKnock, box.Canonical.Reveal()+"\x00"+itoa(int(bucket)))
	seed := idAlphabet.EncodeToString(d[:])
	return s.leaveLink(ctx, PrefixJob+seed, Visit{ID: PrefixVisit + seed, Gen: 1}, visitAddress{box.Address.Reveal(), locale})
}

// leaveLink leaves the job of a link. An id that is queued already stays as it is. It lies with the first app: a visit belongs to none.
func (s *Service) leaveLink(ctx context.Context, id string, v Visit, who visitAddress) error {
	apps := s.appIDs()
	if len(apps) == 0 {
		return nil
	}
	plain, err := json.Marshal(who)
	if err != nil {
		return err
	}
	to, err := s.Vault.Seal(ctx, ClassHour, s.Clock(), Label{ID: id, Field: FieldClosing}, plain)
	if err != nil {
		return err
	}
	job := s.letterJob(LetterJob{App: apps[0], Letter: LetterPortal, Gen: v.Gen, Visit: v.ID, To: to}, 0)
	job.ID = id
	return s.Store.Leave(ctx, apps[0], []Job{job})
}

// postLink writes the letter with a link into the portal, to an address that has given a consent, and to no other.
func (s *Service) postLink(ctx context.Context, job string, l LetterJob) error {
	var who visitAddress
	plain, err := s.Vault.Open(Label{ID: job, Field: FieldClosing}, l.To)
	if err != nil {
		return ignoreAs(err, ErrMoot, ErrUnreadable) // its hour is over
	}
	if err := json.Unmarshal(plain, &who); err != nil {
		return ErrMoot
	}
	children, digests, err := s.childrenOf(ctx, who)
	if err != nil {
		return err
	}
	if len(children) == 0 {
		return ErrMoot
	}
	wait, err := s.Store.CountLetter(ctx, s.Vault.Digest(DigestKnock, string(digests[0][:])), job, s.Settings.GuardianDay)
	if err != nil {
		return err
	}
	if wait > 0 {
		return ErrMoot // who asked is gone before the day is over, and may ask again
	}
	letter, err := s.writeLink(ctx, job, l, who, children[0])
	if err != nil {
		return err
	}
	return s.Courier.Deliver(ctx, letter)
}

func (s *Service) writeLink(ctx context.Context, job string, l LetterJob, who visitAddress, first child) (Letter, error) {
	v := Visit{ID: l.Visit, Gen: l.Gen}
	plain, err := json.Marshal(who)
	if err != nil {
		return Letter{}, err
	}
	if v.Address, err = s.Vault.Seal(ctx, ClassHour, s.Clock(), visitLabel(v.ID, "address"), plain); err != nil {
		return Letter{}, err
	}
	if v, err = s.Store.Admit(ctx, v, VisitLife, VisitKept); err != nil {
		return Letter{}, err
	}
	book := s.Book()
	out := Letter{
		ID: job, Kind: LetterPortal, To: Secret(who.Email), Locale: first.app.Language(cmp.Or(who.Locale, first.rec.Locale)), App: first.app,
		Operator: book.Operator, Zone: book.Profile.Zone, Deadline: v.Expires, Test: s.Settings.Test,
	}
	out.Link, err = s.portalLink(LinkPortal, v, l.Gen)
	return out, err
}

func visitLabel(id, field string) Label { return Label{ID: id, Field: "visit-" + field} }

// portalLink is the address of the portal in a visit. It names no app; the claims of a link must.
func (s *Service) portalLink(aud Audience, v Visit, gen int) (string, error) {
	return s.link("/my/", Claims{Audience: aud, App: "my", ID: v.ID, Gen: gen, Expires: v.Expires.Add(VisitKept)})
}

// child is one consent of an address.
type child struct {
	app *App
	rec Record
	g   int
}

// childrenOf finds the consents of an address over all apps: those in force, and those that were withdrawn while their
// evidence is kept. On the birthday a guardian's access ends, and a request that waits has a letter of its own.
func (s *Service) childrenOf(ctx context.Context, who visitAddress) ([]child, []Digest, error) {
	box, ok := ParseMailbox(who.Email)
	if !ok {
		return nil, nil, ErrMoot
	}
	digests := s.Vault.Digests(DigestEmail, box.Canonical.Reveal())
	found, err := s.Store.ByGuardian(ctx, s.appIDs(), digests, maxChildren)
	if err != nil {
		return nil, digests, err
	}
	var out []child
	for _, c := range found {
		rec, err := s.Store.Get(ctx, c.App, c.ID)
		if err := ignore(err, ErrNotFound); err != nil {
			return nil, digests, err
		}
		g := slices.IndexFunc(rec.Look.Guardians, func(d Digest) bool { return slices.Contains(digests, d) })
		if app := s.Book().Apps[c.App]; app != nil && g >= 0 && (rec.Status == Granted || rec.Status == Withdrawn) {
			out = append(out, child{app, rec, g})
		}
	}
	return out, digests, nil
}

// Visiting is a visit to the portal whose link was good.
type Visiting struct {
	Visit  Visit
	Locale string
	Test   bool

	who visitAddress
}

// OpenVisit checks a link of the portal, as it was mailed or as it is once the name was given. It changes nothing.
//
// Errors: ErrNotFound, ErrLinkExpired, ErrReplaced; ErrVisitOver, with the visit, for one that can be renewed.
func (s *Service) OpenVisit(ctx context.Context, aud Audience, token string) (Visiting, error) {
	c, err := s.Links.Redeem(aud, token, s.Clock())
	if err != nil {
		return Visiting{}, err
	}
	v, err := s.Store.Visit(ctx, c.ID)
	if err != nil {
		return Visiting{}, ignoreAs(err, ErrLinkExpired, ErrNotFound) // genuine, and ended
	}
	if c.Gen != v.Gen {
		return Visiting{}, ErrReplaced
	}
	out := Visiting{Visit: v, Test: s.Settings.Test}
	plain, err := s.Vault.Open(visitLabel(v.ID, "address"), v.Address)
	if err != nil {
		return out, ignoreAs(err, ErrLinkExpired, ErrUnreadable)
	}
	if err := json.Unmarshal(plain, &out.who); err != nil {
		return out, err
	}
	out.Locale = out.who.Locale
	if !s.Clock().Before(v.Expires) {
		return out, ErrVisitOver
	}
	return out, nil
}

// EnterVisit compares the typed name with those at the grants, charged before it is compared, and returns the path of the
// portal behind it. The link that was mailed never leads there by itself, so who reads the mailbox alone sees nothing.
//
// Errors: KindInvalid, ErrLocked, those of OpenVisit.
func (s *Service) EnterVisit(ctx context.Context, token, name string) (string, error) {
	v, err := s.OpenVisit(ctx, LinkPortal, token)
	if err != nil {
		return "", err
	}
	children, digests, err := s.childrenOf(ctx, v.who)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(name) == "" {
		f := faults{{Pointer: "/guardian_name", Code: "required", Detail: "your name is needed"}}
		return "", f.err()
	}
	if err := s.Store.Guess(ctx, digests[0], MaxTries, LockFor); err != nil {
		return "", err
	}
	hit := false
	for _, c := range children {
		one, err := s.knowsName(View{Record: c.rec, Guardian: c.g}, name)
		if ignore(err, ErrUnreadable) != nil {
			return "", err
		}
		hit = hit || one
	}
	if !hit {
		return "", s.missed(Record{}, FactName)
	}
	if err := s.Store.Spare(ctx, digests[0]); err != nil {
		return "", err
	}
	if v.Visit, err = s.Store.Extend(ctx, v.Visit.ID, v.Visit.Gen, VisitLife, VisitKept); err != nil {
		return "", err
	}
	link, err := s.portalLink(LinkInside, v.Visit, v.Visit.Gen)
	return strings.TrimPrefix(link, s.Settings.PublicURL+"/my/"), err
}

// RenewVisit mails a new link for a visit that is over; older ones die when it goes out. Pressed twice, it mails once.
//
// Errors: those of OpenVisit, but ErrVisitOver.
func (s *Service) RenewVisit(ctx context.Context, aud Audience, token string) error {
	v, err := s.OpenVisit(ctx, aud, token)
	if !errors.Is(err, ErrVisitOver) {
		return err
	}
	next := Visit{ID: v.Visit.ID, Gen: v.Visit.Gen + 1}
	d := s.Vault.Digest(DigestKnock, next.ID+"\x00"+itoa(next.Gen))
	return s.leaveLink(ctx, PrefixJob+idAlphabet.EncodeToString(d[:]), next, v.who)
}

// LeaveVisit ends a visit: its links lead nowhere from then on. Errors: those of OpenVisit.
func (s *Service) LeaveVisit(ctx context.Context, token string) error {
	v, err := s.OpenVisit(ctx, LinkInside, token)
	if err != nil {
		return ignore(err, ErrVisitOver)
	}
	return s.Store.EndVisit(ctx, v.Visit.ID)
}
