// Package gate brings the identities of the marketing gate into one form, so that every spelling of an identity gives the
// same digest.
package gate

import (
	"errors"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Phones implements consent.Phones.
type Phones struct{}

// errPhone repeats nothing of the number.
var errPhone = errors.New("not a telephone number")

// Canonical returns a number in E.164, such as +821012345678. A number without a country code is read as one of the
// region (two letters, KR where the profile names none that has numbers). Error: it is not a number that can exist.
func (Phones) Canonical(raw, region string) (string, error) {
	if fraction(raw) {
		return "", errPhone
	}
	once, zeros, err := e164(raw, region)
	if err != nil || !zeros {
		return once, err
	}
	if again, _, err := e164(once, region); err != nil || again != once {
		return "", errPhone // a number with two forms would have two digests, and be found under one of them
	}
	return once, nil
}

// fraction reports what programs for tables make of a column of numbers, 1012345678.0: its last nought is no digit of the number,
// and with it the number would be somebody else's.
func fraction(raw string) bool {
	at := strings.LastIndexByte(raw, '.')
	return at >= 0 && strings.Trim(raw[at:], ".0 \t") == ""
}

// e164 also tells whether zeros stand in front of the number, as in Italy; elsewhere the next reading takes one off.
func e164(raw, region string) (text string, zeros bool, err error) {
	if phonenumbers.GetCountryCodeForRegion(region) == 0 {
		region = "KR"
	}
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", false, errPhone
	}
	return phonenumbers.Format(n, phonenumbers.E164), n.GetItalianLeadingZero(), nil
}
