package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// crowded runs in the page and tells what is hard to read in a wide window: lines longer than 46rem, a second button that begins
// neither beside the first nor where it begins, a note that touches what is above it, a moment, a name or a link that is broken.
const crowded = `(() => {
  const out = [], seen = e => e.checkVisibility() && e.getClientRects().length > 0;
  const all = s => [...document.querySelectorAll(s)].filter(seen), box = e => e.getBoundingClientRect();
  const lines = e => { const r = document.createRange(); r.selectNodeContents(e); return r; };
  const tell = (what, e) => out.push(what + ': ' + e.textContent.trim().slice(0, 40));
  for (const e of all('.desk p, .desk li, .desk dd')) if (lines(e).getBoundingClientRect().width > 46 * 16 + 1) tell('long lines', e);
  for (const e of all('.button + .button')) {
    const first = box(e.previousElementSibling), next = box(e);
    if (next.top !== first.top && next.left !== first.left) tell('out of line', e);
  }
  for (const e of all('.deadline-note')) {
    const before = [...all('li, .facts > div')].map(box).filter(b => b.bottom <= box(e).top + 1).map(b => box(e).top - b.bottom);
    if (before.some(gap => gap < 8)) tell('touches', e);
  }
  for (const e of all('.rows td:first-child, .log .code, .desk p > a')) if (new Set([...lines(e).getClientRects()].map(r => r.top)).size > 1) tell('broken', e);
  for (const e of all('.days')) if (new Set([...e.children].map(c => box(c).bottom)).size > 1) tell('out of line', e);
  return out;
})()`

// TestRoom: in a window of 1280 px nothing is crowded, though English words are long.
func TestRoom(t *testing.T) {
	server, ctx := site(t), browser(t)
	looked := 0
	for n, s := range States() {
		if s.Lang != "en" || s.Letter != nil || !strings.HasPrefix(s.Name, "ops/") && !strings.HasPrefix(s.Name, "child/start-ask") && s.Name != "dev/hooks" {
			continue
		}
		looked++
		got, err := look(ctx, fmt.Sprintf("%s/state/%d", server.URL, n), 1280, "light", chromedp.Evaluate[[]string](crowded))
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range got {
			t.Errorf("%s: %s", s.Name, fault)
		}
	}
	if looked < 100 {
		t.Errorf("only %d pages", looked)
	}
}
