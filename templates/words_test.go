package templates

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var hole = regexp.MustCompile(`\{([a-z_]+)(?::[^}]+)?\}`)

// holes lists the placeholders of a text, each once.
func holes(text string) []string {
	var names []string
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// plural strips forms that only some languages have.
func plural(key string) bool { return strings.HasSuffix(key, ".one") }

func TestEveryKeyInEveryLanguage(t *testing.T) {
	for _, lang := range Languages() {
		for _, other := range Languages() {
			for _, key := range Words(lang).Keys() {
				if !plural(key) && !Words(other).Has(key) {
					t.Errorf("%s has %s, %s has not", lang, key, other)
				}
			}
		}
	}
}

func TestPlaceholdersAgree(t *testing.T) {
	first := Words(Fallback)
	for _, lang := range Languages() {
		d := Words(lang)
		for _, key := range d.Keys() {
			if strings.HasPrefix(key, "date.") || plural(key) || !first.Has(key) {
				continue
			}
			want, got := holes(first.text[key]), holes(d.text[key])
			if !slices.Equal(want, got) {
				t.Errorf("%s: %s has %v, %s has %v", key, Fallback, want, lang, got)
			}
		}
	}
}

// TestParticlesAreChosen: behind a value no Korean particle stands that another last sound would change: {name:은}, not {name}은.
func TestParticlesAreChosen(t *testing.T) {
	for key, text := range Words("ko").text {
		for _, at := range hole.FindAllStringIndex(text, -1) {
			rest := text[at[1]:]
			for closed, open := range particles {
				for _, form := range []string{closed, open} {
					if after, ok := strings.CutPrefix(rest, form); ok && (after == "" || strings.ContainsAny(after[:1], " .,\n")) {
						t.Errorf("%s: %q", key, text[at[0]:])
					}
				}
			}
		}
	}
}

func TestNoEmptyWord(t *testing.T) {
	for _, lang := range Languages() {
		for key, text := range Words(lang).text {
			if text == "" {
				t.Errorf("%s in %s is empty", key, lang)
			}
			if strings.Count(text, "{") != len(hole.FindAllString(text, -1)) {
				t.Errorf("%s in %s has a brace that is no placeholder: %s", key, lang, text)
			}
		}
	}
}

func TestUnknownLanguageFallsBack(t *testing.T) {
	if got := Words("xx").Lang(); got != Fallback {
		t.Errorf("Words(xx) is in %q", got)
	}
	if got := Words("en").Lang(); got != "en" {
		t.Errorf("Words(en) is in %q", got)
	}
}

func TestSay(t *testing.T) {
	d := &Dictionary{lang: "ko", text: map[string]string{"a": "{app:은} {n}개", "open": "{app", "x.other": "{n}일"}}
	for _, c := range []struct {
		key  string
		args []any
		want string // "" for an error
	}{
		{"a", []any{"app", "하늘상점", "n", 2}, "하늘상점은 2개"},
		{"a", []any{"app", "하늘나라", "n", 2}, "하늘나라는 2개"},
		{"a", []any{"app", "하늘"}, ""},
		{"a", []any{"app"}, ""},
		{"b", nil, ""},
		{"open", []any{"app", "x"}, ""},
	} {
		got, err := d.Say(c.key, c.args...)
		if (err != nil) != (c.want == "") || got != c.want {
			t.Errorf("Say(%s, %v) = %q, %v; want %q", c.key, c.args, got, err, c.want)
		}
	}
	if got, _ := d.Count("x", 1); got != "1일" {
		t.Errorf("Count without a form for one gave %q", got)
	}
}

func TestSayDoesNotFillValues(t *testing.T) {
	d := &Dictionary{text: map[string]string{"a": "{name}!"}}
	if got, err := d.Say("a", "name", "{name}"); err != nil || got != "{name}!" {
		t.Errorf("a value was taken for a text: %q, %v", got, err)
	}
}

func TestParticle(t *testing.T) {
	for _, c := range []struct{ word, particle, want string }{
		{"하늘상점", "은", "은"}, {"하늘상점(주)", "이", "가"}, {"메일", "으로", "로"}, {"주문", "으로", "으로"},
		{"바다", "과", "와"}, {"3", "을", "을"}, {"2", "을", "를"}, {"7", "으로", "로"}, {"Shop", "은", "은(는)"},
		{"", "은", "은(는)"}, {"하늘", "처럼", "처럼"}, {"하늘", "", ""},
	} {
		if got := Particle(c.word, c.particle); got != c.want {
			t.Errorf("Particle(%q, %q) = %q, want %q", c.word, c.particle, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	seoul := time.FixedZone("KST", 9*60*60)
	at := time.Date(2026, 11, 28, 23, 5, 0, 0, seoul)
	for lang, want := range map[string]string{
		"ko": "2026년 11월 28일(토) 밤 11시 05분",
		"en": "11:05 p.m. (KST) on Saturday 28 November 2026",
	} {
		if got, err := Words(lang).Moment(at); err != nil || got != want {
			t.Errorf("Moment in %s = %q, %v; want %q", lang, got, err, want)
		}
	}
}

// Every hour and month has its words in every language.
func TestDatesAllAround(t *testing.T) {
	for _, lang := range Languages() {
		for h := range 24 * 366 {
			if _, err := Words(lang).Moment(time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLeft(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		left     time.Duration
		ko, engl string
	}{
		{119 * time.Hour, "4일", "4 days"}, {47 * time.Hour, "47시간", "47 hours"},
		{90 * time.Minute, "1시간", "1 hour"}, {59 * time.Minute, "한 시간도 안", "Less than an hour"},
	} {
		ko, _ := Words("ko").Left(now, now.Add(c.left))
		en, _ := Words("en").Left(now, now.Add(c.left))
		if ko != c.ko || en != c.engl {
			t.Errorf("Left of %v = %q, %q; want %q, %q", c.left, ko, en, c.ko, c.engl)
		}
	}
}

func TestLocaleFaults(t *testing.T) {
	for name, body := range map[string]string{
		"no text": "a: 12", "twice": "a: {b: x}\na.b: y", "no yaml": "a: [",
	} {
		files := fstest.MapFS{"l/ko/a.yaml": {Data: []byte(body)}}
		if _, err := readLocales(files, "l"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := readLocales(fstest.MapFS{"l/en/a.yaml": {Data: []byte("a: x")}}, "l"); err == nil {
		t.Error("no words in the fallback language: no error")
	}
}

// otherNames are names that the English texts once had for what has a name of its own.
var otherNames = map[string]string{"reference number": "case number", "guardian page": "guardians’ page", "Email": "Mail or E-mail"}

// TestOneNameForOneThing: who is asked for a number, or sent to a page, finds it under that name.
func TestOneNameForOneThing(t *testing.T) {
	for key, text := range Words("en").text {
		for other, name := range otherNames {
			if strings.Contains(text, other) {
				t.Errorf("%s says %q where %s is meant: %q", key, other, name, text)
			}
		}
	}
	for _, lang := range Languages() {
		number := strings.ToLower(Words(lang).Raw("mail.facts.case"))
		for _, key := range []string{"ops.tell.q_id", "mail.amended.lead", "mail.replaced.lead", "guardian.object.stopped.next", "shared.real.call"} {
			if text := Words(lang).Raw(key); !strings.Contains(text, number) {
				t.Errorf("%s in %s does not ask for the %s: %q", key, lang, number, text)
			}
		}
	}
}
