package templates

import (
	"bytes"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// document is a parsed page, with what the tests ask of it.
type document struct {
	state State
	raw   []byte
	nodes []*html.Node
}

// allPages are the states that are pages.
func allPages() []State {
	return slices.DeleteFunc(States(), func(s State) bool { return s.Letter != nil })
}

// documents renders and parses every page once.
func documents(t *testing.T) []document {
	t.Helper()
	var out []document
	for _, s := range allPages() {
		raw, err := s.Render()
		if err != nil {
			t.Fatalf("%s in %s: %v", s.Name, s.Lang, err)
		}
		root, err := html.Parse(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s in %s: %v", s.Name, s.Lang, err)
		}
		d := document{state: s, raw: raw}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode {
				d.nodes = append(d.nodes, n)
			}
		}
		out = append(out, d)
	}
	return out
}

// eachPage runs a test over every state.
func eachPage(t *testing.T, check func(t *testing.T, d document)) {
	t.Helper()
	for _, d := range documents(t) {
		t.Run(d.state.Name+" "+d.state.Lang, func(t *testing.T) { check(t, d) })
	}
}

// all returns the elements with one of the names.
func (d document) all(names ...atom.Atom) []*html.Node {
	var out []*html.Node
	for _, n := range d.nodes {
		if slices.Contains(names, n.DataAtom) {
			out = append(out, n)
		}
	}
	return out
}

func attribute(n *html.Node, key string) string {
	v, _ := hasAttribute(n, key)
	return v
}

func hasAttribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func inner(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func within(n *html.Node, match func(*html.Node) bool) bool {
	for p := range n.Ancestors() {
		if match(p) {
			return true
		}
	}
	return false
}

func isDecoy(n *html.Node) bool {
	return attribute(n, "name") == "agree_all" || attribute(n, "name") == "agree_each"
}

func TestStateNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range States() {
		if key := s.Name + " " + s.Lang; seen[key] {
			t.Errorf("%s is there twice", key)
		} else {
			seen[key] = true
		}
	}
}

// A page without a state would be looked at by no test.
func TestEveryTemplateHasAState(t *testing.T) {
	used := map[string]bool{}
	for _, s := range allPages() {
		used[s.Page.template()] = true
	}
	define := regexp.MustCompile(`\{\{define "([^"]+)"\}\}\{\{template "(?:ops/)?top"`)
	err := fs.WalkDir(pageFiles, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(pageFiles, name)
		for _, m := range define.FindAllSubmatch(raw, -1) {
			if !used[string(m[1])] {
				t.Errorf("page %s has no state", m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The parser takes the last of two templates of one name without a word, and a page would show the part of another.
func TestTemplateNamesDiffer(t *testing.T) {
	define := regexp.MustCompile(`\{\{-?\s*(?:define|block)\s+"([^"]+)"`)
	where := map[string]string{}
	names, err := fs.Glob(pageFiles, "*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range names {
		raw, err := fs.ReadFile(pageFiles, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range define.FindAllSubmatch(raw, -1) {
			if before, twice := where[string(m[1])]; twice {
				t.Errorf("%s is defined in %s and in %s", m[1], before, file)
			}
			where[string(m[1])] = file
		}
	}
	for _, known := range pages().Templates() {
		if name := known.Name(); name != "" && !strings.HasSuffix(name, ".html") && where[name] == "" {
			t.Errorf("%s is defined, and was not found", name)
		}
	}
}

func TestHeadings(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		if n := len(d.all(atom.H1)); n != 1 {
			t.Errorf("%d h1", n)
		}
		started, last := false, 1
		for _, h := range d.all(atom.H1, atom.H2, atom.H3, atom.H4) {
			level := int(h.Data[1] - '0')
			if started && level > last+1 {
				t.Errorf("h%d after h%d: %s", level, last, inner(h))
			}
			started, last = started || level == 1, level
			if inner(h) == "" {
				t.Error("a heading is empty")
			}
		}
	})
}

func TestDocumentLanguageAndTitle(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		if !bytes.HasPrefix(d.raw, []byte("<!DOCTYPE html>")) {
			t.Error("no doctype at the start")
		}
		if got := attribute(d.all(atom.Html)[0], "lang"); got != d.state.Lang {
			t.Errorf("lang is %q", got)
		}
		if inner(d.all(atom.Title)[0]) == "" || len(d.all(atom.Main)) != 1 {
			t.Error("no title, or not one main part")
		}
	})
}

// Content-Security-Policy allows neither; a page that needs them would be broken. A page in a frame has a script of
// this service's own, and works without it; the demo shop shows the element.
func TestNoInlineStyleOrScript(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		for _, n := range d.nodes {
			framed := n.DataAtom == atom.Script && strings.HasSuffix(d.state.Name, " framed") && attribute(n, "src") == StaticPath("frame.js") && inner(n) == ""
			framed = framed || d.state.Name == "dev/shop-element" && attribute(n, "src") == "/embed/v1.js" && inner(n) == ""
			if (n.DataAtom == atom.Script || n.DataAtom == atom.Style) && !framed {
				t.Errorf("<%s>", n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s on <%s>", a.Key, n.Data)
				}
			}
		}
	})
}

