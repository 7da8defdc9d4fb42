package api_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/api"
	"github.com/bohoja/bohoja/handlers/web"
)

func TestRateLimit(t *testing.T) {
	h := open(t, func(_ *house, o *api.Options) { o.PerMinute = 6 })
	for i := range 6 {
		r := h.call("GET", "/v1/events", nil).want(200, "")
		if got, want := r.Header.Get("RateLimit"), []string{`"key";r=5;t=10`, `"key";r=4;t=20`, `"key";r=3;t=30`, `"key";r=2;t=40`, `"key";r=1;t=50`, `"key";r=0;t=60`}[i]; got != want {
			t.Errorf("RateLimit %q, want %q", got, want)
		}
		if got := r.Header.Get("RateLimit-Policy"); got != `"key";q=6;w=60` {
			t.Errorf("RateLimit-Policy %q", got)
		}
	}
	r := h.call("GET", "/v1/events", nil).want(429, "rate_limited")
	if r.Header.Get("Retry-After") != "10" || r.json()["retry_after"] != 10.0 {
		t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
	}
	h.call("GET", "/v1/events", nil, "Authorization", "Bearer "+gameKey).want(200, "") // another key has its own
	h.wall.add(9 * time.Second)
	h.call("GET", "/v1/events", nil).want(429, "rate_limited")
	h.wall.add(time.Second)
	h.call("GET", "/v1/events", nil).want(200, "")
}

// TestFailedKeys: guessing is bounded by network; one revoked key that is sent for ever is not guessing.
func TestFailedKeys(t *testing.T) {
	h := open(t, func(_ *house, o *api.Options) {
		o.Networks = &web.Networks{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	})
	from := func(addr string) { h.tweak = func(r *http.Request) { r.RemoteAddr = addr } }
	from("192.0.2.7:1000")
	for range 100 {
		h.call("GET", "/v1/events", nil, "Authorization", "Bearer revoked").want(401, "unauthorized")
	}
	h.call("GET", "/v1/events", nil).want(200, "")
	tried := 0
	for guess := "g"; tried < 100; guess += "g" {
		r := h.call("GET", "/v1/events", nil, "Authorization", "Bearer "+guess)
		if r.Status == http.StatusTooManyRequests {
			break
		}
		r.want(401, "unauthorized")
		tried++
	}
	if tried != 19 {
		t.Errorf("%d guesses were answered", tried)
	}
	r := h.call("GET", "/v1/events", nil).want(429, "rate_limited") // or the limit would tell the right key
	if r.Header.Get("Retry-After") != "6" {
		t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
	}
	from("192.0.2.8:1000")
	h.call("GET", "/v1/events", nil).want(200, "")
	from("192.0.2.7:1000")
	h.wall.add(6 * time.Second)
	h.call("GET", "/v1/events", nil).want(200, "")
}

func TestBodyLimit(t *testing.T) {
	h := open(t)
	raw, err := json.Marshal(signupBody("user-1"))
	if err != nil {
		t.Fatal(err)
	}
	fill := func(n int) string { return string(raw) + strings.Repeat(" ", n-len(raw)) }
	h.call("POST", "/v1/consent-requests", fill(web.MaxBody+1)).want(413, "too_large")
	h.tweak = func(r *http.Request) { r.ContentLength = -1 } // chunked: nothing says how long it is
	h.call("POST", "/v1/consent-requests", fill(web.MaxBody+1)).want(413, "too_large")
	h.tweak = nil
	h.call("POST", "/v1/consent-requests", fill(web.MaxBody)).want(201, "")
}

// TestStoreDown: nothing is accepted, and the answer says so.
func TestStoreDown(t *testing.T) {
	mr := miniredis.RunT(t)
	h := openOn(t, consenttest.NewOn(t, "redis://"+mr.Addr(), t.TempDir()))
	id := h.signup("user-1")
	mr.SetError("LOADING the data set is in memory")
	defer mr.SetError("")
	for _, one := range endpoints() {
		switch one.path {
		case "/v1/age-checks", "/v1/child-notice", "/v1/client-tokens", "/v1/marketing/export/keys", "/v1/marketing/export/sha256":
			continue // they ask the store nothing; digests without a key are refused before it is asked
		}
		media := "application/json"
		if strings.HasPrefix(one.path, "/v1/marketing/filter?") {
			media = "text/csv"
		}
		r := h.call(one.method, place(one.path, id, unknownRight), one.body(), "Content-Type", media)
		if r.Status != http.StatusServiceUnavailable {
			t.Errorf("%s %s: %d %s", one.method, one.path, r.Status, r.Body)
		}
		if strings.Contains(string(r.Body), "LOADING") {
			t.Errorf("%s: the inner error is told", one.path)
		}
	}
}

// TestLog: the log names routes, apps and codes, and holds no id, no name, no address, no key and no query.
func TestLog(t *testing.T) {
	h := open(t)
	id := h.granted("subject-canary")
	h.call("POST", at(id, "/release"), nil).want(200, "")
	h.call("GET", "/v1/subjects/subject-canary/consent?x=query-canary", nil).want(422, "unexpected_field")
	h.call("GET", "/v1/nowhere/path-canary", nil).want(404, "not_found")
	h.call("POST", "/v1/consent-requests", `{"subject":"body-canary`).want(400, "malformed")
	h.call("GET", "/v1/events", nil, "Authorization", "Bearer key-canary").want(401, "unauthorized")
	h.call("GET", "/v1/events", nil, "Authorization", "Bearer "+liveKey, "Origin", "https://origin-canary.example").want(403, "secret_key_in_browser")
	log := h.log.String()
	for _, want := range []string{
		`"route":"/v1/consent-requests/:id/release"`, `"app":"shop"`, `"key":"k1"`, `"code":"malformed"`, `"route":"none"`, `"status":401`, `"code":"unauthorized"`, `"status":403`, `"code":"secret_key_in_browser"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for _, never := range []string{"canary", id, guardianName, "김하늘", "kid@example.com", "하늘이", "서울시", consenttest.ShopKey, "192.0.2.1"} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q", never)
		}
	}
}
