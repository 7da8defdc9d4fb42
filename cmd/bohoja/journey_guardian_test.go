package main

import (
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// sheet is what a tab of the browser shows.
type sheet struct {
	url    string
	at     time.Time
	answer answer
	doc    *html.Node
	before *sheet // where back leads
}

// form is a form of a page with what it would send if it were sent as it is.
type form struct {
	action  string
	fields  url.Values
	offered map[string][]string // what can be chosen, or is fixed; nil for fields to be typed in
}

// fetch asks for a page or sends a form, and follows See Other as browsers do.
func (s *story) fetch(ts *testscript.TestScript, method, target string, fields url.Values) *sheet {
	for range 3 {
		req, err := http.NewRequest(method, target, strings.NewReader(fields.Encode()))
		ts.Check(err)
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Origin", "null") // as browsers do where no referrer is sent
		}
		a, err := s.do(req)
		ts.Check(err)
		if a.status != http.StatusSeeOther {
			doc, err := html.Parse(strings.NewReader(a.body))
			ts.Check(err)
			s.keep(ts, a)
			return &sheet{url: target, at: time.Now(), answer: a, doc: doc}
		}
		to, err := req.URL.Parse(a.header.Get("Location"))
		ts.Check(err)
		method, target, fields = http.MethodGet, to.String(), nil
	}
	ts.Fatalf("too many redirects")
	return nil
}

// here is the page of the story's tab.
func (s *story) here(ts *testscript.TestScript) *sheet {
	p := s.tabs[s.tab]
	if p == nil {
		ts.Fatalf("no page is open")
	}
	return p
}

// eachElement visits the nodes below n, leaving out what a person does not meet.
func eachElement(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		if _, inert := attr(n, "inert"); inert {
			return
		}
		visit(n)
	}
	for c := range n.ChildNodes() {
		eachElement(c, visit)
	}
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// forms reads the forms that post.
func (p *sheet) forms() []form {
	var out []form
	eachElement(p.doc, func(n *html.Node) {
		if method, _ := attr(n, "method"); n.Data != "form" || method != "post" {
			return
		}
		f := form{fields: url.Values{}, offered: map[string][]string{}}
		f.action, _ = attr(n, "action")
		eachElement(n, f.read)
		out = append(out, f)
	})
	return out
}

// read takes an input.
func (f *form) read(n *html.Node) {
	if n.Data == "textarea" {
		name, _ := attr(n, "name")
		f.offered[name] = nil
		f.fields.Set(name, text(n))
	}
	if n.Data != "input" {
		return
	}
	kind, _ := attr(n, "type")
	name, _ := attr(n, "name")
	value, _ := attr(n, "value")
	switch kind {
	case "radio", "checkbox":
		f.offered[name] = append(f.offered[name], value)
		if _, checked := attr(n, "checked"); checked {
			f.fields.Add(name, value)
		}
	case "hidden":
		f.offered[name] = []string{value}
		f.fields.Set(name, value)
	default:
		f.offered[name] = nil
		f.fields.Set(name, value)
	}
}

// send fills the form that takes all these fields and sends it.
func (s *story) send(ts *testscript.TestScript, p *sheet, typed map[string]string) *sheet {
	names := slices.Sorted(maps.Keys(typed))
	for _, f := range p.forms() {
		if !f.takes(typed) {
			continue
		}
		for _, name := range names {
			f.fields.Set(name, typed[name])
		}
		to, err := url.Parse(p.url)
		ts.Check(err)
		to, err = to.Parse(f.action)
		ts.Check(err)
		return s.fetch(ts, http.MethodPost, to.String(), f.fields)
	}
	ts.Fatalf("no form takes %q\n%s", typed, text(p.doc))
	return nil
}

// takes reports whether the form has all these fields and offers these choices.
func (f *form) takes(typed map[string]string) bool {
	for name, v := range typed {
		offered, ok := f.offered[name]
		if !ok || offered != nil && !slices.Contains(offered, v) {
			return false
		}
	}
	return true
}

// wordOpen opens a link in the tab.
func (s *story) wordOpen(ts *testscript.TestScript, _ bool, args []string) {
	s.tabs[s.tab] = s.fetch(ts, http.MethodGet, one(ts, args), nil)
	s.here(ts).answer.want(ts, http.StatusOK)
}

// wordRead takes as long as the service wants a page to be read.
func (s *story) wordRead(ts *testscript.TestScript, _ bool, _ []string) {
	seconds, err := strconv.Atoi(ts.Getenv("BOHOJA_LINK__MIN_SECONDS"))
	ts.Check(err)
	time.Sleep(time.Until(s.here(ts).at.Add(time.Duration(seconds) * time.Second)))
}

// wordPress fills and sends a form of the page; with ! the page must come back with a fault.
func (s *story) wordPress(ts *testscript.TestScript, neg bool, args []string) {
	s.pressed(ts, neg, s.send(ts, s.here(ts), pairs(ts, args)))
}

func (s *story) pressed(ts *testscript.TestScript, neg bool, next *sheet) {
	switch status := next.answer.status; {
	case s.whatever:
	case neg && (status < 400 || status >= 500), !neg && status != http.StatusOK:
		ts.Fatalf("status %d\n%s", status, text(next.doc))
	}
	next.before = s.here(ts)
	s.tabs[s.tab] = next
}

func (s *story) wordBack(ts *testscript.TestScript, _ bool, _ []string) {
	if s.tabs[s.tab] = s.here(ts).before; s.tabs[s.tab] == nil {
		ts.Fatalf("there is no page before this one")
	}
}

// wordTwice sends a form twice at the same moment. Both must end at a page without a fault.
func (s *story) wordTwice(ts *testscript.TestScript, _ bool, args []string) {
	p := s.here(ts)
	typed := pairs(ts, args)
	var all sync.WaitGroup
	var ends [2]*sheet
	for i := range ends {
		all.Go(func() { ends[i] = s.send(ts, p, typed) })
	}
	all.Wait()
	for _, end := range ends {
		s.pressed(ts, false, end)
	}
}

// answers are the fields of the guardian's form for an answer.
func answers(ts *testscript.TestScript, p *sheet, decision string, changes map[string]string) map[string]string {
	typed := map[string]string{"decision": decision}
	if decision != string(consent.DecideGrant) {
		return typed
	}
	typed["guardian_name"], typed["relation"], typed["declares"] = guardianName, "mother", "yes"
	born := strings.Split(guardianBorn, "-")
	typed["birth_year"], typed["birth_month"], typed["birth_day"] = born[0], born[1], born[2]
	for _, f := range p.forms() {
		for name := range f.offered {
			if strings.HasPrefix(name, "purpose.") {
				typed[name] = "yes"
			}
		}
	}
	for name, value := range changes {
		switch {
		case name == "name":
			name = "guardian_name"
		case name == "code":
			name = "pairing_code"
		case typed["purpose."+name] != "":
			name = "purpose." + name
		}
		typed[name] = value
		if value == "" {
			delete(typed, name)
		}
	}
	return typed
}

// wordCheck fills the guardian's form and sends it; with ! it must be asked again.
func (s *story) wordCheck(ts *testscript.TestScript, neg bool, args []string) {
	p := s.here(ts)
	changes := pairs(ts, args[1:])
	s.hide(changes["name"])
	s.pressed(ts, neg, s.send(ts, p, answers(ts, p, args[0], changes)))
}

// wordConfirm answers the check page; further fields may follow.
func (s *story) wordConfirm(ts *testscript.TestScript, neg bool, args []string) {
	typed := pairs(ts, args[1:])
	typed["confirm"] = args[0]
	s.pressed(ts, neg, s.send(ts, s.here(ts), typed))
}

