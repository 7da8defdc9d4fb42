package embed_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/embed"
	"github.com/bohoja/bohoja/templates/browsertest"
)

// policy is that of a host that allows this service what it needs, and nothing unsafe.
const policy = "default-src 'self'; script-src 'self' %[1]s; connect-src %[1]s; frame-src %[1]s"

// hostScript opens the element's closed shadow root to the test, and notes what the policy stopped and what the element told.
const hostScript = `
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (o) { return attach.call(this, { ...o, mode: 'open' }); };
window.stopped = []; window.told = []; window.heard = [];
document.addEventListener('securitypolicyviolation', e => stopped.push(e.violatedDirective + ' ' + e.blockedURI));
for (const name of ['ready', 'submitted', 'error']) document.addEventListener(name, e => { if (e.detail !== undefined) told.push(e.target.id + ' ' + name + ' ' + JSON.stringify(e.detail)); });
addEventListener('message', e => heard.push(JSON.stringify(e.data)));
window.inside = id => document.getElementById(id).shadowRoot;
window.head = id => { const h = window.inside(id).querySelector('h2'); return h ? h.textContent : ''; };
window.fill = (id, values) => { for (const [n, v] of Object.entries(values)) { const i = window.inside(id).querySelector('[name=' + n + ']'); i.value = v; i.dispatchEvent(new Event('input', { bubbles: true })); } };
window.push = (id, act) => { window.inside(id).querySelector('button[value=' + act + ']').click(); return true; };
window.value = id => new FormData(document.getElementById(id).form).getAll('bohoja_token').join();`

// host is somebody's shop, of another origin than the service, with the element in its form.
type host struct {
	*site
	shop *httptest.Server

	mu   sync.Mutex
	sent []url.Values
}

