package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/handlers/api"
	"github.com/bohoja/bohoja/handlers/api/client"
)

// minor flags somebody by hand and returns the id.
func (h *house) minor(body object) string {
	h.t.Helper()
	return h.call("POST", "/v1/minors", body).want(201, "").json()["id"].(string)
}

func TestMarketingCheck(t *testing.T) {
	h := open(t)
	h.signup("user-1")
	addKey(h.App, "blind", consenttest.ShopKey+"-blind", consent.ScopeMarketing)
	h = openOn(t, h.Kit)
	ask := func(body object, headers ...string) string {
		got := h.call("POST", "/v1/marketing/check", body, headers...).want(200, "").json()
		return fmt.Sprint(got["allowed"], " ", got["reason"])
	}
	blind := []string{"Authorization", "Bearer " + consenttest.ShopKey + "-blind"}
	for _, c := range []struct {
		body              object
		want, wantBlinded string
	}{
		{object{"email": "Kid+x@example.com", "kind": "ad_mail"}, "false minor_pending", "false blocked"},
		{object{"phone": "010-1234-5678", "kind": "offer"}, "false minor_pending", "false blocked"},
		{object{"subject": "user-1", "kind": "game"}, "false minor_pending", "false blocked"},
		{object{"email": guardianEmail + ".user-1@example.com", "kind": "ad_mail"}, "false guardian_only", "false blocked"},
		{object{"email": guardianEmail + ".user-1@example.com", "kind": "ad_mail", "basis": "own_optin"}, "true none", "true none"},
		{object{"email": "nobody", "kind": "ad_mail"}, "false unreadable", "false unreadable"},
		{object{"email": "somebody@example.com", "kind": "ad_mail"}, "true none", "true none"},
	} {
		if got, blinded := ask(c.body), ask(c.body, blind...); got != c.want || blinded != c.wantBlinded {
			t.Errorf("%v: %s, to a key without reasons %s", c.body, got, blinded)
		}
	}
	h.call("POST", "/v1/marketing/check", object{"kind": "ad_mail"}).want(422, "invalid")
	h.call("POST", "/v1/marketing/check", object{"kind": "mail", "email": "a@example.com"}).want(422, "invalid")
}

func TestMinors(t *testing.T) {
	h := open(t)
	id := h.minor(object{"email": "kid@example.com", "birth_date": born()})
	for _, c := range []struct {
		body object
		code string
	}{
		{object{}, "invalid"}, {object{"email": "kid@example.com", "age": 20}, "not_under_age"}, {object{"email": "x"}, "invalid"},
		{object{"birth_date": "x", "email": "kid@example.com"}, "invalid"},
	} {
		h.call("POST", "/v1/minors", c.body).want(422, c.code)
	}
	h.call("DELETE", "/v1/minors/"+id, object{"reason": ""}).want(422, "invalid")
	h.call("DELETE", "/v1/minors/"+id, object{"reason": "x"}, "Authorization", "Bearer "+gameKey).want(404, "not_found")
	h.call("DELETE", "/v1/minors/"+id, object{"reason": "a mistake"}).want(204, "")
	again := h.call("DELETE", "/v1/minors/"+id, object{"reason": "a mistake"}).want(404, "not_found")
	if never := h.call("DELETE", "/v1/minors/min_x", object{"reason": "a mistake"}).want(404, "not_found"); !bytes.Equal(again.Body, never.Body) || !strings.Contains(string(never.Body), "flag") {
		t.Errorf("gone: %s, never there: %s", again.Body, never.Body)
	}
	if got := h.call("POST", "/v1/marketing/check", object{"email": "kid@example.com", "kind": "ad_mail"}).want(200, "").json(); got["allowed"] != true {
		t.Errorf("%v", got)
	}
	var types []string
	for _, one := range h.call("GET", "/v1/events", nil).want(200, "").json()["data"].([]any) {
		types = append(types, one.(map[string]any)["type"].(string))
	}
	if fmt.Sprint(types) != "[suppression.added suppression.removed]" {
		t.Errorf("events %v", types)
	}
}

