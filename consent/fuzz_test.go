package consent

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// FuzzName: a name that is taken fits on one line of a letter, carries neither address nor link nor number, is the same as itself
// however it is spaced and cased, and is never shown whole by its mask.
func FuzzName(f *testing.F) {
	for _, s := range []string{"김보호", "Mary-Jane O'Brien", "J. R. Kim", "김\u3164호", "naver.com", "a@b.c", "김1호", "kim\r\nBcc: x", "辻\U000e0100太郎", "Ⅷ", "ﷺ", "ß ſ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 1<<10 {
			return
		}
		var found faults
		checkName(&found, "/name", name, leastGuardian)
		if len(found) > 0 {
			return
		}
		for _, r := range strings.TrimSpace(name) {
			if unicode.IsControl(r) || unicode.IsDigit(r) || strings.ContainsRune("@<>/:\"\\&;,()[]", r) || r == utf8.RuneError {
				t.Fatalf("%q passes with %q", name, r)
			}
		}
		if !SameName(name, name) || !SameName(name, " "+strings.ReplaceAll(name, " ", "  ")+" ") {
			t.Fatalf("%q is not the same as itself", name)
		}
		if folded := foldWord(name); foldWord(folded) != folded {
			t.Fatalf("%q folds to %q and on to %q", name, folded, foldWord(folded))
		}
		if masked := MaskName(name); masked == strings.Join(strings.Fields(name), " ") || len([]rune(masked)) > len([]rune(name)) {
			t.Fatalf("%q is shown as %q", name, masked)
		}
	})
}

// FuzzCodes: a code is read the same however it is grouped and cased, and reading is stable.
func FuzzCodes(f *testing.F) {
	for _, s := range []string{"ABCD-2345", "abcd 2345", "ａｂｃｄ２３４５", "-", "ABCD‐2345", "\tabcdef", "ıİß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		n := normalCode(code)
		if normalCode(n) != n {
			t.Fatalf("%q is read as %q and on as %q", code, n, normalCode(n))
		}
		if len(n) == shortLength && strings.Trim(n, codeLetters) == "" {
			for _, other := range []string{halved(n), strings.ToLower(n), " " + n[:2] + " " + n[2:] + "\t", n[:4] + "–" + n[4:]} {
				if normalCode(other) != n {
					t.Fatalf("%q is read as %q", other, normalCode(other))
				}
			}
		}
	})
}

// FuzzDates: a date that is taken exists, comes back as it was written, and birthdays follow each other.
func FuzzDates(f *testing.F) {
	for _, s := range []string{"2014-03-02", "2012-02-29", "2013-02-29", "1899-12-31", "2014-3-2", "9999-12-31", "2014-03-02\n"} {
		f.Add(s, 14)
	}
	seoul := time.FixedZone("KST", 9*60*60)
	f.Fuzz(func(t *testing.T, s string, years int) {
		d, err := ParseDate(s)
		if err != nil || years < 0 || years > 150 {
			return
		}
		if d.String() != s {
			t.Fatalf("%q became %q", s, d)
		}
		day := Birthday(d, years)
		noon := time.Date(day.Year, day.Month, day.Day, 12, 0, 0, 0, seoul)
		if Age(d, noon, seoul) != years || years > 0 && Age(d, noon.AddDate(0, 0, -1), seoul) != years-1 {
			t.Fatalf("born %s, on %s: %d, the day before %d", d, day, Age(d, noon, seoul), Age(d, noon.AddDate(0, 0, -1), seoul))
		}
	})
}

// FuzzBirth: three typed numbers are a date of the calendar or none; nothing that was typed is quoted.
func FuzzBirth(f *testing.F) {
	f.Add("1985", "3", "4")
	f.Add("1985-03-04", "", "")
	f.Add("85.3.4", "", "")
	f.Add("１９８５", "０３", "4일")
	f.Fuzz(func(t *testing.T, year, month, day string) {
		d, err := readBirth(Answers{Year: year, Month: month, Day: day})
		if err != nil {
			return
		}
		again, err := ParseDate(d.String())
		if err != nil || again != d {
			t.Fatalf("%q %q %q is %v", year, month, day, d)
		}
		if joined := JoinDate(year, month, day); joined != d.String() {
			t.Fatalf("%q %q %q is %q and %q", year, month, day, d, joined)
		}
	})
}

// FuzzResident: no text around it hides a resident number, neither do digits of another script or invisible signs in it (KR-24).
func FuzzResident(f *testing.F) {
	f.Add("번호는 ", " 입니다", "", "-")
	f.Add("x", "y", "\u200b", " - ")
	f.Add("\u0660", "1", "\u2060", "–")
	f.Fuzz(func(t *testing.T, before, after, invisible, between string) {
		if plain := norm.NFKC.String(between); len(plain) > 3 || strings.ContainsFunc(plain, func(r rune) bool {
			return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r == utf8.RuneError
		}) {
			return
		}
		if strings.ContainsFunc(invisible, func(r rune) bool { return !unicode.Is(unicode.Cf, r) }) {
			return
		}
		near := func(s string, last bool) bool { // a number that goes on, or a letter that Unicode joins to a digit, is something else
			r, _ := utf8.DecodeRuneInString(s)
			if last {
				r, _ = utf8.DecodeLastRuneInString(strings.TrimRightFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsMark(r) }))
			}
			return s != "" && (unicode.IsNumber(r) || unicode.IsMark(r) || unicode.Is(unicode.So, r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError)
		}
		if near(before, true) || near(after, false) {
			return
		}
		digits := "900101" + invisible + between + "1" + invisible + "234567"
		for _, text := range []string{digits, strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '\u0660'
			}
			return r
		}, digits)} {
			if !hasResidentNumber(before + text + after) {
				t.Fatalf("%q passes", before+text+after)
			}
		}
	})
}
