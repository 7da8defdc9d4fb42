package api_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/api"
)

const gameKey = consenttest.GameKey

// unknownID has the form of an id and is nobody's.
const unknownID = "cr_0000000000000000000000000z"

// endpoint is one call with a body that is acceptable.
type endpoint struct {
	method, path, scope string
	body                func() any
}

// endpoints are all calls; {id} stands for a request's id. TestRoutesAreDocumented keeps the routes, and this keeps them all.
func endpoints() []endpoint {
	all := []endpoint{
		{"POST", "/v1/age-checks", "requests", func() any { return object{"age": 9} }},
		{"GET", "/v1/child-notice", "requests", nothing},
		{"POST", "/v1/client-tokens", "requests", func() any { return object{"subject": "matrix"} }},
		{"POST", "/v1/consent-requests", "requests", func() any { return signupBody("matrix") }},
		{"GET", "/v1/consent-requests", "requests", nothing},
		{"GET", "/v1/consent-requests/{id}", "requests", nothing},
		{"GET", "/v1/subjects/user-1/consent", "requests", nothing},
		{"GET", "/v1/receipts/{id}", "requests", nothing},
		{"GET", "/v1/terms/t_0123456789abcdef", "requests", nothing},
		{"POST", "/v1/rights-requests", "rights", func() any { return rightsBody("user-1", "access") }},
		{"GET", "/v1/rights-requests", "rights", nothing},
		{"GET", "/v1/rights-requests/{right}", "rights", nothing},
		{"POST", "/v1/rights-requests/{right}/answer", "rights", func() any { return object{"outcome": "done"} }},
		{"POST", "/v1/minors", "marketing", func() any { return object{"email": "another@example.com", "age": 9} }},
		{"DELETE", "/v1/minors/min_0000000000000000000000000z", "marketing", func() any { return object{"reason": "a mistake"} }},
		{"POST", "/v1/marketing/check", "marketing", func() any { return object{"email": "a@example.com", "kind": "ad_mail"} }},
		{"POST", "/v1/marketing/check-batch", "marketing", func() any { return object{"kind": "ad_mail", "identities": []object{{"email": "a@example.com"}}} }},
		{"POST", "/v1/marketing/filter?kind=ad_mail&column=email", "marketing", nothing},
		{"GET", "/v1/marketing/filter-runs/run_0000000000000000000000000z", "marketing", nothing},
		{"GET", "/v1/marketing/snapshot", "marketing_snapshot", nothing},
		{"GET", "/v1/marketing/export", "marketing_export", nothing},
		{"GET", "/v1/marketing/export/keys", "marketing_export", nothing},
		{"POST", "/v1/marketing/export/sha256", "marketing_export", func() any { return object{"identities": []object{}} }},
		{"GET", "/v1/events", "events", nothing},
		{"POST", "/v1/events/" + unknownEvent + "/replay", "events", nothing},
		{"GET", "/v1/webhooks/deliveries", "events", nothing},
		{"POST", "/v1/webhooks/0/test", "events", nothing},
		{"POST", "/v1/test/clock/advance", "", func() any { return object{"by": "1s"} }},
	}
	for _, v := range verbs {
		scope := "requests"
		if strings.HasPrefix(v.path, "/release") {
			scope = "release"
		}
		all = append(all, endpoint{"POST", "/v1/consent-requests/{id}" + v.path, scope, v.body})
	}
	return all
}

func TestEndpointsAreComplete(t *testing.T) {
	n := 0
	for path, item := range theSpec(t).Paths.Map() {
		if strings.HasPrefix(path, "/v1/") {
			n += len(item.Operations())
		}
	}
	if n != len(endpoints()) {
		t.Errorf("%d calls are documented, and the matrix goes through %d", n, len(endpoints()))
	}
}

// TestMatrix asks every endpoint with no key, a wrong key, a key without its scope, a live key from a browser, and the id of
// another app.
func TestMatrix(t *testing.T) {
	h := open(t)
	for _, one := range endpoints() {
		if one.scope != "" {
			rest := slices.DeleteFunc(slices.Clone(consent.Scopes), func(s string) bool { return s == one.scope })
			addKey(h.App, "less-"+one.scope, consenttest.ShopKey+"-"+one.scope, rest...)
		}
	}
	h = openOn(t, h.Kit)
	id := h.granted("user-1")
	right := h.asked("user-1", "access")
	for _, one := range endpoints() {
		t.Run(one.method+" "+one.path, func(t *testing.T) {
			h.t = t
			path := place(one.path, id, right)
			for _, header := range []string{"", "Basic c2hvcDo=", "Bearer", "Bearer ", "Bearer a b", "Bearer " + consenttest.ShopKey + "x", "Bearer bhj_live_unknown", consenttest.ShopKey} {
				r := h.call(one.method, path, one.body(), "Authorization", header).want(401, "unauthorized")
				if r.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%q: no WWW-Authenticate", header)
				}
			}
			h.tweak = func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+consenttest.ShopKey) }
			h.call(one.method, path, one.body()).want(401, "unauthorized")
			h.tweak = nil
			if one.scope != "" {
				h.call(one.method, path, one.body(), "Authorization", "Bearer "+consenttest.ShopKey+"-"+one.scope).want(403, "forbidden")
			}
			h.call(one.method, path, one.body(), "Authorization", "Bearer "+liveKey, "Origin", "https://shop.example").want(403, "secret_key_in_browser")
			h.call(one.method, path, one.body(), "Authorization", "Bearer "+liveKey, "Origin", "null").want(403, "secret_key_in_browser")
			switch {
			case strings.Contains(one.path, "{id}"):
				h.foreign(one, id, unknownID, "cr_nonsense")
			case strings.Contains(one.path, "{right}"):
				h.foreign(one, right, unknownRight, "rr_nonsense")
			}
		})
	}
	h.t = t
	if got := h.call("GET", at(id, ""), nil).want(200, "").json(); got["status"] != "granted" || got["custody"] != "held" {
		t.Errorf("the matrix left its marks: %v", got)
	}
	h.call("GET", at(id, ""), nil, "Origin", "https://shop.example").want(200, "") // a test key may be tried in a page
}

