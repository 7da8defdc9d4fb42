package shop

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The page with the element allows the service its script, its calls and its frame, and nothing unsafe.
func TestElementPage(t *testing.T) {
	s := open(t)
	w := s.page("GET", "/element?lang=en", nil)
	service, err := url.Parse(s.shop.opt.API.Base)
	if err != nil {
		t.Fatal(err)
	}
	origin := service.Scheme + "://" + service.Host
	want := "default-src 'self'; script-src 'self' " + origin + "; connect-src " + origin + "; frame-src " + origin
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, want) || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %s", csp)
	}
	for _, part := range []string{`<guardian-consent app="shop" lang="en">`, `/embed/v1.js" defer`, `/start/shop"`, `name="nickname"`} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %s", part)
		}
	}
	if strings.Contains(w.Body.String(), "guardian_") {
		t.Error("the shop asks for the guardian by itself")
	}
}

// The shop passes the sealed value on, with its own fields, and makes nothing of a form without one.
func TestElementIsPassedOn(t *testing.T) {
	s := open(t)
	if w := s.page("POST", "/element", url.Values{"nickname": {" "}, "bohoja_token": {"emb_x"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a nickname: %d", w.Code)
	}
	if w := s.page("POST", "/element", url.Values{"nickname": {"haneul"}}); w.Code != http.StatusOK {
		t.Errorf("without the value: %d", w.Code)
	}
	if len(s.api.requests) != 0 {
		t.Fatal("a request without the child's answers")
	}
	w := s.page("POST", "/element", url.Values{"nickname": {"haneul"}, "address": {"Seoul"}, "bohoja_token": {"emb_x"}})
	if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "/waiting/acc_") || len(s.api.requests) != 1 {
		t.Fatalf("%d, %d requests", w.Code, len(s.api.requests))
	}
	for _, body := range s.api.bodies {
		if !strings.Contains(body, `"embed_token":"emb_x"`) || strings.Contains(body, `"child"`) || strings.Contains(body, `"guardian"`) {
			t.Errorf("sent %s", body)
		}
	}
	for _, code := range []string{"embed_token_invalid", "embed_token_used"} {
		s.api.refuse = func(call string) (int, string) {
			if strings.HasPrefix(call, "POST /consent-requests") {
				return 422, code
			}
			return 0, ""
		}
		if w := s.page("POST", "/element", url.Values{"nickname": {"haneul"}, "bohoja_token": {"emb_x"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="haneul"`) {
			t.Errorf("%s: %d", code, w.Code)
		}
	}
}
