package staff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/bohoja/bohoja/consent"
)

// Renewal is the proof by which somebody who is signed in gets another password or another second factor: the password and the
// code of now, as at the sign-in, and the device, which gets a new session.
type Renewal struct {
	Password, Code string
	Device         string
}

// SetPassword gives a person another password and ends every session; the returned one is new, for who asked.
//
// Errors: ErrPassword, ErrCommon, *Refusal as Enter, consent.ErrStale.
func (s *Service) SetPassword(ctx context.Context, p Person, by Renewal, password string) (Entry, error) {
	if err := s.checkPassword(p, password); err != nil {
		return Entry{}, err
	}
	return s.renew(ctx, p, by, ChangedPassword, func(p *Person) {
		s.door.do(func() { p.Password = hash(password) })
	})
}

// Another shows a second factor that nobody has yet, or the one that the form brought back. It changes nothing.
func (s *Service) Another(ctx context.Context, p Person, factor consent.Sealed) (Factor, error) {
	if len(factor) > 0 {
		if f, err := s.openFactor(p, factor); err == nil {
			return f, nil
		}
	}
	return s.newFactor(ctx, p)
}

// SetFactor gives a person another second factor, of which code is what it shows now, and ends every session; the returned one
// is new, for who asked.
//
// Errors: ErrCode when code does not fit the new factor, *Refusal as Enter, consent.ErrStale.
func (s *Service) SetFactor(ctx context.Context, p Person, by Renewal, factor consent.Sealed, code string) (Entry, error) {
	f, err := s.openFactor(p, factor)
	if err != nil {
		return Entry{}, ErrCode // a factor that was not sealed here for this person is no factor
	}
	if _, ok := step(f.Secret.Reveal(), code, s.Clock()); !ok {
		return Entry{}, ErrCode
	}
	return s.renew(ctx, p, by, ChangedFactor, func(p *Person) { p.Factor = factor })
}

// renew proves who asks anew and makes a change that ends every session. The new session begins first, of the generation to
// come: so the code is spent before anything changes, and the session is worth nothing should the change not be kept.
func (s *Service) renew(ctx context.Context, p Person, by Renewal, what string, change func(*Person)) (Entry, error) {
	now, at, err := s.proved(ctx, p.Name, by.Password, by.Code)
	if err != nil {
		return Entry{}, err
	}
	if now.ID != p.ID || now.Gen != p.Gen {
		return Entry{}, consent.ErrStale // signed out meanwhile
	}
	token, err := s.begin(ctx, now, now.Gen+1, at, by.Device)
	if err != nil {
		return Entry{}, err
	}
	change(&now)
	now.Gen++
	now, err = s.save(ctx, now.ID, now, what)
	if err != nil {
		_ = s.Leave(ctx, token) // nobody holds it, and it ends by itself
		return Entry{}, err
	}
	return Entry{now, token}, s.Store.Clear(ctx, triesOf(now.Name))
}

// Seat is a session as its owner sees it.
type Seat struct {
	Session
	ID   string // names it on the page; the cookie does not follow from it
	Here bool   // the one that looks
}

// Seats lists the living sessions of a person, the newest first. cookie is that of who looks. Errors: ErrUnavailable.
func (s *Service) Seats(ctx context.Context, p Person, cookie string) ([]Seat, error) {
	all, err := s.Store.Sessions(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	here := sha256.Sum256([]byte(cookie))
	var out []Seat
	for _, one := range all {
		now := s.Clock()
		if one.Gen == p.Gen && now.Sub(one.Seen) < IdleFor && now.Sub(one.Began) < WholeFor {
			out = append(out, Seat{one, hex.EncodeToString(one.Key[:8]), one.Key == here})
		}
	}
	return out, nil
}

// EndSeats ends those sessions of a person that which says yes to, but never the one that asks, and tells how many. The password
// is asked for again, so that a desk left open does not sign its owner out elsewhere.
//
// Errors: *Refusal as Enter.
func (s *Service) EndSeats(ctx context.Context, p Person, cookie, password string, which func(Seat) bool) (int, error) {
	now, err := s.charged(ctx, p.Name)
	if err != nil {
		return 0, err
	}
	if !s.knows(now, password) {
		return 0, &Refusal{CausePassword, p.ID, ErrRefused}
	}
	seats, err := s.Seats(ctx, p, cookie)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, one := range seats {
		if one.Here || !which(one) {
			continue
		}
		if err := s.Store.End(ctx, one.Key); err != nil {
			return n, err
		}
		n++
	}
	return n, s.Store.Clear(ctx, triesOf(p.Name))
}