// Nothing is fetched from elsewhere: no third party learns that a guardian reads.
func TestNothingFromElsewhere(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		for _, n := range d.all(atom.Link, atom.Img, atom.Iframe) {
			for _, key := range []string{"href", "src"} {
				if v, ok := hasAttribute(n, key); ok && !strings.HasPrefix(v, "/") {
					t.Errorf("<%s %s=%q>", n.Data, key, v)
				}
			}
		}
		if bytes.Contains(d.raw, []byte("ZgotmplZ")) {
			t.Error("a value was refused by html/template")
		}
	})
}

func TestEveryInputHasALabel(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		labels := map[string]bool{}
		for _, n := range d.all(atom.Label) {
			labels[attribute(n, "for")] = inner(n) != ""
		}
		for _, n := range d.all(atom.Input, atom.Select, atom.Textarea) {
			if attribute(n, "type") != "hidden" && !isDecoy(n) && !labels[attribute(n, "id")] {
				t.Errorf("input %q has no label", attribute(n, "name"))
			}
			if attribute(n, "type") == "radio" && !within(n, func(p *html.Node) bool { return p.DataAtom == atom.Fieldset }) {
				t.Errorf("radio %q stands in no fieldset", attribute(n, "name"))
			}
		}
		for _, n := range d.all(atom.Fieldset) {
			if n.FirstChild == nil || len(inner(n)) == 0 || !hasLegend(n) {
				t.Error("a fieldset has no legend")
			}
		}
	})
}

func hasLegend(n *html.Node) bool {
	for c := range n.ChildNodes() {
		if c.DataAtom == atom.Legend {
			return inner(c) != ""
		}
	}
	return false
}

func TestIDsAndReferences(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		ids := map[string]bool{}
		for _, n := range d.nodes {
			if id, ok := hasAttribute(n, "id"); ok {
				if ids[id] {
					t.Errorf("id %q is there twice", id)
				}
				ids[id] = true
			}
		}
		for _, n := range d.nodes {
			for _, key := range []string{"aria-describedby", "aria-labelledby", "for"} {
				for _, id := range strings.Fields(attribute(n, key)) {
					if !ids[id] {
						t.Errorf("%s=%q leads nowhere", key, id)
					}
				}
			}
			if to, ok := strings.CutPrefix(attribute(n, "href"), "#"); ok && !ids[to] {
				t.Errorf("#%s leads nowhere", to)
			}
		}
	})
}

func TestFormsPost(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		for _, n := range d.all(atom.Form) {
			if attribute(n, "method") != "post" || !strings.HasPrefix(attribute(n, "action"), "/") {
				t.Errorf("form with method %q and action %q", attribute(n, "method"), attribute(n, "action"))
			}
		}
	})
}

// Enter in a text field presses a form's first submit button in the order of the page, hidden or not: were the decoy
// first, people would be taken for scanners.
func TestDecoyIsLastAndOutOfReach(t *testing.T) {
	found := 0
	eachPage(t, func(t *testing.T, d document) {
		for _, form := range d.all(atom.Form) {
			var buttons []*html.Node
			for n := range form.Descendants() {
				if n.DataAtom == atom.Button {
					buttons = append(buttons, n)
				}
				if isDecoy(n) && !outOfReach(n) {
					t.Error("people can meet the decoy")
				}
			}
			for i, b := range buttons {
				if !isDecoy(b) {
					continue
				}
				found++
				if i == 0 || i != len(buttons)-1 {
					t.Error("the decoy is not the last of several buttons")
				}
			}
		}
	})
	if found == 0 {
		t.Error("no page has a decoy")
	}
}

// outOfReach reports whether neither eyes, keys nor a screen reader come to an element.
func outOfReach(n *html.Node) bool {
	return attribute(n, "tabindex") == "-1" && within(n, func(p *html.Node) bool {
		_, hidden := hasAttribute(p, "hidden")
		_, inert := hasAttribute(p, "inert")
		return hidden && inert && attribute(p, "aria-hidden") == "true"
	})
}

