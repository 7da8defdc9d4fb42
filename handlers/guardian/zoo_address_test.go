package guardian_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/bohoja/bohoja/consent"
)

// Sounds of Korean in the official romanisation, in Unicode's order; the longer of two that fit is taken.
var (
	firsts = strings.Split("g kk n d tt r m b pp s ss  j jj ch k t p h", " ")
	middle = strings.Split("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i", " ")
	lasts  = map[string]int{"": 0, "k": 1, "n": 4, "t": 7, "l": 8, "m": 16, "p": 17, "ng": 21}
	// families are names that are spelled in ways of their own.
	families = map[string]string{"kim": "김", "lee": "이", "park": "박", "choi": "최", "jung": "정", "cho": "조", "jegal": "제갈"}
)

// korean reads Latin letters as Korean ones, "" when they are none.
func korean(letters string) string {
	if family, ok := families[letters]; ok {
		return family
	}
	if letters == "" {
		return ""
	}
	for size := min(len(letters), 7); size > 0; size-- {
		s, ok := syllable(letters[:size])
		if !ok {
			continue
		}
		if rest := korean(letters[size:]); rest != "" || size == len(letters) {
			return s + rest
		}
	}
	return ""
}

// syllable composes one syllable of exactly these letters.
func syllable(letters string) (string, bool) {
	for f, first := range firsts {
		for m, vowel := range middle {
			rest, ok := strings.CutPrefix(letters, first+vowel)
			if last, known := lasts[rest]; ok && known {
				return string(rune('가' + (f*len(middle)+m)*28 + last)), true
			}
		}
	}
	return "", false
}

// readings are the names that a machine finds in an address: what stands before the @, its parts, each in Korean letters, and
// the parts together, in either order.
func readings(address string) []string {
	local, _, _ := strings.Cut(address, "@")
	parts := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) })
	for family := range families { // one word of two
		if len(parts) != 1 {
			break
		}
		if rest, ok := strings.CutPrefix(parts[0], family); ok && rest != "" {
			parts = []string{family, rest}
		} else if rest, ok := strings.CutSuffix(parts[0], family); ok && rest != "" {
			parts = []string{rest, family}
		}
	}
	turned := slices.Clone(parts)
	slices.Reverse(turned)
	var out []string
	for _, order := range [][]string{parts, turned} {
		hangul := ""
		for _, p := range order {
			hangul += korean(p)
		}
		out = append(out, hangul, strings.Join(order, " "))
	}
	out = append(append(out, local, korean(local)), parts...)
	out = slices.DeleteFunc(out, func(s string) bool { return len([]rune(s)) < 2 })
	return slices.Compact(out)
}

// TestZooReadsTheAddress: a program that takes names out of the letter's own address never agrees when it meets the decoy. One that
// also keeps away from boxes that nobody sees agrees where the address spells the whole name, and only where the app was warned
// of that when it signed the child up (adr 0021). How often is printed.
func TestZooReadsTheAddress(t *testing.T) {
	ctx := zoo(t)
	agreed, warned := map[bool]int{}, 0
	addresses := []struct{ name, email string }{
		{"김보호", "parent@example.com"}, {"김보호", "kim.boho@example.com"}, {"김보호", "bohokim82@example.com"}, {"김보호", "boho@example.com"},
		{"Boho Kim", "boho.kim@example.com"}, {"Boho Kim", "b.kim@example.com"}, {"이보람", "boramlee@example.com"}, {"박지킴", "family-2015@example.com"},
		{"제갈보름", "boreum.jegal@example.com"}, {"최은정", "ejchoi@example.com"},
	}
	for _, a := range addresses {
		for _, careful := range []bool{false, true} {
			b := beast{"reader of " + a.email, true, careful, "first", "grant", readings(a.email)}
			s := open(t)
			ticket, link := s.askedOf(a.name, a.email)
			s.roam(ctx, b, link)
			warning := slices.ContainsFunc(ticket.Warnings, func(w consent.Warning) bool { return w.Code == "name_in_address" })
			if careful && warning {
				warned++
			}
			if s.status(ticket.Record.ID) != consent.Granted {
				continue
			}
			agreed[careful]++
			if !careful || !warning {
				t.Errorf("%s has agreed as %s, careful %v, warned %v", b.name, a.name, careful, warning)
			}
		}
	}
	if agreed[true] == 0 {
		t.Error("no beast that reads the address has agreed: none came to the form, and nothing is shown")
	}
	t.Logf("%d addresses, %d of them spell the name and were warned of: beasts that meet the decoy agreed to %d, careful ones to %d",
		len(addresses), warned, agreed[false], agreed[true])
}

// TestReadings: the beast does read.
func TestReadings(t *testing.T) {
	for address, want := range map[string]string{"kim.boho@x": "김보호", "bohokim82@x": "김보호", "boreum.jegal@x": "제갈보름", "b.kim@x": "b kim"} {
		if got := readings(address); !slices.Contains(got, want) {
			t.Errorf("%s: %q", address, got)
		}
	}
}
