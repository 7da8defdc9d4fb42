package api_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func TestWay(t *testing.T) {
	h := open(t)
	r := h.call("POST", "/v1/consent-requests", signupBody("user-1")).want(201, "")
	made := r.json()
	id := made["id"].(string)
	if got := r.Header.Get("Location"); got != public+"/v1/consent-requests/"+id {
		t.Errorf("Location %q", got)
	}
	if made["status"] != "pending" || made["custody"] != "held" || len(made["pairing_code"].(string)) != 6 {
		t.Errorf("made %v", made)
	}
	created, expires := moment(t, made["created_at"]), moment(t, made["expires_at"])
	if left := expires.Sub(created); left > consent.DefaultPending || left < consent.DefaultPending-time.Hour {
		t.Errorf("the deadline is %v after the signup", left)
	}
	shown := h.call("GET", at(id, ""), nil).want(200, "").json()
	if shown["child_page"] != made["child_page"] || shown["pairing_code"] != nil || shown["purposes"] != nil || shown["decided_at"] != nil {
		t.Errorf("shown %v", shown)
	}
	h.decide(consent.DecideGrant)
	shown = h.call("GET", at(id, ""), nil).want(200, "").json()
	if shown["status"] != "granted" || !equal(shown["purposes"], "account") || !equal(shown["refused"], "delivery") || shown["method"] != "email_link" {
		t.Errorf("after the grant %v", shown)
	}
	given := h.call("POST", at(id, "/release"), nil).want(200, "").json()
	data := given["data"].(object)
	if data["nickname"] != "하늘이" || data["address"] != nil || len(data) != 2 || given["subject"] != "user-1" || !equal(given["purposes"], "account") {
		t.Errorf("released %v", given)
	}
	h.call("POST", at(id, "/release/ack"), nil).want(204, "")
	st := h.call("GET", "/v1/subjects/user-1/consent", nil).want(200, "").json()
	if st["status"] != "granted" || st["hold"] != false || !equal(st["purposes"], "account") || st["id"] != id || st["reasons"] == nil || !equal(st["reasons"]) {
		t.Errorf("standing %v", st)
	}
	if got := string(h.call("GET", "/v1/subjects/nobody/consent", nil).want(200, "").Body); got != `{"status":"none","hold":false,"purposes":[]}` {
		t.Errorf("of nobody: %s", got)
	}
}

func moment(t *testing.T, v any) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, v.(string))
	if err != nil || m.Location() != time.UTC {
		t.Fatalf("not a time in UTC: %v", v)
	}
	return m
}

// equal compares a list of an answer.
func equal(got any, want ...string) bool {
	list, _ := got.([]any)
	have := make([]string, len(list))
	for i, one := range list {
		have[i], _ = one.(string)
	}
	return slices.Equal(have, want)
}

func TestEventsAndLists(t *testing.T) {
	h := open(t)
	if got := h.call("GET", "/v1/events", nil).want(200, "").json(); len(got["data"].([]any)) != 0 || got["next"] != nil {
		t.Errorf("before the first event: %v", got)
	}
	var ids []string
	for _, subject := range []string{"a", "b", "c"} {
		ids = append(ids, h.signup(subject))
	}
	h.call("POST", at(ids[1], "/cancel"), nil).want(200, "")
	page := h.call("GET", "/v1/events?limit=3", nil).want(200, "").json()
	rest := h.call("GET", "/v1/events?limit=3&after="+page["next"].(string), nil).want(200, "").json()
	if got := types(page, rest); !slices.Equal(got, []string{"consent.pending", "consent.pending", "consent.pending", "consent.cancelled"}) {
		t.Errorf("events %v", got)
	}
	again := h.call("GET", "/v1/events?after="+rest["next"].(string), nil).want(200, "").json()
	if len(again["data"].([]any)) != 0 || again["next"] != rest["next"] {
		t.Errorf("nothing new: %v", again)
	}
	first := h.call("GET", "/v1/consent-requests?limit=2", nil).want(200, "").json()
	last := h.call("GET", "/v1/consent-requests?limit=2&after="+first["next"].(string), nil).want(200, "").json()
	seen := append(listed(first), listed(last)...)
	slices.Sort(seen)
	slices.Sort(ids)
	if !slices.Equal(seen, ids) || last["next"] != nil {
		t.Errorf("listed %v, made %v, next %v", seen, ids, last["next"])
	}
	if got := listed(h.call("GET", "/v1/consent-requests?status=cancelled", nil).want(200, "").json()); len(got) != 1 {
		t.Errorf("cancelled: %v", got)
	}
	if got := listed(h.call("GET", "/v1/consent-requests?subject=c", nil).want(200, "").json()); len(got) != 1 {
		t.Errorf("of subject c: %v", got)
	}
}

func listed(page object) []string {
	var out []string
	for _, one := range page["data"].([]any) {
		out = append(out, one.(object)["id"].(string))
	}
	return out
}

func types(pages ...object) []string {
	var out []string
	for _, p := range pages {
		for _, one := range p["data"].([]any) {
			out = append(out, one.(object)["type"].(string))
		}
	}
	return out
}

