package api_test

import (
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestSecurityEvents: a key that is refused, one without its scope, one in a browser and one that asks too often each write one
// event, with app and key where they are known, and never the key itself.
func TestSecurityEvents(t *testing.T) {
	h := open(t)
	const narrow = consenttest.ShopKey + "-narrow"
	addKey(h.App, "narrow", narrow, consent.ScopeEvents)
	h = openOn(t, h.Kit)
	once := func(event, about, authorization string, headers ...string) {
		t.Helper()
		from := len(h.log.String())
		h.call("GET", "/v1/child-notice", nil, append([]string{"Authorization", authorization}, headers...)...)
		lines := h.log.String()[from:]
		if strings.Count(lines, "security event") != 1 || !strings.Contains(lines, event) || !strings.Contains(lines, about) {
			t.Errorf("%s: %s", event, lines)
		}
	}
	once("key_refused", "none", "")
	once("key_refused", "unknown", "Bearer bhj_live_sk_nobodys")
	once("permission_denied", "narrow", "Bearer "+narrow)
	once("key_in_browser", "live", "Bearer "+liveKey, "Origin", "https://shop.example")
	for _, secret := range []string{narrow, liveKey, "nobodys"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
