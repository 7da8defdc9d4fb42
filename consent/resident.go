package consent

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// residentShape is the form of a Korean resident registration number: a date, a digit for century and sex, six more; between
// the halves up to three signs, whichever they are. Digits on either side mean a longer number, which is something else.
var residentShape = regexp.MustCompile(`(?:^|[^0-9])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[^0-9\pL]{0,3}[0-9][0-9]{6}(?:$|[^0-9])`)

// hasResidentNumber reports whether s holds something shaped like a resident registration number, which the law forbids
// to process (KR-24). Digits of other scripts and invisible characters do not hide one.
func hasResidentNumber(s string) bool {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return plainDigit(r)
	}, norm.NFKC.String(s))
	return residentShape.MatchString(s)
}

// plainDigit gives a decimal digit of any script as 0 to 9: each script has its ten in a row.
func plainDigit(r rune) rune {
	if r < 0x80 || !unicode.Is(unicode.Nd, r) {
		return r
	}
	zero := r
	for n := 0; n < 9 && unicode.Is(unicode.Nd, zero-1); n++ {
		zero--
	}
	return '0' + (r - zero)
}

// residentIn looks through a JSON value as its reader will see it: an escape such as \u0038 hides no digit, nor does an
// exponent. What cannot be read counts as one.
func residentIn(raw json.RawMessage) bool {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	return dec.Decode(&v) != nil || anyResidentNumber(v)
}

// anyResidentNumber looks through a decoded JSON value, names of members included.
func anyResidentNumber(v any) bool {
	switch v := v.(type) {
	case string:
		return hasResidentNumber(v)
	case []any:
		for _, e := range v {
			if anyResidentNumber(e) {
				return true
			}
		}
	case map[string]any:
		for k, e := range v {
			if hasResidentNumber(k) || anyResidentNumber(e) {
				return true
			}
		}
	case json.Number:
		return hasResidentNumber(v.String()) || hasResidentNumber(wholeNumber(v))
	}
	return false
}

// wholeNumber writes a number without exponent and fraction, as a reader in another language would take it; "" when it is
// larger than a resident registration number is.
func wholeNumber(n json.Number) string {
	f, err := n.Float64()
	if err != nil || math.Abs(f) >= 1e13 {
		return ""
	}
	return strconv.FormatFloat(math.Trunc(f), 'f', 0, 64)
}
