package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestStrictJSON: what two readers could understand in two ways is refused (threat 31).
func TestStrictJSON(t *testing.T) {
	h := open(t)
	good, err := json.Marshal(signupBody("user-1"))
	if err != nil {
		t.Fatal(err)
	}
	body := string(good)
	with := func(more string) string { return strings.TrimSuffix(body, "}") + "," + more + "}" }
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
		field  string
	}{
		"nothing":             {" ", 400, "malformed", " malformed"},
		"no JSON":             {"subject=user-1", 400, "malformed", " malformed"},
		"cut":                 {body[:len(body)-9], 400, "malformed", ""},
		"null":                {"null", 400, "malformed", " malformed"},
		"a list":              {"[" + body + "]", 400, "malformed", " malformed"},
		"a second value":      {body + body, 400, "malformed", " malformed"},
		"a comma too many":    {strings.TrimSuffix(body, "}") + ",}", 400, "malformed", ""},
		"a comment":           {"/* */" + body, 400, "malformed", " malformed"},
		"a byte order mark":   {"\ufeff" + body, 400, "malformed", " malformed"},
		"a name twice":        {with(`"subject":"user-2"`), 400, "malformed", "/subject duplicate_name"},
		"twice by escape":     {with(`"subj\u0065ct":"user-2"`), 400, "malformed", "/subject duplicate_name"},
		"twice inside data":   {strings.Replace(body, `"nickname":"하늘이"`, `"nickname":{"a":1,"a":2}`, 1), 400, "malformed", "/data/nickname/a duplicate_name"},
		"syntax before sense": {with(`"newsletter":true,"subject":"x"`), 400, "malformed", "/subject duplicate_name"},
		"invalid UTF-8":       {strings.Replace(body, "하늘이", "\xff", 1), 400, "malformed", "/data/nickname malformed"},
		"half a surrogate":    {strings.Replace(body, "하늘이", `\ud800`, 1), 400, "malformed", "/data/nickname malformed"},
		"a case variant":      {with(`"SUBJECT":"user-2"`), 422, "unexpected_field", "/SUBJECT unexpected_field"},
		"unknown and null":    {with(`"newsletter":null`), 422, "unexpected_field", "/newsletter unexpected_field"},
		"deep unknown":        {strings.Replace(body, `"name":"김하늘"`, `"name":"김하늘","nick":"x"`, 1), 422, "unexpected_field", "/child/nick unexpected_field"},
		"deep nesting":        {with(`"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)), 400, "malformed", ""},
	} {
		r := h.call("POST", "/v1/consent-requests", c.body).want(c.status, c.code)
		if c.field != "" && !slices.Contains(r.fields(), c.field) {
			t.Errorf("%s: fields %v", name, r.fields())
		}
	}
	if got := len(h.call("POST", "/v1/consent-requests", with(`"`+strings.Repeat("n", 5000)+`":1`)).want(422, "unexpected_field").fields()[0]); got > 300 {
		t.Errorf("a name of 5000 letters came back with %d", got)
	}
	h.call("POST", "/v1/consent-requests", "").want(400, "malformed")
}

func TestNullIsAbsent(t *testing.T) {
	h := open(t)
	body := signupBody("user-1", "return_url", "x", "guardian.locale", "x", "purposes", "x", "data.address", "x", "method", "x")
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`"x"`, "null").Replace(string(raw))
	got := h.call("POST", "/v1/consent-requests", text).want(201, "").json()
	id := got["id"].(string)
	h.decide("grant")
	data := h.call("POST", at(id, "/release"), "{}").want(200, "").json()["data"].(object)
	if _, there := data["address"]; there {
		t.Errorf("data %v", data)
	}
}

func TestContentType(t *testing.T) {
	h := open(t)
	for _, kind := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"} {
		h.call("POST", "/v1/age-checks", object{"age": 3}, "Content-Type", kind).want(200, "")
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=euc-kr", "application/json; x=y", "application/json, text/plain", "json"} {
		h.call("POST", "/v1/age-checks", object{"age": 3}, "Content-Type", kind).want(415, "unsupported_media_type")
	}
	h.call("POST", "/v1/age-checks", object{"age": 3}, "Content-Encoding", "gzip").want(415, "unsupported_media_type")
	h.tweak = func(r *http.Request) { r.Header.Add("Content-Type", "application/json") }
	h.call("POST", "/v1/age-checks", object{"age": 3}).want(415, "unsupported_media_type")
	h.tweak = nil
	id := h.signup("user-1")
	h.call("POST", at(id, "/resend"), "{}", "Content-Type", "text/plain").want(415, "unsupported_media_type")
	h.call("POST", at(id, "/resend"), `{"force":true}`).want(422, "unexpected_field")
	h.call("POST", at(id, "/resend"), "{}").want(202, "")
}

func TestQuery(t *testing.T) {
	h := open(t)
	id := h.signup("user-1")
	for path, want := range map[string]string{
		"/v1/consent-requests?status=lost":     "422 invalid ?status invalid",
		"/v1/consent-requests?subject=a@b":     "422 invalid ?subject invalid",
		"/v1/consent-requests?limit=0":         "422 invalid ?limit invalid",
		"/v1/consent-requests?limit=101":       "422 invalid ?limit invalid",
		"/v1/consent-requests?limit=ten":       "422 invalid ?limit invalid",
		"/v1/consent-requests?after=%00":       "422 invalid ?after invalid",
		"/v1/consent-requests?after=x":         "422 invalid ?after invalid",
		"/v1/rights-requests?after=x":          "422 invalid ?after invalid",
		"/v1/webhooks/deliveries?after=x":      "422 invalid ?after invalid",
		"/v1/consent-requests?Status=pending":  "422 unexpected_field ?Status unexpected_field",
		"/v1/consent-requests?limit=1&limit=2": "400 malformed ",
		"/v1/consent-requests?limit=%zz":       "400 malformed ",
		"/v1/consent-requests?a;b":             "400 malformed ",
		"/v1/events?after=x":                   "422 invalid ?after invalid",
		"/v1/events?since=x":                   "422 unexpected_field ?since unexpected_field",
		"/v1/child-notice?lang=ko":             "422 unexpected_field ?lang unexpected_field",
		"/v1/consent-requests/" + id + "?x=1":  "422 unexpected_field ?x unexpected_field",
		"/v1/subjects/a/consent?x=1":           "422 unexpected_field ?x unexpected_field",
		"/v1/subjects/a@b.example/consent":     "422 subject_is_personal /subject subject_is_personal",
		"/v1/subjects/a%2Fb/consent":           "422 invalid /subject invalid",
	} {
		f := strings.SplitN(want, " ", 3)
		status := map[string]int{"400": 400, "422": 422}[f[0]]
		r := h.call("GET", path, nil).want(status, f[1])
		if f[2] != "" && !slices.Contains(r.fields(), f[2]) {
			t.Errorf("%s: %v", path, r.fields())
		}
	}
	if got := h.call("GET", "/v1/subjects/nobody/consent", nil).want(200, ""); string(got.Body) != `{"status":"none","hold":false,"purposes":[]}` {
		t.Errorf("an unknown subject: %s", got.Body)
	}
}

func TestIdempotency(t *testing.T) {
	h := open(t)
	post := func(body any, key string) *reply {
		return h.call("POST", "/v1/consent-requests", body, "Idempotency-Key", key)
	}
	body := signupBody("user-1")
	first := post(body, "key-1").want(201, "")
	again := post(body, "key-1").want(201, "")
	if string(first.Body) != string(again.Body) || first.Header.Get("Location") != again.Header.Get("Location") {
		t.Errorf("first %s\nagain %s", first.Body, again.Body)
	}
	rest := signupBody("user-1")
	delete(rest, "subject")
	spaced, err := json.MarshalIndent(rest, "", "    ")
	if err != nil {
		t.Fatal(err)
	}
	other := "{\"subject\" :\t\"user\\u002d1\"," + strings.TrimPrefix(string(spaced), "{") // other spaces, another order, an escape
	if r := post(other, "key-1").want(201, ""); string(r.Body) != string(first.Body) {
		t.Errorf("with other spaces %s", r.Body)
	}
	post(signupBody("user-1", "guardian.name", "박보호"), "key-1").want(422, "idempotency_mismatch")
	post(signupBody("user-2"), "key-1").want(422, "idempotency_mismatch")
	post(body, "key-2").want(409, "already_pending")
	// Keys belong to one app: another one's use of the same key is a request of its own.
	mine := signupBody("user-1", "purposes", []string{"account"}, "data", object{})
	h.call("POST", "/v1/consent-requests", mine, "Idempotency-Key", "key-1", "Authorization", "Bearer "+gameKey).want(201, "")
	for _, bad := range []string{"a b", "키", "\x7f", strings.Repeat("k", 256)} {
		post(signupBody("user-3"), bad).want(400, "malformed")
	}
	h.tweak = func(r *http.Request) { r.Header.Add("Idempotency-Key", "second") }
	post(signupBody("user-3"), "first").want(400, "malformed")
	h.tweak = nil
	post(signupBody("user-3"), strings.Repeat("~", 255)).want(201, "")
}

// TestNumbers: two whole numbers beyond 2^53 are two bodies, and numbers come back as they were sent.
func TestNumbers(t *testing.T) {
	h := open(t)
	body := func(n string) string {
		raw, _ := json.Marshal(signupBody("user-1", "data.nickname", "N"))
		return strings.Replace(string(raw), `"N"`, n, 1)
	}
	id := h.call("POST", "/v1/consent-requests", body("[9007199254740993,1.50,0.12345678901234567890]"), "Idempotency-Key", "k").want(201, "").json()["id"].(string)
	h.call("POST", "/v1/consent-requests", body("[9007199254740992,1.50,0.12345678901234567890]"), "Idempotency-Key", "k").want(422, "idempotency_mismatch")
	h.decide("grant")
	if r := h.call("POST", at(id, "/release"), nil).want(200, ""); !strings.Contains(string(r.Body), "[9007199254740993,1.50,0.12345678901234567890]") {
		t.Errorf("released %s", r.Body)
	}
}
