package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen is one request that arrived.
type seen struct {
	line, auth, key, body string
}

// service answers with the steps one after the other, the last for ever.
type service struct {
	*httptest.Server
	mu    sync.Mutex
	got   []seen
	steps []http.HandlerFunc
}

func start(t *testing.T, steps ...http.HandlerFunc) (*service, *Client) {
	t.Helper()
	s := &service{steps: steps}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s, &Client{Base: s.URL, Key: "bhj_test_sk_1", Pause: time.Millisecond, HTTP: &http.Client{Transport: s.transport(t), CheckRedirect: fallback.CheckRedirect}}
}

func (s *service) transport(t *testing.T) http.RoundTripper {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	n := min(len(s.got), len(s.steps)-1)
	s.got = append(s.got, seen{r.Method + " " + r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Get("Idempotency-Key"), string(body)})
	s.mu.Unlock()
	s.steps[n](w, r)
}

func (s *service) seen() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

const busy = `{"status":503,"code":"outcome_unknown","detail":"the store did not answer"}`

// Each call asks for what the API reference says, and reads the answer.
func TestCalls(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.FixedZone("KST", 9*3600))
	for _, tc := range []struct {
		name, line, body, answer string
		call                     func(*Client) (any, error)
		want                     string
	}{
		{
			name: "age", line: "POST /v1/age-checks", body: `{"birth_date":"2014-03-02"}`,
			answer: `{"under_age":true,"threshold":14,"of_age_on":"2028-03-02","contradicts":false}`,
			call:   func(c *Client) (any, error) { return c.CheckAge(t.Context(), AgeCheck{BirthDate: "2014-03-02"}) },
			want:   `{"under_age":true,"threshold":14,"of_age_on":"2028-03-02","contradicts":false}`,
		},
		{
			name: "notice", line: "GET /v1/child-notice?locale=ko%26a", answer: `{"version":"n_1","locale":"ko","html":"<p>","text":"t"}`,
			call: func(c *Client) (any, error) { return c.Notice(t.Context(), "ko&a") },
			want: `{"version":"n_1","html":"\u003cp\u003e","text":"t"}`,
		},
		{
			name: "release", line: "POST /v1/consent-requests/cr_1%2F..%2Fcr_2/release",
			answer: `{"id":"cr_1","subject":"s","data":{"nickname":"하늘","n":1},"purposes":["account"]}`,
			call:   func(c *Client) (any, error) { return c.Release(t.Context(), "cr_1/../cr_2") },
			want:   `{"id":"cr_1","subject":"s","purposes":["account"],"data":{"n":1,"nickname":"하늘"}}`,
		},
		{
			name: "ack", line: "POST /v1/consent-requests/cr_1/release/ack",
			call: func(c *Client) (any, error) { return nil, c.Ack(t.Context(), "cr_1") }, want: "null",
		},
		{
			name: "erased", line: "POST /v1/consent-requests/cr_1/erased", body: `{"at":"2026-03-02T00:00:00.123Z"}`,
			call: func(c *Client) (any, error) { return nil, c.Erased(t.Context(), "cr_1", at) }, want: "null",
		},
		{
			name: "erased in part", line: "POST /v1/consent-requests/cr_1/erased", body: `{"at":"2026-03-02T00:00:00.123Z","purposes":["delivery"]}`,
			call: func(c *Client) (any, error) { return nil, c.Erased(t.Context(), "cr_1", at, "delivery") }, want: "null",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status := http.StatusOK
			if tc.answer == "" {
				status = http.StatusNoContent
			}
			s, c := start(t, say(status, tc.answer))
			got, err := tc.call(c)
			if err != nil {
				t.Fatal(err)
			}
			if s.seen()[0] != (seen{tc.line, "Bearer bhj_test_sk_1", "", tc.body}) {
				t.Errorf("asked %+v", s.seen()[0])
			}
			if text, _ := json.Marshal(got); string(text) != tc.want {
				t.Errorf("read %s", text)
			}
		})
	}
}

