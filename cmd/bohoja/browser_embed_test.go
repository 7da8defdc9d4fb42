package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bohoja/bohoja/templates/browsertest"
)

// openRoots opens closed shadow roots to the test, and notes what a page's policy stops.
const openRoots = `{ const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (o) { return attach.call(this, { ...o, mode: 'open' }); };
  window.stopped = []; document.addEventListener('securitypolicyviolation', e => stopped.push(e.violatedDirective + ' ' + e.blockedURI)); }`

// prepare runs a script at the beginning of each page that is opened from now on.
func (p *person) prepare(script string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, page.Enable, page.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// said evaluates an expression of the page.
func (p *person) said(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browsertest.Patience)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		p.t.Fatalf("%s, %s: %v", p.name, expression, err)
	}
	return got
}

// until waits for an expression of the page to hold.
func (p *person) until(expression string) {
	p.t.Helper()
	for end := time.Now().Add(browsertest.Patience); p.said("!!("+expression+")") != "true"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: never %s in\n%s", p.name, expression, p.text("body"))
		}
	}
}

// element is the way in by <guardian-consent> in the demo shop's own form, by keys alone. The shop gets one sealed value of it.
func (w *walk) element() {
	const inside = "document.querySelector('guardian-consent').shadowRoot"
	c := w.child
	c.prepare(openRoots)
	c.open(w.url + "/dev/shop/element?lang=" + w.lang)
	c.write("nickname", w.nickname)
	c.write("address", w.address)
	step := func(shows string, keys ...string) { // from the second on the focus goes to the heading of what is new
		c.until(inside + "?.querySelector('" + shows + "')")
		c.look("element")
		c.until("'" + shows + "' === '[name=year]' || " + inside + ".activeElement?.localName === 'h2'")
		c.keys(keys...)
	}
	step("[name=year]", kb.Tab, fmt.Sprint(time.Now().Year()-9), kb.Tab, "3", kb.Tab, "2", kb.Enter)
	step("[name=child_name]", kb.Tab)
	c.types(w.tongue.child, kb.Tab, w.tongue.guardian, kb.Tab, w.email)
	c.keys(kb.Enter)
	step(".address", kb.Tab, kb.Enter)
	c.until("new FormData(document.querySelector('main form')).get('bohoja_token')")
	c.look("element-ready")
	if got := c.said("stopped.join()"); got != "" {
		w.playing.t.Errorf("the shop's policy stopped %s", got)
	}
	if got := c.said("[...new FormData(document.querySelector('main form'))].map(([name, value]) => name + (/^emb_/.test(value) ? ' sealed' : '')).join()"); got != "nickname,address,bohoja_token sealed" {
		w.playing.t.Errorf("the shop's form holds %s", got)
	}
	c.press("main form > button[type=submit]")
	w.asked()
	w.openLetter()
	w.fill(w.tongue.guardian, "yes")
	w.send()
	w.confirm()
	w.guardian.reads(w.agreed)
	c.open(w.account)
	c.reads(w.tongue.open, w.nickname, w.address)
	c.misses(w.tongue.guardian, w.email)
}

// types types texts, or presses keys that are no letters, where the focus is.
func (p *person) types(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if text == kb.Tab {
			p.keys(text)
			continue
		}
		p.insert(text)
	}
}

// complaints collects what a page complains of: errors and warnings of its console, and of the browser about it.
func (p *person) complaints() func() []string {
	p.t.Helper()
	var all []string
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		return err
	}))
	err := chromedp.Listen(p.ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			all = append(all, fmt.Sprint(e.Entry.Level, ": ", e.Entry.Text, " ", e.Entry.URL))
		case *runtime.EventExceptionThrown:
			all = append(all, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			all = append(all, fmt.Sprint("console: ", e.Type))
		}
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return func() []string {
		p.mu.Lock()
		defer p.mu.Unlock()
		return all
	}
}

// readDocs reads /docs: nothing comes from elsewhere, nothing is stopped, and keys are enough. That the policy would stop
// what came from elsewhere is tried at the end.
func readDocs(w playing, p *person) {
	complaints := p.complaints()
	p.prepare(openRoots)
	p.open(w.url + "/docs")
	p.reads("Ask a guardian for consent", "Idempotency-Key", "already_pending")
	p.look("docs")
	for range 3 {
		p.keys(kb.Tab)
	}
	to := p.said("document.activeElement.hash")
	p.keys(kb.Enter)
	p.until("location.hash === '" + to + "' && document.querySelector(location.hash)")
	p.said("document.querySelector('details summary').focus()")
	p.keys(kb.Enter)
	p.until("document.querySelector('details').open")
	if got := p.said("document.querySelectorAll('script, style, [style]').length + ' ' + stopped.join()"); got != "0 " {
		p.t.Errorf("scripts, styles in the page, and what was stopped: %s", got)
	}
	if got := complaints(); len(got) > 0 {
		p.t.Errorf("the page complains: %v", got)
	}
	p.stayedHome(w.url)
	p.said("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.2:9/x.png' }))")
	p.until("stopped.join().includes('img-src http://127.0.0.2:9')")
	if got := strings.Join(complaints(), " "); !strings.Contains(got, "Content Security Policy") {
		p.t.Errorf("a picture from elsewhere was not complained of: %s", got)
	}
}
