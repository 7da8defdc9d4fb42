package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bohoja/bohoja/templates/browsertest"
)

// hands are somebody who has no mouse: Tab, Space, Enter and the arrows are all that they press, and what they type. Wherever
// Tab takes them, they see where they are.
type hands struct{ *person }

// seen tells of the element that has the focus: whether it is the one that is looked for, and whether a ring shows that it has
// the focus, on the element itself or on its label, inside the window.
const seen = `((want) => {
  const e = document.activeElement;
  if (!e || e === document.body) return {};
  const ring = (n) => { const s = n && getComputedStyle(n); return !!s && (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none'); };
  const box = e.getBoundingClientRect();
  return {there: e.matches(want), what: e.outerHTML.slice(0, 120), ring: ring(e) || ring(e.labels && e.labels[0]),
    inside: box.bottom > 0 && box.top < innerHeight};
})(%q)`

// focus is what seen tells.
type focus struct {
	There  bool   `json:"there"`
	What   string `json:"what"`
	Ring   bool   `json:"ring"`
	Inside bool   `json:"inside"`
}

// tab presses Tab until what is looked for has the focus.
func (h hands) tab(want string) {
	h.t.Helper()
	for range 80 {
		if h.at(want) {
			return
		}
		h.keys(kb.Tab)
	}
	h.t.Fatalf("%s cannot reach %s by Tab at %s", h.name, want, h.here())
}

// at reports whether what is looked for has the focus. The page may still be scrolling to where that is.
func (h hands) at(want string) bool {
	h.t.Helper()
	for end := time.Now().Add(browsertest.Patience); ; time.Sleep(20 * time.Millisecond) {
		at, err := chromedp.Run(h.ctx, chromedp.Evaluate[focus](fmt.Sprintf(seen, want)))
		if err != nil {
			h.t.Fatal(err)
		}
		if at.What == "" || at.Ring && at.Inside {
			return at.There
		}
		if time.Now().After(end) {
			h.t.Fatalf("%s does not see where the focus is: %s, ring %v, inside %v", h.name, at.What, at.Ring, at.Inside)
		}
	}
}

// jump follows a link to another place of the same page. The press is sent as one event with its character, as a keyboard
// does: sent apart, the character would go to the field that the link leads to, and send its form.
func (h hands) jump(want string) {
	h.t.Helper()
	h.tab(want)
	h.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			key := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
			if kind == input.DispatchKeyEventTypeKeyDown {
				key.Text = "\r"
			}
			if _, err := cdp.Call(ctx, target, input.DispatchKeyEvent, key); err != nil {
				return err
			}
		}
		return nil
	}))
}

// enter goes to a link or a button and presses Enter, which leads to another page.
func (h hands) enter(want string) {
	h.t.Helper()
	h.tab(want)
	h.leave(chromedp.KeyEvent(kb.Enter))
}

// pick goes to a group of radio buttons and takes the one that stands so many below the first.
func (h hands) pick(name string, below int) {
	h.t.Helper()
	h.tab(fmt.Sprintf("input[name=%q]", name))
	h.keys(" ")
	for range below {
		h.keys(kb.ArrowDown)
	}
}

// types goes to a field and types.
func (h hands) types(name, text string) {
	h.t.Helper()
	h.tab(fmt.Sprintf("[name=%q]", name))
	h.keys(text)
}

// post calls the API with the test key and reads the answer.
func (p playing) post(path string, body, into any) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		p.t.Fatalf("%s: %s %s %v", path, res.Status, answer, err)
	}
	if into != nil && json.Unmarshal(answer, into) != nil {
		p.t.Fatalf("%s: %s", path, answer)
	}
}

// pass lets the time pass that reading takes.
func (p playing) pass() { p.post("/v1/test/clock/advance", map[string]string{"by": "3s"}, nil) }

// waitingChild is a request that was made over the API.
type waitingChild struct {
	ID    string `json:"id"`
	Page  string `json:"child_page"`
	Code  string `json:"pairing_code"`
	email string
}

// asks signs a child up over the API, for a guardian with an address of its own.
func (p playing) asks(subject string) (c waitingChild, letter mail) {
	p.t.Helper()
	var notice struct{ Version string }
	if err := json.Unmarshal(p.get("/v1/child-notice"), &notice); err != nil {
		p.t.Fatal(err)
	}
	email := subject + "@example.com"
	p.post("/v1/consent-requests", map[string]any{
		"subject": subject, "child_notice": map[string]string{"version": notice.Version},
		"child":    map[string]any{"under_age": true, "birth_date": fmt.Sprint(time.Now().Year()-9, "-03-02"), "name": "김하늘", "locale": "ko"},
		"guardian": map[string]string{"name": "김보호", "email": email, "locale": "ko"},
	}, &c)
	c.email = email
	return c, p.letters(email, 1)[0]
}

