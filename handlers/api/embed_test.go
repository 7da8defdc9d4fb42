package api_test

import (
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/api"
)

// embedToken is what <guardian-consent> would give to the form.
func (h *house) embedToken(client string) string {
	h.t.Helper()
	born := time.Now().AddDate(-9, 0, 0).Format(time.DateOnly)
	_, age, err := h.Service.EmbedAge(h.t.Context(), h.App, consent.Secret(born))
	if err != nil {
		h.t.Fatal(err)
	}
	notice := h.call("GET", "/v1/child-notice", nil).want(200, "").json()["version"].(string)
	token, _, _, err := h.Service.Embed(h.t.Context(), h.App, consent.Embedding{
		Origin: "https://shop.example", Client: client, Age: age, Notice: notice, Child: consent.Child{Name: consent.Secret("김하늘"), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret(guardianEmail + "@example.com"), Locale: "ko"},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func embeddedBody(subject, token string) object {
	return object{"subject": subject, "embed_token": token, "data": object{"nickname": "하늘이"}}
}

func TestSignupByEmbedToken(t *testing.T) {
	h := open(t)
	token := h.embedToken("")
	first := h.call("POST", "/v1/consent-requests", embeddedBody("user-1", token)).want(201, "").json()
	if w, _ := first["warnings"].([]any); len(w) != 0 || first["status"] != "pending" {
		t.Errorf("%v", first)
	}
	again := h.call("POST", "/v1/consent-requests", embeddedBody("user-1", token)).want(201, "").json()
	if again["id"] != first["id"] {
		t.Error("the same call made another request")
	}
	h.call("POST", "/v1/consent-requests", embeddedBody("user-2", token)).want(409, "embed_token_used")
	h.call("POST", "/v1/consent-requests", embeddedBody("user-2", token), "Idempotency-Key", "k").want(409, "embed_token_used")
	h.call("POST", "/v1/consent-requests", embeddedBody("user-2", "emb_x")).want(422, "embed_token_invalid")
	both := signupBody("user-2")
	both["embed_token"] = h.embedToken("")
	if got := h.call("POST", "/v1/consent-requests", both).want(422, "invalid").fields(); len(got) != 1 || got[0] != "/embed_token embed_token_not_alone" {
		t.Errorf("%v", got)
	}
}

func TestClientTokens(t *testing.T) {
	h := open(t)
	made := h.call("POST", "/v1/client-tokens", object{"subject": "user-1"}).want(201, "").json()
	token, _ := made["token"].(string)
	if made["start_url"] != public+"/start/shop?token="+url.QueryEscape(token) || strings.Contains(token, "user-1") {
		t.Errorf("%v", made)
	}
	h.call("POST", "/v1/client-tokens", object{}).want(422, "invalid")
	h.call("POST", "/v1/client-tokens", object{"subject": "kid@example.com"}).want(422, "subject_is_personal")
	one, two := h.embedToken(token), h.embedToken(token)
	if got := h.call("POST", "/v1/consent-requests", embeddedBody("user-2", one)).want(422, "invalid").fields(); got[0] != "/subject embed_token_subject" {
		t.Errorf("%v", got)
	}
	h.call("POST", "/v1/consent-requests", embeddedBody("user-1", one)).want(201, "")
	h.call("POST", "/v1/consent-requests", embeddedBody("user-1", two)).want(409, "embed_token_used")
}

// TestLeakedKey: the staff hear of a live key in a browser, by a count and by a line that names app and key, never the key itself.
func TestLeakedKey(t *testing.T) {
	var leaks atomic.Int32
	h := open(t, func(_ *house, o *api.Options) { o.Leaked = func() { leaks.Add(1) } })
	h.call("GET", "/v1/events", nil, "Authorization", "Bearer "+liveKey).want(200, "")
	if leaks.Load() != 0 {
		t.Error("a server's call was counted")
	}
	h.call("GET", "/v1/events", nil, "Authorization", "Bearer "+liveKey, "Origin", "https://shop.example").want(403, "secret_key_in_browser")
	if leaks.Load() != 1 {
		t.Errorf("%d counted", leaks.Load())
	}
	if log := h.log.String(); !strings.Contains(log, `"app":"shop","key":"live"`) || strings.Contains(log, liveKey) {
		t.Error("the log does not name app and key, or shows the key")
	}
}
