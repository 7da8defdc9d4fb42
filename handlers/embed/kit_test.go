package embed_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/handlers/embed"
	"github.com/bohoja/bohoja/handlers/guardian"
	"github.com/bohoja/bohoja/handlers/web"
)

const shopOrigin = "https://shop.example"

// site is the pages and calls on a kit, behind a real listener; the guardians' pages stand beside them, as in the service.
type site struct {
	*consenttest.Kit
	t      *testing.T
	server *httptest.Server
	client *http.Client
	log    *strings.Builder
}

func open(t *testing.T, change ...func(*embed.Options)) *site {
	t.Helper()
	k := consenttest.New(t)
	s := &site{Kit: k, t: t, log: &strings.Builder{}}
	problems := &web.Problems{Log: slog.New(slog.DiscardHandler), Book: k.Service.Book}
	o := embed.Options{
		Spaces: []embed.Space{{Door: k.Service, Test: true}}, Book: k.Service.Book, Problems: problems, PerMinute: 1000,
		Networks: &web.Networks{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}
	for _, f := range change {
		f(&o)
	}
	pages := guardian.New(guardian.Options{Spaces: []guardian.Door{k.Service}, Book: k.Service.Book, Problems: problems})
	s.server = httptest.NewServer(handlers.Site(handlers.Options{Log: slog.New(slog.NewJSONHandler(s.log, nil)), Problems: problems}, embed.New(o), pages, handlers.Assets{}))
	t.Cleanup(s.server.Close)
	k.Service.Settings.PublicURL = s.server.URL
	s.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

// page is an answer with its document.
type page struct {
	*http.Response
	t    *testing.T
	body string
	doc  *html.Node
}

func (s *site) do(method, link, kind, body string, headers ...string) page {
	s.t.Helper()
	if strings.HasPrefix(link, "/") {
		link = s.server.URL + link
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, link, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(string(raw)))
	if err != nil {
		s.t.Fatal(err)
	}
	return page{res, s.t, string(raw), doc}
}

func (s *site) get(link string, headers ...string) page {
	s.t.Helper()
	return s.do(http.MethodGet, link, "", "", append(headers, "Accept", "text/html")...)
}

func (s *site) post(link string, form url.Values) page {
	s.t.Helper()
	return s.do(http.MethodPost, link, "application/x-www-form-urlencoded", form.Encode(), "Accept", "text/html", "Origin", "null")
}

// call is a call of the element from the shop's page.
func (s *site) call(path string, body any, headers ...string) page {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(headers) == 0 {
		headers = []string{"Origin", shopOrigin}
	}
	return s.do(http.MethodPost, "/embed/shop/"+path, "application/json", string(raw), headers...)
}

func (p page) want(status int) page {
	p.t.Helper()
	if p.StatusCode != status {
		p.t.Fatalf("status %d, want %d: %.300s", p.StatusCode, status, p.body)
	}
	return p
}

// says fails unless the page holds all of these texts.
func (p page) says(texts ...string) page {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			p.t.Errorf("%q is not on the page %q", text, p.heading())
		}
	}
	return p
}

func (p page) json() map[string]any {
	p.t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(p.body), &m); err != nil {
		p.t.Fatalf("%v in %.200s", err, p.body)
	}
	return m
}

func (p page) code() string {
	p.t.Helper()
	code, _ := p.json()["code"].(string)
	return code
}

func (p page) walk(visit func(*html.Node)) {
	for n := range p.doc.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (p page) heading() (text string) {
	p.walk(func(n *html.Node) {
		if n.Data == "h1" {
			for c := range n.Descendants() {
				if c.Type == html.TextNode {
					text += c.Data
				}
			}
		}
	})
	return text
}

// form are the page's action and fields as they stand in it, with these changed.
func (p page) form(pairs ...string) (action string, form url.Values) {
	form = url.Values{}
	p.walk(func(n *html.Node) {
		switch n.Data {
		case "form":
			action = attr(n, "action")
		case "input":
			form.Set(attr(n, "name"), attr(n, "value"))
		}
	})
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return action, form
}

// send sends the page's form.
func (s *site) send(p page, pairs ...string) page {
	s.t.Helper()
	action, form := p.form(pairs...)
	if action == "" {
		s.t.Fatalf("no form on %q", p.heading())
	}
	return s.post(action, form)
}

// links lists where the page's links lead.
func (p page) links() (out []string) {
	p.walk(func(n *html.Node) {
		if n.Data == "a" {
			out = append(out, attr(n, "href"))
		}
	})
	return out
}

// back is the link that leads to this address with a result.
func (p page) back(address string) url.Values {
	p.t.Helper()
	for _, l := range p.links() {
		if rest, ok := strings.CutPrefix(l, address+"?"); ok {
			q, err := url.ParseQuery(rest)
			if err != nil {
				p.t.Fatal(err)
			}
			return q
		}
	}
	p.t.Fatalf("%q does not lead back to %s: %v", p.heading(), address, p.links())
	return nil
}

func (s *site) clientToken(subject string) string {
	s.t.Helper()
	token, _, err := s.Service.ClientToken(s.t.Context(), s.App, subject)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// born is a birth date so many years ago, as three numbers.
func (s *site) born(years int) (year, month, day string) {
	b := s.Service.Clock().AddDate(-years, 0, -10)
	return b.Format("2006"), b.Format("1"), b.Format("2")
}

func (s *site) records(subject string) []consent.Record {
	s.t.Helper()
	recs, err := s.Store.Subject(s.t.Context(), "shop", subject)
	if err != nil {
		s.t.Fatal(err)
	}
	return recs
}

const minute = time.Minute
