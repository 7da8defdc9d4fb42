package api_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/api"
)

// verbs are the calls on one request, with a body that is acceptable by itself.
var verbs = []struct {
	path string
	body func() any
}{
	{"/resend", nothing}, {"/guardian", newGuardian}, {"/guardians", newGuardian}, {"/cancel", nothing}, {"/release", nothing},
	{"/release/ack", nothing}, {"/withdraw", nothing}, {"/erased", erased}, {"/disclosures", disclosure},
}

func nothing() any { return nil }

func newGuardian() any {
	return object{"name": "이보호", "email": guardianEmail + ".other@example.com", "locale": "en"}
}

func erased() any { return object{"at": time.Now().UTC().Format(time.RFC3339)} }

func disclosure() any {
	return object{"recipient": "한진택배", "items": []string{"nickname"}, "why": "배송", "at": time.Now().UTC().Format(time.RFC3339)}
}

// table says what each call answers in each state (API reference, "State and call"), in the order of verbs.
var table = map[string]string{
	"pending": "202 202 202 200 409:not_granted 409:not_granted 409:not_granted 409:not_withdrawn 409:not_granted",
	"granted": "409:not_pending 409:not_pending 202 409:not_pending 200 409:not_released 200 409:not_withdrawn 201",

	"released":     "409:not_pending 409:not_pending 202 409:not_pending 200 204 200 409:not_withdrawn 201",
	"acknowledged": "409:not_pending 409:not_pending 202 409:not_pending 410:destroyed 204 200 409:not_withdrawn 201",
	"window over":  "409:not_pending 409:not_pending 202 409:not_pending 410:destroyed 410:destroyed 200 409:not_withdrawn 201",

	"withdrawn": "409:not_pending 409:not_pending 409:ended 409:not_pending 410:destroyed 410:destroyed 200 204 409:ended",
	"declined":  "409:not_pending 409:not_pending 409:ended 409:not_pending 410:destroyed 410:destroyed 409:ended 409:not_withdrawn 409:ended",
	"expired":   "409:not_pending 409:not_pending 409:ended 409:not_pending 410:destroyed 410:destroyed 409:ended 409:not_withdrawn 409:ended",
	"cancelled": "409:not_pending 409:not_pending 409:ended 200 410:destroyed 410:destroyed 409:ended 409:not_withdrawn 409:ended",
}

// reach brings a new request into a state.
func (h *house) reach(state, subject string) string {
	h.t.Helper()
	id := h.signup(subject)
	switch state {
	case "granted", "released", "acknowledged", "withdrawn", "window over":
		h.decide(consent.DecideGrant)
	case "declined":
		h.decide(consent.DecideDecline)
	case "cancelled":
		h.call("POST", at(id, "/cancel"), nil).want(200, "")
	}
	switch state {
	case "released", "acknowledged":
		h.call("POST", at(id, "/release"), nil).want(200, "")
	case "withdrawn":
		h.call("POST", at(id, "/withdraw"), nil).want(200, "")
	}
	if state == "acknowledged" {
		h.call("POST", at(id, "/release/ack"), nil).want(204, "")
	}
	return id
}

func TestStateAndCall(t *testing.T) {
	for state, row := range table {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			if n := len(strings.Fields(row)); n != len(verbs) {
				t.Fatalf("%d answers for %d calls", n, len(verbs))
			}
			h := open(t)
			ids := make([]string, len(verbs))
			for i := range verbs {
				ids[i] = h.reach(state, "user-"+strconv.Itoa(i))
			}
			switch state {
			case "expired":
				h.Advance(120 * time.Hour)
			case "window over":
				h.Advance(169 * time.Hour)
			}
			for i, want := range strings.Fields(row) {
				status, code, _ := strings.Cut(want, ":")
				n, _ := strconv.Atoi(status)
				h.call("POST", at(ids[i], verbs[i].path), verbs[i].body()).want(n, code)
				if n < 300 && verbs[i].path != "/disclosures" {
					h.call("POST", at(ids[i], verbs[i].path), verbs[i].body()).want(n, code) // again
				}
			}
		})
	}
}

// onHold is a Service whose requests have an open correction.
type onHold struct{ api.Door }