// calm is a window that has the focus and does not scroll smoothly, for whoever asks how it looks between two keys.
func calm(ctx context.Context, target *chromedp.Target) error {
	if _, err := cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		return err
	}
	_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	return err
}

// TestKeyboard walks every way of a guardian and a child with keys alone, without JavaScript.
func TestKeyboard(t *testing.T) {
	p := startDev(t)
	h := hands{newPerson(t, chromium(t), "keyboard", "ko", false)}
	h.do(chromedp.Func(calm))
	for _, way := range []struct {
		name string
		walk func(playing, hands)
	}{
		{"code, refusal, undo", keysRefuse}, {"not mine", keysNotMine}, {"grant by code, receipt", keysGrant}, {"withdraw", keysWithdraw},
		{"portal", keysPortal}, {"portal, all", keysPortalAll}, {"waiting page", keysWait}, {"replaced link", keysStop},
		{"another name", keysMisnamed},
	} {
		t.Run(way.name, func(t *testing.T) {
			p.t, h.t = t, t
			way.walk(p, h)
		})
	}
	h.t = t
	h.stayedHome(p.url)
}

const sends = "main form .button:not(.plain)"

// keysRefuse: the letter's code leads to the request; no is said, and taken back.
func keysRefuse(p playing, h hands) {
	_, letter := p.asks("refuse")
	h.open(p.url + "/code")
	h.types("code", strings.ToLower(strings.ReplaceAll(letter.Code, "-", " ")))
	h.leave(chromedp.KeyEvent(kb.Enter))
	h.jump("a[href='#answer-h']") // the way past all that is read
	h.pick("decision", 1)
	p.pass()
	h.enter(sends)
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("동의하지 않으셨습니다")
	p.pass()
	h.enter("main form .button")
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("제한을 푸셨습니다")
}

// keysNotMine: two choices, and the wish for no more letters.
func keysNotMine(p playing, h hands) {
	_, letter := p.asks("not-mine")
	h.open(letter.Links[0])
	h.pick("decision", 2)
	p.pass()
	h.enter(sends)
	h.tab("input[name=block]")
	h.keys(" ")
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("자녀가 아니라고 답하셨습니다", "1년 동안")
}

// answers fills what a yes asks for.
func (h hands) answers(name string) {
	h.t.Helper()
	h.pick("decision", 0)
	h.pick("purpose.account", 0)
	h.pick("purpose.delivery", 0)
	h.types("guardian_name", name)
	h.types("birth_year", "1985.03.15")
	h.pick("relation", 0)
	h.tab("input[name=declares]")
	h.keys(" ")
}

// keysGrant: two misses lead to the code of the child's screen; afterwards the receipt is read.
func keysGrant(p playing, h hands) {
	c, letter := p.asks("grant")
	h.open(letter.Links[0])
	h.answers("박다른")
	for range 2 {
		p.pass()
		h.enter(sends)
	}
	h.jump("a[href='#f-pairing_code']")
	h.types("pairing_code", c.Code)
	p.pass()
	h.enter(sends)
	h.reads("아직 보내지 않았습니다")
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("동의하셨습니다")
	h.enter("a[href*='/r/']")
	h.reads("동의 증명서", "서명된 파일 받기")
	h.tab("a[href$='/signed'], a[href*='/signed?']")
}

// granted is a consent that the guardian gave over the pages, by keys.
func (h hands) granted(p playing, subject string) waitingChild {
	h.t.Helper()
	c, letter := p.asks(subject)
	h.open(letter.Links[0])
	h.answers("김보호")
	p.pass()
	h.enter(sends)
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	return c
}

// keysWithdraw: the optional purpose first, by name; then all, by a code that is mailed after a miss.
func keysWithdraw(p playing, h hands) {
	c := h.granted(p, "withdraw")
	h.enter("a[href*='/w/']")
	page := h.here()
	h.pick("withdraw", 1)
	h.tab("input[name='purpose.delivery']")
	h.keys(" ")
	h.types("guardian_name", "김보호")
	p.pass()
	h.enter(sends)
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("고르신 항목의 동의를 철회하셨습니다")
	h.open(page)
	h.pick("withdraw", 0)
	h.types("guardian_name", "박다른")
	p.pass()
	h.enter(sends)
	p.pass()
	h.enter("main .box.stop form .button")
	code := p.letters(c.email, 4)[0].Code
	h.pick("withdraw", 0)
	h.types("mail_code", code)
	p.pass()
	h.enter(sends)
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("동의가 철회되었습니다")
}