// foreign compares another app's id with one of nobody: body, headers and the commands that the store was sent (threats 8, 9).
func (h *house) foreign(one endpoint, id, unknown, nonsense string) {
	h.t.Helper()
	ask := func(id string) (*reply, []string) {
		watch := &commands{}
		h.watch.Store(watch)
		defer h.watch.Store(nil)
		r := h.call(one.method, place(one.path, id, id), one.body(), "Authorization", "Bearer "+gameKey)
		return r.want(404, "not_found"), watch.seen
	}
	theirs, sent := ask(id)
	nobodys, sentToo := ask(unknown)
	if !bytes.Equal(theirs.Body, nobodys.Body) {
		h.t.Errorf("bodies differ:\n%s\n%s", theirs.Body, nobodys.Body)
	}
	for _, r := range []*reply{theirs, nobodys} {
		r.Header.Del("X-Request-Id")
		r.Header.Del("RateLimit")
	}
	if !same(theirs.Header, nobodys.Header) {
		h.t.Errorf("headers differ:\n%v\n%v", theirs.Header, nobodys.Header)
	}
	if len(sent) == 0 || !slices.Equal(sent, sentToo) {
		h.t.Errorf("the store was sent %v and %v", sent, sentToo)
	}
	if _, sentNone := ask(nonsense); len(sentNone) != 0 {
		h.t.Errorf("what is no id reached the store: %v", sentNone)
	}
}

func same(a, b http.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		if !slices.Equal(a[name], b[name]) {
			return false
		}
	}
	return true
}

// commands collects the names of commands that a client sends.
type commands struct {
	mu   sync.Mutex
	seen []string
}

func (c *commands) add(cmd redis.Cmder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, cmd.Name())
}

// hook is a redis.Hook that tells the house's present watcher.
type hook struct{ h *house }

func (k hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (k hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if w := k.h.watch.Load(); w != nil {
			w.add(cmd)
		}
		return next(ctx, cmd)
	}
}

func (k hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if w := k.h.watch.Load(); w != nil {
			for _, cmd := range cmds {
				w.add(cmd)
			}
		}
		return next(ctx, cmds)
	}
}

// TestRevokedKey: a book without the key is in force with the next call (threat 10).
func TestRevokedKey(t *testing.T) {
	var book *consent.Book
	h := open(t, func(h *house, o *api.Options) {
		book = h.Service.Book()
		o.Test.Book = func() *consent.Book { return book }
	})
	h.call("GET", "/v1/events", nil).want(200, "")
	next := *book.Apps["shop"]
	next.Keys = slices.DeleteFunc(slices.Clone(next.Keys), func(k consent.Key) bool { return k.ID == "k1" })
	book = &consent.Book{Profile: book.Profile, Operator: book.Operator, Apps: map[string]*consent.App{"shop": &next}}
	h.call("GET", "/v1/events", nil).want(401, "unauthorized")
}

// TestSpaces: test keys meet the test space, live keys the live one.
func TestSpaces(t *testing.T) {
	other := consenttest.New(t)
	h := open(t, func(h *house, o *api.Options) {
		addKey(other.App, "live", liveKey, consent.Scopes...)
		o.Live = api.Space{Service: other.Service, Book: other.Service.Book}
	})
	id := h.signup("user-1")
	h.call("GET", at(id, ""), nil, "Authorization", "Bearer "+liveKey).want(404, "not_found")
	h.call("POST", "/v1/consent-requests", signupBody("user-1"), "Authorization", "Bearer "+liveKey).want(201, "")
	h.call("GET", at(id, ""), nil).want(200, "")
	none := openOn(t, h.Kit, func(_ *house, o *api.Options) { o.Test = api.Space{} })
	none.call("GET", at(id, ""), nil).want(401, "unauthorized")
}

// A key that was taken back opens nothing, although it is still declared: other keys of the app go on.
func TestKeyTakenBack(t *testing.T) {
	var taken sync.Map
	h := open(t, func(_ *house, o *api.Options) {
		o.Revoked = func(sum string) bool { _, gone := taken.Load(sum); return gone }
	})
	h.call("GET", "/v1/consent-requests", nil).want(200, "")
	for _, k := range h.App.Keys {
		if k.ID != "live" {
			taken.Store(k.SHA256, true)
		}
	}
	h.call("GET", "/v1/consent-requests", nil).want(401, "unauthorized")
	h.call("GET", "/v1/consent-requests", nil, "Authorization", "Bearer "+liveKey).want(200, "")
}
