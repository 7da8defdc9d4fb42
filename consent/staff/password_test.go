package staff_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
)

// TestPasswords: any signs make a password, as they were typed and 64 of them and more; short, flat and speaking ones do not.
func TestPasswords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("correct horse battery staple ", 3)
	for _, good := range []string{"only small letters", "가나다라마바사아자차카타", "!\"#$%&/()=?*", "            a b c d e", long[:64], long[:80]} {
		if err := staff.CheckPassword("minji", good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "elevenchars", "aaaaaaaaaaaaaaaa", "abcabcabcabcabc", "my name is MINJI", strings.Repeat("abcdef", 22), "not utf-8 \xff\xfe at all"} {
		if err := staff.CheckPassword("minji", bad); !errors.Is(err, staff.ErrPassword) {
			t.Errorf("%q passes: %v", bad, err)
		}
	}
}

// TestCommonPasswords: what others used most is refused however it is written, and of the list at least the 3,000 are there that
// ASVS 6.2.4 asks for. Words of the house do not count in the length.
func TestCommonPasswords(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"1qaz2wsx3edc", "QwertyQwerty", "unbelievable", "qlalfqjsgh123!", "password@123"} {
		if err := staff.CheckPassword("minji", bad); !errors.Is(err, staff.ErrCommon) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	house := []string{"Bohoja", "Haneul Shop", "haneul", "보호자", "", "ab"}
	for _, bad := range []string{"bohoja-spring", "Haneul Shop 12345", "보호자 비밀번호 1234!", "haneulhaneulhaneul", "BOHOJAbohojaBOHOJA1"} {
		if err := staff.CheckPassword("minji", bad, house...); !errors.Is(err, staff.ErrCommon) {
			t.Errorf("%q: %v", bad, err)
		}
		if err := staff.CheckPassword("minji", bad); err != nil && bad != "haneulhaneulhaneul" {
			t.Errorf("%q where it is no word of the house: %v", bad, err)
		}
	}
	for _, good := range []string{"bohoja sends letters at noon", "absolutely fabulous cabs"} {
		if err := staff.CheckPassword("minji", good, house...); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	packed, err := gzip.NewReader(bytes.NewReader(staff.CommonList))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, w := range words {
		if len(w) < 12 || w != strings.ToLower(w) || i%100 == 0 && !errors.Is(staff.CheckPassword("nobody", w), staff.ErrCommon) {
			t.Errorf("word %d does not belong there, or is not refused", i)
		}
	}
	if len(words) < 3_000 || !slices.IsSorted(words) {
		t.Errorf("%d words", len(words))
	}
}

// TestHouseWords: names with and without their spaces, ids and hosts; nothing so short that it is in every other word.
func TestHouseWords(t *testing.T) {
	t.Parallel()
	book := &consent.Book{
		Operator: consent.Operator{Name: consent.Text{"ko": "하늘 주식회사", "en": "Haneul Inc"}},
		Apps:     map[string]*consent.App{"shop": {Name: consent.Text{"ko": "하늘상점", "en": "Sky Shop"}}},
	}
	got := staff.HouseWords(book, "https://consent.haneul.example:8443/x", "http://[::1]:9090")
	for _, want := range []string{"bohoja", "보호자", "하늘주식회사", "주식회사", "haneul", "haneulinc", "inc", "shop", "sky shop", "하늘상점", "consent.haneul.example", "consent", "::1"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if !slices.IsSorted(got) || slices.ContainsFunc(got, func(w string) bool { return len([]rune(w)) < 3 || w != strings.ToLower(w) }) {
		t.Errorf("%q", got)
	}
}
