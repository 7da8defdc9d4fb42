package staff

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/bohoja/bohoja/consent"
)

// Cause is why somebody was not let in. It is for the log: who asked is told no more than ErrRefused.
type Cause string

// The causes.
const (
	CauseNobody   Cause = "nobody"   // no such name, or nobody who has joined
	CausePassword Cause = "password" // wrong
	CauseFactor   Cause = "factor"   // the password was right, and the code was not: somebody else may know the password
	CauseReplayed Cause = "replayed" // the code was used before
	CauseLocked   Cause = "locked"   // too many tries
)

// Refusal is an error that tells who asked one thing, and the log another.
type Refusal struct {
	Cause  Cause
	Person string // id; "" when nobody has the name
	Told   error  // ErrRefused, or KindTooMany
}

// Error implements error. It says what may be told.
func (r *Refusal) Error() string { return r.Told.Error() }

// Unwrap gives what may be told.
func (r *Refusal) Unwrap() error { return r.Told }

// Entry is a sign-in: who it was, and what their cookie is to hold.
type Entry struct {
	Person Person
	Token  string
}

// Enter signs in. Name, password and code are wrong together or right together. device is kept with the session, by DeviceOf.
//
// Errors: *Refusal, which is ErrRefused, or KindTooMany after TriesMost within TriesIn.
func (s *Service) Enter(ctx context.Context, name, password, code, device string) (Entry, error) {
	p, at, err := s.proved(ctx, name, password, code)
	if err != nil {
		return Entry{}, err
	}
	token, err := s.begin(ctx, p, p.Gen, at, device)
	if err != nil {
		return Entry{}, err
	}
	return Entry{p, token}, s.Store.Clear(ctx, triesOf(name))
}

// proved finds who knows a name, a password and the code of its second factor. The try is charged before it is compared; who
// goes on clears it.
func (s *Service) proved(ctx context.Context, name, password, code string) (p Person, at int64, err error) {
	p, err = s.charged(ctx, name)
	if err != nil {
		return Person{}, 0, err
	}
	right, at, fits := s.proves(p, password, code)
	switch {
	case p.State != Active:
		return Person{}, 0, &Refusal{CauseNobody, p.ID, ErrRefused}
	case !right:
		return Person{}, 0, &Refusal{CausePassword, p.ID, ErrRefused}
	case !fits:
		return Person{}, 0, &Refusal{CauseFactor, p.ID, ErrRefused}
	}
	return p, at, nil
}

// charged counts a try under a name and reads who has it: the zero Person when nobody does.
func (s *Service) charged(ctx context.Context, name string) (Person, error) {
	wait, err := s.Store.Charge(ctx, triesOf(name), TriesMost, TriesIn)
	if err != nil {
		return Person{}, err
	}
	p, err := s.Store.Named(ctx, name)
	if err != nil && !errors.Is(err, ErrNobody) {
		return Person{}, err
	}
	if wait > 0 {
		told := &consent.Error{Kind: consent.KindTooMany, Code: "locked", Detail: "too many tries; wait", RetryAfter: wait}
		return Person{}, &Refusal{CauseLocked, p.ID, told}
	}
	return p, nil
}

// triesOf is the key under which tries for a name are counted.
func triesOf(name string) consent.Digest {
	return consent.Digest(firstHalf(sha256.Sum256([]byte("enter\x00" + name))))
}

func firstHalf(sum [32]byte) [16]byte { return [16]byte(sum[:16]) }

// proves compares password and code. It works the same for somebody who is not there, so that time tells nothing.
func (s *Service) proves(p Person, password, code string) (right bool, at int64, fits bool) {
	right = s.knows(p, password)
	secret, err := s.Vault.Open(factorOf(p), p.Factor)
	if err != nil {
		return right, 0, false
	}
	at, fits = step(string(secret), code, s.Clock())
	return right, at, fits
}

// knows compares the password of somebody who has joined.
func (s *Service) knows(p Person, password string) (right bool) {
	phc := p.Password
	if p.State != Active || phc == "" {
		phc = nobody
	}
	if len(password) > PasswordMost {
		password = ""
	}
	s.door.do(func() { right = matches(phc, password) })
	return right
}

// begin begins a session of a person for a generation, with the step of the code that was used for it, and returns what the
// cookie is to hold. Errors: *Refusal when the code was used before.
func (s *Service) begin(ctx context.Context, p Person, gen int, at int64, device string) (string, error) {
	token := newToken()
	err := s.Store.Begin(ctx, Session{Key: sha256.Sum256([]byte(token)), Person: p.ID, Gen: gen, Device: device}, at)
	if errors.Is(err, ErrRefused) {
		err = &Refusal{CauseReplayed, p.ID, ErrRefused}
	}
	if err != nil {
		return "", err
	}
	return token, nil
}
