package templates

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bohoja/bohoja/consent"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hardWords are those that a child of ten need not know, and that the law's own texts are full of (KR-03).
var hardWords = map[string][]string{
	"ko": {
		"수집", "파기", "제3자", "제삼자", "법정대리인", "대리인", "동의", "개인정보", "처리", "이용 목적", "제공", "철회", "열람", "정정", "보유",
		"보관", "만료", "기한", "위탁", "친권자", "후견인", "당사", "귀하", "의거", "준수", "본인", "식별", "발송", "기재",
	},
	"en": {
		"consent", "collect", "third party", "legal", "representative", "retain", "retention", "destroy", "process", "personal data",
		"withdraw", "expire", "disclose", "pursuant", "recipient", "provision", "declare", "controller", "purpose",
	},
}

// longest is the greatest length of a sentence in characters.
var longest = map[string]int{"ko": 40, "en": 80}

// formal are the endings of 합니다체 and of plain 한다체, in which nobody speaks to a child here.
var formal = regexp.MustCompile(`(니다|니까|십시오|한다|하라|하시오)[.!?]?$`)

var sentenceEnd = regexp.MustCompile(`[.!?]+(\s+|$)`)

func sentences(text string) []string {
	var out []string
	for _, s := range sentenceEnd.Split(text, -1) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// childFaults lists what a child would stumble over in a text.
func childFaults(lang, text string) []string {
	var faults []string
	for _, word := range hardWords[lang] {
		if strings.Contains(strings.ToLower(text), word) {
			faults = append(faults, "the word "+word)
		}
	}
	for _, s := range sentences(text) {
		if utf8.RuneCountInString(s) > longest[lang] {
			faults = append(faults, "a long sentence: "+s)
		}
		if lang == "ko" && formal.MatchString(s) {
			faults = append(faults, "not 해요체: "+s)
		}
	}
	return faults
}

// childTexts are all texts that children read, as they read them: each block of the pages, with its values.
func childTexts(d document) []string {
	var out []string
	for _, n := range d.all(atom.H1, atom.H2, atom.H3, atom.P, atom.Li, atom.Button, atom.Label, atom.Summary, atom.Legend) {
		if within(n, func(p *html.Node) bool { return p.DataAtom == atom.Footer || p.DataAtom == atom.Header }) {
			continue
		}
		out = append(out, inner(n))
	}
	return out
}

func TestChildrenUnderstand(t *testing.T) {
	seen := 0
	for _, d := range documents(t) {
		if !strings.HasPrefix(d.state.Name, "child/") && !strings.HasPrefix(d.state.Name, "dev/shop") {
			continue
		}
		for _, text := range childTexts(d) {
			seen++
			for _, f := range childFaults(d.state.Lang, text) {
				t.Errorf("%s in %s: %s", d.state.Name, d.state.Lang, f)
			}
		}
	}
	if seen < 200 {
		t.Errorf("only %d texts were read", seen)
	}
}

// The lint itself finds what it is for.
func TestChildLintSees(t *testing.T) {
	for lang, bad := range map[string][]string{
		"ko": {
			"개인정보를 수집해요.", "보호자님께 메일을 보냅니다.", "법정대리인의 동의가 필요해요.",
			"이 문장은 어린이가 한 번에 읽기에는 너무 길어서 중간에 무슨 말이었는지 잊어버리기 쉬워요.",
		},
		"en": {"We collect your name.", "Your consent is needed.", strings.Repeat("very ", 17) + "long."},
	} {
		for _, text := range bad {
			if childFaults(lang, text) == nil {
				t.Errorf("nothing found in %q", text)
			}
		}
	}
}

func TestChildNotice(t *testing.T) {
	x := newFixture("ko")
	n, err := ChildNotice(x.book, x.app, "ko")
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		"who":            "하늘상점(주)",
		"what for":       "회원이 되려면 별명과 생일이 필요해요.",
		"another":        "한빛택배에 주소를 알려 줘요.",
		"the guardian":   "이름과 메일 주소",
		"why 14":         "만 14살",
		"what we do not": "광고 메일을 보내지 않아요.",
	} {
		if !strings.Contains(n.Text, want) || !strings.Contains(n.HTML, want) {
			t.Errorf("%s: no %q in the notice", what, want)
		}
	}
	if strings.Contains(n.HTML, "style=") || strings.Contains(n.HTML, "<script") || strings.Contains(n.HTML, "<html") {
		t.Error("the fragment is more than a fragment")
	}
}

