package consent

import (
	"slices"
	"testing"
)

func TestItemLabelPrefersTheAppsOwn(t *testing.T) {
	app := &App{Items: map[string]Text{
		"nickname": {"ko": "게임 별명", "en": "Player name"},
		"skin":     {"ko": "꾸미기"},
	}}
	for _, c := range []struct{ id, lang, want string }{
		{"nickname", "ko", "게임 별명"},
		{"nickname", "en", "Player name"},
		{"birth_date", "ko", "생년월일"},
		{"birth_date", "en", "Date of birth"},
		{"birth_date", "fr", "Date of birth"},
		{"skin", "en", "꾸미기"},
		{"nobody_knows", "ko", "nobody_knows"},
	} {
		if got := ItemLabel(app, c.id, c.lang); got != c.want {
			t.Errorf("ItemLabel(%q, %q) = %q, want %q", c.id, c.lang, got, c.want)
		}
	}
	if got := ItemLabel(nil, "address", "en"); got != "Address" {
		t.Errorf("without an app: %q", got)
	}
	if got := ItemLabels(app, []string{"address", "nickname"}, "en"); !slices.Equal(got, []string{"Address", "Player name"}) {
		t.Errorf("ItemLabels = %q", got)
	}
}

func TestItemKnown(t *testing.T) {
	app := &App{Items: map[string]Text{"skin": {"ko": "꾸미기"}}}
	for _, c := range []struct {
		id, lang string
		want     bool
	}{
		{"skin", "ko", true}, {"skin", "en", false}, {"address", "en", true}, {"address", "fr", false}, {"other", "ko", false},
	} {
		if got := ItemKnown(app, c.id, c.lang); got != c.want {
			t.Errorf("ItemKnown(%q, %q) = %v", c.id, c.lang, got)
		}
	}
}

func TestEveryCommonItemHasBothLabels(t *testing.T) {
	kinds := map[SensitiveKind]bool{}
	for _, id := range CommonItems() {
		item := commonItems[id]
		if item.ko == "" || item.en == "" {
			t.Errorf("%s lacks a label", id)
		}
		kinds[ItemSensitive(id)] = true
	}
	for _, k := range []SensitiveKind{
		"", SensitiveBelief, SensitiveFamily, SensitiveSchooling, SensitiveHealth, SensitiveSocial, SensitiveBiometrics,
	} {
		if !kinds[k] {
			t.Errorf("no built-in item of kind %q", k)
		}
	}
	if !slices.IsSorted(CommonItems()) {
		t.Error("not sorted")
	}
}
