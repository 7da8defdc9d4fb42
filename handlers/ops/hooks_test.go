package ops

import (
	"regexp"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/webhook"
)

// TestHintsInKorean: what would mend a webhook is told in the language of the page, whatever the store keeps.
func TestHintsInKorean(t *testing.T) {
	hangul := regexp.MustCompile(`\p{Hangul}`)
	for _, err := range []error{webhook.ErrPrivate, webhook.ErrReserved, webhook.ErrURL, webhook.ErrSecret} {
		a := consent.Attempt{Stage: "guard", Hint: webhook.Hint(err)}
		ko, en := callsShown("ko", []consent.Attempt{a})[0].Hint, callsShown("en", []consent.Attempt{a})[0].Hint
		if a.Hint == "" || en != a.Hint || !hangul.MatchString(ko) {
			t.Errorf("%q is %q and %q", a.Hint, ko, en)
		}
	}
	if got := callsShown("ko", []consent.Attempt{{Code: 500}})[0].Hint; got != "" {
		t.Errorf("no hint is %q", got)
	}
}
