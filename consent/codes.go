package consent

import (
	"fmt"
	"strings"
	"unicode"
)

// codeLetters hold no sign that reads as another: no 0 O, no 1 I L. Short codes and pairing codes are made of them.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// Lengths of the codes in characters.
const (
	pairingLength = 6
	shortLength   = 8
)

// PairingCode is the six characters that the child's screen shows. It is derived, so it is stored nowhere, and a changed
// address changes it.
func (s *Service) PairingCode(rec Record) string {
	return spell(s.Vault.Digest(DigestPairing, fmt.Sprintf("%s\x00%s\x00%d", rec.App, rec.ID, rec.Gen)), pairingLength)
}

// shortCode is the code of a guardian's letter, as ABCD-2345: it finds the page when the link is lost.
func (s *Service) shortCode(rec Record, guardian int) string {
	d := s.Vault.Digest(DigestShort, fmt.Sprintf("%s\x00%s\x00%d\x00%d", rec.App, rec.ID, rec.GenOf(guardian), guardian))
	return halved(spell(d, shortLength))
}

// halved writes a code in two halves, which are easier to copy.
func halved(c string) string { return c[:len(c)/2] + "-" + c[len(c)/2:] }

// spell writes a digest in code letters. Two bytes make a letter, so that each is as likely as the other to 0.05 %.
func spell(d Digest, n int) string {
	b := make([]byte, n)
	for i := range b {
		v := int(d[2*i])<<8 | int(d[2*i+1])
		b[i] = codeLetters[v%len(codeLetters)]
	}
	return string(b)
}

// normalCode ignores case, spaces and hyphens.
func normalCode(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '‐' || r == '–' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
}
