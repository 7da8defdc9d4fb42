package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/api"
	"github.com/bohoja/bohoja/handlers/web"
)

// LiveKey opens the live space of a house.
const liveKey = "bhj_live_sk_shop0000000000000000000000000000"

const public = "https://consent.example/base"

// Canaries: what a guardian is called and where it is reached. No answer and no log line may ever hold one.
const (
	guardianName  = "한카나리"
	guardianEmail = "parent.canary" // how every guardian's address begins
	guardianPhone = "+821055556666"
)

// house is the API over a real Service, with every exchange checked against openapi.yaml and searched for canaries.
type house struct {
	*consenttest.Kit
	t       *testing.T
	handler http.Handler
	log     *safeBuffer
	wall    *wallClock
	tweak   func(*http.Request)
	watch   atomic.Pointer[commands]
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// wallClock is the clock of the limits.
type wallClock struct {
	mu  sync.Mutex
	now time.Time
}

func (w *wallClock) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *wallClock) add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// addKey gives an app another key.
func addKey(app *consent.App, id, secret string, scopes ...string) {
	sum := sha256.Sum256([]byte(secret))
	app.Keys = append(app.Keys, consent.Key{ID: id, SHA256: hex.EncodeToString(sum[:]), Scopes: scopes})
}

// open makes a house; change may set options before the API is made.
func open(t *testing.T, change ...func(*house, *api.Options)) *house {
	t.Helper()
	return openOn(t, consenttest.New(t), change...)
}

// openOn is open over a kit.
func openOn(t *testing.T, k *consenttest.Kit, change ...func(*house, *api.Options)) *house {
	t.Helper()
	h := &house{Kit: k, t: t, log: &safeBuffer{}, wall: &wallClock{now: time.Now()}}
	addKey(h.App, "live", liveKey, consent.Scopes...)
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	problems := &web.Problems{Log: log, Book: h.Service.Book, Base: web.BasePath(public)}
	o := api.Options{
		Live:     api.Space{Service: h.Service, Book: h.Service.Book},
		Test:     api.Space{Service: h.Service, Book: h.Service.Book, Clock: h.Store},
		Problems: problems, Networks: &web.Networks{Log: log}, PublicURL: public, PerMinute: 100_000, Clock: h.wall.Now,
	}
	k.Clients.Read.AddHook(hook{h})
	if k.Clients.Write != k.Clients.Read {
		k.Clients.Write.AddHook(hook{h})
	}
	for _, f := range change {
		f(h, &o)
	}
	a, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	engine := web.NewEngine(web.Options{Log: log, Problems: problems, Bodies: api.Bodies()})
	a.Routes(engine)
	h.handler = web.Base(web.BasePath(public), engine)
	return h
}

// reply is an answer.
type reply struct {
	t      *testing.T
	what   string
	Status int
	Header http.Header
	Body   []byte
}

// call makes a call with the shop's test key. body is a string for raw bytes, nil for none, else it is marshalled.
func (h *house) call(method, path string, body any, headers ...string) *reply {
	h.t.Helper()
	var raw string
	switch b := body.(type) {
	case nil:
	case string:
		raw = b
	default:
		out, err := json.Marshal(b)
		if err != nil {
			h.t.Fatal(err)
		}
		raw = string(out)
	}
	req := httptest.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(raw))
	if raw == "" {
		req.Body, req.ContentLength = http.NoBody, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+consenttest.ShopKey)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Del(headers[i])
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	if h.tweak != nil {
		h.tweak(req)
	}
	return h.do(req, raw)
}

func (h *house) do(req *http.Request, raw string) *reply {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	got, err := io.ReadAll(w.Result().Body)
	if err != nil {
		h.t.Fatal(err)
	}
	r := &reply{t: h.t, what: req.Method + " " + req.URL.Path, Status: w.Code, Header: w.Result().Header, Body: got}
	h.conforms(req, raw, r)
	h.noCanary(r)
	r.speaksKorean()
	return r
}

// english is what only a sentence in English holds.
var english = regexp.MustCompile(`\b[a-z]{2,} [a-z]{2,}\b`)

// speaksKorean: whatever is refused has words in Korean, from the first to the last.
func (r *reply) speaksKorean() {
	r.t.Helper()
	var p web.Problem
	if r.Status < 400 || json.Unmarshal(r.Body, &p) != nil {
		return
	}
	for _, one := range append(p.Errors, consent.FieldError{Code: p.Code, Detail: p.Detail}) {
		text := web.DetailIn("ko", one.Code, one.Detail)
		if !strings.ContainsFunc(text, func(c rune) bool { return unicode.Is(unicode.Hangul, c) }) || english.MatchString(text) {
			r.t.Errorf("%s: %s in Korean: %q", r.what, one.Code, text)
		}
	}
}

