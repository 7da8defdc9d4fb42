package guardian_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/guardian"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// site is the pages on a kit, behind a real listener.
type site struct {
	*consenttest.Kit
	t      testing.TB
	server *httptest.Server
	client *http.Client

	options guardian.Options // Decoyed may be set later
}

func open(t testing.TB) *site {
	t.Helper()
	return openOn(t, consenttest.New(t))
}

func openOn(t testing.TB, k *consenttest.Kit) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	problems := &web.Problems{Log: log, Book: k.Service.Book}
	e := web.NewEngine(web.Options{Log: log, Problems: problems})
	s := &site{Kit: k, t: t, options: guardian.Options{Spaces: []guardian.Door{k.Service}, Book: k.Service.Book, Problems: problems}}
	o := s.options
	o.Decoyed = func() {
		if s.options.Decoyed != nil {
			s.options.Decoyed()
		}
	}
	guardian.New(o).Routes(e)
	s.server = httptest.NewServer(e)
	t.Cleanup(s.server.Close)
	k.Service.Settings.PublicURL = s.server.URL
	s.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

// page is an answer with its document.
type page struct {
	*http.Response
	body string
	doc  *html.Node
}

func (s *site) do(method, link string, form url.Values) page {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, link, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	return page{res, string(body), doc}
}

func (s *site) get(link string) page                   { return s.do(http.MethodGet, link, nil) }
func (s *site) post(link string, form url.Values) page { return s.do(http.MethodPost, link, form) }

// expect fails unless the answer has one of these statuses.
func (s *site) expect(p page, status ...int) page {
	s.t.Helper()
	if !slices.Contains(status, p.StatusCode) {
		s.t.Fatalf("status %d, want %d: %s", p.StatusCode, status, p.title())
	}
	return p
}

// walk visits every element.
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

func (p page) title() (title string) {
	p.walk(func(n *html.Node) {
		if n.Data == "title" && n.FirstChild != nil {
			title = n.FirstChild.Data
		}
	})
	return title
}

// hidden are the hidden fields of the page's last form, which is the one that answers.
func (p page) hidden() url.Values {
	out := url.Values{}
	p.walk(func(n *html.Node) {
		if n.Data == "input" && attr(n, "type") == "hidden" && attr(n, "name") != "misnamed" && attr(n, "value") != templates.StepAskCode {
			out.Set(attr(n, "name"), attr(n, "value"))
		}
	})
	return out
}

// value is what the field with this name holds; for choices the one that is checked.
func (p page) value(name string) (value string) {
	p.walk(func(n *html.Node) {
		if n.Data != "input" || attr(n, "name") != name {
			return
		}
		kind := attr(n, "type")
		if kind != "radio" && kind != "checkbox" {
			value = attr(n, "value")
		}
		for _, a := range n.Attr {
			if a.Key == "checked" {
				value = attr(n, "value")
			}
		}
	})
	return value
}

// faulty lists the ids to which the error summary leads.
func (p page) faulty() (ids []string) {
	p.walk(func(n *html.Node) {
		if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "#f-") {
			ids = append(ids, strings.TrimPrefix(attr(n, "href"), "#f-"))
		}
	})
	return ids
}

func with(base url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// asked signs a child up and returns the ticket and the link of the guardian's letter.
func (s *site) asked(subject string) (consent.Ticket, string) {
	s.t.Helper()
	return s.askedWith(subject, consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("parent@example.com"), Locale: "ko"})
}

// askedOf signs a child up for a guardian with this name and address.
func (s *site) askedOf(name, email string) (consent.Ticket, string) {
	s.t.Helper()
	return s.askedWith("user-1", consent.Guardian{Name: consent.Secret(name), Email: consent.Secret(email), Locale: "ko"})
}

func (s *site) askedWith(subject string, g consent.Guardian) (consent.Ticket, string) {
	s.t.Helper()
	under := true
	ticket, err := s.Service.Signup(s.t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, consent.Signup{
		Subject: subject, Notice: "n1", UnderAge: &under, Guardian: g,
		Child: consent.Child{BirthDate: consent.Secret(consenttest.Born()), Name: consent.Secret("김하늘"), Locale: "ko"},
		Data:  map[string]json.RawMessage{"nickname": json.RawMessage(`"하늘이"`), "address": json.RawMessage(`"서울"`)},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Work()
	l, ok := s.Letters.Last(consent.LetterInvite)
	if !ok {
		s.t.Fatal("no invitation")
	}
	return ticket, l.Link
}

// yes are the answers of a guardian who agrees to what is required.
func yes() url.Values {
	return with(url.Values{}, "decision", "grant", "purpose.account", "yes", "purpose.delivery", "no", "guardian_name", "김 보호",
		"birth_year", "1985", "birth_month", "3", "birth_day", "4", "relation", "mother", "declares", "yes")
}

// read opens the page and lets a person's time pass.
func (s *site) read(link string) url.Values {
	s.t.Helper()
	h := s.expect(s.get(link), http.StatusOK).hidden()
	s.Advance(3 * time.Second)
	return h
}

// check walks to the check page.
func (s *site) check(link string, answers url.Values) page {
	s.t.Helper()
	h := s.read(link)
	for k, v := range h {
		answers[k] = v
	}
	return s.expect(s.post(link, answers), http.StatusOK)
}

// miss answers with a wrong name so often.
func (s *site) miss(link string, times int) {
	s.t.Helper()
	wrong := with(yes(), "guardian_name", "박보호")
	for k, v := range s.read(link) {
		wrong[k] = v
	}
	for range times {
		s.expect(s.post(link, wrong), http.StatusUnprocessableEntity)
	}
}

func (s *site) status(id string) consent.Status {
	s.t.Helper()
	rec, err := s.Service.Find(s.t.Context(), s.App, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return rec.Status
}
