package templates

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// faint lists the texts of the shown letter whose contrast with their ground is below 4.5 (WCAG 2.2, 1.4.3).
const faint = `(() => {
  const rgb = c => c.match(/[\d.]+/g).map(Number);
  const lum = c => rgb(c).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] !== 0) return c; } return 'rgb(255, 255, 255)'; };
  const bad = [];
  for (const e of document.body.querySelectorAll('*')) {
    if (e.offsetHeight === 0 || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [lum(getComputedStyle(e).color), lum(ground(e))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) bad.push(e.textContent.trim().slice(0, 40));
  }
  return bad;
})()`

func TestLettersAreLegible(t *testing.T) {
	server, ctx := site(t), browser(t)
	for n, s := range States() {
		if s.Letter == nil {
			continue
		}
		for _, scheme := range []string{"light", "dark"} {
			bad, err := look(ctx, fmt.Sprintf("%s/state/%d", server.URL, n), 390, scheme, chromedp.Evaluate[[]string](faint))
			if err != nil {
				t.Fatal(err)
			}
			if len(bad) > 0 {
				t.Errorf("%s in %s, %s is faint: %q", s.Name, s.Lang, scheme, bad)
			}
		}
	}
}
