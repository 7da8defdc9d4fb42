package api_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

func TestAnswerHeaders(t *testing.T) {
	h := open(t)
	for kind, r := range map[string]*reply{
		"application/json":         h.call("GET", "/v1/events", nil).want(200, ""),
		"application/problem+json": h.call("GET", at(unknownID, ""), nil).want(404, "not_found"),
		"application/json; again":  h.call("GET", "/openapi.json", nil).want(200, ""),
	} {
		if got := r.Header.Get("Content-Type"); got != strings.TrimSuffix(kind, "; again") && got != strings.TrimSuffix(kind, "; again")+"; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", r.what, got)
		}
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", r.what, name, got)
			}
		}
		if r.Header.Get("X-Request-Id") == "" || r.Header.Get("Server") != "" {
			t.Errorf("%s: headers %v", r.what, r.Header)
		}
	}
}

func TestProblemDocument(t *testing.T) {
	h := open(t)
	r := h.call("GET", at(unknownID, ""), nil).want(404, "not_found")
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	want := `{"type":"/base/docs#code-not_found","title":"Not found","status":404,"detail":"there is no such consent request","instance":"/v1/consent-requests/:id","code":"not_found"}`
	if string(r.Body) != want {
		t.Errorf("got %s", r.Body)
	}
	r = h.call("DELETE", "/v1/consent-requests", nil).want(405, "method_not_allowed")
	if got := r.Header.Get("Allow"); !strings.Contains(got, "GET") || !strings.Contains(got, "POST") {
		t.Errorf("Allow %q", got)
	}
	h.call("GET", "/v1/consent-requests/", nil).want(404, "not_found") // no redirect
	h.call("GET", "/base/v1/events", nil).want(200, "")
	h.call("GET", "/bases/v1/events", nil).want(404, "not_found")
}

// TestHostIsIgnored: what a client calls the host leads nowhere (threat 30).
func TestHostIsIgnored(t *testing.T) {
	h := open(t)
	r := h.call("POST", "http://evil.example/v1/consent-requests", signupBody("user-1"), "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example").want(201, "")
	if strings.Contains(string(r.Body), "evil") || strings.Contains(r.Header.Get("Location"), "evil") {
		t.Errorf("%v %s", r.Header, r.Body)
	}
}

// TestDocs: the page names every call, code and schema, and every link within it leads somewhere.
func TestDocs(t *testing.T) {
	h := open(t)
	r := h.call("GET", "/docs", nil).want(200, "")
	page := string(r.Body)
	if got := r.Header.Get("Content-Security-Policy"); !strings.Contains(got, "script-src 'self'; style-src 'self'; connect-src 'self'") || !strings.Contains(got, "default-src 'none'") {
		t.Errorf("policy %q", got)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") || regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(page) {
		t.Error("something from elsewhere, or against the policy")
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
	doc := theSpec(t)
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if !strings.Contains(page, `id="call-`+op.OperationID+`"`) {
				t.Errorf("the page lacks %s", op.OperationID)
			}
		}
	}
	style := regexp.MustCompile(`rel="stylesheet" href="([^"]+)"`).FindStringSubmatch(page)[1]
	if r := h.call("GET", style, nil).want(200, ""); r.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("style %v", r.Header)
	}
	h.call("HEAD", "/docs", nil)
}

// TestCodes: the codes of the document are those explained, and an anchor of the page explains each.
func TestCodes(t *testing.T) {
	doc := theSpec(t)
	raw, err := json.Marshal(doc.Extensions["x-codes"])
	if err != nil {
		t.Fatal(err)
	}
	var explained map[string]string
	if err := json.Unmarshal(raw, &explained); err != nil {
		t.Fatal(err)
	}
	enum := doc.Components.Schemas["Code"].Value.Enum
	if len(enum) != len(explained) {
		t.Errorf("%d codes, %d explained", len(enum), len(explained))
	}
	page := string(open(t).call("GET", "/docs", nil).want(200, "").Body)
	for _, code := range append(enum, consent.ErrClientToken.Code, consent.ErrAgeTicket.Code, "origin_not_listed") { // the last three of handlers/embed
		if explained[code.(string)] == "" || !strings.Contains(page, `id="code-`+code.(string)+`"`) {
			t.Errorf("%s is not explained", code)
		}
	}
}