// TestLateSweeper: what is past its deadline is shown as expired although nothing has carried it out.
func TestLateSweeper(t *testing.T) {
	h := open(t)
	id := h.signup("late")
	if err := h.Store.Advance(t.Context(), 120*time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, got := range []object{
		h.call("GET", at(id, ""), nil).want(200, "").json(),
		h.call("GET", "/v1/consent-requests", nil).want(200, "").json()["data"].([]any)[0].(object),
		h.call("GET", "/v1/subjects/late/consent", nil).want(200, "").json(),
	} {
		if got["status"] != "expired" {
			t.Errorf("got %v", got)
		}
	}
}

func TestAgeChecks(t *testing.T) {
	h := open(t)
	h.signup("user-1")
	for name, c := range map[string]struct {
		body               object
		under, contradicts bool
	}{
		"birth date":     {object{"birth_date": born()}, true, false},
		"age":            {object{"age": 14}, false, false},
		"flagged mail":   {object{"age": 30, "email": "KID+x@example.com"}, false, true},
		"flagged phone":  {object{"age": 30, "phone": "+821012345678"}, false, true},
		"other mail":     {object{"age": 30, "email": "other@example.com"}, false, false},
		"other country":  {object{"age": 14, "country": "DE"}, true, false},
		"null is absent": {object{"age": 14, "birth_date": nil, "country": nil}, false, false},
	} {
		got := h.call("POST", "/v1/age-checks", c.body).want(200, "").json()
		if got["under_age"] != c.under || got["contradicts"] != c.contradicts {
			t.Errorf("%s: %v", name, got)
		}
		if _, given := c.body["birth_date"].(string); given == (got["of_age_on"] == nil) {
			t.Errorf("%s: of_age_on %v", name, got["of_age_on"])
		}
	}
	for name, c := range map[string]struct {
		body  object
		field string
	}{
		"nothing":       {object{}, " required"},
		"no date":       {object{"birth_date": "2014-02-30"}, "/birth_date invalid"},
		"future":        {object{"birth_date": "2999-01-01"}, "/birth_date invalid"},
		"age":           {object{"age": -1}, "/age invalid"},
		"country":       {object{"age": 3, "country": "korea"}, "/country invalid"},
		"mail":          {object{"age": 3, "email": "no mail"}, "/email invalid"},
		"phone":         {object{"age": 3, "phone": "1"}, "/phone invalid"},
		"half an age":   {object{"age": 9.5}, "/age invalid"},
		"age as string": {object{"age": "9"}, "/age invalid"},
	} {
		if got := h.call("POST", "/v1/age-checks", c.body).want(422, "invalid").fields(); !slices.Contains(got, c.field) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestChildNotice(t *testing.T) {
	h := open(t)
	ko := h.call("GET", "/v1/child-notice", nil).want(200, "").json()
	en := h.call("GET", "/v1/child-notice?locale=en", nil).want(200, "").json()
	fr := h.call("GET", "/v1/child-notice?locale=fr", nil).want(200, "").json()
	if ko["locale"] != "ko" || en["locale"] != "en" || fr["text"] != ko["text"] || ko["version"] != en["version"] || ko["text"] == en["text"] {
		t.Errorf("ko %v en %v fr %v", ko, en, fr)
	}
	r := h.call("POST", "/v1/consent-requests", signupBody("old")).want(201, "").json()
	warning := r["warnings"].([]any)[0].(object)
	if warning["code"] != "notice_unknown" || warning["pointer"] != "/child_notice/version" {
		t.Errorf("warnings %v", r["warnings"])
	}
	r = h.call("POST", "/v1/consent-requests", signupBody("new", "child_notice.version", ko["version"])).want(201, "").json()
	if len(r["warnings"].([]any)) != 0 {
		t.Errorf("warnings %v", r["warnings"])
	}
}

func TestTypoWarning(t *testing.T) {
	h := open(t)
	version := h.call("GET", "/v1/child-notice", nil).want(200, "").json()["version"]
	r := h.call("POST", "/v1/consent-requests", signupBody("typo", "guardian.email", guardianEmail+"@navr.com", "child_notice.version", version)).want(201, "")
	w := r.json()["warnings"].([]any)
	if len(w) != 1 || w[0].(object)["code"] != "maybe_typo" || w[0].(object)["suggestion"] != "naver.com" {
		t.Errorf("warnings %v", w)
	}
}

func TestClock(t *testing.T) {
	h := open(t)
	before := moment(t, h.call("POST", "/v1/test/clock/advance", object{"by": "1m"}).want(200, "").json()["now"])
	after := moment(t, h.call("POST", "/v1/test/clock/advance", object{"by": "26h"}).want(200, "").json()["now"])
	if moved := after.Sub(before); moved < 26*time.Hour || moved > 27*time.Hour {
		t.Errorf("moved by %v", moved)
	}
	for _, by := range []any{"", "-1h", "0s", "1 day", "99999999h", 5} {
		if got := h.call("POST", "/v1/test/clock/advance", object{"by": by}).want(422, "invalid").fields(); !slices.Contains(got, "/by invalid") {
			t.Errorf("%v: %v", by, got)
		}
	}
	h.call("POST", "/v1/test/clock/advance", object{"by": "1h"}, "Authorization", "Bearer "+liveKey).want(403, "forbidden")
}