// recorded is the house for a client that speaks over a connection: each exchange is checked as those of call are.
func (h *house) recorded() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		raw, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(raw))
		got := h.do(req, string(raw))
		maps.Copy(w.Header(), got.Header)
		w.WriteHeader(got.Status)
		_, _ = w.Write(got.Body)
	})
}

func (h *house) noCanary(r *reply) {
	h.t.Helper()
	for _, secret := range []string{guardianName, guardianEmail, guardianPhone} {
		if bytes.Contains(r.Body, []byte(secret)) || strings.Contains(fmt.Sprint(r.Header), secret) {
			h.t.Errorf("%s: guardian data in the answer", r.what)
		}
	}
}

func (r *reply) want(status int, code string) *reply {
	r.t.Helper()
	var p struct {
		Code string `json:"code"`
	}
	if len(r.Body) > 0 {
		_ = json.Unmarshal(r.Body, &p)
	}
	if r.Status != status || p.Code != code {
		r.t.Fatalf("%s: got %d %q, want %d %q: %s", r.what, r.Status, p.Code, status, code, r.Body)
	}
	return r
}

func (r *reply) json() map[string]any {
	r.t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.Body, &m); err != nil {
		r.t.Fatalf("%s: %v in %q", r.what, err, r.Body)
	}
	return m
}

// fields lists pointers and codes of a problem's errors.
func (r *reply) fields() []string {
	var out []string
	all, _ := r.json()["errors"].([]any)
	for _, one := range all {
		m, _ := one.(map[string]any)
		out = append(out, fmt.Sprintf("%s %s", m["pointer"], m["code"]))
	}
	return out
}

// born is the birthday of somebody who is ten years old.
func born() string { return time.Now().AddDate(-10, -1, 0).Format(time.DateOnly) }

type object = map[string]any

// signupBody is a body that is accepted; changes are paths with dots and values, nil to leave the member out.
func signupBody(subject string, changes ...any) object {
	body := object{
		"subject": subject, "child_notice": object{"version": "n_old"},
		"child":    object{"under_age": true, "birth_date": born(), "name": "김하늘", "email": "kid@example.com", "phone": "+821012345678", "locale": "ko"},
		"guardian": object{"name": guardianName, "email": guardianEmail + "." + subject + "@example.com", "phone": guardianPhone, "locale": "ko"},
		"purposes": []any{"account", "delivery"},
		"data":     object{"nickname": "하늘이", "birth_date": born(), "address": "서울시 종로구 1"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		set(body, strings.Split(changes[i].(string), "."), changes[i+1])
	}
	return body
}

func set(in object, path []string, value any) {
	if len(path) > 1 {
		inner, ok := in[path[0]].(object)
		if !ok {
			inner = object{}
		}
		inner = maps.Clone(inner)
		set(inner, path[1:], value)
		in[path[0]] = inner
		return
	}
	if value == nil {
		delete(in, path[0])
		return
	}
	in[path[0]] = value
}

// signup makes a pending request and returns its id.
func (h *house) signup(subject string, changes ...any) string {
	h.t.Helper()
	return h.call("POST", "/v1/consent-requests", signupBody(subject, changes...)).want(201, "").json()["id"].(string)
}

func at(id, verb string) string { return "/v1/consent-requests/" + id + verb }

// decide walks the guardian's pages of the newest invitation.
func (h *house) decide(d consent.Decision) {
	h.t.Helper()
	h.Work()
	letter, ok := h.Letters.Last(consent.LetterInvite)
	if !ok {
		h.t.Fatal("no invitation")
	}
	_, token, _ := strings.Cut(letter.Link, "/c/")
	v, err := h.Service.Open(h.t.Context(), token)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Advance(3 * time.Second)
	c, err := h.Service.Check(h.t.Context(), token, v.Proof, consent.Answers{
		Decision: d, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: guardianName,
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Service.Decide(h.t.Context(), token, c.Proof, "yes", false); err != nil {
		h.t.Fatal(err)
	}
}

// granted makes a request that was granted for account and refused for delivery.
func (h *house) granted(subject string) string {
	h.t.Helper()
	id := h.signup(subject)
	h.decide(consent.DecideGrant)
	return id
}