// Release implements api.Door.
func (onHold) Release(context.Context, *consent.App, consent.Actor, string) (consent.Handover, error) {
	return consent.Handover{}, consent.ErrOnHold
}

func TestOnHold(t *testing.T) {
	h := open(t, func(h *house, o *api.Options) { o.Test.Service = onHold{h.Service} })
	h.call("POST", at(h.signup("held"), "/release"), nil).want(423, "on_hold")
}

func TestWithdrawParts(t *testing.T) {
	h := open(t)
	id := h.signup("user-1")
	h.Work()
	h.decideBoth()
	h.call("POST", at(id, "/withdraw"), object{"purposes": []string{}}).want(422, "invalid")
	h.call("POST", at(id, "/withdraw"), object{"purposes": []string{"account"}}).want(422, "invalid")
	h.call("POST", at(id, "/withdraw"), object{"purposes": []string{"nonsense"}}).want(422, "invalid")
	for range 2 {
		got := h.call("POST", at(id, "/withdraw"), object{"purposes": []string{"delivery"}}).want(200, "").json()
		if got["status"] != "granted" || !equal(got["purposes"], "account") {
			t.Errorf("got %v", got)
		}
	}
	data := h.call("POST", at(id, "/release"), nil).want(200, "").json()["data"].(object)
	if data["address"] != nil || data["nickname"] != "하늘이" {
		t.Errorf("released %v", data)
	}
	got := h.call("POST", at(id, "/withdraw"), object{"purposes": nil}).want(200, "").json()
	if got["status"] != "withdrawn" || got["custody"] != "destroyed" || got["reason"] != "app" || got["erase_by"] == nil {
		t.Errorf("got %v", got)
	}
	for _, at := range []any{nil, "0001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"} {
		h.call("POST", "/v1/consent-requests/"+id+"/erased", object{"at": at}).want(422, "invalid")
	}
	h.call("POST", at(id, "/erased"), erased()).want(204, "")
	if got := h.call("GET", at(id, ""), nil).want(200, "").json(); got["erased_at"] == nil {
		t.Errorf("got %v", got)
	}
}

// decideBoth grants both purposes.
func (h *house) decideBoth() {
	h.t.Helper()
	letter, _ := h.Letters.Last(consent.LetterInvite)
	_, token, _ := strings.Cut(letter.Link, "/c/")
	v, err := h.Service.Open(h.t.Context(), token)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Advance(3 * time.Second)
	c, err := h.Service.Check(h.t.Context(), token, v.Proof, consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{"account": "yes", "delivery": "yes"}, Name: guardianName,
		Year: "1985", Month: "3", Day: "4", Relation: "father", Declares: true,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Service.Decide(h.t.Context(), token, c.Proof, "yes", false); err != nil {
		h.t.Fatal(err)
	}
}

func TestResendLimit(t *testing.T) {
	h := open(t)
	id := h.signup("user-1")
	for range 3 {
		h.call("POST", at(id, "/resend"), nil).want(202, "")
	}
	if r := h.call("POST", at(id, "/resend"), nil).want(429, "resend_limit"); r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestGuardianLimits(t *testing.T) {
	h := open(t)
	id := h.signup("user-1")
	for i := range consent.MaxGuardians - 1 {
		h.call("POST", at(id, "/guardians"), object{"name": "이보호", "email": guardianEmail + strconv.Itoa(i) + "@example.org"}).want(202, "")
	}
	h.call("POST", at(id, "/guardians"), object{"name": "박보호", "email": guardianEmail + ".fifth@example.org"}).want(409, "guardian_limit")
	for code, body := range map[string]object{
		"guardian_name_generic": {"name": "엄마", "email": guardianEmail + "@example.org"},
		"guardian_is_child":     {"name": "이보호", "email": "kid+mum@EXAMPLE.com"},
		"resident_number":       {"name": "900101-1234567", "email": guardianEmail + "@example.org"},
		"unexpected_field":      {"name": "이보호", "email": guardianEmail + "@example.org", "birth_date": "1985-03-04"},
		"invalid":               {"name": "이보호"},
	} {
		h.call("POST", at(id, "/guardian"), body).want(422, code)
	}
}
