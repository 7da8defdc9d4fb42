package milter

import (
	"encoding/base64"
	"mime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/unicode/norm"
)

// encoded writes a text as words of so many bytes each, which may end inside a letter.
func encoded(charset, text string, size int) string {
	if charset != "utf-8" {
		text, _ = korean.EUCKR.NewEncoder().String(text)
	}
	var words []string
	for text != "" {
		n := min(size, len(text))
		words = append(words, "=?"+charset+"?B?"+base64.StdEncoding.EncodeToString([]byte(text[:n]))+"?=")
		text = text[n:]
	}
	return strings.Join(words, "\n ")
}

func TestAdvertises(t *testing.T) {
	raw, err := korean.EUCKR.NewEncoder().String("(광고) 봄 할인")
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{
		"(광고) 봄 할인", "(광고)봄 할인", " \t(광고) 봄", "( 광 고 ) 봄", "（광고） 봄", "[광고] 봄", "【광고】 봄", "<광고> 봄", "「광고」 봄", "((광고)) 봄",
		"(광.고) 봄", "(광_고) 봄", "(광\u200b고) 봄", "★(광고)★ 봄", "(성인광고) 술",
		norm.NFD.String("(광고) 봄"),
		encoded("utf-8", "(광고) 봄 할인", 45), encoded("utf-8", "(광고) 봄 할인", 2), encoded("utf-8", "(광고) 봄 할인", 1),
		encoded("euc-kr", "(광고) 봄", 40), encoded("EUC-KR", "(광고) 봄", 2), encoded("ks_c_5601-1987", "(광고) 봄", 40), encoded("cp949", "(광고) 봄", 40),
		strings.Replace(encoded("utf-8", "(광고)", 40), "utf-8", "UTF-8*ko", 1),
		strings.TrimRight(encoded("utf-8", "(광고) 봄", 40), "=?") + "?=", // without the padding
		mime.QEncoding.Encode("utf-8", "(광고) 봄 할인"), "=?utf-8?q?(=EA=B4=91 =EA=B3=A0) sale?=",
		"(" + encoded("utf-8", "광고", 40) + ") 봄",
		raw, "(광고) \xff",
		"=?x-unknown?B?KA==?= sale", "=?utf-8?B?!?=", "=?iso-2022-kr?B?KA==?=", // nobody can read these
	} {
		if !advertises(subject) {
			t.Errorf("%q is no advertising", subject)
		}
	}
	for _, subject := range []string{
		"", "주문이 접수되었습니다", "광고 문의", "Re: (광고) 봄 할인", "(광고주) 회의", "(광고 아님) 안내", "(안내) 광고", "광(고)", "()광고", "(광고",
		encoded("utf-8", "주문이 접수되었습니다", 3), encoded("euc-kr", "주문", 1), "2 + 2 =? 4", "=?utf-8?B?", "(AD) sale",
	} {
		if advertises(subject) {
			t.Errorf("%q is advertising", subject)
		}
	}
}

func TestSign(t *testing.T) {
	mark, ok := ParseMark("X-Mail-Kind: marketing")
	if !ok {
		t.Fatal("no mark")
	}
	g := Gate{Mark: mark}
	for _, c := range []struct{ name, value, want string }{
		{"subject", "(광고) 봄", "subject"}, {"Subject", "봄", ""},
		{"LIST-Unsubscribe", "<https://shop.example/no>", "list-unsubscribe"}, {"List-Unsubscribe", "", "list-unsubscribe"}, {"List-Id", "x", ""},
		{"Precedence", " Bulk\t", "precedence"}, {"Precedence", "list", ""},
		{"x-mail-kind", "Marketing", "header"}, {"X-Mail-Kind", "order", ""}, {"X-Mail", "marketing", ""},
	} {
		if got := g.sign(c.name, c.value); got != c.want {
			t.Errorf("%s: %s: %q, want %q", c.name, c.value, got, c.want)
		}
	}
	if g.Mark, _ = ParseMark("X-Campaign"); g.sign("X-Campaign", "") != "header" || (&Gate{}).sign("", "") != "" {
		t.Error("any value is not enough, or no mark is one")
	}
	for _, bad := range []string{"", ":x", "X Y: z", "제목"} {
		if m, ok := ParseMark(bad); ok {
			t.Errorf("%q is a header: %+v", bad, m)
		}
	}
}

func FuzzAdvertises(f *testing.F) {
	f.Add("=?utf-8?B?KOq0keqzoCk=?= =?euc-kr?q?=B1=A4?= x")
	f.Fuzz(func(t *testing.T, subject string) {
		advertises(subject)
		if !strings.ContainsAny(subject, "?") && !advertises("(광고)"+subject) {
			t.Errorf("%q hides the mark", subject)
		}
	})
}
