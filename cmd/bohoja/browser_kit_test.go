package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bohoja/bohoja/templates/browsertest"
)

var lookDir = flag.String("look", "", "folder into which the walks in a browser write a picture of every step")

// playing is a `bohoja dev` that runs in this process until the test ends.
type playing struct {
	t   *testing.T
	url string
	key string
}

// startDev starts the playground as a person does, and reads its addresses from what it prints.
func startDev(t *testing.T) playing {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	said, says := io.Pipe()
	var complaints bytes.Buffer
	var done sync.WaitGroup
	done.Go(func() {
		code := run(ctx, []string{"dev", "--listen", "127.0.0.1:0"}, nil, strings.NewReader(""), says, &complaints)
		_ = says.Close()
		if code != exitFine || complaints.Len() > 0 {
			t.Errorf("dev ended with code %d and complained:\n%s", code, complaints.String())
		}
	})
	t.Cleanup(func() { stop(); _, _ = io.Copy(io.Discard, said); done.Wait() })
	p := playing{t: t}
	p.url, p.key = greeting(t, said)
	return p
}

// greeting finds the address and the key in the lines that dev prints first.
func greeting(t *testing.T, said io.Reader) (base, key string) {
	t.Helper()
	var lines strings.Builder
	chunk := make([]byte, 4096)
	for {
		n, err := said.Read(chunk)
		lines.Write(chunk[:n])
		words := strings.Fields(lines.String())
		if i := slices.Index(words, "curl"); i >= 0 && strings.HasSuffix(lines.String(), "\n") {
			here := slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "/dev/") })
			at := slices.Index(words, "key")
			return strings.TrimSuffix(words[here], "/dev/"), words[at+1]
		}
		if err != nil {
			t.Fatalf("dev said only:\n%s", lines.String())
		}
	}
}

// mail is a letter as /dev/inbox.json tells it.
type mail struct {
	ID, To, Subject, Code, Text string
	Links                       []string
}

// letters waits until there are at least n to the address and returns them, the newest first.
func (p playing) letters(to string, n int) []mail {
	p.t.Helper()
	var got []mail
	for end := time.Now().Add(browsertest.Patience); ; time.Sleep(20 * time.Millisecond) {
		body := p.get("/dev/inbox.json?to=" + url.QueryEscape(to))
		if err := json.Unmarshal(body, &got); err != nil {
			p.t.Fatal(err)
		}
		if len(got) >= n {
			return got
		}
		if time.Now().After(end) {
			p.t.Fatalf("%d letters, want %d", len(got), n)
		}
	}
}

// get fetches a path with the test key.
func (p playing) get(path string) []byte {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return body
}

// state is all that a visit could change: every request as the API tells it, and the inbox.
func (p playing) state() string {
	return string(p.get("/v1/consent-requests")) + string(p.get("/dev/inbox.json"))
}

// chromium starts a browser that ends with the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	return browsertest.Start(t)
}

// person is somebody at a browser of their own: nothing is shared with anybody else's.
type person struct {
	t     *testing.T
	ctx   context.Context
	name  string // begins the names of the pictures
	lang  string
	width int64
	shots int

	mu   sync.Mutex
	asks []string // the addresses that the browser asked for
	sets []string // addresses whose answers wanted to set a cookie
}

// newPerson sits somebody down at a phone, without JavaScript if they are to have none.
func newPerson(t *testing.T, browser context.Context, name, lang string, script bool) *person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &person{t: t, ctx: ctx, name: name, lang: lang, width: 390}
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{})
		return err
	})); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatal(err)
	}
	p.do(p.size(390, "light"), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, target, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
		return err
	}))
	return p
}

// watch notes what the browser asks for and is given.
func (p *person) watch(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asks = append(p.asks, e.Request.URL)
	case *network.EventResponseReceivedExtraInfo:
		for name, value := range e.Headers {
			if strings.EqualFold(name, "Set-Cookie") {
				p.sets = append(p.sets, fmt.Sprint(value))
			}
		}
	}
}

