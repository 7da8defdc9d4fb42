package templates

import (
	"slices"
	"testing"
)

// TestWhole: this build misses nothing; a language that lost a text, or is not there, is found.
func TestWhole(t *testing.T) {
	t.Parallel()
	for _, lang := range Languages() {
		if got := Missing(lang); len(got) > 0 {
			t.Errorf("%s: %v", lang, got)
		}
	}
	if got := Missing("fr"); len(got) < len(Words(Fallback).Keys()) {
		t.Errorf("fr: %d", len(got))
	}
	all := map[string]*Dictionary{
		"ko": {lang: "ko", text: map[string]string{"a": "가", "b": "나"}},
		"en": {lang: "en", text: map[string]string{"b": "b", "c": "c"}},
	}
	if got := missing(all, "en"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("en: %v", got)
	}
	if got := missing(all, "ko"); !slices.Equal(got, []string{"c"}) {
		t.Errorf("ko: %v", got)
	}
}

// lame is a page whose template is not there.
type lame struct{}

func (lame) template() string       { return "guardian/nowhere" }
func (lame) Title() (string, error) { return "", nil }

func TestUnsound(t *testing.T) {
	t.Parallel()
	if got := unsound([]State{{Name: "lame", Lang: "ko", Page: lame{}}}); !slices.Equal(got, []string{"the page lame (ko) cannot be shown"}) {
		t.Errorf("%v", got)
	}
}
