package milter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Header is where the gate says how many recipients it took out. One that comes in with a letter is removed.
const Header = "Bohoja-Gate"

// sign tells by one header whether its letter is promotional, in a word for the log; "" says nothing against it.
func (g *Gate) sign(name, value string) string {
	switch {
	case strings.EqualFold(name, "Subject"):
		if advertises(value) {
			return "subject"
		}
	case strings.EqualFold(name, "List-Unsubscribe"):
		return "list-unsubscribe"
	case strings.EqualFold(name, "Precedence") && strings.EqualFold(strings.TrimSpace(value), "bulk"):
		return "precedence"
	}
	if g.Mark.fits(name, value) {
		return "header"
	}
	return ""
}

// Mark is a header that makes a letter promotional, chosen by the operator. The zero value fits none.
type Mark struct {
	Name  string
	Value string // "": any; compared without case and outer space
}

// ParseMark reads "X-Campaign" or "X-Mail-Kind: marketing". ok is false for what is no name of a header (RFC 5322, 2.2).
func ParseMark(text string) (m Mark, ok bool) {
	name, value, _ := strings.Cut(text, ":")
	m = Mark{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
	for _, c := range m.Name {
		if c <= ' ' || c >= 0x7f {
			return Mark{}, false
		}
	}
	return m, m.Name != ""
}

func (m Mark) fits(name, value string) bool {
	return m.Name != "" && strings.EqualFold(m.Name, name) &&
		(m.Value == "" || strings.EqualFold(m.Value, strings.TrimSpace(value)))
}

// advertises reports whether a subject, as it stands in the letter, begins with the mark of advertising, or cannot be read.
func advertises(subject string) bool {
	text, ok := decode(subject)
	if !ok || marked(text) {
		return true
	}
	return !utf8.ValidString(subject) && advertises(strings.ToValidUTF8(subject, "")) // a stray byte hides no mark
}

// The marks: today's, and the one of advertising for adults, which went before it.
var marks = []string{"광고", "성인광고"}

// marked looks for a mark in brackets before the first letter of the subject. The Decree forbids to bend it by spaces and
// signs (Table 6), so whatever is no letter does not count, nor do the kind of brackets and the width of letters.
func marked(subject string) bool {
	inside, word := false, []rune{}
	for _, r := range norm.NFKC.String(subject) {
		switch {
		case opens(r):
			inside = true
		case inside && closes(r):
			return one(string(word))
		case !unicode.IsLetter(r) && !unicode.IsNumber(r):
		case !inside:
			return false
		default:
			word = append(word, r)
		}
	}
	return false
}

func one(word string) bool {
	for _, m := range marks {
		if word == m {
			return true
		}
	}
	return false
}

func opens(r rune) bool  { return r == '<' || unicode.In(r, unicode.Ps, unicode.Pi) }
func closes(r rune) bool { return r == '>' || unicode.In(r, unicode.Pe, unicode.Pf) }
