package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers/api/client"
)

// hooked is a house whose shop has one webhook.
func hooked(t *testing.T) *house {
	t.Helper()
	h := open(t)
	h.App.Webhooks = []consent.Webhook{{URL: "https://shop.example/hooks/7f3a-token"}}
	return h
}

func TestWebhookTest(t *testing.T) {
	h := hooked(t)
	got := h.call("POST", "/v1/webhooks/0/test", nil).want(200, "").json()
	if got["delivered"] != true || got["code"] != 204.0 || got["type"] != "test.ping" || got["host"] != "shop.example" || got["webhook"] != 0.0 {
		t.Errorf("answer %v", got)
	}
	tried, _ := h.Hooks.Tried()
	if len(tried) != 1 || tried[0].Event != got["event"] || tried[0].Data.ID != "" {
		t.Errorf("told %+v", tried)
	}
	h.Hooks.Code = 500
	if got := h.call("POST", "/v1/webhooks/0/test", nil).want(200, "").json(); got["delivered"] != false || got["stage"] != "answer" || got["code"] != 500.0 {
		t.Errorf("a refusal: %v", got)
	}
	for _, n := range []string{"1", "-1", "x", "99999999999999999999"} {
		h.call("POST", "/v1/webhooks/"+n+"/test", nil).want(404, "not_found")
	}
	h.call("POST", "/v1/webhooks/0/test", nil, "Authorization", "Bearer "+gameKey).want(404, "not_found")
	h.call("POST", "/v1/webhooks/0/test", object{"x": 1}).want(422, "unexpected_field")
}

// The log is the app's own, tells no path, and pages with next and with Link alike.
func TestDeliveryLog(t *testing.T) {
	h := hooked(t)
	for range 3 {
		h.call("POST", "/v1/webhooks/0/test", nil).want(200, "")
	}
	first := h.call("GET", "/v1/webhooks/deliveries?limit=2", nil).want(200, "")
	page := first.json()
	if len(page["data"].([]any)) != 2 || page["next"] == nil || strings.Contains(string(first.Body), "token") {
		t.Errorf("first page %s", first.Body)
	}
	rest := h.call("GET", linked(t, first), nil).want(200, "")
	if got := rest.json(); len(got["data"].([]any)) != 1 || got["next"] != nil || rest.Header.Get("Link") != "" {
		t.Errorf("last page %v, Link %q", got, rest.Header.Get("Link"))
	}
	theirs := h.call("GET", "/v1/webhooks/deliveries", nil, "Authorization", "Bearer "+gameKey).want(200, "").json()
	if len(theirs["data"].([]any)) != 0 {
		t.Errorf("another app reads %v", theirs)
	}
	h.call("GET", "/v1/webhooks/deliveries?after=nonsense", nil).want(422, "invalid")
}

// linked is the path of rel=next, of which everything before is the public URL.
func linked(t *testing.T, r *reply) string {
	t.Helper()
	target, ok := strings.CutSuffix(r.Header.Get("Link"), `>; rel="next"`)
	path, ours := strings.CutPrefix(target, "<"+public)
	if !ok || !ours {
		t.Fatalf("Link %q", r.Header.Get("Link"))
	}
	return path
}

// Lists of requests and of events have the same Link, with everything that was asked for.
func TestLinks(t *testing.T) {
	h := open(t)
	for _, subject := range []string{"a", "b", "c"} {
		h.signup(subject)
	}
	r := h.call("GET", "/v1/consent-requests?status=pending&limit=2", nil).want(200, "")
	if path := linked(t, r); !strings.Contains(path, "status=pending") || !strings.Contains(path, "limit=2") {
		t.Errorf("Link %s", path)
	} else if last := h.call("GET", path, nil).want(200, ""); len(last.json()["data"].([]any)) != 1 || last.Header.Get("Link") != "" {
		t.Errorf("last page %s, Link %q", last.Body, last.Header.Get("Link"))
	}
	r = h.call("GET", "/v1/events?limit=2", nil).want(200, "")
	if rest := h.call("GET", linked(t, r), nil).want(200, "").json(); len(rest["data"].([]any)) != 1 {
		t.Errorf("rest %v", rest)
	}
}

