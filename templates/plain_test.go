package templates

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/bohoja/bohoja/consent"
)

// stiffWords are those of offices, lawyers and programs, for which there is a plainer one on the pages and in the letters of
// guardians. Words that the law gives to what a guardian does, such as 철회 and 법정대리인, have to be used and are explained.
var stiffWords = map[string][]string{
	"ko": {
		"귀하", "당사", "폐사", "의거", "준수", "파기", "제3자", "제삼자", "정보주체", "수집", "위탁", "상기", "하기와", "익일", "기재", "고지", "소정", "필히", "바랍니다", "하시길", "되시", "실 수 없으십", "클릭", "토큰",
		"세션", "에러", "유효하지", "컨펌", "팝업", "서버", "데이터", "쿠폰", "축하",
	},
	"en": {
		"pursuant", "hereby", "herein", "aforementioned", "data subject", "controller", "third party", "third parties", "please be advised", "in order to", "utilise", "utilize", "prior to",
		"token", "session", "click", "invalid", "submit", "terminate", "credentials", "congratulations", "oops",
	},
}

// longestForGuardians is the greatest length of a sentence in characters: two or three lines of a phone.
var longestForGuardians = map[string]int{"ko": 90, "en": 180}

// bare leaves out what is no sentence: addresses, codes and what an operator has declared.
var bare = regexp.MustCompile(`https?://\S+|\S+@\S+|\b(cr|rr|t|n)_\w+`)

func guardianFaults(lang, text string) []string {
	var faults []string
	text = bare.ReplaceAllString(text, "")
	for _, word := range stiffWords[lang] {
		if strings.Contains(strings.ToLower(text), word) {
			faults = append(faults, "the word "+word)
		}
	}
	for _, s := range sentences(text) {
		if utf8.RuneCountInString(s) > longestForGuardians[lang] {
			faults = append(faults, "a long sentence: "+s)
		}
	}
	return faults
}

// blocks are the texts of a page as they are read, one after the other, without the frame around them.
func (d document) blocks() []string {
	var out []string
	for _, n := range d.all(atom.H1, atom.H2, atom.H3, atom.P, atom.Li, atom.Dd, atom.Td, atom.Th, atom.Dt, atom.Button, atom.Label, atom.Summary, atom.Legend) {
		if !within(n, func(p *html.Node) bool {
			return p.DataAtom == atom.Li || p.DataAtom == atom.Td || p.DataAtom == atom.Dd
		}) {
			out = append(out, inner(n))
		}
	}
	return out
}

// TestGuardiansUnderstand: pages and letters of guardians are written as people speak.
func TestGuardiansUnderstand(t *testing.T) {
	seen := 0
	for _, d := range documents(t) {
		if !strings.HasPrefix(d.state.Name, "guardian/") && !strings.HasPrefix(d.state.Name, "shared/") {
			continue
		}
		for _, text := range d.blocks() {
			seen++
			for _, f := range guardianFaults(d.state.Lang, text) {
				t.Errorf("%s in %s: %s", d.state.Name, d.state.Lang, f)
			}
		}
	}
	everyLetter(t, func(t *testing.T, l consent.Letter, r Rendered) {
		_, own, _ := strings.Cut(r.Text, "\n") // the first line is in the other language
		for text := range strings.SplitSeq(own, "\n") {
			seen++
			for _, f := range guardianFaults(l.Locale, text) {
				t.Error(f)
			}
		}
	})
	if seen < 1000 {
		t.Errorf("only %d texts were read", seen)
	}
}

// The lint itself finds what it is for.
func TestGuardianLintSees(t *testing.T) {
	for lang, bad := range map[string][]string{
		"ko": {"귀하의 동의가 필요합니다.", "여기를 클릭해 주세요.", "개인정보를 제3자에게 제공합니다.", strings.Repeat("아주 ", 31) + "깁니다."},
		"en": {"Click here.", "The controller needs it.", strings.Repeat("very ", 37) + "long."},
	} {
		for _, text := range bad {
			if guardianFaults(lang, text) == nil {
				t.Errorf("nothing found in %q", text)
			}
		}
	}
}
