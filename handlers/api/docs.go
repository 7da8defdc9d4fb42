package api

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"

	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

//go:embed docs.html docs.css
var docsFiles embed.FS

const stylePath = "/docs/docs.css"

// showStyle is GET /docs/docs.css.
func (a *API) showStyle(c *gin.Context) {
	body, err := docsFiles.ReadFile("docs.css")
	if err != nil {
		a.problems.Write(c, err)
		return
	}
	web.DocsHeaders(c.Writer.Header())
	c.Data(http.StatusOK, "text/css; charset=utf-8", body)
}

// docsPage is what docs.html shows.
type docsPage struct {
	Title, About string
	Style, Icon  string
	Keys         string
	Groups       []docsGroup
	Codes        []docsRow
	Schemas      []docsSchema
}

type docsGroup struct {
	Name  string
	Calls []docsCall
}

type docsCall struct {
	ID, Method, Path, Summary, About, Scope string
	Parameters                              []docsRow
	Body                                    string // name of the schema
	Example                                 string
	Answers                                 []docsAnswer
}

type docsAnswer struct{ Status, Text, Schema, Example string }

type docsRow struct{ Name, Type, Text string }

type docsSchema struct {
	Name, Text string
	Fields     []docsRow
}

// renderDocs makes the page from the description, in the order in which it is written.
func renderDocs(spec yaml.MapSlice, base string) ([]byte, error) {
	t, err := template.New("docs.html").Funcs(template.FuncMap{"spans": spans, "paragraphs": paragraphs}).ParseFS(docsFiles, "docs.html")
	if err != nil {
		return nil, err
	}
	d := drawer{spec: spec}
	page := docsPage{
		Title: d.text("info", "title"), About: d.text("info", "description"), Style: base + stylePath, Icon: base + templates.StaticPath("icon.svg"),
		Keys:   d.text("components", "securitySchemes", "key", "description"),
		Groups: d.groups(), Schemas: d.schemas(),
	}
	for _, one := range d.under("x-codes") {
		page.Codes = append(page.Codes, docsRow{Name: fmt.Sprint(one.Key), Text: fmt.Sprint(one.Value)})
	}
	var b bytes.Buffer
	err = t.Execute(&b, page)
	return b.Bytes(), err
}

// drawer reads the description.
type drawer struct{ spec yaml.MapSlice }

// at walks down by keys; nil when there is nothing.
func at(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(yaml.MapSlice)
		v = nil
		for _, item := range m {
			if fmt.Sprint(item.Key) == key {
				v = item.Value
			}
		}
	}
	return v
}

func textAt(v any, keys ...string) string {
	s, _ := at(v, keys...).(string)
	return strings.TrimSpace(s)
}

func (d drawer) text(keys ...string) string { return textAt(d.spec, keys...) }

func (d drawer) under(keys ...string) yaml.MapSlice {
	m, _ := at(d.spec, keys...).(yaml.MapSlice)
	return m
}

// follow resolves a reference within the document.
func (d drawer) follow(v any) any {
	ref := textAt(v, "$ref")
	if ref == "" {
		return v
	}
	return at(d.spec, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// groups lists the calls by their tags, then what comes to a webhook.
func (d drawer) groups() []docsGroup {
	var groups []docsGroup
	add := func(name string, c docsCall) {
		for i := range groups {
			if groups[i].Name == name {
				groups[i].Calls = append(groups[i].Calls, c)
				return
			}
		}
		groups = append(groups, docsGroup{name, []docsCall{c}})
	}
	for _, p := range d.under("paths") {
		methods, _ := p.Value.(yaml.MapSlice)
		for _, m := range methods {
			tags, _ := at(m.Value, "tags").([]any)
			add(fmt.Sprint(tags[0]), d.call(strings.ToUpper(fmt.Sprint(m.Key)), fmt.Sprint(p.Key), m.Value))
		}
	}
	for _, w := range d.under("webhooks") {
		add("Webhooks", d.call("POST", "your webhook", at(w.Value, "post")))
	}
	return groups
}

func (d drawer) call(method, path string, op any) docsCall {
	body := at(op, "requestBody", "content", "application/json")
	c := docsCall{
		ID: textAt(op, "operationId"), Method: method, Path: path, Summary: textAt(op, "summary"), About: textAt(op, "description"),
		Body: nameOf(at(body, "schema")), Example: pretty(at(body, "example")), Scope: scopeOf(op),
	}
	params, _ := at(op, "parameters").([]any)
	for _, p := range params {
		p = d.follow(p)
		c.Parameters = append(c.Parameters, docsRow{textAt(p, "name"), textAt(p, "in"), textAt(p, "description")})
	}
	answers, _ := at(op, "responses").(yaml.MapSlice)
	for _, r := range answers {
		c.Answers = append(c.Answers, d.answer(fmt.Sprint(r.Key), d.follow(r.Value)))
	}
	return c
}

func (d drawer) answer(status string, r any) docsAnswer {
	out := docsAnswer{Status: status, Text: textAt(r, "description")}
	content, _ := at(r, "content").(yaml.MapSlice)
	for _, media := range content {
		out.Schema = nameOf(at(media.Value, "schema"))
		out.Example = pretty(at(media.Value, "example"))
	}
	return out
}

func scopeOf(op any) string {
	security, _ := at(op, "security").([]any)
	if len(security) == 0 {
		return ""
	}
	scopes, _ := at(security[0], "key").([]any)
	if len(scopes) == 0 {
		return "any key"
	}
	return fmt.Sprint(scopes[0])
}

func nameOf(schema any) string {
	return strings.TrimPrefix(textAt(schema, "$ref"), "#/components/schemas/")
}

// pretty writes an example as it would be sent.
func pretty(v any) string {
	if v == nil {
		return ""
	}
	b, err := yaml.MarshalWithOptions(v, yaml.JSON())
	if err != nil {
		return ""
	}
	v2 := jsontext.Value(b)
	if v2.Indent(jsontext.WithIndent("  ")) != nil {
		return ""
	}
	return string(v2)
}

func (d drawer) schemas() []docsSchema {
	var out []docsSchema
	for _, s := range d.under("components", "schemas") {
		one := docsSchema{Name: fmt.Sprint(s.Key), Text: textAt(s.Value, "description")}
		fields, _ := at(s.Value, "properties").(yaml.MapSlice)
		for _, f := range fields {
			one.Fields = append(one.Fields, docsRow{fmt.Sprint(f.Key), typeOf(f.Value), d.meaning(f.Value)})
		}
		if len(one.Fields) == 0 {
			one.Fields = []docsRow{{Type: typeOf(s.Value)}}
		}
		out = append(out, one)
	}
	return out
}

func (d drawer) meaning(schema any) string {
	if text := textAt(schema, "description"); text != "" {
		return text
	}
	return textAt(d.follow(schema), "description")
}

// typeOf says what a field may hold: a type, the values, or the name of another schema.
func typeOf(schema any) string {
	if name := nameOf(schema); name != "" {
		return name
	}
	if values, ok := at(schema, "enum").([]any); ok {
		return joined(values)
	}
	switch t := at(schema, "type").(type) {
	case string:
		if t == "array" {
			return "array of " + typeOf(at(schema, "items"))
		}
		return t
	case []any:
		return joined(t)
	}
	return "one of several"
}

func joined(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = "null"
		if v != nil {
			words[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(words, " | ")
}
