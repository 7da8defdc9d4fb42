package guardian_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// sent collects the names of the commands that the store is sent.
type sent struct {
	mu    sync.Mutex
	names []string
}

func (s *sent) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *sent) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		s.add(cmd)
		return next(ctx, cmd)
	}
}

func (s *sent) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		s.add(cmds...)
		return next(ctx, cmds)
	}
}

func (s *sent) add(cmds ...redis.Cmder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cmd := range cmds {
		s.names = append(s.names, cmd.Name())
	}
}

func (s *sent) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.names
	s.names = nil
	return out
}

// told is all that an answer tells: what can be seen of it, and how the store was asked.
type told struct {
	status int
	header http.Header
	body   string
	sent   []string
}

func (s *site) told(watch *sent, method, path string) (told, time.Duration) {
	s.t.Helper()
	r := httptest.NewRequest(method, path, http.NoBody)
	if method == http.MethodPost {
		r = httptest.NewRequest(method, path, strings.NewReader("act=cancel&sure=yes"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	watch.take()
	before := time.Now()
	s.server.Config.Handler.ServeHTTP(w, r)
	took := time.Since(before)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	w.Header().Del("X-Request-Id")
	token := path[strings.LastIndexByte(path, '/')+1:]
	return told{w.Code, w.Header(), string(bytes.ReplaceAll(body, []byte(token), []byte("TOKEN"))), watch.take()}, took
}

// TestForeignLinksTellNothing: at every page that a token opens, what was forged is answered in one way, what leads to no request in
// one way, and what is over in one way, whoever's request it names: in bytes, headers and the commands that the store is sent (threats 8, 9).
// Times are printed.
func TestForeignLinksTellNothing(t *testing.T) {
	s, watch := open(t), &sent{}
	s.Clients.Read.AddHook(watch)
	if s.Clients.Write != s.Clients.Read {
		s.Clients.Write.AddHook(watch)
	}
	ticket, _ := s.asked("user-1")
	elsewhere := consenttest.New(t)
	now := s.Store.Clock()
	pages := map[string]consent.Audience{
		"/c/": consent.LinkDecide, "/w/": consent.LinkWithdraw, "/k/": consent.LinkChild, "/r/": consent.LinkReceipt, "/a/": consent.LinkObject, "/my/": consent.LinkPortal,
	}
	for _, dir := range slices.Sorted(maps.Keys(pages)) {
		aud := pages[dir]
		mint := func(links consent.Links, aud consent.Audience, app, id string, expires time.Time) string {
			token, err := links.Mint(consent.Claims{Audience: aud, App: app, ID: id, Gen: 1, Expires: expires})
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		mine, nobodys := ticket.Record.ID, consent.NewID(consent.PrefixRequest, now)
		if aud == consent.LinkPortal { // it leads to a visit, which belongs to no app
			mine, nobodys = consent.NewID(consent.PrefixVisit, now), consent.NewID(consent.PrefixVisit, now)
		}
		later, over := now.Add(time.Hour), now.Add(-time.Hour)
		good := mint(s.Links, aud, "shop", mine, later)
		other := consent.LinkDecide
		if aud == other {
			other = consent.LinkChild
		}
		last := good[len(good)-2:]
		changed := good[:len(good)-2] + map[bool]string{true: "BA", false: "AA"}[last == "AA"]
		for kind, tokens := range map[string]map[string]string{
			"forged": {
				"text": "a-token-that-is-none", "changed": changed, "for another page": mint(s.Links, other, "shop", ticket.Record.ID, later), "with no signature": good[:strings.LastIndexByte(good, '.')+1],
				"of another installation": mint(elsewhere.Links, aud, "shop", mine, later), "of another installation, over": mint(elsewhere.Links, aud, "shop", mine, over),
			},
			"no request": {
				"nobody's": mint(s.Links, aud, "shop", nobodys, later), "another app's": mint(s.Links, aud, "game", mine, later), "nobody's in another app": mint(s.Links, aud, "game", nobodys, later),
			},
			"over": {
				"mine": mint(s.Links, aud, "shop", mine, over), "nobody's": mint(s.Links, aud, "shop", nobodys, over), "another app's": mint(s.Links, aud, "game", mine, over),
			},
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
				s.oneAnswer(watch, method, dir, kind, tokens)
			}
		}
	}
	if rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID); err != nil || rec.Status != consent.Pending {
		t.Errorf("the links left their marks: %v, %v", rec.Status, err)
	}
}

// oneAnswer fails unless all tokens of a kind are answered alike.
func (s *site) oneAnswer(watch *sent, method, dir, kind string, tokens map[string]string) {
	s.t.Helper()
	var first told
	var from string
	var times []string
	for _, name := range slices.Sorted(maps.Keys(tokens)) {
		got, took := s.told(watch, method, dir+tokens[name])
		times = append(times, fmt.Sprintf("%s %v", name, took.Round(time.Microsecond)))
		if got.status < 400 {
			s.t.Errorf("%s %s %s, %s: %d", method, dir, kind, name, got.status)
		}
		if kind == "forged" && len(got.sent) > 0 {
			s.t.Errorf("%s %s %s, %s reached the store: %v", method, dir, kind, name, got.sent)
		}
		if from == "" {
			first, from = got, name
			continue
		}
		if fmt.Sprint(got) != fmt.Sprint(first) {
			s.t.Errorf("%s %s %s: %s and %s are told apart\n%d %v %v\n%d %v %v", method, dir, kind, from, name, first.status, first.header, first.sent, got.status, got.header, got.sent)
		}
	}
	s.t.Logf("%s %s %s: %s", method, dir, kind, strings.Join(times, ", "))
}

// TestForeignCodesTellNothing: a short code that leads nowhere, whichever way, is answered in one way.
func TestForeignCodesTellNothing(t *testing.T) {
	s, watch := open(t), &sent{}
	s.Clients.Read.AddHook(watch)
	if s.Clients.Write != s.Clients.Read {
		s.Clients.Write.AddHook(watch)
	}
	s.asked("user-1")
	l, ok := s.Letters.Last(consent.LetterInvite)
	elsewhere := open(t)
	_, _ = elsewhere.asked("user-1")
	foreign, okToo := elsewhere.Letters.Last(consent.LetterInvite)
	if !ok || !okToo || l.Code == foreign.Code {
		t.Fatal("no codes")
	}
	ask := func(code string) (string, []string) {
		watch.take()
		p := s.post(s.server.URL+"/code", url.Values{"code": {code}})
		p.Header.Del("X-Request-Id")
		p.Header.Del("Date")
		p.Header.Del("Content-Length")
		return fmt.Sprint(p.StatusCode, p.Header, strings.ReplaceAll(p.body, code, "CODE")), watch.take()
	}
	want, sentFor := ask("WXYZ-6789")
	if len(sentFor) == 0 {
		t.Fatal("no code was looked for")
	}
	if got, sentToo := ask(foreign.Code); got != want || !slices.Equal(sentFor, sentToo) {
		t.Errorf("another installation's code is told apart:\n%s %v\n%s %v", want, sentFor, got, sentToo)
	}
	if p := s.expect(s.post(s.server.URL+"/code", url.Values{"code": {l.Code}}), http.StatusSeeOther); !strings.HasPrefix(p.Header.Get("Location"), "/c/") && !strings.Contains(p.Header.Get("Location"), "/c/") {
		t.Errorf("the true code leads to %s", p.Header.Get("Location"))
	}
}
