package consent

import (
	"slices"
	"strings"
)

// Korean names in Latin letters: each part of a syllable with the spellings that people use for it, those of the official
// romanisation first; "-" is silence. The order is Unicode's, which composes a syllable of its parts' numbers.
var (
	firstSounds = [19]string{"g k", "kk gg", "n", "d t", "tt dd", "r l n", "m", "b p", "pp bb", "s sh", "ss", "-", "j ch", "jj", "ch", "k", "t", "p", "h"}
	vowels      = [21]string{
		"a ah", "ae ai", "ya", "yae", "eo u o uh ou", "e", "yeo yu you", "ye", "o oh", "wa", "wae", "oe oi", "yo", "u oo woo", "wo", "we", "wi", "yu yoo you", "eu u", "ui ee i", "i ee yi",
	}
	lastSounds = [28]string{
		"-", "k g", "k", "k", "n", "n", "n", "t d", "l r", "k", "m", "l", "l", "l", "p", "l", "m", "p b", "p", "t s", "t", "ng", "t", "t", "k", "t", "p", "t",
	}
	// surnames are family names that are also spelled in ways of their own.
	surnames = map[rune]string{'이': "lee rhee", '박': "park", '임': "lim", '최': "choi", '노': "noh roh", '류': "ryoo"}
)

const (
	firstSyllable = '가'
	lastSyllable  = '힣'
)

// maxSyllables bounds the Korean names that are compared: family names have one or two, and five is the most that a given name
// is registered with.
const maxSyllables = 8

// readsAs reports whether Latin letters, small and without anything between them, hold a Korean name as people spell it in
// them: the family name, of one syllable or two, and the given name after it, in either order and anywhere. A name of more than
// maxSyllables is not compared.
func readsAs(letters, name string) bool {
	syllables := []rune(foldWord(name))
	if len(syllables) < leastGuardian || len(syllables) > maxSyllables {
		return false
	}
	for _, s := range syllables {
		if s < firstSyllable || s > lastSyllable {
			return false
		}
	}
	r := reading{letters: letters}
	for family := 1; family <= min(2, len(syllables)-1); family++ {
		if r.holds(syllables[:family]) && r.holds(syllables[family:]) {
			return true
		}
	}
	return false
}

// reading looks for syllables in letters that a stranger chose. Its work grows with the letters times the syllables, never with the
// ways in which they can be read.
type reading struct {
	letters string
	tries   int // how often a spelling was held against a place of the letters
}

// places says of each offset into the letters, their end among them, whether a reading has come there: each is gone on from once,
// however many readings meet in it.
type places []bool

// holds reports whether some place of the letters spells the syllables.
func (r *reading) holds(syllables []rune) bool {
	at := make(places, len(r.letters)+1)
	for i := range at {
		at[i] = true
	}
	for _, s := range syllables {
		if at = r.behind(at, s); !slices.Contains(at, true) {
			return false
		}
	}
	return true
}

// behind gives the places behind a syllable, in every spelling of it that fits.
func (r *reading) behind(at places, s rune) places {
	n := int(s - firstSyllable)
	first, vowel, last := n/(len(vowels)*len(lastSounds)), n/len(lastSounds)%len(vowels), n%len(lastSounds)
	next := at
	for _, sound := range []string{firstSounds[first], vowels[vowel], lastSounds[last]} {
		next = r.after(next, sound)
	}
	for i, own := range r.after(at, surnames[s]) {
		next[i] = next[i] || own
	}
	return next
}

// after gives the places behind one sound.
func (r *reading) after(at places, sound string) places {
	next := make(places, len(at))
	for spelling := range strings.FieldsSeq(sound) {
		spelling = strings.Trim(spelling, "-")
		for i, here := range at {
			if !here {
				continue
			}
			r.tries++
			if strings.HasPrefix(r.letters[i:], spelling) {
				next[i+len(spelling)] = true
			}
		}
	}
	return next
}
