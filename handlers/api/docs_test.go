package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestProse(t *testing.T) {
	got := spans("ask `GET /x` then `y`.")
	if !slices.Equal(got, []span{{"ask ", false}, {"GET /x", true}, {" then ", false}, {"y", true}, {".", false}}) {
		t.Errorf("spans %v", got)
	}
	if got := spans(""); got != nil {
		t.Errorf("of nothing %v", got)
	}
	if got := paragraphs("one\nline\n\n\n\ntwo\n"); !slices.Equal(got, []string{"one\nline", "two"}) {
		t.Errorf("paragraphs %q", got)
	}
}

// TestRenderDocs draws a small description: order is kept, references are followed, texts are escaped.
func TestRenderDocs(t *testing.T) {
	var spec yaml.MapSlice
	err := yaml.UnmarshalWithOptions([]byte(`
info: {title: T, description: "a <b> & `+"`c`"+`"}
paths:
  /z:
    post:
      operationId: zed
      tags: [Last]
      summary: Zed
      security: [{key: [requests]}]
      parameters: [{$ref: "#/components/parameters/p"}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/S"}, example: {b: 1, a: [x]}}}}
      responses: {"404": {$ref: "#/components/responses/No"}}
  /a:
    get: {operationId: ay, tags: [First], summary: Ay, security: [{key: []}], responses: {"200": {description: fine}}}
components:
  parameters: {p: {name: pee, in: query, description: what it is}}
  responses: {No: {description: not there, content: {application/problem+json: {schema: {$ref: "#/components/schemas/S"}}}}}
  schemas:
    S: {type: object, properties: {one: {type: string}, many: {type: array, items: {$ref: "#/components/schemas/E"}}, maybe: {type: [integer, "null"]}}}
    E: {type: string, enum: [x, null], description: an E}
x-codes: {bad: It is bad.}
`), &spec, yaml.UseOrderedMap())
	if err != nil {
		t.Fatal(err)
	}
	page, err := renderDocs(spec, "/base")
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, want := range []string{
		`href="/base/docs/docs.css"`, "a &lt;b&gt; &amp; <code>c</code>", "<h2>Last</h2>", `id="call-zed"`, "</span> /z</code> · scope requests",
		"<code>pee</code></td><td>query</td><td>what it is", `href="#schema-S"`, "&#34;b&#34;: 1,", "<strong>404</strong> not there",
		"<h2>First</h2>", "scope any key", `id="code-bad"`, `id="schema-S"`, "array of E", "integer | null", `id="schema-E"`, "x | null",
	} {
		next := strings.Index(string(page)[at+1:], want)
		if next < 0 {
			t.Fatalf("%s is missing, or not in its place", want)
		}
		at += 1 + next
	}
}

func TestDocumentWithoutURL(t *testing.T) {
	doc, err := newDocument("")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc.json), `"servers": [{"url": "/"}]`) {
		t.Error("the server is not the host itself")
	}
}