// stayedHome fails unless every request went to the service, and no cookie was set or kept.
func (p *person) stayedHome(base string) {
	p.t.Helper()
	cookies, err := chromedp.Run(p.ctx, func(ctx context.Context, target *chromedp.Target) (network.GetCookiesResult, error) {
		return cdp.Call(ctx, target, network.GetCookies, network.GetCookiesParams{})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(cookies.Cookies) > 0 || len(p.sets) > 0 {
		p.t.Errorf("%s has cookies: %v %v", p.name, cookies.Cookies, p.sets)
	}
	if len(p.asks) == 0 {
		p.t.Errorf("the requests of %s were not seen", p.name)
	}
	for _, address := range p.asks {
		if !strings.HasPrefix(address, base+"/") && address != "about:blank" {
			p.t.Errorf("%s was sent to %s", p.name, address)
		}
	}
}

// do carries out steps, none of which may take long.
func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		title, _ := chromedp.Run(p.ctx, chromedp.Title())
		p.t.Fatalf("%s, at %q: %v", p.name, title, err)
	}
}

func (p *person) size(width int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.EmulateViewport(width, 844), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

func (p *person) open(address string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address))
}

// press presses what leads to another page, and waits for that page.
func (p *person) press(selector string) {
	p.t.Helper()
	p.leave(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// leave does what leads to another page, and waits for that page.
func (p *person) leave(step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.WaitEvent(page.LoadEventFired, nil, step)(ctx, target)
		return err
	}))
}

// choose presses the label of a radio button or a checkbox.
func (p *person) choose(name, value string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(fmt.Sprintf("input[name=%q][value=%q] + label", name, value)), chromedp.NodeVisible))
}

// write types into a field that may hold something.
func (p *person) write(name, text string) {
	p.t.Helper()
	field := chromedp.CSS(fmt.Sprintf("input[name=%q]", name))
	p.do(chromedp.Click(field, chromedp.NodeVisible), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete))
	p.insert(text)
}

// insert puts text where the focus is, as a keyboard for Korean does.
func (p *person) insert(text string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// reads fails unless the page says all of this.
func (p *person) reads(texts ...string) {
	p.t.Helper()
	body := p.text("body")
	for _, text := range texts {
		if !strings.Contains(body, text) {
			p.t.Fatalf("%s does not read %q in\n%s", p.name, text, body)
		}
	}
}

// misses fails if the page says any of this.
func (p *person) misses(texts ...string) {
	p.t.Helper()
	body := p.text("body")
	for _, text := range texts {
		if strings.Contains(body, text) {
			p.t.Errorf("%s reads %q in\n%s", p.name, text, body)
		}
	}
}

func (p *person) text(selector string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		p.t.Fatalf("%s, %s: %v", p.name, selector, err)
	}
	return text
}

// look writes pictures of the page as it is now, when pictures are wanted: phone and desk, light and dark.
func (p *person) look(what string) {
	p.t.Helper()
	if *lookDir == "" {
		return
	}
	p.shots++
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			p.do(p.size(width, scheme))
			picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				p.t.Fatal(err)
			}
			p.keep(fmt.Sprintf("%s-%s-%02d-%s-%d-%s.png", p.lang, p.name, p.shots, what, width, scheme), picture)
		}
	}
	p.do(p.size(p.width, "light"))
}

func (p *person) keep(name string, picture []byte) {
	p.t.Helper()
	if err := os.MkdirAll(*lookDir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*lookDir, name), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// here is the address of the page.
func (p *person) here() string {
	p.t.Helper()
	address, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil {
		p.t.Fatal(err)
	}
	return address
}

// attribute is that of the first element of its kind.
func (p *person) attribute(selector, name string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.AttributeValue(chromedp.CSS(selector), name))
	if err != nil {
		p.t.Fatalf("%s, %s: %v", p.name, selector, err)
	}
	return got.Value
}

// keys presses keys where the focus is.
func (p *person) keys(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.do(chromedp.KeyEvent(k))
	}
}

// tabTo presses Tab until the element with the id has the focus, as somebody without a mouse does.
func (p *person) tabTo(id string) {
	p.t.Helper()
	for range 60 {
		at, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.activeElement ? document.activeElement.id : ""`))
		if err != nil {
			p.t.Fatal(err)
		}
		if at == id {
			return
		}
		p.keys(kb.Tab)
	}
	p.t.Fatalf("%s cannot reach %s by Tab", p.name, id)
}