// openHost makes a shop whose page holds this body.
func openHost(t *testing.T, body string, change ...func(*embed.Options)) *host {
	t.Helper()
	h := &host{site: open(t, change...)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /host.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(hostScript))
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", fmt.Sprintf(policy, h.server.URL))
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="ko"><head><meta charset="utf-8"><title>가입</title><script src="/host.js"></script>`+
			`<script src="%[1]s/embed/v1.js" defer></script></head><body><main><h1>가입</h1>%[2]s</main></body></html>`, h.server.URL, strings.ReplaceAll(body, "BOHOJA", h.server.URL))
	})
	mux.HandleFunc("POST /signup", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		h.mu.Lock()
		h.sent = append(h.sent, r.PostForm)
		h.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>sent</title>"))
	})
	h.shop = httptest.NewServer(mux)
	t.Cleanup(h.shop.Close)
	h.App.Origins = []string{h.shop.URL}
	return h
}

// form is a form with three fields of its own beside the element.
const form = `<form id="one" method="post" action="/signup"><label>별명 <input name="nickname" value="하늘이"></label><label>학년 <input name="grade" value="3"></label>` +
	`<label><input type="checkbox" name="terms" value="yes" checked> 약관</label><guardian-consent id="a" app="shop" lang="ko"><a href="BOHOJA/start/shop">여기에서 하기</a></guardian-consent><button id="go">가입</button></form>`

// visitor is somebody at a browser.
type visitor struct {
	t   *testing.T
	ctx context.Context
}

func TestMain(m *testing.M) { browsertest.Main(m) }

// chromium is a visitor whose storage nobody else sees.
func chromium(t *testing.T) visitor {
	t.Helper()
	return visitor{t, browsertest.Visit(t)}
}

func (v visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, browsertest.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// js runs an expression in the page; promises are awaited.
func js[T any](v visitor, expression string) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, browsertest.Patience)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// until waits for an expression to be true.
func (v visitor) until(expression string) {
	v.t.Helper()
	for end := time.Now().Add(browsertest.Patience); ; time.Sleep(20 * time.Millisecond) {
		if js[bool](v, "!!("+expression+")") {
			return
		}
		if time.Now().After(end) {
			v.t.Fatalf("never: %s; stopped %s, told %s, headings %s", expression, js[string](v, "String(window.stopped)"), js[string](v, "String(window.told)"),
				js[string](v, "[...document.querySelectorAll('guardian-consent')].map(e => e.shadowRoot && e.shadowRoot.textContent.slice(0, 200)).join('|')"))
		}
	}
}

// reads waits until the element shows the step with this heading.
func (v visitor) reads(id, heading string) {
	v.t.Helper()
	v.until(fmt.Sprintf("head(%q) === %q", id, heading))
}

func (v visitor) fill(id string, pairs ...string) {
	v.t.Helper()
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, fmt.Sprintf("%s: %q", pairs[i], pairs[i+1]))
	}
	js[any](v, fmt.Sprintf("fill(%q, {%s})", id, strings.Join(all, ", ")))
}

func (v visitor) push(id, act string) {
	v.t.Helper()
	js[bool](v, fmt.Sprintf("push(%q, %q)", id, act))
}

// unsafe fails when the host's policy has stopped anything.
func (v visitor) unsafe() {
	v.t.Helper()
	if got := js[string](v, "stopped.join('; ')"); got != "" {
		v.t.Errorf("the policy stopped %s", got)
	}
}

// answer walks through the element as a child does, up to the end.
func (h *host) answer(v visitor, id string, years int) {
	h.t.Helper()
	y, m, d := h.born(years)
	v.fill(id, "year", y, "month", m, "day", d)
	v.push(id, "next")
}

// embedded begins the token of the form: within a ticket the same letters may stand by chance.
var embedded = regexp.MustCompile(`(?:^|[^\w-])emb_`)

func TestElement(t *testing.T) {
	h := openHost(t, form)
	v := chromium(t)
	v.do(chromedp.Navigate(h.shop.URL))
	v.reads("a", "생일이 언제예요?")
	if text := js[string](v, "inside('a').textContent"); strings.Contains(text, "14") || strings.Contains(text, "보호자") {
		t.Error("the question about the age tells which answer leads where")
	}
	if js[bool](v, "document.getElementById('one').checkValidity()") {
		t.Error("the form could be sent without the answers")
	}
	v.fill("a", "year", "2015", "month", "2", "day", "30")
	v.push("a", "next")
	v.until("inside('a').querySelector('[role=alert]')")
	h.answer(v, "a", 9)
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	if !js[bool](v, "inside('a').textContent.indexOf('우리는 누구예요?') < inside('a').textContent.indexOf('부모님이나 보호자의 이름')") {
		t.Error("the guardian is asked for before the notice")
	}
	v.push("a", "unknown")
	v.reads("a", "괜찮아요, 여쭤보고 오세요")
	v.push("a", "back")
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	v.fill("a", "child_name", "김하늘", "guardian_name", "엄마", "guardian_email", "parent")
	v.push("a", "next")
	v.until("inside('a').querySelectorAll('[aria-invalid]').length === 2")
	v.fill("a", "guardian_name", "김보호", "guardian_email", "parent@navre.com")
	v.push("a", "next")
	v.reads("a", "이 주소가 맞아요?")
	v.until("inside('a').textContent.includes('혹시 naver.com 아니에요?')")
	v.push("a", "back")
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	v.fill("a", "guardian_email", "parent@naver.com")
	v.push("a", "next")
	v.reads("a", "이 주소가 맞아요?")
	if js[string](v, "value('a')") != "" {
		t.Error("the form has the answers before the address was confirmed")
	}
	v.push("a", "next")
	v.until("value('a').startsWith('emb_') && document.getElementById('one').checkValidity()")
	v.unsafe()
	if told := js[string](v, "told.filter(t => !t.includes('error')).join('; ')"); told != `a ready null; a submitted {"needed":true}` {
		t.Errorf("told %s", told)
	}
	kept := js[string](v, "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
	if !strings.Contains(kept, "age_") || strings.Contains(kept, "김") || strings.Contains(kept, "naver") || embedded.MatchString(kept) {
		t.Errorf("the browser keeps %s", kept)
	}
	js[any](v, "document.getElementById('go').click()")
	v.until("document.title === 'sent'")
	h.passedOn("user-1")
}

// passedOn does what the shop's server does: the form's one value goes on, and the guardian gets a letter.
func (h *host) passedOn(subject string) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	sent := h.sent[len(h.sent)-1]
	if len(sent) != 4 || sent.Get("nickname") != "하늘이" || len(sent["bohoja_token"]) != 1 {
		h.t.Fatalf("the form holds %v", sent)
	}
	for name, values := range sent {
		if strings.Contains(strings.Join(values, ""), "parent") || strings.Contains(strings.Join(values, ""), "김보호") {
			h.t.Errorf("%s shows the guardian to the shop", name)
		}
	}
	made, err := h.Service.Signup(h.t.Context(), h.App, consent.Actor{Kind: consent.ActorApp}, consent.Signup{Subject: subject, Embed: sent.Get("bohoja_token")})
	if err != nil || made.Record.Status != consent.Pending {
		h.t.Fatal(err)
	}
	h.Work()
	if l, ok := h.Letters.Last(consent.LetterInvite); !ok || l.To.Reveal() != "parent@naver.com" {
		h.t.Error("the letter went elsewhere")
	}
}

// TestTwoElements: each gives its own form its own value, and the first answer about the age holds for both.
func TestTwoElements(t *testing.T) {
	second := strings.NewReplacer(`id="one"`, `id="two"`, `id="a"`, `id="b"`, `id="go"`, `id="go2"`, `lang="ko"`, `lang="en"`).Replace(form)
	h := openHost(t, form+second)
	v := chromium(t)
	v.do(chromedp.Navigate(h.shop.URL))
	v.reads("a", "생일이 언제예요?")
	v.reads("b", "When is your birthday?")
	h.answer(v, "a", 9)
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	h.answer(v, "b", 30) // another answer, in vain
	v.reads("b", "We ask your guardian first")
	for id, email := range map[string]string{"a": "parent@naver.com", "b": "other@example.com"} {
		v.fill(id, "child_name", "김하늘", "guardian_name", "김보호", "guardian_email", email)
		v.push(id, "next")
		v.until(fmt.Sprintf("inside(%q).querySelector('.address')", id))
		v.push(id, "next")
		v.until(fmt.Sprintf("value(%q)", id))
	}
	if js[bool](v, "value('a') === value('b')") {
		t.Error("both forms have one value")
	}
	v.do(chromedp.Navigate(h.shop.URL)) // the same session
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	v.unsafe()
}

func TestElementResetAndRestore(t *testing.T) {
	h := openHost(t, form)
	v := chromium(t)
	v.do(chromedp.Navigate(h.shop.URL))
	v.reads("a", "생일이 언제예요?")
	h.answer(v, "a", 9)
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	v.fill("a", "child_name", "김하늘", "guardian_name", "김보호", "guardian_email", "parent@naver.com")
	v.push("a", "next")
	v.reads("a", "이 주소가 맞아요?")
	v.push("a", "next")
	v.until("value('a')")
	kept := js[string](v, "value('a')")
	js[any](v, "document.getElementById('one').reset()")
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	if js[string](v, "value('a')") != "" || js[string](v, "inside('a').querySelector('[name=guardian_email]').value") != "" || js[bool](v, "document.getElementById('one').checkValidity()") {
		t.Error("a reset leaves something behind")
	}
	js[any](v, fmt.Sprintf("document.getElementById('a').formStateRestoreCallback(JSON.stringify({token: %q, until: Date.now() + 6e4}), 'restore')", kept))
	v.until(fmt.Sprintf("value('a') === %q && head('a').startsWith('다 적었어요')", kept))
	js[any](v, "document.getElementById('one').reset(), document.getElementById('a').formStateRestoreCallback(JSON.stringify({token: 'emb_x', until: Date.now() - 1}), 'restore')")
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	if js[string](v, "value('a')") != "" {
		t.Error("answers that are over were restored")
	}
	js[any](v, "document.getElementById('one').append(Object.assign(document.createElement('fieldset'), {disabled: true, id: 'f'})), document.getElementById('f').append(document.getElementById('a'))")
	v.until("inside('a').querySelector('.all')?.disabled")
}

// TestElementAdult: whoever needs no guardian goes on with a form that is valid and holds nothing of theirs.
func TestElementAdult(t *testing.T) {
	h := openHost(t, form)
	v := chromium(t)
	v.do(chromedp.Navigate(h.shop.URL))
	v.reads("a", "생일이 언제예요?")
	h.answer(v, "a", 30)
	v.reads("a", "고마워요. 이어서 해 주세요.")
	v.until(`told.includes('a submitted {"needed":false}') && document.getElementById('one').checkValidity()`)
	js[any](v, "document.getElementById('go').click()")
	v.until("document.title === 'sent'")
	if h.sent[0].Has("bohoja_token") || len(h.sent[0]) != 3 {
		t.Errorf("the form holds %v", h.sent[0])
	}
}

// TestElementByKeyboard: Tab and Enter are enough, and the focus goes where something new is.
func TestElementByKeyboard(t *testing.T) {
	h := openHost(t, form)
	v := chromium(t)
	v.do(chromedp.Navigate(h.shop.URL))
	v.reads("a", "생일이 언제예요?")
	focus := func() string {
		return js[string](v, "(a => a.shadowRoot && a.shadowRoot.activeElement ? a.shadowRoot.activeElement.name || a.shadowRoot.activeElement.value || a.shadowRoot.activeElement.localName : a.localName)(document.activeElement)")
	}
	to := func(name string) {
		t.Helper()
		for range 15 {
			if focus() == name {
				return
			}
			v.do(chromedp.KeyEvent(kb.Tab))
		}
		t.Fatalf("%s cannot be reached; the focus is on %s", name, focus())
	}
	y, m, d := h.born(9)
	for _, one := range [][2]string{{"year", y}, {"month", m}, {"day", d}} {
		to(one[0])
		v.do(chromedp.KeyEvent(one[1]))
	}
	v.do(chromedp.KeyEvent(kb.Enter))
	v.reads("a", "보호자님께 먼저 여쭤볼게요")
	if focus() != "h2" {
		t.Errorf("the focus is on %s", focus())
	}
	for _, one := range [][2]string{{"child_name", "sky"}, {"guardian_name", "Boram Kim"}, {"guardian_email", "parent@"}} {
		to(one[0])
		v.do(chromedp.KeyEvent(one[1]))
	}
	v.do(chromedp.KeyEvent(kb.Enter))
	v.until("inside('a').querySelector('[aria-invalid]')")
	if focus() != "guardian_email" {
		t.Errorf("the focus is on %s, and not where the fault is", focus())
	}
	v.do(chromedp.KeyEvent(kb.End), chromedp.KeyEvent("naver.com"), chromedp.KeyEvent(kb.Enter))
	v.reads("a", "이 주소가 맞아요?")
	to("next")
	v.do(chromedp.KeyEvent(kb.Enter))
	v.until("value('a')")
}

// TestElementOff: without the service the host's own link leads on; and colours that cannot be read are not taken.
func TestElementOff(t *testing.T) {
	h := openHost(t, form)
	v := chromium(t)
	h.App.Origins = nil
	v.do(chromedp.Navigate(h.shop.URL))
	v.until("inside('a').querySelector('slot') && told.some(t => t.startsWith('a error'))")
	h.App.Origins = []string{h.shop.URL}
	v.do(chromedp.Navigate(h.shop.URL))
	v.reads("a", "생일이 언제예요?")
	js[any](v, "document.getElementById('a').style.setProperty('--guardian-consent-text', '#ccc'), document.getElementById('a').setAttribute('lang', 'en')")
	v.reads("a", "When is your birthday?")
	if js[string](v, "getComputedStyle(inside('a').querySelector('.box')).color") == "rgb(204, 204, 204)" {
		t.Error("a contrast of 1.6 : 1 was taken")
	}
	js[any](v, "document.getElementById('a').style.setProperty('--guardian-consent-text', '#123'), document.getElementById('a').setAttribute('lang', 'ko')")
	v.reads("a", "생일이 언제예요?")
	if got := js[string](v, "getComputedStyle(inside('a').querySelector('.box')).color"); got != "rgb(17, 34, 51)" {
		t.Errorf("a good colour was not taken: %s", got)
	}
}

// TestFrameMode: nothing that is typed comes into the host's page, and messages count only with origin, source and nonce.
func TestFrameMode(t *testing.T) {
	h := openHost(t, strings.Replace(form, `app="shop"`, `app="shop" mode="frame"`, 1))
	v := chromium(t)
	v.do(chromedp.Navigate(h.shop.URL))
	v.until("told.length && inside('a').querySelector('iframe').style.height")
	nonce := js[string](v, "new URL(inside('a').querySelector('iframe').src).searchParams.get('nonce')")
	forged := fmt.Sprintf("{bohoja: 1, nonce: %q, type: 'answers', token: 'emb_forged'}", nonce)
	js[any](v, "postMessage("+forged+", '*')") // right nonce, wrong window and origin
	js[any](v, "new Promise(done => setTimeout(done, 50))")
	if js[string](v, "value('a')") != "" {
		t.Fatal("the host's page was believed")
	}
	f := v.framed()
	y, m, d := h.born(9)
	f.walk(fmt.Sprintf("fillIn({birth_year: %q, birth_month: %q, birth_day: %q})", y, m, d))
	f.until("document.querySelector('[name=guardian_email]')")
	f.walk("fillIn({child_name: '김하늘', guardian_name: '김보호', guardian_email: 'parent@naver.com'})")
	f.until("document.querySelector('.bigaddress')")
	f.walk("fillIn({})")
	v.until("value('a').startsWith('emb_') && document.getElementById('one').checkValidity()")
	if heard := js[string](v, "heard.join()"); strings.Contains(heard, "parent") || strings.Contains(heard, "김보호") {
		t.Error("the guardian was told to the host's page")
	}
	v.unsafe()
	js[any](v, "document.getElementById('go').click()")
	v.until("document.title === 'sent'")
	h.passedOn("user-1")
}

// TestFrameListens: the page in the frame speaks to the listed origin alone, and only after that window has named the nonce.
func TestFrameListens(t *testing.T) {
	h := openHost(t, `<iframe id="f" title="f"></iframe>`)
	v := chromium(t)
	v.do(chromedp.Navigate(h.shop.URL))
	load := func(origin string) {
		js[any](v, fmt.Sprintf("new Promise(done => { heard.length = 0; const f = document.getElementById('f'); f.onload = () => done(1); f.src = %q; })",
			h.server.URL+"/start/shop?mode=frame&nonce=right&origin="+url.QueryEscape(origin)))
	}
	say := func(nonce string) {
		js[any](v, fmt.Sprintf("document.getElementById('f').contentWindow.postMessage({bohoja: 1, nonce: %q, type: 'hello'}, '*')", nonce))
	}
	hello := func(nonce string) string { // what comes within a while, where nothing is to come
		say(nonce)
		return js[string](v, "new Promise(done => setTimeout(() => done(heard.join()), 100))")
	}
	load(h.shop.URL)
	if got := hello("wrong"); got != "" {
		t.Errorf("a wrong nonce was answered: %s", got)
	}
	say("right")
	v.until(`heard.join().includes('"nonce":"right"') && heard.join().includes('"height"')`)
	h.App.Origins = []string{"https://other.example", h.shop.URL}
	load("https://other.example") // the frame is meant for another page
	if got := hello("right"); got != "" {
		t.Errorf("another origin was answered: %s", got)
	}
}

// framed is the page inside the first frame.
func (v visitor) framed() frame {
	v.t.Helper()
	return frame{v}
}

type frame struct{ v visitor }

// run evaluates inside the frame's own world, as a child's hands would.
func (f frame) run(expression string) bool {
	f.v.t.Helper()
	ctx, cancel := context.WithTimeout(f.v.ctx, browsertest.Patience)
	defer cancel()
	got, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (runtime.EvaluateResult, error) {
		tree, err := cdp.Call(ctx, target, cdpage.GetFrameTree, cdp.Empty{})
		if err != nil || len(tree.FrameTree.ChildFrames) == 0 {
			return runtime.EvaluateResult{}, err
		}
		world, err := cdp.Call(ctx, target, cdpage.CreateIsolatedWorld, cdpage.CreateIsolatedWorldParams{FrameID: tree.FrameTree.ChildFrames[0].Frame.ID})
		if err != nil {
			return runtime.EvaluateResult{}, err
		}
		return cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ContextID: world.ExecutionContextID})
	})
	return err == nil && string(got.Result.Value) == "true" // an error: it is being loaded
}

func (f frame) until(expression string) {
	f.v.t.Helper()
	for end := time.Now().Add(browsertest.Patience); !f.run("!!(" + expression + ")"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			f.v.t.Fatalf("never in the frame: %s", expression)
		}
	}
}

// walk fills the frame's form and presses its first button.
func (f frame) walk(expression string) {
	f.v.t.Helper()
	const helper = "const fillIn = values => { for (const [n, v] of Object.entries(values)) document.querySelector('[name=' + n + ']').value = v; document.querySelector('form button').click(); return true; };"
	if !f.run("(() => {" + helper + " return " + expression + "; })()") {
		f.v.t.Fatalf("not in the frame: %s", expression)
	}
}

// press presses what leads to another page, and waits for that page.
func (v visitor) press(selector string) {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.WaitEvent(cdpage.LoadEventFired, nil, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))(ctx, target)
		return err
	}))
}

// TestWithoutScript: with JavaScript off the link inside the element is there, and the hosted page takes a child all the way.
func TestWithoutScript(t *testing.T) {
	h := openHost(t, form)
	v := chromium(t)
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	y, m, d := h.born(9)
	v.do(chromedp.Navigate(h.shop.URL))
	v.press("guardian-consent a")
	v.do(chromedp.SendKeys(chromedp.CSS("#f-birth_year"), y), chromedp.SendKeys(chromedp.CSS("#f-birth_month"), m), chromedp.SendKeys(chromedp.CSS("#f-birth_day"), d))
	v.press("form button")
	v.do(chromedp.SendKeys(chromedp.CSS("#f-child_name"), "김하늘"), chromedp.SendKeys(chromedp.CSS("#f-guardian_name"), "김보호"), chromedp.SendKeys(chromedp.CSS("#f-guardian_email"), "parent@naver.com"))
	v.press("form button")
	v.press("form button")
	v.do(chromedp.WaitVisible(chromedp.CSS(".qr")))
	h.Work()
	if l, ok := h.Letters.Last(consent.LetterInvite); !ok || l.To.Reveal() != "parent@naver.com" {
		t.Error("no letter to the guardian")
	}
}