// KR-09: nothing is chosen by the page itself.
func TestNothingIsPreselected(t *testing.T) {
	for _, d := range documents(t) {
		if !slices.Contains([]string{
			"guardian/open", "guardian/check grant", "guardian/check decline", "guardian/check not mine", "guardian/withdraw",
			"guardian/withdraw-check all",
		}, d.state.Name) {
			continue
		}
		for _, n := range d.all(atom.Input) {
			if _, checked := hasAttribute(n, "checked"); checked {
				t.Errorf("%s: %s is chosen", d.state.Name, attribute(n, "name"))
			}
		}
	}
}

// What was typed and chosen is there again when the page comes back.
func TestEverythingTypedIsKept(t *testing.T) {
	d := find(t, "guardian/open ways on", "ko")
	got := map[string]string{}
	for _, n := range d.all(atom.Input) {
		_, checked := hasAttribute(n, "checked")
		if kind := attribute(n, "type"); kind == "text" || checked {
			got[attribute(n, "name")] = attribute(n, "value")
		}
	}
	for name, want := range map[string]string{
		"decision": "grant", "purpose.account": "yes", "purpose.delivery": "no", "guardian_name": "이보람", "pairing_code": "K7M2PX",
		"birth_year": "1984", "birth_month": "3", "birth_day": "15", "relation": "mother", "declares": "yes",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func find(t *testing.T, name, lang string) document {
	t.Helper()
	for _, d := range documents(t) {
		if d.state.Name == name && d.state.Lang == lang {
			return d
		}
	}
	t.Fatalf("no state %q in %s", name, lang)
	return document{}
}

// Faults stand above the heading, beside their fields, and in the title.
func TestFaultsAreToldTwice(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		title := inner(d.all(atom.Title)[0])
		problem, err := Words(d.state.Lang).Say("shared.problem")
		if err != nil {
			t.Fatal(err)
		}
		summary := d.class("summary")
		if strings.HasPrefix(title, problem) != (summary != nil) {
			t.Errorf("title %q, summary %v", title, summary != nil)
		}
		if summary == nil {
			return
		}
		if slices.Index(d.nodes, summary) > slices.Index(d.nodes, d.all(atom.H1)[0]) {
			t.Error("the summary stands below the heading")
		}
		for n := range summary.Descendants() {
			if n.DataAtom == atom.A && !d.besideField(inner(n)) {
				t.Errorf("%q does not stand beside its field", inner(n))
			}
		}
	})
}

func (d document) class(name string) *html.Node {
	for _, n := range d.nodes {
		if slices.Contains(strings.Fields(attribute(n, "class")), name) {
			return n
		}
	}
	return nil
}

func (d document) besideField(text string) bool {
	for _, n := range d.nodes {
		if attribute(n, "class") == "fault" && strings.HasSuffix(inner(n), text) {
			return slices.Contains(strings.Fields(attribute(n.Parent, "class")), "wrong") // what is wrong is marked as a whole
		}
	}
	return false
}

// The page and its style sheet together stay below 60 kB, so that they open on a slow phone.
func TestWeight(t *testing.T) {
	const most = 60_000
	common := len(assets()["bohoja.css"].Body) + len(assets()["icon.svg"].Body)
	heaviest := 0
	eachPage(t, func(t *testing.T, d document) {
		style := common
		if strings.HasPrefix(d.state.Name, "ops/") {
			style += len(assets()["staff.css"].Body)
		}
		heaviest = max(heaviest, len(d.raw)+style)
		if len(d.raw)+style > most {
			t.Errorf("%d bytes with styles", len(d.raw)+style)
		}
	})
	t.Logf("heaviest page %d bytes with styles (%d)", heaviest, common)
}

// Every page can be read in the app's other languages, without a script.
func TestLanguageSwitch(t *testing.T) {
	for _, d := range documents(t) {
		if strings.HasPrefix(d.state.Name, "dev/") && !strings.HasPrefix(d.state.Name, "dev/shop") {
			continue
		}
		if strings.HasPrefix(d.state.Name, "child/start-done") {
			continue // it answers a form, and the child's page, to which it leads, has the switch
		}
		for _, lang := range Languages() {
			if lang != d.state.Lang && !bytes.Contains(d.raw, []byte(`href="?lang=`+lang+`"`)) && !bytes.Contains(d.raw, []byte(`href="?lang=`+lang+`&amp;`)) {
				t.Errorf("%s in %s does not lead to %s", d.state.Name, d.state.Lang, lang)
			}
		}
	}
}