func TestReplayCall(t *testing.T) {
	h := hooked(t)
	h.signup("a")
	page := h.call("GET", "/v1/events", nil).want(200, "").json()
	event := page["data"].([]any)[0].(object)["id"].(string)
	if got := h.call("POST", "/v1/events/"+event+"/replay", nil).want(202, "").json(); got["queued"] != 1.0 {
		t.Errorf("answer %v", got)
	}
	h.Work()
	told := 0
	for _, j := range h.Hooks.All() {
		if strings.Contains(string(j.Body), event) {
			told++
		}
	}
	if told != 2 {
		t.Errorf("the event was told %d times", told)
	}
	h.call("POST", "/v1/events/"+event+"/replay", nil, "Authorization", "Bearer "+gameKey).want(404, "not_found")
	h.call("POST", "/v1/events/"+unknownEvent+"/replay", nil).want(404, "not_found")
	h.call("POST", "/v1/events/nonsense/replay", nil).want(404, "not_found")
}

// unknownEvent has the form of an id and is nobody's.
var unknownEvent = consent.NewID(consent.PrefixEvent, time.Unix(1_700_000_000, 0))

// Every call of the Go client, against the API itself: each exchange is checked against the document on the way.
func TestGoClient(t *testing.T) {
	h := hooked(t)
	s := httptest.NewServer(h.recorded())
	t.Cleanup(s.Close)
	c := &client.Client{Base: s.URL, Key: consenttest.ShopKey, Pause: time.Millisecond}
	ctx := t.Context()
	age := 9
	must(t, second(c.CheckAge(ctx, client.AgeCheck{Age: &age})))
	notice, err := c.Notice(ctx, "ko")
	must(t, err)
	ask := client.Request{
		Subject: "user-1", Notice: client.NoticeShown{Version: notice.Version}, Child: client.Child{Name: "김하늘", BirthDate: born()},
		Guardian: client.Guardian{Name: guardianName, Email: guardianEmail + "@example.com", Locale: "ko"}, Data: map[string]any{"nickname": "하늘이"},
	}
	made, err := c.Create(ctx, "key-1", ask)
	must(t, err)
	must(t, second(c.Resend(ctx, made.ID)))
	must(t, second(c.Correct(ctx, made.ID, client.Guardian{Name: guardianName, Email: guardianEmail + ".2@example.com"})))
	must(t, second(c.Join(ctx, made.ID, client.Guardian{Name: "둘째", Email: guardianEmail + ".3@example.com"})))
	must(t, second(c.Cancel(ctx, made.ID)))
	ask.Subject, ask.Guardian.Email = "user-2", guardianEmail+".4@example.com"
	made, err = c.Create(ctx, "key-2", ask)
	must(t, err)
	h.decide(consent.DecideGrant)
	given, err := c.Release(ctx, made.ID)
	must(t, err)
	must(t, c.Ack(ctx, made.ID))
	if st, err := c.Standing(ctx, "user-2"); err != nil || st.Status != "granted" || st.ID != made.ID || string(given.Data["nickname"]) != `"하늘이"` {
		t.Errorf("standing %+v, %v; given %v", st, err, given)
	}
	if got, err := c.Withdraw(ctx, made.ID); err != nil || got.Status != "withdrawn" {
		t.Errorf("withdrawn %+v, %v", got, err)
	}
	must(t, c.Erased(ctx, made.ID, time.Now().Add(-time.Second)))
	list, err := c.Requests(ctx, client.List{Status: "cancelled", Limit: 5})
	if err != nil || len(list.Data) != 1 || list.Next != "" {
		t.Errorf("list %+v, %v", list, err)
	}
	events, err := c.Events(ctx, "", 3)
	if err != nil || len(events.Data) != 3 || events.Data[0].Type != "consent.pending" || events.Data[0].Data.Subject != "user-1" {
		t.Fatalf("events %+v, %v", events, err)
	}
	if n, err := c.Replay(ctx, events.Next); n != 1 || err != nil {
		t.Errorf("replay %d, %v", n, err)
	}
	if a, err := c.TestWebhook(ctx, 0); err != nil || !a.Delivered || a.Code != 204 {
		t.Errorf("test %+v, %v", a, err)
	}
	if log, err := c.Deliveries(ctx, "", 1); err != nil || len(log.Data) != 1 || log.Data[0].Type != "test.ping" {
		t.Errorf("log %+v, %v", log, err)
	}
	before := h.Store.Clock()
	if now, err := c.Advance(ctx, 90*time.Minute); err != nil || now.Sub(before) < 89*time.Minute {
		t.Errorf("clock %s after %s, %v", now, before, err)
	}
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
