package templates

import "testing"

// TestHeld: a date that is held of a child is told as a day, anything else as it stands.
func TestHeld(t *testing.T) {
	for lang, day := range map[string]string{"ko": "2015년\u00a03월\u00a02일", "en": "2 March 2015"} {
		f := newFixture(lang).frame
		for value, want := range map[string]string{"2015-03-02": day, "haneul": "haneul", "2015-03": "2015-03", "": ""} {
			if got, err := f.Held(value); err != nil || got != want {
				t.Errorf("%q in %s is told as %q, %v", value, lang, got, err)
			}
		}
	}
}

func TestMonthWords(t *testing.T) {
	for lang, want := range map[string]string{"ko": "2026년 10월", "en": "October 2026"} {
		f := newFixture(lang).frame
		if got, err := f.MonthWords("2026-10"); err != nil || got != want {
			t.Errorf("in %s %q, %v", lang, got, err)
		}
		if got, err := f.MonthWords("soon"); err != nil || got != "soon" {
			t.Errorf("in %s %q, %v", lang, got, err)
		}
	}
}

// TestNoteWords: what a note holds of this program's own words is told in the language of the page, the rest as it stands.
func TestNoteWords(t *testing.T) {
	f := newFixture("ko").staff("access")
	for note, want := range map[[2]string]string{
		{"reveal", "guardian_email caller #4711"}: "보호자 메일 주소 · 전화한 사람을 확인하려고 · #4711",
		{"staff", "sora role viewer"}:             "sora · 권한 변경 · 조회 담당",
		{"staff", "sora"}:                         "sora",
		{"export", "bounced"}:                     "메일이 전달되지 않은 요청",
		{"reveal", ""}:                            "",
		{"invite", "550 x"}:                       "550 x",
	} {
		if got, err := f.NoteWords(note[0], note[1]); err != nil || got != want {
			t.Errorf("%q is told as %q, %v", note, got, err)
		}
	}
}

// TestCompanyIsOnePiece: no line breaks between a company's name and what kind of company it is.
func TestCompanyIsOnePiece(t *testing.T) {
	for text, want := range map[string]string{"만드는 하늘상점(주)예요.": "하늘상점(주)예요", "전화 1833-6972, 낮": "1833-6972"} {
		whole := ""
		for _, p := range pieces(text) {
			if p.Whole {
				whole += p.Text
			}
		}
		if whole != want {
			t.Errorf("of %q %q is kept whole", text, whole)
		}
	}
}