func TestCheckBatch(t *testing.T) {
	h := open(t)
	h.minor(object{"email": "kid@example.com"})
	var all []object
	for i := range 10_000 {
		all = append(all, object{"email": fmt.Sprintf("adult%d@example.com", i)})
	}
	all[17], all[18] = object{"email": "KID@example.com"}, object{"email": "?"}
	got := h.call("POST", "/v1/marketing/check-batch", object{"kind": "prize", "identities": all}).want(200, "").json()["results"].([]any)
	allowed := 0
	for _, one := range got {
		if one.(map[string]any)["allowed"] == true {
			allowed++
		}
	}
	if len(got) != len(all) || allowed != len(all)-2 || fmt.Sprint(got[17], got[18]) != "map[allowed:false reason:minor_policy] map[allowed:false reason:unreadable]" {
		t.Errorf("%d answers, %d allowed, %v %v", len(got), allowed, got[17], got[18])
	}
	h.call("POST", "/v1/marketing/check-batch", object{"kind": "prize", "identities": append(all, object{"email": "a@example.com"})}).want(422, "invalid")
	h.call("POST", "/v1/marketing/check-batch", `{"kind":"`+strings.Repeat("x", 2<<20)+`"}`).want(413, "too_large")
}

// serve puts a house on a real listener.
func (h *house) serve() *httptest.Server {
	s := httptest.NewServer(h.handler)
	h.t.Cleanup(s.Close)
	return s
}

// send streams a list through the gate. It returns the answer with its body read.
func send(t *testing.T, s *httptest.Server, query, media string, list io.Reader) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/marketing/filter?"+query, list)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+consenttest.ShopKey)
	req.Header.Set("Content-Type", media)
	res, err := s.Client().Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

func TestFilter(t *testing.T) {
	h := open(t)
	h.minor(object{"email": "kid@example.com", "phone": "010-1234-5678", "subject": "user-1"})
	s := h.serve()
	korean949, err := korean.EUCKR.NewEncoder().String("이름,이메일\r\n김하늘,Kid@example.com\r\n박,a@example.com\r\n")
	if err != nil {
		t.Fatal(err)
	}
	wanted949, _ := korean.EUCKR.NewEncoder().String("이름,이메일\r\n박,a@example.com\r\n")
	for _, c := range []struct{ query, media, in, want string }{
		{"kind=ad_mail&column=email", "text/csv", "id,email\n1,KID+a@example.com\n2,a@example.com\n3,x\n", "id,email\n2,a@example.com\n"},
		{"kind=ad_mail&column=email", "application/x-ndjson", `{"email":"kid@example.com"}` + "\n" + `{"email":"a@example.com"}`, `{"email":"a@example.com"}`},
		{"kind=ad_mail&number=1&as=phone", "text/csv", "+821012345678\n010-9999-0000\n", "010-9999-0000\n"},
		{"kind=game&column=id&as=subject", "text/csv", "id\nuser-1\nuser-2\n", "id\nuser-2\n"},
		{"kind=ad_mail&column=%EC%9D%B4%EB%A9%94%EC%9D%BC", "text/csv", korean949, wanted949},
		{"kind=ad_mail&column=email", "text/csv", "email\n'kid@example.com\n\u2019kid@example.com\n\uff07KID@example.com\n'a@example.com\n", "email\n'a@example.com\n"},
		{"kind=ad_mail&number=1&as=phone", "text/csv", "'01012345678\n\uff07+821012345678\n'010-9999-0000\n", "'010-9999-0000\n"},
		{"kind=game&column=id&as=subject", "text/csv", "id\n'user-1\n\uff07user-1\nuser-2\n", "id\nuser-2\n"},
		{"kind=service_notice&column=email", "text/csv", "email\nkid@example.com\n", "email\nkid@example.com\n"},
	} {
		res, body, err := send(t, s, c.query, c.media, strings.NewReader(c.in))
		if err != nil || res.StatusCode != http.StatusOK || body != c.want || res.Header.Get("Content-Type") != c.media {
			t.Errorf("%s: %v, %q", c.query, err, body)
			continue
		}
		run := h.call("GET", "/v1/marketing/filter-runs/"+res.Header.Get("Bohoja-Run"), nil).want(200, "").json()
		if run["state"] != "done" || fmt.Sprint(run["blocked"]) != res.Trailer.Get("Bohoja-Blocked") {
			t.Errorf("%s: run %v, trailer %v", c.query, run, res.Trailer)
		}
	}
	for query, media := range map[string]string{
		"kind=mail&column=email": "text/csv", "column=email": "text/csv", "kind=ad_mail": "text/csv", "kind=ad_mail&column=email&number=1": "text/csv",
		"kind=ad_mail&number=0": "text/csv", "kind=ad_mail&column=email&header=yes": "text/csv", "kind=ad_mail&column=email&as=x": "text/csv",
		"kind=ad_mail&column=nothing": "text/csv", "kind=ad_mail&column=email&encoding=latin": "text/csv", "kind=ad_mail&number=1": "application/x-ndjson",
	} {
		if res, body, err := send(t, s, query, media, strings.NewReader("email\na@example.com\n")); err != nil || res.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, "a@example") {
			t.Errorf("%s: %v %v %s", query, res, err, body)
		}
	}
	if _, body, err := send(t, s, "kind=mail&basis=x&column=email", "text/csv", strings.NewReader("email\n")); err != nil || !strings.Contains(body, `"?kind"`) || !strings.Contains(body, `"?basis"`) {
		t.Errorf("parameters are named otherwise: %s, %v", body, err)
	}
	if res, body, err := send(t, s, "kind=ad_mail&column=email", "text/plain", strings.NewReader("email\n")); err != nil || res.StatusCode != http.StatusUnsupportedMediaType || !strings.Contains(body, "text/csv") {
		t.Errorf("%v, %s, %v", res, body, err)
	}
}