func TestChildNoticeWithoutRecipients(t *testing.T) {
	x := newFixture("en")
	x.app.Purposes = x.app.Purposes[:1]
	n, err := ChildNotice(x.book, x.app, "en")
	if err != nil || !strings.Contains(n.Text, "No, we tell no other company.") {
		t.Errorf("%v: %s", err, n.Text)
	}
}

// The version is the same in all languages, and changes with every word that a child may read.
func TestChildNoticeVersion(t *testing.T) {
	version := func(lang string, change func(x *fixture)) string {
		x := newFixture(lang)
		change(&x)
		n, err := ChildNotice(x.book, x.app, lang)
		if err != nil {
			t.Fatal(err)
		}
		return n.Version
	}
	same := version("ko", func(*fixture) {})
	if got := version("en", func(*fixture) {}); got != same {
		t.Errorf("version %s in English, %s in Korean", got, same)
	}
	if got := version("ko", func(x *fixture) { slices.Reverse(x.app.Languages) }); got != same {
		t.Error("the order of the languages changes the version")
	}
	for name, change := range map[string]func(x *fixture){
		"a purpose's child text": func(x *fixture) { x.app.Purposes[0].Child = consent.Text{"ko": "별명", "en": "We need a name."} },
		"another language":       func(x *fixture) { x.app.Purposes[0].Child["en"] = "Another text." },
		"a recipient":            func(x *fixture) { x.app.Purposes[1].Recipients[0].Name["en"] = "Another" },
		"the operator":           func(x *fixture) { x.book.Operator.Phone = "02-111-1111" },
		"the age":                func(x *fixture) { x.book.Profile.Threshold = 13 },
	} {
		if version("ko", change) == same {
			t.Errorf("%s does not change the version", name)
		}
	}
}

// Words of the operator are text, never HTML.
func TestChildNoticeEscapes(t *testing.T) {
	x := newFixture("ko")
	x.app.Purposes[0].Child["ko"] = `<img src=x onerror=alert(1)>`
	n, err := ChildNotice(x.book, x.app, "ko")
	if err != nil || strings.Contains(n.HTML, "<img") {
		t.Errorf("%v: %s", err, n.HTML)
	}
}

// A child is told that the answer was no, and never which no (a guardian's "not mine" looks the same).
func TestChildLearnsNoReason(t *testing.T) {
	d := find(t, "child/wait declined", "ko")
	for _, word := range []string{"제 자녀가 아", "not_mine", "refused"} {
		if strings.Contains(string(d.raw), word) {
			t.Errorf("the page says %q", word)
		}
	}
}

// The child sees the mail's domain in full, or nobody sees the typo, and the rest of the address masked.
func TestChildSeesTheDomain(t *testing.T) {
	d := find(t, "child/wait", "ko")
	if got := inner(d.class("address")); got != "pa***@example.com" {
		t.Errorf("address %q", got)
	}
	if got := inner(d.class("bigcode")); got != "K7M2PX" {
		t.Errorf("code %q", got)
	}
}

func TestChildSeesNoFormOnceDecided(t *testing.T) {
	for _, s := range consent.Statuses {
		if s == consent.Pending {
			continue
		}
		if d := find(t, "child/wait "+string(s), "ko"); len(d.all(atom.Form)) != 0 || d.class("bigcode") != nil {
			t.Errorf("%s: something can still be done or seen", s)
		}
	}
}

func TestCountdown(t *testing.T) {
	x := newFixture("ko")
	p := x.wait()
	p.Deadline = p.Now.Add(49 * time.Hour)
	raw, err := Render(p)
	if err != nil || !strings.Contains(string(raw), "2일 남았어요") {
		t.Errorf("%v: no countdown", err)
	}
}