// portal comes to the page of one child: the door, the letter, the name.
func (h hands) portal(p playing, c waitingChild) {
	h.t.Helper()
	before := len(p.letters(c.email, 2))
	h.open(p.url + "/my")
	h.types("email", c.email)
	h.leave(chromedp.KeyEvent(kb.Enter))
	h.open(p.letters(c.email, before+1)[0].Links[0])
	h.types("guardian_name", "김보호")
	h.leave(chromedp.KeyEvent(kb.Enter))
	h.reads("김*늘")
}

// keysPortal: the door, the name, a request, a purpose less, and out.
func keysPortal(p playing, h hands) {
	c := h.granted(p, "portal")
	h.portal(p, c)
	h.enter("a[href*='/ask/correction']")
	h.types("text", "별명이 틀렸습니다.")
	p.pass()
	h.enter(sends)
	h.reads("요청을 접수했습니다")
	h.enter("a[href*='/withdraw/delivery']")
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("동의를 철회했습니다")
	h.enter("form[action*='/children'] .button")
	h.reads("링크 받기")
}

// keysPortalAll: to see, with nothing typed; to delete, back without asking and then asked; and all is withdrawn.
func keysPortalAll(p playing, h hands) {
	h.portal(p, h.granted(p, "portal-all"))
	h.enter("a[href*='/ask/access']")
	h.reads("보여 달라고 요청합니다")
	h.tab("[name=text]") // may stay empty
	p.pass()
	h.enter(sends)
	h.reads("요청을 접수했습니다", "정보 보기")
	h.enter("a[href*='/ask/deletion']")
	h.reads("지워 달라고 요청합니다")
	h.enter("main a.tap") // back
	h.enter("a[href*='/ask/deletion']")
	h.types("text", "이제 쓰지 않습니다.")
	p.pass()
	h.enter(sends)
	h.reads("요청을 접수했습니다", "이제 쓰지 않습니다.")
	h.enter("a.button[href*='/withdraw']")
	h.reads("모두 끝나고")
	h.pick("confirm", 1)
	p.pass()
	h.enter(sends)
	h.reads("동의 중") // nothing has changed
	h.enter("a.button[href*='/withdraw']")
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("동의를 철회했습니다", "철회함")
}

// keysMisnamed: two misses, the child is told that its guardian's name is another, enters it, and the same link goes on.
func keysMisnamed(p playing, h hands) {
	c, letter := p.asks("misnamed")
	h.open(letter.Links[0])
	h.answers("박다른")
	for range 2 {
		p.pass()
		h.enter(sends)
	}
	p.pass()
	h.enter("form:has([name=misnamed]) .button")
	h.reads("어린이에게 알렸습니다")
	h.open(c.Page)
	h.reads("이름을 다시 적어 주세요")
	h.types("guardian_name", "박다른")
	h.leave(chromedp.KeyEvent(kb.Enter))
	h.reads("잘 고쳤어요")
	h.open(letter.Links[0])
	h.answers("박다른")
	p.pass()
	h.enter(sends)
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("동의하셨습니다")
}

// keysWait is the child's: another address, the letter once more, and an end to it.
func keysWait(p playing, h hands) {
	c, _ := p.asks("wait")
	h.open(c.Page)
	h.tab("details summary")
	h.keys(" ")
	h.types("guardian_email", "wait-too@example.com")
	h.leave(chromedp.KeyEvent(kb.Enter))
	h.reads("잘 고쳤어요")
	h.enter("form:has([value=resend]) .button")
	h.reads("다시 보냈어요")
	h.tab("details:has(.danger) summary")
	h.keys(" ")
	h.enter(".button.danger")
	h.reads("그만뒀어요")
}

// keysStop: whoever was written to first stops a request that went to another address.
func keysStop(p playing, h hands) {
	c, letter := p.asks("stop")
	p.post("/v1/consent-requests/"+c.ID+"/guardian", map[string]string{"name": "김다른", "email": "stop-too@example.com"}, nil)
	h.open(letter.Links[0])
	h.enter("a[href*='/stop']")
	h.tab("input[name=stop]")
	h.keys(" ")
	p.pass()
	h.enter(sends)
	h.pick("confirm", 0)
	p.pass()
	h.enter(sends)
	h.reads("이 요청은 끝났습니다")
}
