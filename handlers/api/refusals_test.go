package api_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/api"
)

// noMail is a consent.Domains for which one domain takes no mail.
type noMail struct{}

// Deliverable implements consent.Domains.
func (noMail) Deliverable(_ context.Context, domain string) bool { return domain != "nomail.example" }

// TestRefusals goes through every refusal of a signup: the code of the whole answer, and a field's pointer and code.
func TestRefusals(t *testing.T) {
	h := open(t, func(h *house, _ *api.Options) { h.Service.Domains = noMail{} })
	grown := time.Now().AddDate(-15, 0, 0).Format(time.DateOnly)
	for name, c := range map[string]struct {
		code   string
		field  string
		change []any
	}{
		"no age at all":           {"not_under_age", "/child not_under_age", []any{"child.under_age", nil, "child.birth_date", nil}},
		"under_age is false":      {"not_under_age", "/child not_under_age", []any{"child.under_age", false, "child.birth_date", nil}},
		"the date wins":           {"not_under_age", "/child not_under_age", []any{"child.birth_date", grown}},
		"an age of 14":            {"not_under_age", "/child not_under_age", []any{"child.under_age", nil, "child.birth_date", nil, "child.age", 14}},
		"no notice":               {"notice_missing", "/child_notice/version notice_missing", []any{"child_notice", nil}},
		"empty notice":            {"notice_missing", "/child_notice/version notice_missing", []any{"child_notice.version", ""}},
		"same mailbox":            {"guardian_is_child", "/guardian/email guardian_is_child", []any{"guardian.email", "kid@example.com"}},
		"same by plus-tag":        {"guardian_is_child", "/guardian/email guardian_is_child", []any{"guardian.email", "kid+mum@example.com"}},
		"same by case":            {"guardian_is_child", "/guardian/email guardian_is_child", []any{"guardian.email", "KID@Example.COM"}},
		"엄마":                      {"guardian_name_generic", "/guardian/name guardian_name_generic", []any{"guardian.name", "엄마"}},
		"mom":                     {"guardian_name_generic", "/guardian/name guardian_name_generic", []any{"guardian.name", "Mom"}},
		"item of no purpose":      {"undeclared_item", "/data/shoe_size undeclared_item", []any{"data.shoe_size", 235}},
		"item not chosen":         {"undeclared_item", "/data/address undeclared_item", []any{"purposes", []string{"account"}}},
		"guardian's birth date":   {"unexpected_field", "/guardian/birth_date unexpected_field", []any{"guardian.birth_date", "1985-03-04"}},
		"unknown member":          {"unexpected_field", "/newsletter unexpected_field", []any{"newsletter", true}},
		"case variant":            {"unexpected_field", "/Subject unexpected_field", []any{"Subject", "other"}},
		"resident number in data": {"resident_number", "/data/nickname resident_number", []any{"data.nickname", "900101-1234567"}},
		"resident number inside":  {"resident_number", "/data/nickname resident_number", []any{"data.nickname", []any{object{"a": "010101-3123456"}}}},
		"subject is an address":   {"subject_is_personal", "/subject subject_is_personal", []any{"subject", "kid@example.com"}},
		"subject is a phone":      {"subject_is_personal", "/subject subject_is_personal", []any{"subject", "01012345678"}},
		"domain takes no mail":    {"undeliverable_domain", "/guardian/email undeliverable_domain", []any{"guardian.email", guardianEmail + "@nomail.example"}},

		"no subject":         {"invalid", "/subject required", []any{"subject", nil}},
		"long subject":       {"invalid", "/subject invalid", []any{"subject", strings.Repeat("a", 65)}},
		"no child's name":    {"invalid", "/child/name required", []any{"child.name", nil}},
		"name with a URL":    {"invalid", "/guardian/name not_a_name", []any{"guardian.name", "win at evil.example"}},
		"long name":          {"invalid", "/guardian/name too_long", []any{"guardian.name", strings.Repeat("가", 65)}},
		"no address":         {"invalid", "/guardian/email required", []any{"guardian.email", nil}},
		"no mail address":    {"invalid", "/guardian/email invalid", []any{"guardian.email", "a@b@c"}},
		"phone":              {"invalid", "/guardian/phone invalid", []any{"guardian.phone", "12"}},
		"unknown purpose":    {"invalid", "/purposes/1 unknown_purpose", []any{"purposes", []string{"account", "fun"}, "data", object{}}},
		"purpose twice":      {"invalid", "/purposes/1 unknown_purpose", []any{"purposes", []string{"account", "account"}, "data", object{}}},
		"an empty list":      {"invalid", "/purposes invalid", []any{"purposes", []string{}, "data", object{}}},
		"required left out":  {"invalid", "/purposes required_purpose", []any{"purposes", []string{"delivery"}, "data", object{}}},
		"method":             {"invalid", "/method method_not_accepted", []any{"method", "paper"}},
		"return URL":         {"invalid", "/return_url return_url_not_listed", []any{"return_url", "https://shop.example/welcome/"}},
		"birth date":         {"invalid", "/child/birth_date invalid", []any{"child.birth_date", "2014-2-3"}},
		"number for a text":  {"invalid", "/subject invalid", []any{"subject", 5}},
		"text for an object": {"invalid", "/child invalid", []any{"child", "x"}},
		"object for a name":  {"invalid", "/guardian/name invalid", []any{"guardian.name", object{"first": "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			r := h.call("POST", "/v1/consent-requests", signupBody("user-1", c.change...)).want(422, c.code)
			if got := r.fields(); !slices.Contains(got, c.field) {
				t.Errorf("fields %v, want %s", got, c.field)
			}
		})
	}
	h.t = t
	if n := len(h.call("GET", "/v1/consent-requests", nil).want(200, "").json()["data"].([]any)); n != 0 {
		t.Errorf("%d refused requests were stored", n)
	}
	r := h.call("POST", "/v1/consent-requests", signupBody("", "child.name", nil, "guardian.name", nil)).want(422, "invalid")
	if got := r.fields(); len(got) < 3 {
		t.Errorf("not every fault is told: %v", got)
	}
}

func TestConflicts(t *testing.T) {
	h := open(t)
	id := h.signup("user-1")
	r := h.call("POST", "/v1/consent-requests", signupBody("user-1")).want(409, "already_pending")
	if r.json()["id"] != id {
		t.Errorf("id %v", r.json()["id"])
	}
	h.decide(consent.DecideDecline)
	r = h.call("POST", "/v1/consent-requests", signupBody("user-1")).want(409, "recently_refused")
	if wait, _ := r.json()["retry_after"].(float64); wait < 6*24*3600 || r.Header.Get("Retry-After") == "" {
		t.Errorf("retry_after %v, header %q", wait, r.Header.Get("Retry-After"))
	}
}

// TestQuietGuardian: who asked for no more letters cannot be told from others, save by the state of the mail.
func TestQuietGuardian(t *testing.T) {
	h := open(t)
	h.signup("user-1", "guardian.email", guardianEmail+"@example.com")
	h.Work()
	letter, _ := h.Letters.Last(consent.LetterInvite)
	_, token, _ := strings.Cut(letter.Link, "/c/")
	v, err := h.Service.Open(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	h.Advance(3 * time.Second)
	c, err := h.Service.Check(t.Context(), token, v.Proof, consent.Answers{Decision: consent.DecideNotMine})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Service.Decide(t.Context(), token, c.Proof, "yes", true); err != nil {
		t.Fatal(err)
	}
	got := h.call("POST", "/v1/consent-requests", signupBody("user-2", "guardian.email", guardianEmail+"+x@EXAMPLE.com")).want(201, "").json()
	if mail := got["mail"].(object); mail["state"] != "not_sent" || mail["hint"] != "use_another_way" || got["status"] != "pending" {
		t.Errorf("got %v", got)
	}
}

func TestBusy(t *testing.T) {
	h := open(t)
	id := h.signup("user-1")
	h.Service.Settings.Accepting = false
	if r := h.call("POST", "/v1/consent-requests", signupBody("user-2")).want(503, "busy"); r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.decide(consent.DecideGrant)
	h.call("POST", at(id, "/release"), nil).want(200, "")
}

func TestMethodWithoutMail(t *testing.T) {
	h := open(t)
	body := signupBody("user-1", "method", "paper", "guardian.email", nil, "purposes", []string{"account"}, "data", object{})
	got := h.call("POST", "/v1/consent-requests", body, "Authorization", "Bearer "+consenttest.GameKey).want(201, "").json()
	if got["mail"].(object)["state"] != "not_sent" {
		t.Errorf("got %v", got)
	}
	key, id := []string{"Authorization", "Bearer " + consenttest.GameKey}, got["id"].(string)
	if again := h.call("GET", at(id, ""), nil, key...).want(200, "").json(); again["status"] != "pending" || again["mail"].(object)["state"] != "not_sent" {
		t.Errorf("%v", again)
	}
	h.call("POST", at(id, "/resend"), nil, key...).want(409, "no_letter")
	h.Work()
	if all := h.Letters.All(); len(all) > 0 {
		t.Errorf("%d letters went out", len(all))
	}
	// By a letter there is no way without an address, and telephone is none that this app takes.
	h.call("POST", "/v1/consent-requests", signupBody("user-2", "method", "email_link", "guardian.email", nil, "purposes", []string{"account"}, "data", object{}), key...).want(422, "invalid")
	h.call("POST", "/v1/consent-requests", signupBody("user-2", "method", "phone", "guardian.email", nil, "purposes", []string{"account"}, "data", object{}), key...).want(422, "invalid")
}
