package consent

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// residentShape is the form of a Korean resident registration number: a date, a digit for century and sex, six more.
// Digits on either side mean a longer number, which is something else.
var residentShape = regexp.MustCompile(`(?:^|[^0-9])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ \-–—.]{0,3}[0-9][0-9]{6}(?:$|[^0-9])`)

// hasResidentNumber reports whether s holds something shaped like a resident registration number, which the law forbids
// to process (KR-24). Full-width digits and invisible characters do not hide one.
func hasResidentNumber(s string) bool {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
	return residentShape.MatchString(s)
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
	case interface{ String() string }: // json.Number
		return hasResidentNumber(v.String())
	}
	return false
}
