package ops

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/staff"
)

// upload sends a list as the page's form does: pairs of fields, then the file.
func (w *browser) upload(name, list string, pairs ...string) reply {
	w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		w.must(form.WriteField(pairs[i], pairs[i+1]))
	}
	file, err := form.CreateFormFile("file", name)
	w.must(err)
	_, err = io.WriteString(file, list)
	w.must(err)
	w.must(form.Close())
	return w.send(http.MethodPost, gatePath, nil, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(&body), int64(body.Len())
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	})
}

// flagged flags a child of the shop by hand.
func (b *bureau) flagged(address string) {
	b.Helper()
	_, err := b.kit.Service.Flag(b.Context(), b.kit.App, consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, consent.Minor{Who: consent.Identity{Email: consent.Secret(address)}})
	b.must(err)
}

// Point 7 of the gate: a list comes back without the blocked rows; its sender learns counts, and nobody learns who.
func TestGatePage(t *testing.T) {
	b := newBureau(t)
	b.flagged("kid@example.com")
	w := b.as(staff.Marketing)
	w.get("/ops/gate").want(200, "Clean a list", "You have not cleaned a list yet")
	list := "이름,이메일\r\n하나,adult@example.com\r\n둘,\"Kid+x@Example.com\"\r\n셋,?\r\n"
	r := w.upload("봄 행사.csv", list, "app", "shop", "kind", "event", "as", "email", "column", "이메일")
	if want := "이름,이메일\r\n하나,adult@example.com\r\n"; r.status != 200 || r.body != want {
		t.Fatalf("%d %q, want %q", r.status, r.body, want)
	}
	for name, want := range map[string]string{
		"Content-Disposition": "attachment; filename*=utf-8''%EB%B4%84%20%ED%96%89%EC%82%AC-clean.csv", "Content-Type": "application/octet-stream",
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	page := w.get("/ops/gate").want(200, "Events", "done", "Rows kept Rows blocked Rows not readable")
	if !strings.Contains(page.text(), "done 1 1 1") || strings.Contains(page.body, "kid") || strings.Contains(page.body, "행사") {
		t.Errorf("counts: %s", page.text())
	}
	if other := b.as(staff.Privacy).get("/ops/gate").want(200); !strings.Contains(other.text(), "You have not cleaned a list yet") {
		t.Error("a colleague's list is shown")
	}
	entries, err := b.kit.Store.Entries(t.Context(), "shop", 0, 100)
	b.must(err)
	last := entries[len(entries)-1]
	if p := b.hire(staff.Marketing); last.Step != consent.ActFilter || last.Ref != p.ID || !strings.HasSuffix(last.Note, " event") {
		t.Errorf("the audit log ends with %+v", last)
	}
	if log := b.log.String(); strings.Contains(log, "kid") || strings.Contains(log, "adult") || strings.Contains(log, "행사") {
		t.Error("the log knows the list")
	}
}

// What staff see of what was blocked: sums by app, day and why.
func TestBlockedPage(t *testing.T) {
	b := newBureau(t)
	b.flagged("kid@example.com")
	b.as(staff.Marketing).upload("a.csv", "email\nkid@example.com\nkid@example.com\nx\na@example.com\n", "app", "game", "kind", "game", "as", "email", "column", "email").want(200)
	viewer := b.as(staff.Viewer)
	if text := viewer.get("/ops/blocked?app=shop").want(200, "Seven days 0 0 0 0").text(); strings.Contains(text, "kid") {
		t.Error(text)
	}
	b.must(b.kit.Service.Tally(t.Context()))
	b.must(b.kit.Service.Tally(t.Context())) // once
	viewer.get("/ops/blocked?app=shop").want(200, "Seven days 0 2 0 0")
	viewer.get("/ops/blocked?app=game").want(200, "Seven days 0 0 0 1")
	viewer.get("/ops/blocked?app=none").want(404)
}

// What is wrong with the form stands beside its field, with what was chosen kept; no run began.
func TestGateFaults(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Marketing)
	good := map[string]string{"app": "shop", "kind": "prize", "as": "phone", "column": "tel"}
	for _, c := range []struct{ field, value, name, list, say string }{
		{"app", "", "a.csv", "tel\n", "Choose the app"}, {"kind", "mail", "a.csv", "tel\n", "Choose what is to be sent"},
		{"as", "", "a.csv", "tel\n", "Choose what the column holds"}, {"column", "", "a.csv", "tel\n", "Enter the column’s name or number"},
		{"", "", "", "", "Choose the file"}, {"", "", "a.xlsx", "PK\x03\x04…", "A spreadsheet cannot be read"},
		{"", "", "a.csv", "name\nx\n" + strings.Repeat("y\n", 100_000), "The list has no such column"}, {"", "", "a.csv", "tel,TEL\n", "two columns of this name"},
		{"", "", "a.csv", "tel\n\"" + strings.Repeat("x", 2<<20), "A row has no end"},
	} {
		var pairs []string
		for field, value := range good {
			if field == c.field {
				value = c.value
			}
			pairs = append(pairs, field, value)
		}
		r := w.upload(c.name, c.list, pairs...).want(422, c.say)
		if c.field != "column" && r.field("column") != "tel" {
			t.Errorf("%s: what was typed is lost", c.say)
		}
	}
	w.upload("a.csv", "tel\n", "kind", "prize", "kind", "game").want(400)
	w.upload("a.csv", "tel\n", "kind", strings.Repeat("x", fieldMost+1)).want(400)
	w.post(gatePath, "kind", "prize").want(415)
	b.flagged("kid@example.com")
	w.upload("a.csv", "kid@example.com\na@example.com\n", "app", "shop", "kind", "prize", "as", "email", "column", "1", "header", "yes").want(422, "The first row holds no names")
	r := w.upload("a.jsonl", "{\"1\":\"kid@example.com\"}\n{\"1\":\"a@example.com\"}\n", "app", "shop", "kind", "prize", "as", "email", "column", "1")
	if r.status != 200 || r.body != "{\"1\":\"a@example.com\"}\n" {
		t.Errorf("%d %q", r.status, r.body)
	}
	stranger := b.browser()
	stranger.upload("a.csv", "tel\n", "kind", "prize").want(401)
	b.as(staff.Viewer).upload("a.csv", "tel\n", "kind", "prize").want(403)
	w.send(http.MethodPost, gatePath, url.Values{}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }).want(403)
}

