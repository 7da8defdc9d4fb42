package consent

import "strings"

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

// readsAs reports whether Latin letters, small and without anything between them, hold a Korean name as people spell it in
// them: the family name, of one syllable or two, and the given name after it, in either order and anywhere.
func readsAs(letters, name string) bool {
	syllables := []rune(foldWord(name))
	if len(syllables) < leastGuardian {
		return false
	}
	for _, s := range syllables {
		if s < firstSyllable || s > lastSyllable {
			return false
		}
	}
	for family := 1; family <= min(2, len(syllables)-1); family++ {
		if heldIn(letters, syllables[:family]) && heldIn(letters, syllables[family:]) {
			return true
		}
	}
	return false
}

// heldIn reports whether some place of the letters spells the syllables.
func heldIn(letters string, syllables []rune) bool {
	for i := range letters {
		if spelledAt(letters[i:], syllables) {
			return true
		}
	}
	return false
}

// spelledAt reports whether the letters begin with the syllables.
func spelledAt(letters string, syllables []rune) bool {
	if len(syllables) == 0 {
		return true
	}
	s := syllables[0]
	for own := range strings.FieldsSeq(surnames[s]) {
		if rest, ok := strings.CutPrefix(letters, own); ok && spelledAt(rest, syllables[1:]) {
			return true
		}
	}
	n := int(s - firstSyllable)
	first, vowel, last := n/(len(vowels)*len(lastSounds)), n/len(lastSounds)%len(vowels), n%len(lastSounds)
	for _, rest := range after([]string{letters}, firstSounds[first], vowels[vowel], lastSounds[last]) {
		if spelledAt(rest, syllables[1:]) {
			return true
		}
	}
	return false
}

// after is what is left of the letters behind sounds that follow each other, in every spelling that fits.
func after(letters []string, sounds ...string) []string {
	for _, sound := range sounds {
		var left []string
		for spelling := range strings.FieldsSeq(sound) {
			for _, l := range letters {
				if rest, ok := strings.CutPrefix(l, strings.Trim(spelling, "-")); ok {
					left = append(left, rest)
				}
			}
		}
		letters = left
	}
	return letters
}
