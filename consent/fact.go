package consent

import (
	"context"
	"strings"
	"time"
)

// WaysOnFrom is the number of misses from which a guardian is shown the two ways on: the code, and "entered differently".
const WaysOnFrom = 2

// tellLock is how long the letter about a lock waits: the fifth answer may be the right one, and then there is no lock to
// tell of.
const tellLock = time.Minute

// tryFact compares the second fact: the guardian's name as the child gave it, or the pairing code. With a right code the
// name need not match; with a code that is wrong a right name does not help. It returns which fact held, and leaves the
// record as the try left it in v.
func (s *Service) tryFact(ctx context.Context, v *View, name, code string) (string, error) {
	fact := FactName
	if strings.TrimSpace(code) != "" {
		fact = FactCode
	}
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, "")
	m.Jobs = append(m.Jobs, s.letter(v.Record, LetterLocked, v.Guardian, tellLock))
	rec, err := s.Store.Try(ctx, m, Trial{Gen: v.Record.Gen, Limit: MaxTries, Lock: LockFor, Code: fact == FactCode})
	if err != nil {
		return "", err
	}
	hit, err := s.factHolds(ctx, *v, fact, name, code)
	if err != nil {
		return "", err
	}
	if !hit {
		v.Record = rec
		return "", s.missed(rec, fact)
	}
	m.Jobs = nil
	return fact, s.Store.Refund(ctx, m, fact == FactCode)
}

func (s *Service) factHolds(ctx context.Context, v View, fact, name, code string) (bool, error) {
	if fact == FactCode {
		return normalCode(code) == s.PairingCode(v.Record), nil
	}
	people, err := s.peopleOrExpire(ctx, v.App, v.Record)
	if err != nil {
		return false, err
	}
	return SameName(name, people.Guardians[v.Guardian].Name.Reveal()), nil
}

// missed says that the fact was wrong, never how wrong.
func (s *Service) missed(rec Record, fact string) error {
	if s.Clock().Before(rec.LockedUntil) {
		return ErrLocked
	}
	pointer := "/guardian_name"
	if fact == FactCode {
		pointer = "/pairing_code"
	}
	return &Error{Kind: KindInvalid, Code: "fact_mismatch", Detail: "this does not match", Fields: []FieldError{
		{Pointer: pointer, Code: "fact_mismatch", Detail: "this is not what the child entered"},
	}}
}

// misname tells the child and the app that the name was entered differently, so that they can set it anew while the link lives.
func (s *Service) misname(ctx context.Context, v View) error {
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, EventNameMismatch)
	if _, err := s.Store.Misname(ctx, m, v.Record.Gen, WaysOnFrom); err != nil {
		return err
	}
	return ErrMisnamed
}

// ErrMisnamed is no fault: the child has been asked to set the name anew, and the page says so.
var ErrMisnamed = &Error{Kind: KindConflict, Code: "misnamed", Detail: "the child has been asked to enter the name again"}