// A store that goes away gives nothing back, and a list past the bound is refused whole.
func TestGateFailsClosed(t *testing.T) {
	if _, err := io.ReadAll(&bounded{strings.NewReader("123"), 2}); err == nil {
		t.Error("a list past the bound ended as if it were whole")
	}
	server := consenttest.Redis(t, "appendonly", "no")
	b := newBureauOn(t, consenttest.NewOn(t, server.URL(), t.TempDir()))
	b.flagged("kid@example.com")
	w := b.as(staff.Marketing)
	b.desk.opt.Lists = dying{b.kit.Service, server}
	r := w.upload("a.csv", "email\nkid@example.com\na@example.com\n", "app", "shop", "kind", "offer", "as", "email", "column", "email").want(503)
	if strings.Contains(r.body, "a@example.com") {
		t.Error("a row came back")
	}
}

// dying is a store that dies when the gate is asked.
type dying struct {
	*consent.Service
	server *consenttest.RedisServer
}

func (d dying) Gate(ctx context.Context, app *consent.App, q consent.GateQuery) ([]consent.GateAnswer, error) {
	d.server.Kill()
	return d.Service.Gate(ctx, app, q)
}

// Who stops sending is let go, and what they sent is lost.
func TestGateStandsStill(t *testing.T) {
	b := newBureau(t)
	b.desk.each = 100 * time.Millisecond
	w := b.as(staff.Marketing)
	in, out := io.Pipe()
	defer func() { _ = out.Close() }()
	go func() {
		_, _ = fmt.Fprintf(out, "--x\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\noffer\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nemail\n")
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+gatePath, in)
	b.must(err)
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := w.client.Do(req)
	if err != nil {
		return // the connection was cut
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode < 400 {
		t.Errorf("%d", res.StatusCode)
	}
}
