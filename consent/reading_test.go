package consent

import (
	"slices"
	"strings"
	"testing"
)

// mostSpellings is more than any syllable has spellings of its parts, and of its own as a family name.
const mostSpellings = 12

// TestReadingIsBounded: 어 is spelled o, u and ou, so each "ou" can be read in two ways, and thirty of them in a thousand million; 뷁
// is in none. A stranger chooses both the name and the address.
func TestReadingIsBounded(t *testing.T) {
	name := strings.Repeat("어", 61) + "뷁"
	address := strings.Repeat("ou", 32) + "@gmail.com"
	syllables := []rune(name)
	for n := 1; n <= len(syllables); n++ {
		r := reading{letters: foldWord(address)}
		held := r.holds(append(slices.Clone(syllables[:n-1]), '뷁'))
		if most := n * mostSpellings * (len(r.letters) + 1); held || r.tries == 0 || r.tries > most {
			t.Fatalf("%d syllables: %v after %d tries, at most %d", n, held, r.tries, most)
		}
	}
	if inAddress(name, Secret(address)) {
		t.Error("뷁 is read where it does not stand")
	}
}

// TestReadingOfLongNames: what is longer than any Korean name is compared as it is written, and not as it is spelled.
func TestReadingOfLongNames(t *testing.T) {
	for _, c := range []struct {
		name, address string
		in            bool
	}{
		{"남궁가나다라마바", "namgung.ganadaramaba@example.com", true},
		{"남궁가나다라마바사", "namgung.ganadaramabasa@example.com", false},
		{"남궁가나다라마바사", "남궁가나다라마바사@example.com", true},
	} {
		if got := inAddress(c.name, Secret(c.address)); got != c.in {
			t.Errorf("inAddress(%q, %q) = %v", c.name, c.address, got)
		}
	}
}

// FuzzReading: the places that readings share change no answer. Each name is looked for in the letters alone, and in letters that one
// of its spellings stands in.
func FuzzReading(f *testing.F) {
	f.Add("김보호", "kimboho", uint(0))
	f.Add("어어어", "ououou", uint(0))
	f.Add("이류", "rheeryoo", uint(7))
	f.Add("박지영", "jiyoung", uint(1234567))
	f.Add("어뷁", "ououbwelk", uint(3))
	f.Fuzz(func(t *testing.T, text, letters string, which uint) {
		syllables := someSyllables(text)
		if len(syllables) == 0 || len(letters) > 24 {
			return
		}
		spelled := ""
		for _, s := range syllables {
			all := spellingsOf(s)
			spelled += all[which%uint(len(all))]
			which /= uint(len(all))
		}
		for _, in := range []string{letters, letters + spelled, spelled[:len(spelled)-1] + letters, spelled + letters} {
			r := reading{letters: in}
			if got, want := r.holds(syllables), plainlyHeld(in, "", syllables); got != want {
				t.Fatalf("%q in %q: %v, plainly %v", string(syllables), in, got, want)
			}
		}
		if r := (reading{letters: spelled}); !r.holds(syllables) {
			t.Fatalf("%q is not read in its own spelling %q", string(syllables), spelled)
		}
	})
}

// someSyllables makes one to three syllables of any text.
func someSyllables(text string) []rune {
	syllables := []rune(text)
	syllables = syllables[:min(3, len(syllables))]
	for i, s := range syllables {
		if s < firstSyllable || s > lastSyllable {
			syllables[i] = firstSyllable + s%(lastSyllable-firstSyllable+1)
		}
	}
	return syllables
}

// plainlyHeld writes out every spelling of the syllables and looks for it.
func plainlyHeld(letters, before string, syllables []rune) bool {
	if len(syllables) == 0 {
		return strings.Contains(letters, before)
	}
	return slices.ContainsFunc(spellingsOf(syllables[0]), func(s string) bool {
		return plainlyHeld(letters, before+s, syllables[1:])
	})
}

// spellingsOf writes out every spelling of one syllable.
func spellingsOf(s rune) []string {
	all := strings.Fields(surnames[s])
	n := int(s - firstSyllable)
	for _, first := range strings.Fields(firstSounds[n/588]) {
		for _, vowel := range strings.Fields(vowels[n/28%21]) {
			for _, last := range strings.Fields(lastSounds[n%28]) {
				all = append(all, strings.ReplaceAll(first+vowel+last, "-", ""))
			}
		}
	}
	return all
}