// The answer comes while the list is still being sent, in memory that does not grow.
func TestFilterIsFullDuplex(t *testing.T) {
	h := open(t)
	h.minor(object{"email": "kid@example.com"})
	s := h.serve()
	in, out := io.Pipe()
	defer func() { _ = out.Close() }()
	answered := make(chan int, 1)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/marketing/filter?kind=ad_mail&column=email", in)
	req.Header.Set("Authorization", "Bearer "+consenttest.ShopKey)
	req.Header.Set("Content-Type", "text/csv")
	go func() { // answers of a first piece must come before the rest is sent
		block := bytes.Repeat([]byte("adult@example.com\nkid@example.com\n"), 20_000)
		_, _ = out.Write([]byte("email\n"))
		_, _ = out.Write(block)
		answered <- 1
		_, _ = out.Write(block)
		_ = out.Close()
	}()
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	first := make([]byte, 100)
	if _, err := io.ReadFull(res.Body, first); err != nil || len(answered) > 1 {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(res.Body)
	if want := 6 + 40_000*len("adult@example.com\n"); err != nil || len(first)+len(rest) != want || res.Trailer.Get("Bohoja-Blocked") != "40000" {
		t.Errorf("%d bytes, want %d; %v, %v", len(first)+len(rest), want, res.Trailer, err)
	}
}

// A store that goes away cuts the answer: nobody takes half a list for all of it.
func TestFilterIsCut(t *testing.T) {
	server := consenttest.Redis(t, "appendonly", "no")
	h := openOn(t, consenttest.NewOn(t, server.URL(), t.TempDir()))
	h.minor(object{"email": "kid@example.com"})
	s := h.serve()
	in, out := io.Pipe()
	go func() {
		_, _ = out.Write([]byte("email\n" + strings.Repeat("a@example.com\n", 50_000)))
	}()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/marketing/filter?kind=ad_mail&column=email", in)
	req.Header.Set("Authorization", "Bearer "+consenttest.ShopKey)
	req.Header.Set("Content-Type", "text/csv")
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.ReadFull(res.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	go func() {
		_, _ = out.Write([]byte(strings.Repeat("kid@example.com\n", 50_000)))
		_ = out.Close()
	}()
	rest, err := io.ReadAll(res.Body)
	if err == nil || bytes.Contains(rest, []byte("kid")) || res.Trailer.Get("Bohoja-Blocked") != "" {
		t.Errorf("%d bytes came, %v, %v", len(rest), res.Trailer, err)
	}
	res, body, err := send(t, s, "kind=ad_mail&column=email", "text/csv", strings.NewReader("email\nkid@example.com\n"))
	if err != nil || res.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "kid") {
		t.Errorf("without a store: %v, %v, %s", res, err, body)
	}
}

// Who never reads, or stops sending, is let go.
func TestFilterStandsStill(t *testing.T) {
	for name, list := range map[string]func(io.Writer){
		"never reads": func(w io.Writer) {
			for {
				if _, err := io.WriteString(w, strings.Repeat("adult@example.com\n", 1000)); err != nil {
					return
				}
			}
		},
		"stops sending": func(w io.Writer) { _, _ = io.WriteString(w, "adult@example.com\n") },
	} {
		h := open(t, func(_ *house, o *api.Options) { o.Chunk = 50 * time.Millisecond })
		s := h.serve()
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /v1/marketing/filter?kind=ad_mail&column=email HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
			"Content-Type: text/csv\r\nContent-Length: 1000000000000\r\n\r\nemail\n", consenttest.ShopKey)
		list(conn)
		state := ""
		for late := time.Now().Add(time.Minute); state != "broken" && time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
			state = h.lastRun()
		}
		if state != "broken" {
			t.Errorf("%s: the run is %q", name, state)
		}
		_ = conn.Close()
	}
}

