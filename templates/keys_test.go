package templates

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// watchFocus runs in the page: it lists what Tab has to come to, in the order of the page, and from then on notes where the focus is and
// whether that can be seen. Of a group of radio buttons one stands for all.
const watchFocus = `(() => {
  const group = e => e.type === 'radio' ? [...document.getElementsByName(e.name)] : [e];
  const stands = e => e === (group(e).find(r => r.checked) || group(e)[0]);
  const ring = n => { const s = n && getComputedStyle(n); return !!s && (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none'); };
  const name = e => e.tagName + ' ' + (e.name || e.textContent.trim().slice(0, 40)) + ' ' + (e.getAttribute('href') || '');
  const all = [...document.querySelectorAll('a[href], button, summary, textarea, select, input:not([type=hidden])')].filter(e => e.checkVisibility() && stands(e));
  window.came = []; window.pale = [];
  addEventListener('focusin', e => {
    if (e.target.autofocus) return; // the summary of faults, where such a page begins
    window.came.push(name(e.target));
    if (!ring(e.target) && !ring(e.target.labels && e.target.labels[0])) window.pale.push(name(e.target));
  });
  return all.map(name);
})()`

// walked is what watchFocus noted.
type walked struct {
	Came []string `json:"came"`
	Pale []string `json:"pale"`
}

// walk presses Tab until the focus has come to n places, or comes nowhere: the first press may only wake a page.
func walk(ctx context.Context, t *testing.T, n int) (got walked) {
	t.Helper()
	for press := 0; press < n+2 && len(got.Came) < n; press++ {
		err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab))
		if press >= n-1 && err == nil {
			got, err = chromedp.Run(ctx, chromedp.Evaluate[walked](`({came: window.came, pale: window.pale})`))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// turned: the two are the same but for where they begin. A page with faults begins at their summary, and behind the last comes the
// first.
func turned(came, want []string) bool {
	for i := range want {
		if slices.Equal(came, slices.Concat(want[i:], want[:i])) {
			return true
		}
	}
	return false
}

// Every staff page can be walked by keys alone: Tab comes to each link, field and button once, in the order of the page, and shows where it
// is; nothing holds it.
func TestStaffPagesByKeys(t *testing.T) {
	server, ctx := site(t), browser(t)
	looked := 0
	for n, s := range States() {
		if !strings.HasPrefix(s.Name, "ops/") || s.Lang != "ko" {
			continue
		}
		looked++
		want, err := look(ctx, fmt.Sprintf("%s/state/%d", server.URL, n), 1280, "light", chromedp.Evaluate[[]string](watchFocus))
		if err != nil {
			t.Fatal(err)
		}
		got := walk(ctx, t, len(want))
		if !turned(got.Came, want) {
			t.Errorf("%s: Tab comes to\n%s\nthe page has\n%s", s.Name, strings.Join(got.Came, "\n"), strings.Join(want, "\n"))
		}
		if len(got.Pale) > 0 {
			t.Errorf("%s: the focus is not to be seen at %q", s.Name, got.Pale)
		}
	}
	t.Logf("%d pages of the staff walked by keys", looked)
}
