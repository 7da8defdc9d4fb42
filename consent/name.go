package consent

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Least letters of a name. A child may be called 솔; a guardian's name is a second fact, and one letter is guessed.
const (
	leastChild    = 1
	leastGuardian = 2
)

// MaxName is the length of a name in runes: it is printed in letters, so it must not carry a message.
const MaxName = 64

// urlLike finds a dot that runs into a word, as in "naver.com"; "J. Kim" and "J.R." pass.
var urlLike = regexp.MustCompile(`\.\pL{2,}`)

// checkName adds a fault unless s is a name: at most MaxName letters and marks, with spaces, hyphens, dots, apostrophes
// and middle dots between them. Digits, @ and URLs have no place in it: a name is the only text of a stranger in a letter.
func checkName(f *faults, pointer, s string, least int) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		f.add(pointer, "required", "a name is required")
	case len([]rune(s)) > MaxName:
		f.add(pointer, "too_long", "a name has at most 64 characters")
	case letters(s) < least:
		f.add(pointer, "too_short", "a name has at least this many letters: "+itoa(least))
	case strings.ContainsFunc(s, func(r rune) bool { return !nameRune(r) }), urlLike.MatchString(s):
		f.add(pointer, "not_a_name", "a name holds letters, spaces, hyphens, dots and apostrophes only")
	}
}

func nameRune(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r) || strings.ContainsRune(" '’-.·", r)) && !blank(r)
}

// blank reports whether r is a letter or mark that shows nothing, such as the Hangul filler: a name made of them could
// neither be read nor typed.
func blank(r rune) bool { return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) }

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) && !blank(r) {
			n++
		}
	}
	return n
}

// genericWords are the words by which anybody calls a guardian. A scanner or a child could guess them, so they are no second fact.
func genericWords() []string {
	return strings.Fields(`엄마 아빠 어머니 아버지 어머님 아버님 부모 부모님 보호자 법정대리인 할머니 할아버지 외할머니 외할아버지 이모 고모
		삼촌 외삼촌 숙모 누나 언니 오빠 형 선생님 학부모 맘 mom mum mommy mummy mama mother dad daddy papa father parent parents guardian
		legalguardian grandma grandmother grandpa grandfather aunt auntie uncle teacher stepmom stepdad sister brother`)
}

// isGeneric reports whether a name is only such a word, also with 우리, "my" or 님 around it.
func isGeneric(name string) bool {
	n := foldWord(name)
	n = strings.TrimPrefix(strings.TrimPrefix(n, "우리"), "my")
	words := genericWords()
	return slices.Contains(words, n) || slices.Contains(words, strings.TrimSuffix(n, "님"))
}

var foldCase = cases.Fold()

// foldWord brings a name into the form in which names are compared: NFKC, case, and everything folded away but letters and
// marks that can be seen and tell one name from another (a variation selector only chooses how a letter looks).
func foldWord(s string) string {
	s = foldCase.String(norm.NFKC.String(s))
	return strings.Map(func(r rune) rune {
		if blank(r) || unicode.Is(unicode.Variation_Selector, r) || !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return -1
		}
		return r
	}, s)
}

// maxWords bounds the orders of words that are tried for a Latin name.
const maxWords = 5

// SameName reports whether two spellings mean the same name: NFKC, case, spaces, hyphens and dots do not matter, and in
// Latin names neither does the order of words. It never says how far apart two names are.
func SameName(a, b string) bool {
	fa, fb := foldWord(a), foldWord(b)
	if fa == "" || fb == "" {
		return false
	}
	if fa == fb {
		return true
	}
	return latin(fa) && latin(fb) && (anyOrder(a, fb) || anyOrder(b, fa))
}

func latin(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) })
}

// anyOrder reports whether the words of name, in some order and folded, spell want.
func anyOrder(name, want string) bool {
	var words []string
	for _, w := range strings.Fields(name) {
		if f := foldWord(w); f != "" {
			words = append(words, f)
		}
	}
	if len(words) > maxWords {
		return false
	}
	return spells(words, want)
}

// inAddress reports whether an address holds a name: every word of it, folded, or a Korean name in Latin letters. Whoever reads a
// letter reads the address that it went to, so such a name can be guessed; the app is warned (adr 0021). It rather finds one too
// many than one too few.
func inAddress(name string, email Private) bool {
	letters := foldWord(email.Reveal())
	words := strings.Fields(name)
	if letters == "" || len(words) == 0 {
		return false
	}
	return readsAs(letters, name) || !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(letters, foldWord(w)) })
}

func spells(words []string, want string) bool {
	if len(words) == 0 {
		return want == ""
	}
	for i, w := range words {
		rest, ok := strings.CutPrefix(want, w)
		if ok && spells(slices.Delete(slices.Clone(words), i, i+1), rest) {
			return true
		}
	}
	return false
}
