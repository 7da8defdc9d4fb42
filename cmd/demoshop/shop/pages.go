package shop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/bohoja/bohoja/handlers/api/client"
	"github.com/bohoja/bohoja/templates"
)

// jsonText is one item of a child's data as it came.
type jsonText = json.RawMessage

// lookTime is how long a page waits for news before it shows what it has.
const lookTime = 3 * time.Second

// known finds the account of a page and looks for news of it. A fault of the way there only makes the page older.
func (s *Shop) known(r *http.Request) (view, bool) {
	a, ok := s.accounts.find(r.PathValue("subject"))
	if !ok {
		return view{}, false
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookTime)
	defer cancel()
	if err := s.settle(ctx, a); err != nil {
		s.opt.Log.WarnContext(r.Context(), "an account is not settled", "error", err)
	}
	v := a.look()
	return v, v.state != stateNew
}

// childPage is the address of the child's waiting page; the shop asks for it and does not keep it.
func (s *Shop) childPage(r *http.Request, v view) string {
	ctx, cancel := context.WithTimeout(r.Context(), lookTime)
	defer cancel()
	got, err := s.opt.API.Get(ctx, v.request)
	if err != nil {
		return ""
	}
	return got.ChildPage
}

// waiting says that the guardian was asked, and where the child can follow it.
func (s *Shop) waiting(w http.ResponseWriter, r *http.Request) {
	v, ok := s.known(r)
	if !ok {
		s.restart(w, r)
		return
	}
	if v.state != stateWaiting {
		s.redirect(w, r, "/account/"+v.subject)
		return
	}
	page := s.childPage(r, v)
	if page == "" {
		s.fail(w, r, errors.New("no page for the child"))
		return
	}
	s.show(w, http.StatusOK, templates.ShopWaiting{
		Frame: s.frame(r), ChildPage: page, Inbox: s.opt.Inbox, Account: s.link(r, "/account/"+v.subject),
	})
}

// account shows all that the shop knows.
func (s *Shop) account(w http.ResponseWriter, r *http.Request) {
	v, ok := s.known(r)
	if !ok {
		s.restart(w, r)
		return
	}
	frame := s.frame(r)
	page := templates.ShopAccount{
		Frame: frame, State: v.state, Refresh: s.link(r, "/account/"+v.subject), Again: s.link(r, "/"),
	}
	if v.state == stateWaiting {
		page.ChildPage = s.childPage(r, v)
	}
	if v.state == stateOpen {
		var err error
		if page.Items, page.Purposes, err = received(frame, v); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.show(w, http.StatusOK, page)
}

// received lists items and purposes in the shop's own order.
func received(f templates.Frame, v view) ([]templates.ShopItem, []templates.Purpose, error) {
	var known []templates.ShopItem
	var allowed []templates.Purpose
	for _, id := range []string{purposeAccount, purposeDelivery} {
		why, err := f.T("shop.purpose." + id)
		if err != nil {
			return nil, nil, err
		}
		p := templates.Purpose{ID: id, Why: why, Answer: "no"}
		if slices.Contains(v.purposes, id) {
			p.Answer = "yes"
		}
		allowed = append(allowed, p)
		for _, item := range items[id] {
			value, ok := v.data[item]
			if !ok {
				continue
			}
			label, err := f.T("shop.item." + item)
			if err != nil {
				return nil, nil, err
			}
			known = append(known, templates.ShopItem{Label: label, Value: text(value)})
		}
	}
	return known, allowed, nil
}

// text is a value as a reader sees it: a text without its quotes, anything else as it came.
func text(value jsonText) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}

// mine leads to the account that was made last, where that gives nobody away; else to the sign-up. A real shop has a login.
func (s *Shop) mine(w http.ResponseWriter, r *http.Request) {
	if a, ok := s.accounts.newest(); ok && s.opt.Playground {
		s.redirect(w, r, "/account/"+a.subject)
		return
	}
	s.restart(w, r)
}

// restart leads to the first page.
func (s *Shop) restart(w http.ResponseWriter, r *http.Request) {
	s.redirect(w, r, "/")
}

// redirect leads to another path of the shop, never elsewhere: the paths are those of this package, with names made here.
func (s *Shop) redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, s.link(r, path), http.StatusSeeOther) //nolint:gosec // see above
}

// fail says that it does not work now. What the API said is for the log; it holds nothing of anybody.
func (s *Shop) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, log := http.StatusBadGateway, s.opt.Log
	if p, ok := errors.AsType[*client.Problem](err); ok && p.Status == http.StatusServiceUnavailable {
		status = http.StatusServiceUnavailable
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		status = http.StatusRequestEntityTooLarge
	}
	log.WarnContext(r.Context(), "the shop cannot answer", "route", r.Pattern, "error", err)
	s.show(w, status, templates.Problem{Frame: s.frame(r), Status: status, Back: s.link(r, "/")})
}

// show renders a page before anything of it is sent.
func (s *Shop) show(w http.ResponseWriter, status int, p templates.Page) {
	body, err := templates.Render(p)
	if err != nil {
		s.opt.Log.Error("a page cannot be shown", "error", err)
		http.Error(w, "a fault of this shop", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// names are the shop's own, by language.
var names = map[string]string{"ko": "하늘상점", "en": "Haneul Shop"}

func (s *Shop) frame(r *http.Request) templates.Frame {
	lang := s.lang(r)
	return templates.Frame{Lang: lang, Base: s.opt.Base, Languages: templates.Languages(), AppName: names[lang], Test: true}
}

// link is a path of the shop that keeps the chosen language.
func (s *Shop) link(r *http.Request, path string) string {
	if l := r.URL.Query().Get("lang"); names[l] != "" {
		path += "?lang=" + l
	}
	return s.opt.Base + path
}

var matcher = language.NewMatcher([]language.Tag{language.Korean, language.English})

// lang is the language chosen on the page, else the browser's, else Korean.
func (s *Shop) lang(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); names[l] != "" {
		return l
	}
	_, i := language.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	return []string{"ko", "en"}[i]
}
