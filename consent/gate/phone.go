// Package gate brings the identities of the marketing gate into one form, so that every spelling of an identity gives the
// same digest.
package gate

import (
	"errors"
	"regexp"

	"github.com/nyaruka/phonenumbers"
)

// Phones implements consent.Phones.
type Phones struct{}

// errPhone repeats nothing of the number.
var errPhone = errors.New("not a telephone number")

// Canonical returns a number in E.164, such as +821012345678. A number without a country code is read as one of the
// region (two letters, KR where the profile names none that has numbers). Error: it is not a number that can exist.
func (Phones) Canonical(raw, region string) (string, error) {
	if fractionForm.MatchString(raw) {
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

// fractionForm finds what programs for tables make of a column of numbers, 1012345678.0: its last nought is no digit of the number,
// and with it the number would be somebody else's. Its digits stand together in front of its only dot, so that 010.1234.0000 and
// 010-1234-5678. are none; and neither is 82101234.0000, where too few of them do.
var fractionForm = regexp.MustCompile(`^\P{Nd}*\p{Nd}{8}(?:[.．][0０]{0,2}|\p{Nd}+[.．][0０]*)[\s\p{Z}\p{Cf}]*$`)

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
