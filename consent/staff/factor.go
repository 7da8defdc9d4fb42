package staff

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/bohoja/bohoja/consent"
)

// period is how long a code of the second factor lasts (RFC 6238, 5.2). The code before and the one after count too: a
// telephone's clock may be off.
const period = 30 * time.Second

// Factor is a second factor that is being set up. Sealed goes back with the form, so that nothing is kept before it is used.
type Factor struct {
	URL    consent.Private // otpauth://, for the picture
	Secret consent.Private // the same to be typed, base 32
	Sealed consent.Sealed
}

func (s *Service) newFactor(ctx context.Context, p Person) (Factor, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.Issuer, AccountName: p.Name, SecretSize: 20})
	if err != nil {
		return Factor{}, err
	}
	sealed, err := s.Vault.Seal(ctx, consent.ClassEvidence, s.Clock(), factorOf(p), []byte(key.Secret()))
	return Factor{URL: consent.Secret(key.URL()), Secret: consent.Secret(key.Secret()), Sealed: sealed}, err
}

// openFactor opens a factor that this service sealed for this very person.
func (s *Service) openFactor(p Person, sealed consent.Sealed) (Factor, error) {
	secret, err := s.Vault.Open(factorOf(p), sealed)
	if err != nil {
		return Factor{}, err
	}
	key, err := otp.NewKeyFromURL(fmt.Sprintf("otpauth://totp/%s:%s?issuer=%s&secret=%s", s.Issuer, p.Name, s.Issuer, secret))
	if err != nil {
		return Factor{}, err
	}
	return Factor{URL: consent.Secret(key.URL()), Secret: consent.Secret(string(secret)), Sealed: sealed}, nil
}

func factorOf(p Person) consent.Label { return consent.Label{ID: p.ID, Field: "factor"} }

// step returns the time step whose code this is; ok is false for none of the three that count. All three are compared,
// whichever fits.
func step(secret, code string, now time.Time) (at int64, ok bool) {
	for shift := int64(-1); shift <= 1; shift++ {
		this := now.Unix()/int64(period/time.Second) + shift
		want, err := hotp.GenerateCode(secret, uint64(this))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			at, ok = this, true
		}
	}
	return at, ok
}
