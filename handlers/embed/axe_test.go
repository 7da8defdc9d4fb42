//go:build pages

package embed_test

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// axePath is where .ci/tools leaves axe-core.
const axePath = "../../.out/tools/axe.min.js"

// TestAxe: axe-core finds nothing in the element, in any of its steps, on a phone and on a desktop.
func TestAxe(t *testing.T) {
	axe, err := os.ReadFile(axePath)
	if err != nil {
		t.Fatalf("%v: run .ci/tools pages, or make pages", err)
	}
	h := openHost(t, form)
	v := chromium(t)
	clean := func(step string) {
		t.Helper()
		js[any](v, string(axe)+";1")
		const run = `axe.run(document.querySelector('guardian-consent')).then(r => r.violations.map(x => x.id + ': ' + x.nodes.map(n => n.target.join(' ')).join(', ')).join('; '))`
		if found := js[string](v, run); found != "" {
			t.Errorf("%s: %s", step, found)
		}
	}
	for _, width := range []int64{390, 1280} {
		v.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(h.shop.URL))
		js[any](v, "sessionStorage.clear()")
		v.do(chromedp.Navigate(h.shop.URL))
		v.reads("a", "생일이 언제예요?")
		clean("age")
		v.push("a", "next")
		v.until("inside('a').querySelector('[role=alert]')")
		clean("age, fault")
		h.answer(v, "a", 9)
		v.reads("a", "보호자님께 먼저 여쭤볼게요")
		clean("ask")
		v.fill("a", "child_name", "김하늘", "guardian_name", "엄마", "guardian_email", "parent")
		v.push("a", "next")
		v.until("inside('a').querySelectorAll('[aria-invalid]').length === 2")
		clean("ask, faults")
		v.push("a", "unknown")
		v.reads("a", "괜찮아요, 여쭤보고 오세요")
		clean("unknown")
		v.push("a", "back")
		v.reads("a", "보호자님께 먼저 여쭤볼게요")
		v.fill("a", "guardian_name", "김보호", "guardian_email", "parent@navre.com")
		v.push("a", "next")
		v.reads("a", "이 주소가 맞아요?")
		clean("check")
		v.push("a", "next")
		v.until("value('a')")
		clean("ready")
	}
}
