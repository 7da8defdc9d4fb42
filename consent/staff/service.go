package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Vault seals the second factors and digests names. consent.Vault is one.
type Vault interface {
	Seal(ctx context.Context, class consent.Class, at time.Time, l consent.Label, plain []byte) (consent.Sealed, error)
	Open(l consent.Label, s consent.Sealed) ([]byte, error)
}

// Service makes the steps of staff. Fields are set once, before the first call. The command line needs no Vault.
type Service struct {
	Store  Store
	Vault  Vault
	Clock  consent.Clock
	Issuer string // name under which the app of the second factor lists this service

	House func() []string // words that everybody here knows: they do not count in a password; nil: none

	door one
}

// New makes a Service.
func New(store Store, vault Vault, clock consent.Clock, issuer string) *Service {
	return &Service{Store: store, Vault: vault, Clock: clock, Issuer: issuer, door: make(one, 1)}
}

// Times and limits.
const (
	InviteFor = 24 * time.Hour
	IdleFor   = 30 * time.Minute // a session that nobody uses ends (Safety Standard 6)
	WholeFor  = 10 * time.Hour   // and any session, after a working day
	TriesMost = 5
	TriesIn   = 15 * time.Minute
)

// Invite makes a person, or makes one who is there join anew: with a fresh link the old password, the old factor and every
// session are worth nothing. role "" keeps the role. It returns the link's token, which is kept nowhere.
//
// Errors: KindInvalid, consent.ErrStale.
func (s *Service) Invite(ctx context.Context, by, name string, role Role) (Person, string, error) {
	if err := CheckName(name); err != nil {
		return Person{}, "", err
	}
	p, err := s.Store.Named(ctx, name)
	if errors.Is(err, ErrNobody) {
		p, err = Person{ID: consent.NewID(PrefixPerson, s.Clock()), Name: name, Created: s.Clock()}, nil
	}
	if err != nil {
		return Person{}, "", err
	}
	if role != "" {
		p.Role = role
	}
	if !p.Role.Known() {
		return Person{}, "", &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "a role is viewer, support, marketing, privacy or admin"}
	}
	token := newToken()
	p.State, p.Password, p.Factor = Invited, "", nil
	p.Invite, p.InviteUntil = sha256.Sum256([]byte(token)), s.Clock().Add(InviteFor)
	p.Gen++
	p, err = s.save(ctx, by, p, ChangedInvited)
	return p, token, err
}

// newToken is 256 bits at random, in letters that stand in a path.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand never returns an error (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (s *Service) save(ctx context.Context, by string, p Person, what string) (Person, error) {
	p.Rev++
	return p, s.Store.Save(ctx, p, Change{By: by, ID: p.ID, Name: p.Name, What: what, Role: p.Role, State: p.State})
}

// Welcome shows who a link invites, with a fresh second factor, or the one that the form brought back. It changes nothing.
//
// Errors: ErrInvite.
func (s *Service) Welcome(ctx context.Context, id, token string, factor consent.Sealed) (Person, Factor, error) {
	p, err := s.invited(ctx, id, token)
	if err != nil {
		return Person{}, Factor{}, err
	}
	if len(factor) > 0 {
		if f, err := s.openFactor(p, factor); err == nil {
			return p, f, nil
		}
	}
	f, err := s.newFactor(ctx, p)
	return p, f, err
}

// invited finds the person of a living link. It says the same of every link that is none.
func (s *Service) invited(ctx context.Context, id, token string) (Person, error) {
	if !consent.IsID(PrefixPerson, id) {
		return Person{}, ErrInvite
	}
	p, err := s.Store.Person(ctx, id)
	if err != nil && !errors.Is(err, ErrNobody) {
		return Person{}, err
	}
	sum := sha256.Sum256([]byte(token))
	fits := subtle.ConstantTimeCompare(sum[:], p.Invite[:]) == 1
	if err != nil || !fits || p.State != Invited || !s.Clock().Before(p.InviteUntil) {
		return Person{}, ErrInvite
	}
	return p, nil
}

// Join sets password and second factor, and ends the link. The code proves that the factor works.
//
// Errors: ErrInvite, ErrPassword, ErrCommon, ErrCode, consent.ErrStale.
func (s *Service) Join(ctx context.Context, id, token, password, code string, factor consent.Sealed) error {
	p, err := s.invited(ctx, id, token)
	if err != nil {
		return err
	}
	if err := s.checkPassword(p, password); err != nil {
		return err
	}
	f, err := s.openFactor(p, factor)
	if err != nil {
		return ErrCode // a factor that was not sealed here for this person is no factor
	}
	if _, ok := step(f.Secret.Reveal(), code, s.Clock()); !ok {
		return ErrCode
	}
	s.door.do(func() { p.Password = hash(password) })
	p.Factor, p.State, p.Invite, p.InviteUntil = factor, Active, [32]byte{}, time.Time{}
	_, err = s.save(ctx, p.ID, p, ChangedJoined)
	return err
}

// Visit says who a cookie is. Errors: ErrNoSession.
func (s *Service) Visit(ctx context.Context, cookie string) (Person, error) {
	if len(cookie) != base64.RawURLEncoding.EncodedLen(32) {
		return Person{}, ErrNoSession
	}
	session, err := s.Store.Visit(ctx, sha256.Sum256([]byte(cookie)), IdleFor, WholeFor)
	if err != nil {
		return Person{}, err
	}
	p, err := s.Store.Person(ctx, session.Person)
	if errors.Is(err, ErrNobody) || err == nil && (p.State != Active || p.Gen != session.Gen) {
		return Person{}, ErrNoSession
	}
	return p, err
}

// Leave ends the session of a cookie.
func (s *Service) Leave(ctx context.Context, cookie string) error {
	return s.Store.End(ctx, sha256.Sum256([]byte(cookie)))
}

// LeaveAll ends every session of a person. Errors: consent.ErrStale.
func (s *Service) LeaveAll(ctx context.Context, by string, p Person) error {
	p.Gen++
	_, err := s.save(ctx, by, p, ChangedSessions)
	return err
}

// SignOut ends every session of a colleague. Errors: ErrNobody, consent.ErrStale.
func (s *Service) SignOut(ctx context.Context, by, name string) error {
	p, err := s.Store.Named(ctx, name)
	if err != nil {
		return err
	}
	return s.LeaveAll(ctx, by, p)
}

// Disable shuts a person out, at once and on every device. Again: the same answer. Errors: ErrNobody, consent.ErrStale.
func (s *Service) Disable(ctx context.Context, by, name string) (Person, error) {
	p, err := s.Store.Named(ctx, name)
	if err != nil || p.State == Disabled {
		return p, err
	}
	p.State, p.Password, p.Factor, p.Invite = Disabled, "", nil, [32]byte{}
	p.Gen++
	return s.save(ctx, by, p, ChangedDisabled)
}

// SetRole gives a person another role and ends their sessions. Errors: ErrNobody, KindInvalid, consent.ErrStale.
func (s *Service) SetRole(ctx context.Context, by, name string, role Role) (Person, error) {
	if !role.Known() {
		return Person{}, &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "a role is viewer, support, marketing, privacy or admin"}
	}
	p, err := s.Store.Named(ctx, name)
	if err != nil || p.Role == role {
		return p, err
	}
	p.Role = role
	p.Gen++
	return s.save(ctx, by, p, ChangedRole)
}
