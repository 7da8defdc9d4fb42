package shop

import (
	"net/http"
	"net/url"

	"github.com/bohoja/bohoja/handlers/api/client"
	"github.com/bohoja/bohoja/templates"
)

// elementPolicy allows the service its script and calls, and nothing that is unsafe.
func (s *Shop) elementPolicy() string {
	service := s.opt.API.Base
	if u, err := url.Parse(service); err == nil {
		service = u.Scheme + "://" + u.Host
	}
	return "default-src 'self'; script-src 'self' " + service + "; connect-src " + service + "; frame-src " + service +
		"; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func (s *Shop) showElement(w http.ResponseWriter, r *http.Request) {
	s.elementPage(w, r, http.StatusOK, form{}, nil)
}

func (s *Shop) elementPage(w http.ResponseWriter, r *http.Request, status int, f form, faults []templates.Fault) {
	w.Header().Set("Content-Security-Policy", s.elementPolicy())
	page := templates.ShopElement{
		Frame: s.frame(r), Action: s.link(r, "/element"), Script: s.opt.API.Base + "/embed/v1.js", App: s.opt.App,
		Start: s.opt.API.Base + "/start/" + s.opt.App, Nickname: f.Nickname, Address: f.Address,
	}
	page.Faults = faults
	s.show(w, status, page)
}

// element is the whole sign-up of a shop that uses the element: its own fields, and one sealed value that it passes on
// unread. It knows no birth date and no guardian.
func (s *Shop) element(w http.ResponseWriter, r *http.Request) {
	f, err := read(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if faults := missing([]field{{"nickname", f.Nickname}}); len(faults) > 0 {
		s.elementPage(w, r, http.StatusUnprocessableEntity, f, faults)
		return
	}
	token := r.PostForm.Get("bohoja_token")
	if token == "" { // the element says that no guardian is needed; a child who says so without it gets an account of nothing
		s.show(w, http.StatusOK, templates.ShopAdult{Frame: s.frame(r), Again: s.link(r, "/element")})
		return
	}
	a := s.accounts.open()
	q := client.Request{Subject: a.subject, Embedded: token, Purposes: []string{purposeAccount}, Data: map[string]any{"nickname": f.Nickname}}
	if f.Address != "" {
		q.Purposes = append(q.Purposes, purposeDelivery)
		q.Data["address"] = f.Address
	}
	made, err := s.opt.API.Create(r.Context(), "", q)
	switch {
	case client.IsCode(err, "embed_token_invalid"), client.IsCode(err, "embed_token_used"):
		s.elementPage(w, r, http.StatusUnprocessableEntity, f, nil) // the element asks once more
	case err != nil:
		s.fail(w, r, err)
	default:
		a.change(func(a *account) { a.state, a.request = stateWaiting, made.ID })
		s.redirect(w, r, "/waiting/"+a.subject)
	}
}
