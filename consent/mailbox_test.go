package consent

import (
	"net/mail"
	"strings"
	"testing"
)

func TestParseMailbox(t *testing.T) {
	for _, c := range []struct{ in, address, canonical string }{
		{"parent@example.com", "parent@example.com", "parent@example.com"},
		{" Parent+shop@Example.COM ", "Parent+shop@example.com", "parent@example.com"},
		{"p.a.r@gmail.com", "p.a.r@gmail.com", "par@gmail.com"},
		{"p.a.r+x@googlemail.com", "p.a.r+x@googlemail.com", "par@gmail.com"},
		{"p.a.r@naver.com", "p.a.r@naver.com", "p.a.r@naver.com"},
		{"me@hanmail.net", "me@hanmail.net", "me@daum.net"},
		{"me@한글.kr", "me@xn--bj0bj06e.kr", "me@xn--bj0bj06e.kr"},
		{"+tag@example.com", "+tag@example.com", "+tag@example.com"},
		{"o'brien@example.com", "o'brien@example.com", "o'brien@example.com"},
	} {
		m, ok := ParseMailbox(c.in)
		if !ok || m.Address.Reveal() != c.address || m.Canonical.Reveal() != c.canonical {
			t.Errorf("ParseMailbox(%q) = %q, %q, %v", c.in, m.Address.Reveal(), m.Canonical.Reveal(), ok)
		}
	}
}

func TestMailboxesRefused(t *testing.T) {
	for _, in := range []string{
		"", "a", "@b.com", "a@", "a@b", "a@localhost", "a@b..com", "a@-b.com", "a@b-.com", "a@.com", "a@b.com.",
		`"quoted"@example.com`, `"a b"@example.com`, "a(comment)@example.com", "A Name <a@example.com>", "a@[127.0.0.1]", "a@127.0.0.1",
		"group:a@b.com;", "a,b@example.com", "a b@example.com", "a@exa mple.com", ".a@example.com", "a.@example.com", "a..b@example.com",
		"a@example.com\r\nBcc: b@example.com", "a@example.com\n", "a\x00@example.com", "보호@example.com", "a@example.com>", "<a@example.com",
		"a@ex\u200bample.com", "a@ｅxample.com", "a@b@example.com", "a@example.com SIZE=1", "a@e_x.com",
		strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("b", 64) + ".com", "a@" + strings.Repeat("b.", 130) + "com",
	} {
		trimmed := strings.TrimSpace(in) != in
		if m, ok := ParseMailbox(in); ok && !trimmed {
			t.Errorf("ParseMailbox(%q) = %q", in, m.Address.Reveal())
		}
	}
}

// FuzzParseMailbox: whatever is accepted is one plain address for every reader of mail, and can break no line and no command.
func FuzzParseMailbox(f *testing.F) {
	for _, s := range []string{"parent@example.com", "a+b@한글.kr", `"x"@y.z`, "a@b.c\r\n", "p.q@gmail.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		m, ok := ParseMailbox(in)
		if !ok {
			return
		}
		a := m.Address.Reveal()
		if strings.ContainsAny(a, " \t\r\n<>\"(),:;\\[]\x00") || strings.Count(a, "@") != 1 || len(a) > maxAddress {
			t.Fatalf("%q became %q", in, a)
		}
		parsed, err := mail.ParseAddress(a)
		if err != nil || parsed.Address != a || parsed.Name != "" {
			t.Fatalf("%q is read elsewhere as %v, %v", a, parsed, err)
		}
		again, ok := ParseMailbox(m.Canonical.Reveal())
		if !ok || again.Canonical.Reveal() != m.Canonical.Reveal() {
			t.Fatalf("the canonical form of %q is not stable: %q", in, m.Canonical.Reveal())
		}
	})
}

func TestSuggestDomain(t *testing.T) {
	for in, want := range map[string]string{
		"naver.con": "naver.com", "nvaer.com": "naver.com", "gmial.com": "gmail.com", "hanmial.net": "hanmail.net", "daum.ner": "daum.net",
		"naver.com": "", "example.com": "", "nate.com": "", "kakao.co": "kakao.com",
	} {
		if got := SuggestDomain(in); got != want {
			t.Errorf("SuggestDomain(%q) = %q, want %q", in, got, want)
		}
	}
}