// Create sends its key, leaves out what is empty, and sends the very same again when it does not know the outcome.
func TestCreateRepeats(t *testing.T) {
	s, c := start(t, cut, say(503, busy), say(201, `{"id":"cr_1","status":"pending","child_page":"http://x/k/1","pairing_code":"AB23CD"}`))
	made, err := c.Create(t.Context(), "key-1", Request{
		Subject: "acc_1", Notice: NoticeShown{"n_1"}, Child: Child{Name: "김하늘", BirthDate: "2014-03-02"},
		Guardian: Guardian{Name: "김보호", Email: "parent@example.com"}, Data: map[string]any{"nickname": "하늘"},
	})
	if err != nil || made.ID != "cr_1" || made.PairingCode != "AB23CD" {
		t.Fatalf("%+v, %v", made, err)
	}
	want := seen{"POST /v1/consent-requests", "Bearer bhj_test_sk_1", "key-1", `{"subject":"acc_1","child_notice":{"version":"n_1"},` +
		`"child":{"birth_date":"2014-03-02","name":"김하늘"},"guardian":{"name":"김보호","email":"parent@example.com"},"data":{"nickname":"하늘"}}`}
	if !slices.Equal(s.seen(), []seen{want, want, want}) {
		t.Errorf("%+v", s.seen())
	}
}

// What is repeated, and what is not.
func TestRepeats(t *testing.T) {
	for _, tc := range []struct {
		name  string
		step  http.HandlerFunc
		tries int
	}{
		{"not reached", cut, 3},
		{"outcome unknown", say(503, busy), 3},
		{"a proxy's page", say(502, "<html>"), 3},
		{"a long wish", say(503, busy, "Retry-After", "60"), 1},
		{"rate limit, long", say(429, `{"code":"rate_limited","detail":""}`, "Retry-After", "60"), 1},
		{"rate limit, short", say(429, `{"code":"rate_limited","detail":""}`), 3},
		{"resend limit", say(429, `{"code":"resend_limit","detail":""}`), 1},
		{"invalid", say(422, `{"code":"invalid","detail":"","errors":[{"pointer":"/a","code":"b"}]}`), 1},
		{"gone", say(410, `{"code":"destroyed"}`), 1},
		{"own fault", say(500, `{"code":"internal"}`), 1},
		{"redirect", say(307, "", "Location", "http://elsewhere.test/"), 1},
		{"nonsense", say(200, "<html>"), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, c := start(t, tc.step)
			if _, err := c.Get(t.Context(), "cr_1"); err == nil {
				t.Error("no error")
			}
			if len(s.seen()) != tc.tries {
				t.Errorf("%d tries, want %d", len(s.seen()), tc.tries)
			}
		})
	}
}

func TestProblem(t *testing.T) {
	_, c := start(t, say(409, `{"type":"/docs","title":"x","status":409,"code":"recently_refused","detail":"later","retry_after":60,"id":"cr_9",`+
		`"errors":[{"pointer":"/guardian/email","code":"c","detail":"d"}]}`))
	_, err := c.Get(t.Context(), "cr_1")
	p, ok := errors.AsType[*Problem](err)
	if !ok || p.Status != 409 || p.RetryAfter != 60 || p.ID != "cr_9" || p.Errors[0] != (FieldError{"/guardian/email", "c", "d"}) {
		t.Errorf("%+v", err)
	}
	if !IsCode(err, "recently_refused") || IsCode(err, "other") || IsCode(nil, "") {
		t.Error("codes")
	}
	if !strings.Contains(err.Error(), "recently_refused") {
		t.Error(err)
	}
}

// An answer that cannot be read is not quoted: it may be a child's data.
func TestAnswersAreNotQuoted(t *testing.T) {
	_, c := start(t, say(200, `{"data":{"nickname":"CANARY"`))
	if _, err := c.Release(t.Context(), "cr_1"); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Error(err)
	}
}

// Whoever stops waiting is let go at once.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, c := start(t, func(http.ResponseWriter, *http.Request) { cancel(); panic(http.ErrAbortHandler) })
	c.Pause = time.Hour
	if _, err := c.Get(ctx, "cr_1"); err == nil {
		t.Error("no error")
	}
	if len(s.seen()) != 1 {
		t.Errorf("%d tries", len(s.seen()))
	}
}

// The zero values of a client are good ones.
func TestDefaults(t *testing.T) {
	c := &Client{}
	if c.http() != fallback || c.tries() != 3 || c.pause() != 300*time.Millisecond || fallback.Timeout == 0 {
		t.Error("defaults")
	}
	if err := (&Client{Base: "http://a b"}).Ack(t.Context(), "x"); err == nil {
		t.Error("no error for a wrong base")
	}
	if err := c.call(t.Context(), "GET", "/", "", func() {}, nil); err == nil {
		t.Error("no error for a body that is no JSON")
	}
}
