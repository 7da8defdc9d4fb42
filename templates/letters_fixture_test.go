package templates

import (
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// Canaries: no letter gets them, since consent.Letter has no place for them, and no part may hold them by another way.
const (
	canaryGuardian = "김보호"
	canaryPairing  = "K7Q2MX"
	canaryAddress  = "parent@mail.example"
	canaryChild    = "김하늘"
	canaryData     = "서울시 종로구 사직로 161"
)

// everyLetter calls f for each letter in each state and language.
func everyLetter(t *testing.T, f func(t *testing.T, l consent.Letter, r Rendered)) {
	t.Helper()
	for _, s := range allLetters() {
		t.Run(s.Lang+"-"+letterName(s), func(t *testing.T) {
			r, err := RenderLetter(*s.Letter)
			if err != nil {
				t.Fatal(err)
			}
			f(t, *s.Letter, r)
		})
	}
}

// allLetters are the states that are letters.
func allLetters() []State {
	return slices.DeleteFunc(States(), func(s State) bool { return s.Letter == nil })
}

// letterName is what golden files of a letter are called.
func letterName(s State) string {
	return strings.NewReplacer(" ", "-", ",", "").Replace(strings.TrimPrefix(s.Name, "letter/"))
}

// flat is a text with every run of blanks made one.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }
