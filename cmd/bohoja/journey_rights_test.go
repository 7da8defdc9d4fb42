package main

import (
	"net/http"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"
)

// wordFollow opens the first link of the page whose path ends so, or, of a word that ends in a slash, holds it.
func (s *story) wordFollow(ts *testscript.TestScript, _ bool, args []string) {
	p := s.here(ts)
	to := ""
	eachElement(p.doc, func(n *html.Node) {
		if href, _ := attr(n, "href"); n.Data == "a" && to == "" && (strings.HasSuffix(href, args[0]) || strings.HasSuffix(args[0], "/") && strings.Contains(href, args[0])) {
			to = href
		}
	})
	if to == "" {
		ts.Fatalf("no link ends in %s\n%s", args[0], text(p.doc))
	}
	req, err := http.NewRequest(http.MethodGet, p.url, nil)
	ts.Check(err)
	next, err := req.URL.Parse(to)
	ts.Check(err)
	s.wordOpen(ts, false, []string{next.String()})
}

// wordAsked enters a rights request about a subject; RIGHT is its path.
func (s *story) wordAsked(ts *testscript.TestScript, _ bool, args []string) {
	body := `{"subject": "` + args[0] + `", "kind": "` + args[1] + `", "channel": "phone", "identity": "called back"}`
	a := s.ask(ts, s.keys[s.key], http.MethodPost, "/v1/rights-requests", body, "Idempotency-Key", args[0]+"-"+args[1])
	a.want(ts, http.StatusCreated)
	ts.Setenv("RIGHT", "/v1/rights-requests/"+field(a.body, "id"))
}
