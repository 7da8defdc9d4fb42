package templates

import (
	"strings"
	"unicode"
)

// particles pairs the Korean particle after a closed syllable with the one after an open syllable. Locale files name
// the first: {app:은}.
var particles = map[string]string{
	"은": "는", "이": "가", "을": "를", "과": "와", "으로": "로", "이에요": "예요", "이라": "라", "이나": "나", "이라는": "라는",
}

// Particle returns the form of the particle that fits the last sound of word: Particle("하늘상점", "은") is "은",
// Particle("하늘나라", "은") is "는". After a letter whose sound is not known both are given, as in "Foo은(는)".
// A particle that is not in the table, and none, comes back as it is.
func Particle(word, particle string) string {
	open, ok := particles[particle]
	if !ok {
		return particle
	}
	switch final(word) {
	case closedSound:
		return particle
	case openSound:
		return open
	case rieulSound:
		if particle == "으로" {
			return open
		}
		return particle
	}
	return particle + "(" + open + ")"
}

// sound is how the last syllable of a word ends.
type sound int

const (
	unknownSound sound = iota
	openSound          // in a vowel
	closedSound        // in a consonant
	rieulSound         // in ㄹ, which takes 로 like a vowel
)

// digitSounds are the ends of 영 일 이 삼 사 오 육 칠 팔 구.
var digitSounds = [10]sound{
	closedSound, rieulSound, openSound, closedSound, openSound, openSound, closedSound, rieulSound, rieulSound, openSound,
}

// final judges the last letter or digit of word; closing brackets and marks are passed over, so "하늘상점(주)" ends in 주.
func final(word string) sound {
	word = strings.TrimRightFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	letters := []rune(word)
	if len(letters) == 0 {
		return unknownSound
	}
	last := letters[len(letters)-1]
	switch {
	case last >= '0' && last <= '9':
		return digitSounds[last-'0']
	case last < '가' || last > '힣':
		return unknownSound
	}
	return syllableSound(last)
}

// syllableSound reads the last consonant of a composed Hangul syllable: 28 forms each, 0 for none, 8 for ㄹ.
func syllableSound(r rune) sound {
	switch (r - '가') % 28 {
	case 0:
		return openSound
	case 8:
		return rieulSound
	}
	return closedSound
}
