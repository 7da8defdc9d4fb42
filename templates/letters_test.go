package templates

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
)

var updateLetters = flag.Bool("update", false, "write the golden letters anew")

func TestLettersAsTheyWere(t *testing.T) {
	everyLetter(t, func(t *testing.T, _ consent.Letter, r Rendered) {
		head := "Subject: " + r.Subject + "\nPreheader: " + r.Preheader + "\n\n"
		compareGolden(t, filepath.Base(t.Name())+".txt", head+r.Text)
		compareGolden(t, filepath.Base(t.Name())+".html", r.HTML)
	})
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "letters", name)
	if *updateLetters {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed; look at it, then run with -update", name)
	}
}

// letterFacts lists what a reader must learn from this letter, in its language.
func letterFacts(l consent.Letter) []string {
	op := l.Operator
	out := []string{op.Name.In(l.Locale), op.Phone, op.Email, l.App.Name.In(l.Locale), l.Child, l.Case, l.Link, l.Withdraw, l.Code, l.CodePage}
	switch l.Kind {
	case consent.LetterInvite, consent.LetterRemind:
		out = append(out, purposeFacts(l, l.Purposes, true)...)
		fallthrough
	case consent.LetterLocked:
		out = append(out, map[string]string{"ko": "2026년 11월 28일(토) 밤 11시 59분까지", "en": "11:59 p.m. (KST) on Saturday 28 November 2026"}[l.Locale])
	case consent.LetterGranted, consent.LetterConfirm:
		out = append(out, purposeFacts(l, l.Purposes, false)...)
		for _, p := range l.Refused {
			out = append(out, p.Why.In(l.Locale))
		}
		out = append(out, map[string]string{"ko": "2026년 11월 24일(화) 오후 2시 07분", "en": "2:07 p.m. (KST) on Tuesday 24 November 2026"}[l.Locale])
	case consent.LetterDeclined:
		out = append(out, consent.ItemLabel(l.App, "nickname", l.Locale), consent.ItemLabel(l.App, "skin_note", l.Locale))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

func purposeFacts(l consent.Letter, purposes []consent.Purpose, asking bool) []string {
	var out []string
	for _, p := range purposes {
		out = append(out, p.Why.In(l.Locale), p.Keep.In(l.Locale))
		out = append(out, consent.ItemLabels(l.App, p.Items, l.Locale)...)
		if asking {
			out = append(out, p.Refuse.In(l.Locale))
		}
		if p.Sensitive != nil {
			out = append(out, p.Sensitive.Law, p.Sensitive.Why.In(l.Locale))
		}
		for _, r := range p.Recipients {
			out = append(out, r.Name.In(l.Locale), r.Why.In(l.Locale), r.Keep.In(l.Locale))
			out = append(out, consent.ItemLabels(l.App, r.Items, l.Locale)...)
		}
	}
	return out
}

// Both parts tell everything, word for word (KR-04 no. 5, KR-06, KR-07).
func TestFactsStandInBothParts(t *testing.T) {
	everyLetter(t, func(t *testing.T, l consent.Letter, r Rendered) {
		shown := letterShown(t, r.HTML)
		for _, fact := range letterFacts(l) {
			if !strings.Contains(flat(r.Text), fact) {
				t.Errorf("the plain part lacks %q", fact)
			}
			if !strings.Contains(shown, fact) {
				t.Errorf("the HTML part lacks %q", fact)
			}
		}
	})
}

// Every line of the plain part stands in the HTML part, marks apart.
func TestPartsSayTheSame(t *testing.T) {
	everyLetter(t, func(t *testing.T, _ consent.Letter, r Rendered) {
		shown := strings.ReplaceAll(letterShown(t, r.HTML), " ", "")
		for l := range strings.SplitSeq(r.Text, "\n") {
			bare := strings.Trim(l, "■─-*: ")
			if strings.Contains(bare, "?lang=") && strings.Contains(r.HTML, `href="`+bare+`"`) {
				continue // stands behind the words of the first line
			}
			for part := range strings.SplitSeq(strings.NewReplacer(": ", "\n", " [", "\n", "]", "").Replace(bare), "\n") {
				if !strings.Contains(shown, strings.ReplaceAll(part, " ", "")) && !strings.Contains(shown, strings.ReplaceAll(bare, " ", "")) {
					t.Errorf("only the plain part says %q", part)
				}
			}
		}
	})
}

// letterShown is the text of the body that a reader sees.
func letterShown(t *testing.T, doc string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && (n.Data == "head" || strings.Contains(letterAttr(n, "style"), "display:none")) {
			return
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return flat(b.String())
}

func letterAttr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Neither part, nor the subject, holds a fact that opens the way to a grant, or anything of the child's data.
func TestNoCanaryInAnyLetter(t *testing.T) {
	everyLetter(t, func(t *testing.T, _ consent.Letter, r Rendered) {
		for _, c := range []string{canaryGuardian, canaryPairing, canaryAddress, canaryChild, canaryData} {
			for name, part := range map[string]string{"subject": r.Subject, "preheader": r.Preheader, "html": r.HTML, "text": r.Text} {
				if strings.Contains(part, c) {
					t.Errorf("%s holds %q", name, c)
				}
			}
		}
	})
}

// consent.Letter has no field that could bring a name, a pairing code or data into a letter. A new field must be judged
// here first.
func TestSubjectNamesNobody(t *testing.T) {
	everyLetter(t, func(t *testing.T, l consent.Letter, r Rendered) {
		for _, personal := range []string{l.Child, l.Code, l.Case, "*"} {
			if personal != "" && (strings.Contains(r.Subject, personal) || strings.Contains(r.Preheader, personal)) {
				t.Errorf("subject %q or preheader %q holds %q", r.Subject, r.Preheader, personal)
			}
		}
		if strings.ContainsAny(r.Subject, "\r\n") || len([]rune(r.Subject)) > 70 {
			t.Errorf("subject %q", r.Subject)
		}
	})
}

// promotion are words of advertising: a letter about a child must not hold one (policy 9-3-라, NA-8).
var promotion = regexp.MustCompile(`(?i)무료|할인|쿠폰|이벤트|경품|혜택|특가|당첨|사은|선물|포인트|적립|세일|행사|추천|놓치지|서두르|지금 바로|마감 임박|최저가|인기|신상|` +
	`\b(free|discount|coupon|offers?|win|prizes?|gifts?|bonus|deals?|rewards?|sale|hurry|limited time|act now|don't miss|exclusive|popular|recommend(ed)?|new arrivals?)\b`)

func TestNoPromotion(t *testing.T) {
	everyLetter(t, func(t *testing.T, _ consent.Letter, r Rendered) {
		for _, part := range []string{r.Subject, r.Preheader, r.Text, letterShown(t, r.HTML)} {
			if word := promotion.FindString(part); word != "" {
				t.Errorf("a word of promotion: %q", word)
			}
		}
	})
}

func TestPromotionLintSees(t *testing.T) {
	for _, s := range []string{"회원 혜택을 드립니다", "Win a prize", "지금 바로 가입하세요"} {
		if !promotion.MatchString(s) {
			t.Errorf("the lint passes %q", s)
		}
	}
}

// Nothing is loaded from anywhere, and no link is for counting.
func TestNothingFromOutside(t *testing.T) {
	everyLetter(t, func(t *testing.T, l consent.Letter, r Rendered) {
		lower := strings.ToLower(r.HTML)
		for _, bad := range []string{"<img", "<script", "<link", "<iframe", "<form", "<input", "<svg", "src=", "url(", "@import", "@font-face", "background=", "onclick", "utm_"} {
			if strings.Contains(lower, bad) {
				t.Errorf("it holds %s", bad)
			}
		}
		other := "?lang=" + map[string]string{"ko": "en", "en": "ko"}[l.Locale]
		allowed := []string{l.Link, l.Withdraw, l.CodePage, l.Portal, l.Link + l.Withdraw + l.Portal + other}
		for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(r.HTML, -1) {
			if m[1] == "" || !slices.Contains(allowed, html.UnescapeString(m[1])) {
				t.Errorf("a link to %q", m[1])
			}
		}
	})
}

func TestLetterIsSmall(t *testing.T) {
	everyLetter(t, func(t *testing.T, _ consent.Letter, r Rendered) {
		if n := (len(r.HTML)+len(r.Text))*4/3 + 4096; n > 100_000 {
			t.Errorf("%d bytes on the wire", n)
		}
	})
}

// An app with many purposes and recipients stays below the size at which Gmail cuts a letter off (102 kB of HTML).
func TestLargeLetterIsStillSmall(t *testing.T) {
	l := letterFixture(consent.LetterInvite, "ko")
	for len(l.Purposes) < 15 {
		l.Purposes = append(l.Purposes, l.App.Purposes[1])
	}
	r, err := RenderLetter(l)
	if err != nil {
		t.Fatal(err)
	}
	if n := (len(r.HTML)+len(r.Text))*4/3 + 4096; n > 100_000 {
		t.Errorf("%d bytes on the wire with %d purposes", n, len(l.Purposes))
	}
}

// Tags close in the order in which they opened, and the document says what mail programs need to know.
func TestHTMLIsWellFormed(t *testing.T) {
	void := []string{"meta", "br", "hr", "img", "input", "link"}
	everyLetter(t, func(t *testing.T, l consent.Letter, r Rendered) {
		var open []string
		z := html.NewTokenizer(strings.NewReader(r.HTML))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			name, _ := z.TagName()
			tag := string(name)
			switch {
			case kind == html.StartTagToken && !slices.Contains(void, tag):
				open = append(open, tag)
			case kind == html.EndTagToken && (len(open) == 0 || open[len(open)-1] != tag):
				t.Fatalf("</%s> closes %v", tag, open)
			case kind == html.EndTagToken:
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Errorf("never closed: %v", open)
		}
		for _, must := range []string{
			`<html lang="` + l.Locale + `"`, `<meta name="color-scheme" content="light dark">`, "prefers-color-scheme: dark",
			`<meta charset="utf-8">`, "max-width:600px", "<h1 ", r.Preheader,
		} {
			if !strings.Contains(r.HTML, must) {
				t.Errorf("it lacks %s", must)
			}
		}
	})
}

// A letter's first line is in the other language, with the link that leads to the page in it.
func TestFirstLineInTheOtherLanguage(t *testing.T) {
	everyLetter(t, func(t *testing.T, l consent.Letter, r Rendered) {
		first, rest, _ := strings.Cut(r.Text, "\n")
		hangul := strings.ContainsFunc(strings.ReplaceAll(first, "하늘상점", ""), func(c rune) bool { return c >= '가' && c <= '힣' })
		if hangul != (l.Locale == "en") {
			t.Errorf("first line %q", first)
		}
		if link := l.Link + l.Withdraw + l.Portal; link != "" && !strings.HasPrefix(rest, link+"?lang="+map[string]string{"ko": "en", "en": "ko"}[l.Locale]+"\n") {
			t.Errorf("the link does not follow: %.80q", rest)
		}
	})
	l := letterFixture(consent.LetterInvite, "ko")
	l.App.Languages = []string{"ko"}
	if r, err := RenderLetter(l); err != nil || !strings.HasPrefix(r.Text, "하늘상점 · ") {
		t.Errorf("an app of one language: %v, %.60q", err, r.Text)
	}
}

// The button opens; it agrees to nothing.
func TestButtonOpens(t *testing.T) {
	for lang, label := range map[string]string{"ko": "요청 열어 보기", "en": "Open the request"} {
		for _, kind := range []consent.LetterKind{consent.LetterInvite, consent.LetterRemind, consent.LetterLocked} {
			v, err := ViewLetter(letterFixture(kind, lang))
			if err != nil {
				t.Fatal(err)
			}
			var labels []string
			for _, s := range v.Sections {
				if s.Action != nil {
					labels = append(labels, s.Action.Label)
				}
			}
			if !slices.Equal(labels, []string{label}) {
				t.Errorf("%s in %s has the buttons %q", kind, lang, labels)
			}
		}
	}
}

// Retention, recipients and sensitive items are weighty, and weighty is a fifth larger than the rest, and bold (KR-10).
func TestImportantFactsStandOut(t *testing.T) {
	v, err := ViewLetter(letterFixture(consent.LetterInvite, "ko"))
	if err != nil {
		t.Fatal(err)
	}
	weighty := map[string]bool{}
	for _, s := range v.Sections {
		for _, p := range s.Purposes {
			for _, f := range slices.Concat(append([][]Fact{p.Facts}, p.Recipients...)...) {
				weighty[f.Value] = f.Weighty
			}
		}
	}
	for _, value := range []string{"탈퇴할 때까지", "배송 후 3개월", "한진택배", "배송을 마칠 때까지", "피부 알레르기"} {
		if !weighty[value] {
			t.Errorf("%q does not stand out", value)
		}
	}
	if weighty["별명, 생년월일"] {
		t.Error("everything stands out, so nothing does")
	}
	r, err := RenderLetter(letterFixture(consent.LetterInvite, "ko"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.HTML, "font-size:19px") || !strings.Contains(r.HTML, "font-size:23px; line-height:1.4; font-weight:700") {
		t.Error("weighty facts are not a fifth larger and bold")
	}
}

func TestDeclaredTextsAreEscaped(t *testing.T) {
	l := letterFixture(consent.LetterInvite, "ko")
	l.Child = `<b>"김*늘`
	l.App.Name = consent.Text{"ko": "상점\r\nBcc: x@y.example\r\n<script>alert(1)</script>", "en": "x"}
	l.Operator.SiteURL = "javascript:alert(1)"
	l.Purposes[0].Why = consent.Text{"ko": "줄\n\n■ 바꿈 </table>"}
	l.Link = "javascript:alert(2)"
	r, err := RenderLetter(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<b>", `href="javascript`, "바꿈 </table>"} {
		if strings.Contains(r.HTML, bad) {
			t.Errorf("the HTML holds %s", bad)
		}
	}
	if strings.Contains(r.Subject, "\n") || !strings.Contains(r.Text, "1. 줄 ■ 바꿈 </table> [필수]") {
		t.Errorf("a line end went through: %q", r.Subject)
	}
}

func TestTestSpaceSaysSo(t *testing.T) {
	for lang, words := range map[string][2]string{"ko": {"[시험] ", "시험용 메일입니다"}, "en": {"[Test] ", "This is a test letter"}} {
		l := letterFixture(consent.LetterInvite, lang)
		l.Test = true
		r, err := RenderLetter(l)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(r.Subject, words[0]) || !strings.Contains(r.Text, words[1]) || !strings.Contains(r.HTML, words[1]) {
			t.Errorf("%s: subject %q", lang, r.Subject)
		}
	}
}

func TestPartialWithdrawalNamesWhatStays(t *testing.T) {
	l := letterFixture(consent.LetterWithdrawn, "ko")
	l.Purposes = l.App.Purposes[:1]
	l.Withdraw = "https://consent.shop.example/w/x"
	r, err := RenderLetter(l)
	if err != nil {
		t.Fatal(err)
	}
	l.Withdraw = "" // nothing is left, whatever the purposes say
	all, err := RenderLetter(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"동의의 일부가 철회되었습니다", "계속 동의하고 계신 내용", "회원 가입과 본인 확인", "/w/x"} {
		if !strings.Contains(r.Text, s) {
			t.Errorf("it lacks %q", s)
		}
		if strings.Contains(all.Text, s) {
			t.Errorf("the end of a consent is told with %q", s)
		}
	}
}

func TestNoRecipientsIsSaid(t *testing.T) {
	l := letterFixture(consent.LetterInvite, "en")
	l.Purposes = l.App.Purposes[:1]
	r, err := RenderLetter(l)
	if err != nil || !strings.Contains(r.Text, "No other company receives the data.") {
		t.Errorf("%v", err)
	}
}

// A letter of a kind that nobody wrote is an error, and so is one without words; a time that is not known is left out.
func TestLetterFaults(t *testing.T) {
	if _, err := RenderLetter(consent.Letter{Kind: "postcard", App: letterApp()}); err == nil {
		t.Error("an unknown kind was written")
	}
	l := letterFixture(consent.LetterErased, "xx")
	l.Deadline, l.Zone = time.Time{}, nil
	r, err := RenderLetter(l)
	if err != nil || r.Lang != Fallback || strings.Contains(r.Text, "0001") {
		t.Errorf("%v: %s", err, r.Lang)
	}
}

// TestLettersSayHowToKnowThem: each letter that leads somewhere says what is never asked for and whom to call; one with a code also
// which address to type by hand. No letter lets its own link prove it.
func TestLettersSayHowToKnowThem(t *testing.T) {
	everyLetter(t, func(t *testing.T, l consent.Letter, r Rendered) {
		d := Words(l.Locale)
		never, err := d.Say("mail.real.never")
		if err != nil {
			t.Fatal(err)
		}
		_, box, ok := strings.Cut(flat(r.Text), flat(never))
		if l.Link+l.Portal+l.Code == "" {
			return // nothing is asked for, or the way to withdraw alone
		}
		if !ok || !strings.Contains(box, l.Operator.Phone) || !strings.Contains(box, l.Operator.SiteURL) {
			t.Errorf("it does not say how to know it: %.200s", box)
		}
		if l.CodePage != "" && (!strings.Contains(box, l.CodePage) || !strings.Contains(box, l.Code)) {
			t.Error("it does not say which address to type")
		}
		if l.Link != "" && strings.Contains(box, l.Link) {
			t.Error("the link is to prove itself")
		}
	})
}