// lastRun is the state of the only run that is kept.
func (h *house) lastRun() string {
	h.t.Helper()
	keys, err := h.Clients.Read.Keys(h.t.Context(), "bt:{shop}:run:*").Result()
	if err != nil || len(keys) != 1 {
		return fmt.Sprint(len(keys), err)
	}
	_, id, _ := strings.Cut(keys[0], ":run:")
	r, err := h.Service.FindRun(h.t.Context(), h.App, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(r.State)
}

func TestSnapshot(t *testing.T) {
	h := open(t)
	h.minor(object{"email": "kid@example.com"})
	h.signup("user-1")
	r := h.call("GET", "/v1/marketing/snapshot", nil).want(200, "")
	local, err := gate.Decode(r.Body)
	if err != nil || local.Count != 4 { // the child's address (flagged twice), telephone and subject, and the guardian's address
		t.Fatalf("%d identities, %v", local.Count, err)
	}
	if again := h.call("GET", "/v1/marketing/snapshot", nil, "If-None-Match", r.Header.Get("ETag")); again.Status != 304 || len(again.Body) != 0 {
		t.Errorf("%d, %d bytes", again.Status, len(again.Body))
	}
	if bytes.Contains(r.Body, []byte("example.com")) {
		t.Error("an address lies in the snapshot")
	}
	for _, address := range []string{"Kid@example.com", guardianEmail + ".user-1@example.com"} {
		if perhaps, readable := local.PerhapsEmail(address); !perhaps || !readable {
			t.Errorf("%s is not in it", address)
		}
	}
	h.minor(object{"email": "later@example.com"})
	got := h.call("GET", fmt.Sprintf("/v1/marketing/snapshot?since=%d", local.Since), nil).want(200, "").json()
	raw, _ := base64.StdEncoding.DecodeString(got["added"].(string))
	if short := h.Vault.Short(consent.DigestFlagEmail, "later@example.com"); !bytes.Contains(raw, short[:]) {
		t.Error("what came later is not told")
	}
	h.call("GET", "/v1/marketing/snapshot?since=1", nil).want(410, "snapshot_expired")
	h.call("GET", "/v1/marketing/snapshot?since=x", nil).want(422, "invalid")
	h.call("GET", "/v1/marketing/snapshot?since=99999999999999", nil).want(410, "snapshot_expired")
}

// ageing is a clock for a Gate.
type ageing struct{ ahead atomic.Int64 }

func (a *ageing) now() time.Time { return time.Now().Add(time.Duration(a.ahead.Load())) }

func newGate(h *house, s *httptest.Server) (*client.Gate, *ageing) {
	clock := &ageing{}
	return &client.Gate{Client: &client.Client{Base: s.URL, Key: consenttest.ShopKey, HTTP: s.Client(), Tries: 1}, Clock: clock.now}, clock
}

func TestGateFailsClosed(t *testing.T) {
	h := open(t)
	s := h.serve()
	g, clock := newGate(h, s)
	check := func() (client.Permission, error) {
		return g.Check(t.Context(), "ad_mail", "", client.Identity{Email: "a@example.com"})
	}
	if p, err := check(); p.Allowed || !errors.Is(err, client.ErrStale) {
		t.Errorf("before the first contact: %+v, %v", p, err)
	}
	if err := g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := check(); !p.Allowed || err != nil {
		t.Errorf("fresh: %+v, %v", p, err)
	}
	clock.ahead.Store(int64(59 * time.Second))
	if p, err := check(); !p.Allowed || err != nil {
		t.Errorf("after 59 s: %+v, %v", p, err)
	}
	clock.ahead.Store(int64(61 * time.Second))
	if p, err := check(); p.Allowed || !errors.Is(err, client.ErrStale) {
		t.Errorf("after 61 s: %+v, %v", p, err)
	}
	g.MaxAge = time.Hour
	clock.ahead.Store(int64(16 * time.Minute))
	if p, err := check(); p.Allowed || !errors.Is(err, client.ErrStale) {
		t.Errorf("after 16 min: %+v, %v", p, err)
	}
	clock.ahead.Store(0)
	if p, err := g.Check(t.Context(), "mail", "", client.Identity{Email: "a@example.com"}); p.Allowed || !client.IsCode(err, "invalid") {
		t.Errorf("an unknown kind: %+v, %v", p, err)
	}
	h.minor(object{"email": "kid@example.com"})
	if err := g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.CloseClientConnections()
	s.Close()
	if err := g.Refresh(t.Context()); err == nil {
		t.Error("refreshed without a server")
	}
	if p, err := g.Check(t.Context(), "ad_mail", "", client.Identity{Email: "kid@example.com"}); p.Allowed || err == nil {
		t.Errorf("a positive that nobody confirms: %+v, %v", p, err)
	}
}

// Whoever was flagged before a refresh is denied after it, while others flag; and "perhaps" never reaches the caller: those
// who are not flagged are all allowed.
func TestGateNoFalseAnswers(t *testing.T) {
	h := open(t)
	s := h.serve()
	g, _ := newGate(h, s)
	var known atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	by := consent.Actor{Kind: consent.ActorApp, Ref: "k1"}
	all.Go(func() {
		for i := int64(0); ctx.Err() == nil; i++ {
			who := consent.Identity{Email: consent.Secret(fmt.Sprintf("kid.%d@gmail.com", i))}
			if _, err := h.Service.Flag(ctx, h.App, by, consent.Minor{Who: who}); err != nil {
				return
			}
			known.Store(i + 1)
		}
	})
	adults := make([]client.Identity, 20_000)
	for i := range adults {
		adults[i] = client.Identity{Email: fmt.Sprintf("adult%d@example.com", i)}
	}
	denied := 0
	for range 20 {
		before := known.Load()
		if err := g.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		kids := make([]client.Identity, before)
		for i := range kids {
			kids[i] = client.Identity{Email: fmt.Sprintf("KID%d+x@googlemail.com", i)}
		}
		got, err := g.CheckAll(t.Context(), "offer", "own_optin", kids)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range got {
			if p.Allowed {
				t.Fatalf("child %d of %d is allowed", i, before)
			}
			denied++
		}
	}
	stop()
	all.Wait()
	got, err := g.CheckAll(t.Context(), "offer", "", adults)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		if !p.Allowed {
			t.Fatalf("adult %d is denied: %+v", i, p)
		}
	}
	t.Logf("%d flagged meanwhile, %d answers about them, 0 allowed; %d others, 0 denied", known.Load(), denied, len(adults))
}

// counted tells how much of a list has been taken.
type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// TestFilterThroughProxy: a list that came through a proxy is answered when all of it is here, one that came straight sooner.
func TestFilterThroughProxy(t *testing.T) {
	s := open(t).serve()
	all := "email\n" + strings.Repeat("a.reader@example.com\n", 1_000_000)
	for _, header := range []string{"", "X-Forwarded-For", "Forwarded", "Via"} {
		list := &counted{Reader: strings.NewReader(all)}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/marketing/filter?kind=ad_mail&column=email", list)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+consenttest.ShopKey)
		req.Header.Set("Content-Type", "text/csv")
		if header != "" {
			req.Header.Set(header, "192.0.2.1")
		}
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		if whole := list.n.Load() == int64(len(all)); whole != (header != "") {
			t.Errorf("%q: the answer began after %d of %d bytes", header, list.n.Load(), len(all))
		}
		got, err := io.ReadAll(res.Body)
		must(t, errors.Join(err, res.Body.Close()))
		if string(got) != all || res.Trailer.Get("Bohoja-Blocked") != "0" {
			t.Errorf("%q: %d bytes of %d came back, trailer %v", header, len(got), len(all), res.Trailer)
		}
	}
}
