package shop

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/handlers/api/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever a child typed, as texts that stand nowhere else.
const (
	nickname = "CANARYnick"
	address  = "CANARYroad 7"
	child    = "CANARYkim Haneul"
	guardian = "CANARYkim Boho"
	mailbox  = "canaryparent@example.com"
	born     = "2016-05-04"
	secret   = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// service plays the consent API for one shop: requests that the test moves from state to state.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]*request             // by id
	bodies   map[string]string               // by Idempotency-Key
	log      []string                        // calls, in order
	refuse   func(call string) (int, string) // nil: nothing is refused
}

type request struct {
	Subject  string                     `json:"subject"`
	Purposes []string                   `json:"purposes"`
	Data     map[string]json.RawMessage `json:"data"`
	Notice   struct{ Version string }   `json:"child_notice"`

	id, status string
	acked      bool
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1")
	s.log = append(s.log, call)
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("Authorization") != "Bearer key" {
		problem(w, 401, "unauthorized")
		return
	}
	if s.refuse != nil {
		if status, code := s.refuse(call); status != 0 {
			problem(w, status, code)
			return
		}
	}
	switch parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case parts[1] == "age-checks":
		ageCheck(w, body)
	case parts[1] == "child-notice":
		answer(w, 200, map[string]any{"version": "n_1", "html": `<section lang="ko"><h2>우리는 누구일까요?</h2></section>`, "text": "…"})
	case len(parts) == 2:
		s.create(w, r.Header.Get("Idempotency-Key"), body)
	default:
		s.one(w, s.requests[parts[2]], strings.Join(parts[3:], "/"))
	}
}

func ageCheck(w http.ResponseWriter, body []byte) {
	var q struct {
		BirthDate string `json:"birth_date"`
	}
	_ = json.Unmarshal(body, &q)
	d, err := time.Parse(time.DateOnly, q.BirthDate)
	if err != nil {
		problem(w, 422, "invalid")
		return
	}
	answer(w, 200, map[string]any{"under_age": d.AddDate(14, 0, 0).After(now), "threshold": 14})
}

func (s *service) create(w http.ResponseWriter, key string, body []byte) {
	var q request
	_ = json.Unmarshal(body, &q)
	if strings.Contains(string(body), "엄마") {
		problem(w, 422, "guardian_name_generic", "/guardian/name")
		return
	}
	if old, ok := s.bodies[key]; ok && old != string(body) {
		problem(w, 422, "idempotency_mismatch")
		return
	} else if !ok {
		q.id, q.status = "cr_"+q.Subject, "pending"
		s.requests[q.id], s.bodies[key] = &q, string(body)
	}
	answer(w, 201, s.requests["cr_"+q.Subject].view())
}

func (q *request) view() map[string]any {
	v := map[string]any{"id": q.id, "subject": q.Subject, "status": q.status, "child_page": "https://consent.example/k/token"}
	if q.status != "pending" {
		v["purposes"] = q.Purposes
	}
	return v
}

func (s *service) one(w http.ResponseWriter, q *request, what string) {
	switch {
	case q == nil:
		problem(w, 404, "not_found")
	case what == "":
		answer(w, 200, q.view())
	case what == "erased":
		w.WriteHeader(http.StatusNoContent)
	case q.status == "pending":
		problem(w, 409, "not_granted")
	case what == "release" && (q.acked || q.status != "granted"):
		problem(w, 410, "destroyed")
	case what == "release":
		answer(w, 200, map[string]any{"id": q.id, "subject": q.Subject, "purposes": q.Purposes, "data": q.Data})
	case what == "release/ack":
		q.acked = true
		w.WriteHeader(http.StatusNoContent)
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func problem(w http.ResponseWriter, status int, code string, pointers ...string) {
	p := client.Problem{Status: status, Code: code}
	for _, at := range pointers {
		p.Errors = append(p.Errors, client.FieldError{Pointer: at, Code: code})
	}
	answer(w, status, p)
}

// decide moves a request; without purposes the optional one is left out of them.
func (s *service) decide(subject, status string, purposes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.requests["cr_"+subject]
	q.status = status
	if purposes != nil {
		q.Purposes = purposes
	}
	for item := range q.Data {
		if item == "address" && len(q.Purposes) < 2 {
			delete(q.Data, item)
		}
	}
}

func (s *service) count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.log {
		if strings.HasSuffix(c, call) {
			n++
		}
	}
	return n
}

// stage is a shop and the service behind it.
type stage struct {
	*testing.T
	api  *service
	shop *Shop
}

func open(t *testing.T, mend ...func(*Options)) *stage {
	t.Helper()
	api := &service{requests: map[string]*request{}, bodies: map[string]string{}}
	api.Server = httptest.NewServer(api)
	t.Cleanup(api.Close)
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	o := Options{
		API:    &client.Client{Base: api.URL, Key: "key", HTTP: &http.Client{Transport: tr}, Tries: 1},
		Secret: secret, Base: "/dev/shop", Inbox: "/dev/inbox", Clock: func() time.Time { return now },
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, m := range mend {
		m(&o)
	}
	return &stage{t, api, New(o)}
}

// page asks the shop for a page.
func (s *stage) page(method, path string, form url.Values) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, path, strings.NewReader(form.Encode()))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	s.shop.ServeHTTP(w, r)
	return w
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// first fills the first page and returns the fields that the second one hides.
func (s *stage) first() url.Values {
	s.Helper()
	w := s.page("POST", "/?lang=en", url.Values{"nickname": {nickname}, "birth_year": {"2016"}, "birth_month": {"5"}, "birth_day": {"4"}})
	if w.Code != 200 {
		s.Fatalf("first page: %d %s", w.Code, w.Body)
	}
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(w.Body.String(), -1) {
		form.Set(m[1], m[2])
	}
	return form
}

// second fills the second page over the hidden fields.
func second(form url.Values) url.Values {
	form.Set("child_name", child)
	form.Set("address", address)
	form.Set("guardian_name", guardian)
	form.Set("guardian_email", mailbox)
	return form
}

// signup walks both pages and returns the account's name.
func (s *stage) signup() string {
	s.Helper()
	form := second(s.first())
	w := s.page("POST", "/guardian?lang=en", form)
	subject := form.Get("subject")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/dev/shop/waiting/"+subject+"?lang=en" {
		s.Fatalf("second page: %d %s %s", w.Code, w.Header(), w.Body)
	}
	return subject
}

// tell sends a signed webhook.
func (s *stage) tell(kind, subject string) *httptest.ResponseRecorder {
	s.Helper()
	e := consent.Event{ID: "evt_1", Type: consent.EventType(kind), At: now, Data: consent.EventData{ID: "cr_" + subject, Subject: subject}}
	body, err := json.Marshal(e)
	if err != nil {
		s.Fatal(err)
	}
	r := httptest.NewRequestWithContext(s.Context(), "POST", "/hooks", strings.NewReader(string(body)))
	if err := webhook.Sign(r.Header, consent.Webhook{Secret: consent.Secret(secret)}, "evt_1", now, body); err != nil {
		s.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.shop.ServeHTTP(w, r)
	return w
}

func (s *stage) state(subject string) view {
	s.Helper()
	a, ok := s.shop.accounts.find(subject)
	if !ok {
		s.Fatal("no account ", subject)
	}
	return a.look()
}