// wordGuardian walks from the link to the result.
func (s *story) wordGuardian(ts *testscript.TestScript, _ bool, args []string) {
	s.wordOpen(ts, false, args[:1])
	s.wordRead(ts, false, nil)
	s.wordCheck(ts, false, args[1:])
	s.wordConfirm(ts, false, []string{"yes"})
	forms := slices.DeleteFunc(s.here(ts).forms(), func(f form) bool { return f.fields.Get("step") == "undo" }) // a refusal can be taken back
	if len(forms) > 0 {
		ts.Fatalf("this is no result\n%s", text(s.here(ts).doc))
	}
}

func (s *story) wordTab(ts *testscript.TestScript, _ bool, args []string) { s.tab = one(ts, args) }

// wordGet asks for a page outside of the tabs.
func (s *story) wordGet(ts *testscript.TestScript, _ bool, args []string) {
	s.plain(ts, http.MethodGet, args)
}

func (s *story) wordHead(ts *testscript.TestScript, _ bool, args []string) {
	s.plain(ts, http.MethodHead, args)
}

func (s *story) wordPost(ts *testscript.TestScript, _ bool, args []string) {
	s.plain(ts, http.MethodPost, args)
}

// plain makes one request without a form; the last answer is shown in the tab, for says.
func (s *story) plain(ts *testscript.TestScript, method string, args []string) {
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	fields := url.Values{}
	for name, value := range pairs(ts, args[2:]) {
		if value == "@page" { // the value that the page of the tab holds
			value = s.here(ts).forms()[0].fields.Get(name)
		}
		fields.Set(name, value)
	}
	p := s.fetch(ts, method, args[1], fields)
	p.answer.want(ts, status)
	s.tabs[s.tab] = p
}

// wordSwap makes a link of another kind of a link.
func (s *story) wordSwap(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("SWAPPED", strings.Replace(args[0], args[1], args[2], 1))
}

// wordBorn counts days as Seoul does.
func (s *story) wordBorn(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(one(ts, args))
	ts.Check(err)
	profile, err := consent.ProfileFor("KR")
	ts.Check(err)
	day := time.Now().In(profile.Zone).AddDate(0, 0, days)
	if day.Month() == time.February && day.Day() == 29 {
		day = day.AddDate(0, 0, 1) // no such day 14 years before: who is born on the next one is 14 a day later
	}
	ts.Setenv("BORN", day.AddDate(-14, 0, 0).Format(time.DateOnly))
}

// wordSpoil changes one letter in the middle of a file.
func (s *story) wordSpoil(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(one(ts, args))
	text, err := os.ReadFile(path)
	ts.Check(err)
	middle := &text[len(text)/2]
	if *middle++; *middle > 'y' || *middle < '0' {
		*middle = 'a'
	}
	ts.Check(os.WriteFile(path, text, 0o600))
}

func (s *story) wordEqual(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || (args[0] == args[1]) == neg {
		ts.Fatalf("these were compared: %q", args)
	}
}

// wordSays compares the page's heading with the words of a key.
func (s *story) wordSays(ts *testscript.TestScript, neg bool, args []string) {
	lang, app, operator := "ko", "하늘상점", "하늘상점(주)"
	if len(args) > 1 && args[1] == "en" {
		lang, app, operator = "en", "Haneul Shop", "Haneul Shop Inc."
	}
	want, err := templates.Words(lang).Say(args[0], "app", app, "operator", operator, "child", consent.MaskName(childName))
	ts.Check(err)
	var got string
	eachElement(s.here(ts).doc, func(n *html.Node) {
		if n.Data == "h1" {
			got = text(n)
		}
	})
	if (got == want) == neg {
		ts.Fatalf("the heading is %q, and %q was spoken of", got, want)
	}
}

// wordFault looks for the field in the page's list of what is wrong.
func (s *story) wordFault(ts *testscript.TestScript, _ bool, args []string) {
	link := "#" + templates.FieldID(one(ts, args))
	found := false
	eachElement(s.here(ts).doc, func(n *html.Node) {
		if href, _ := attr(n, "href"); strings.HasPrefix(href, link) {
			found = true
		}
	})
	if !found {
		ts.Fatalf("nothing is said about %s\n%s", args[0], text(s.here(ts).doc))
	}
}
