package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

const unknownRight = "rr_00000000000000000000000000"

// place puts ids into a path of the matrix.
func place(path, id, right string) string {
	return strings.NewReplacer("{id}", id, "{right}", right).Replace(path)
}

func rightsBody(subject, kind string, changes ...any) object {
	body := object{"subject": subject, "kind": kind, "channel": "phone", "identity": "called back on the number on file"}
	for i := 0; i+1 < len(changes); i += 2 {
		set(body, strings.Split(changes[i].(string), "."), changes[i+1])
	}
	return body
}

// asked enters a rights request and returns its id.
func (h *house) asked(subject, kind string, changes ...any) string {
	h.t.Helper()
	return h.call("POST", "/v1/rights-requests", rightsBody(subject, kind, changes...)).want(201, "").json()["id"].(string)
}

func right(id, verb string) string { return "/v1/rights-requests/" + id + verb }

// told are the types of all events behind those of the grant.
func (h *house) told() []string {
	h.t.Helper()
	all := types(h.call("GET", "/v1/events", nil).want(200, "").json())
	return all[slices.Index(all, "consent.granted")+1:]
}

func TestRightsOfAccess(t *testing.T) {
	h := open(t)
	id := h.granted("user-1")
	r := h.call("POST", "/v1/rights-requests", rightsBody("user-1", "access")).want(201, "")
	made := r.json()
	if loc := r.Header.Get("Location"); loc != public+"/v1/rights-requests/"+made["id"].(string) {
		t.Errorf("Location %q", loc)
	}
	if due := moment(t, made["due_at"]).Sub(moment(t, made["created_at"])); due != 10*24*time.Hour {
		t.Errorf("due after %v", due)
	}
	if made["request"] != id || made["subject"] != "user-1" || made["status"] != "open" || made["hold"] != false || made["identity"] == nil {
		t.Errorf("made %v", made)
	}
	one := made["id"].(string)
	if list := h.call("GET", "/v1/rights-requests?status=open", nil).want(200, "").json()["data"].([]any); len(list) != 1 || list[0].(object)["id"] != one {
		t.Errorf("open %v", list)
	}
	answer := object{"outcome": "done", "data": object{"nickname": "하늘이"}}
	done := h.call("POST", right(one, "/answer"), answer).want(200, "").json()
	if done["status"] != "done" || done["answered_at"] == nil || strings.Contains(string(mustJSON(t, done)), "하늘이") {
		t.Errorf("answered %v", done)
	}
	h.call("POST", right(one, "/answer"), answer).want(200, "")
	h.call("POST", right(one, "/answer"), object{"outcome": "refused", "reason": "r", "objection": "o"}).want(409, "answered")
	if list := h.call("GET", "/v1/rights-requests?status=open", nil).want(200, "").json()["data"].([]any); len(list) != 0 {
		t.Errorf("still open: %v", list)
	}
	if got := h.told(); !slices.Equal(got, []string{"rights.requested", "rights.answered"}) {
		t.Errorf("events %v", got)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRightsOfCorrection: the data is neither used nor handed over until the answer, which corrects what is held here (policy
// 9-3-다).
func TestRightsOfCorrection(t *testing.T) {
	h := open(t)
	id := h.granted("user-1")
	expires := h.call("GET", at(id, ""), nil).json()["expires_at"]
	one := h.asked("user-1", "correction", "text", "별명이 틀렸습니다")
	if got := h.call("GET", right(one, ""), nil).want(200, "").json(); got["text"] != "별명이 틀렸습니다" || got["hold"] != true {
		t.Errorf("shown %v", got)
	}
	if list := string(h.call("GET", "/v1/rights-requests", nil).want(200, "").Body); strings.Contains(list, "별명") {
		t.Error("the list shows what was written")
	}
	h.call("POST", at(id, "/release"), nil).want(423, "on_hold")
	st := h.call("GET", "/v1/subjects/user-1/consent", nil).want(200, "").json()
	if st["hold"] != true || !equal(st["reasons"], "on_hold") {
		t.Errorf("standing %v", st)
	}
	h.call("POST", at(id, "/disclosures"), disclosure()).want(201, "")
	fix := object{"outcome": "done", "corrected_data": object{"nickname": "하늘별"}}
	h.call("POST", right(one, "/answer"), fix).want(409, "recipients_not_told")
	fix["recipients_told"] = true
	if got := h.call("POST", right(one, "/answer"), fix).want(200, "").json(); got["recipients_told"] != true || got["hold"] != false {
		t.Errorf("answered %v", got)
	}
	given := h.call("POST", at(id, "/release"), nil).want(200, "").json()["data"].(object)
	if given["nickname"] != "하늘별" || given["birth_date"] == nil {
		t.Errorf("released %v", given)
	}
	if now := h.call("GET", at(id, ""), nil).json(); now["expires_at"] != expires || now["hold"] != false {
		t.Errorf("the deadline is %v, was %v", now["expires_at"], expires)
	}
	want := []string{"rights.requested", "consent.held", "rights.answered", "consent.unheld", "consent.released"}
	if got := h.told(); !slices.Equal(got, want) {
		t.Errorf("events %v", got)
	}
}

func TestRightsOfDeletion(t *testing.T) {
	h := open(t)
	id := h.granted("user-1")
	one := h.asked("user-1", "deletion")
	h.call("POST", right(one, "/answer"), object{"outcome": "done"}).want(200, "")
	if got := h.call("GET", at(id, ""), nil).want(200, "").json(); got["status"] != "withdrawn" || got["custody"] != "destroyed" {
		t.Errorf("deleted, and yet %v", got)
	}
	h.call("POST", right(one, "/answer"), object{"outcome": "done"}).want(200, "")
}

// TestRightsRefused: a refusal says why and how to object (KR-15), and a refused correction ends its hold.
func TestRightsRefused(t *testing.T) {
	h := open(t)
	id := h.granted("user-1")
	one := h.asked("user-1", "correction", "channel", "proxy", "proxy", object{"form_seen": true, "seen_by": "desk 3"})
	r := h.call("POST", right(one, "/answer"), object{"outcome": "refused"}).want(422, "invalid")
	if got := r.fields(); !slices.Equal(got, []string{"/reason required", "/objection required"}) {
		t.Errorf("faults %v", got)
	}
	got := h.call("POST", right(one, "/answer"), object{"outcome": "refused", "reason": "다른 사람의 정보입니다", "objection": "02-000-0000"}).want(200, "").json()
	if got["reason"] != "다른 사람의 정보입니다" || got["objection"] != "02-000-0000" || got["proxy"].(object)["seen_by"] != "desk 3" {
		t.Errorf("refused %v", got)
	}
	h.call("POST", at(id, "/release"), nil).want(200, "")
}

func TestRightsFaults(t *testing.T) {
	h := open(t)
	h.granted("user-1")
	h.signup("user-2")
	for name, c := range map[string]struct {
		field  string
		change []any
	}{
		"kind":             {"/kind invalid", []any{"kind", "objection"}},
		"channel":          {"/channel invalid", []any{"channel", "pigeon"}},
		"portal's own":     {"/channel invalid", []any{"channel", "portal"}},
		"no identity":      {"/identity required", []any{"identity", nil}},
		"long identity":    {"/identity too_long", []any{"identity", strings.Repeat("가", 201)}},
		"proxy not shown":  {"/proxy required", []any{"channel", "proxy"}},
		"form not seen":    {"/proxy/form_seen required", []any{"proxy", object{"form_seen": false, "seen_by": "x"}}},
		"seen by nobody":   {"/proxy/seen_by required", []any{"proxy", object{"form_seen": true, "seen_by": " "}}},
		"resident number":  {"/text resident_number", []any{"text", "900101-1234567"}},
		"turned around":    {"/identity invalid", []any{"identity", "called \u202e back"}},
		"seen, unseen":     {"/proxy/seen_by invalid", []any{"proxy", object{"form_seen": true, "seen_by": "desk\x00 2"}}},
		"subject personal": {"/subject invalid", []any{"subject", "a@b"}},
		"unknown field":    {"/guardian unexpected_field", []any{"guardian", object{}}},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			if got := h.call("POST", "/v1/rights-requests", rightsBody("user-1", "access", c.change...)).fields(); !slices.Contains(got, c.field) {
				t.Errorf("faults %v, want %s", got, c.field)
			}
		})
	}
	h.t = t
	h.call("POST", "/v1/rights-requests", rightsBody("nobody", "access")).want(404, "not_found")
	h.call("POST", "/v1/rights-requests", rightsBody("user-2", "access")).want(409, "not_granted")
	h.call("GET", "/v1/rights-requests?status=closed", nil).want(422, "invalid")
	h.call("GET", "/v1/rights-requests?after=x", nil).want(422, "invalid")
	one := h.asked("user-1", "access")
	for field, body := range map[string]object{
		"/outcome invalid":               {"outcome": "maybe"},
		"/data/shoe undeclared_item":     {"outcome": "done", "data": object{"shoe": 1}},
		"/data/nickname resident_number": {"outcome": "done", "data": object{"nickname": "900101-1234567"}},
		"/reason invalid":                {"outcome": "refused", "reason": "it is right\x07", "objection": "line 1\nline 2"},
		"/objection invalid":             {"outcome": "refused", "reason": "r", "objection": "o\u2066"},
		"/corrected_data unexpected_field": {
			"outcome": "done", "corrected_data": object{"nickname": "x"},
		},
		"/data unexpected_field": {"outcome": "refused", "reason": "r", "objection": "o", "data": object{"nickname": "x"}},
	} {
		if got := h.call("POST", right(one, "/answer"), body).fields(); !slices.Equal(got, []string{field}) {
			t.Errorf("faults %v, want %s", got, field)
		}
	}
}

// TestCorrectedDataHidesNoResidentNumber: what replaces the held data is looked at as its reader will see it (KR-24).
func TestCorrectedDataHidesNoResidentNumber(t *testing.T) {
	h := open(t)
	h.granted("user-1")
	one := h.asked("user-1", "correction")
	for _, value := range []string{`"\u0039\u0030\u0030101-1234567"`, `9.001011234567e12`, `{"a":["\u0039\u00300101-1234567"]}`, `{"\u0039\u00300101-1234567":1}`, `["900101","1234567"]`} {
		body := `{"outcome":"done","corrected_data":{"nickname":` + value + `}}`
		if got := h.call("POST", right(one, "/answer"), body).fields(); !slices.Equal(got, []string{"/corrected_data/nickname resident_number"}) {
			t.Errorf("%s: faults %v", value, got)
		}
	}
}

func TestRightsAskedAgain(t *testing.T) {
	h := open(t)
	h.granted("user-1")
	key := []string{"Idempotency-Key", "again"}
	first := h.call("POST", "/v1/rights-requests", rightsBody("user-1", "access"), key...).want(201, "").json()
	again := h.call("POST", "/v1/rights-requests", rightsBody("user-1", "access"), key...).want(201, "").json()
	if first["id"] != again["id"] {
		t.Errorf("%v and %v", first["id"], again["id"])
	}
	h.call("POST", "/v1/rights-requests", rightsBody("user-1", "deletion"), key...).want(422, "idempotency_mismatch")
}

// TestRightsFallDue: the app is reminded twice, and told once when ten days are over (KR-14).
func TestRightsFallDue(t *testing.T) {
	h := open(t)
	h.granted("user-1")
	one := h.asked("user-1", "access")
	for range 12 {
		h.Advance(24 * time.Hour)
	}
	got := slices.DeleteFunc(h.told(), func(s string) bool { return !strings.HasPrefix(s, "rights.") })
	if !slices.Equal(got, []string{"rights.requested", "rights.due_soon", "rights.due_soon", "rights.overdue"}) {
		t.Errorf("events %v", got)
	}
	if shown := h.call("GET", right(one, ""), nil).want(200, "").json(); shown["overdue"] != true || shown["status"] != "open" {
		t.Errorf("shown %v", shown)
	}
	h.call("POST", right(one, "/answer"), object{"outcome": "done", "data": object{"nickname": "하늘이"}}).want(200, "")
	if l, ok := last(h, consent.LetterRightsAnswered); !ok || l.Right.ID != one || l.Portal == "" {
		t.Errorf("the letter: %v %v", l.Right.ID, ok)
	}
	h.Advance(consent.RightKept)
	kept, err := h.Store.Right(t.Context(), h.App.ID, one)
	if err != nil || kept.Data != nil || kept.Answer == nil {
		t.Errorf("after seven days: %d bytes, %v", len(kept.Data), err)
	}
}

func last(h *house, kind consent.LetterKind) (consent.Letter, bool) {
	h.Work()
	return h.Letters.Last(kind)
}
