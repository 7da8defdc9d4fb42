package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Standing says whether a child's data may be used now.
type Standing struct {
	Status   string   `json:"status"` // "none" for a subject that nobody ever asked for
	Hold     bool     `json:"hold"`
	Purposes []string `json:"purposes"` // in force
	Reasons  []string `json:"reasons"`  // why not
	ID       string   `json:"id"`       // the request that decides
}

// Standing asks whether the data of a subject may be used now. Ask before each later use.
func (c *Client) Standing(ctx context.Context, subject string) (Standing, error) {
	var s Standing
	err := c.call(ctx, http.MethodGet, "/subjects/"+url.PathEscape(subject)+"/consent", "", nil, &s)
	return s, err
}

// List is one page of requests: those of a status, of a subject, or all. After is Next of the page before.
type List struct {
	Status, Subject, After string
	Limit                  int // 0: 50
}

// Requests is a page of a list. Next is "" on the last.
type Requests struct {
	Data []Consent `json:"data"`
	Next string    `json:"next"`
}

// Requests lists requests, the newest first.
func (c *Client) Requests(ctx context.Context, l List) (Requests, error) {
	q := page(l.After, l.Limit)
	set(q, "status", l.Status)
	set(q, "subject", l.Subject)
	var out Requests
	err := c.call(ctx, http.MethodGet, "/consent-requests"+query(q), "", nil, &out)
	return out, err
}

// Resend mails the invitation once more.
func (c *Client) Resend(ctx context.Context, id string) (Consent, error) {
	return c.change(ctx, of(id, "/resend"), nil)
}

// Cancel ends a pending request.
func (c *Client) Cancel(ctx context.Context, id string) (Consent, error) {
	return c.change(ctx, of(id, "/cancel"), nil)
}

// Correct sets the guardian of a pending request anew. Another address voids the links of the one before.
func (c *Client) Correct(ctx context.Context, id string, g Guardian) (Consent, error) {
	return c.change(ctx, of(id, "/guardian"), g)
}

// Join asks a further guardian, also after a grant.
func (c *Client) Join(ctx context.Context, id string, g Guardian) (Consent, error) {
	return c.change(ctx, of(id, "/guardians"), g)
}

// Withdraw ends a consent, or takes these optional purposes out of it.
func (c *Client) Withdraw(ctx context.Context, id string, purposes ...string) (Consent, error) {
	return c.change(ctx, of(id, "/withdraw"), struct {
		Purposes []string `json:"purposes,omitempty"`
	}{purposes})
}

func (c *Client) change(ctx context.Context, path string, in any) (Consent, error) {
	var s Consent
	err := c.call(ctx, http.MethodPost, path, "", in, &s)
	return s, err
}

// Event is something that happened: states and ids alone. It is also the body of a webhook.
type Event struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      EventData `json:"data"`
}

// EventData is the state of the request as the event left it. Of a test.ping it holds nothing but Test.
type EventData struct {
	ID       string   `json:"id,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	Status   string   `json:"status,omitempty"`
	Custody  string   `json:"custody,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Purposes []string `json:"purposes"`
	Test     bool     `json:"test,omitempty"` // of the test space
}

// Events is a page of events, the oldest first. Next is always a place to go on from, "" before the first event.
type Events struct {
	Data []Event `json:"data"`
	Next string  `json:"next"`
}

// Events reads what happened after the event with this id; "" begins with the oldest of the last 30 days. An event may come
// twice, none is left out.
func (c *Client) Events(ctx context.Context, after string, limit int) (Events, error) {
	var out Events
	err := c.call(ctx, http.MethodGet, "/events"+query(page(after, limit)), "", nil, &out)
	return out, err
}

// Replay has an event told to the app's webhooks once more, and returns how many there are.
func (c *Client) Replay(ctx context.Context, event string) (int, error) {
	var out struct {
		Queued int `json:"queued"`
	}
	err := c.call(ctx, http.MethodPost, "/events/"+url.PathEscape(event)+"/replay", "", nil, &out)
	return out.Queued, err
}

// Attempt is one try to deliver an event to a webhook.
type Attempt struct {
	At        time.Time `json:"at"`
	Event     string    `json:"event"`
	Type      string    `json:"type"`
	Webhook   int       `json:"webhook"` // 0 is the first
	Host      string    `json:"host"`
	Delivered bool      `json:"delivered"`
	Code      int       `json:"code"`  // HTTP status; 0 when there was none
	Stage     string    `json:"stage"` // where it failed
	Hint      string    `json:"hint"`  // what would mend it
	TookMS    int64     `json:"took_ms"`
}

// Deliveries is a page of attempts, the newest first. Next is "" on the last.
type Deliveries struct {
	Data []Attempt `json:"data"`
	Next string    `json:"next"`
}

// Deliveries reads how deliveries to the app's webhooks went.
func (c *Client) Deliveries(ctx context.Context, after string, limit int) (Deliveries, error) {
	var out Deliveries
	err := c.call(ctx, http.MethodGet, "/webhooks/deliveries"+query(page(after, limit)), "", nil, &out)
	return out, err
}

// TestWebhook sends test.ping to the app's n-th webhook, 0 being the first, and tells how that went.
func (c *Client) TestWebhook(ctx context.Context, n int) (Attempt, error) {
	var a Attempt
	err := c.call(ctx, http.MethodPost, "/webhooks/"+strconv.Itoa(n)+"/test", "", nil, &a)
	return a, err
}

// Advance moves the clock of the test space, and returns the new time. Only test keys may. It is the one call that is not
// repeated by itself: what it did cannot be told from what it did not.
func (c *Client) Advance(ctx context.Context, by time.Duration) (time.Time, error) {
	var out struct {
		Now time.Time `json:"now"`
	}
	once := *c
	once.Tries = 1
	err := once.call(ctx, http.MethodPost, "/test/clock/advance", "", map[string]string{"by": by.String()}, &out)
	return out.Now, err
}

func page(after string, limit int) url.Values {
	q := url.Values{}
	set(q, "after", after)
	if limit > 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return q
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func query(q url.Values) string {
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}
