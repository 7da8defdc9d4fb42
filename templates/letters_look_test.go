package templates

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bohoja/bohoja/consent"
)

// letterSite serves every letter at /<lang>-<kind>, as a mail program shows it: without anything from elsewhere.
func letterSite(t *testing.T) (*httptest.Server, []string) {
	t.Helper()
	mux, names := http.NewServeMux(), []string{}
	everyLetter(t, func(_ *testing.T, l consent.Letter, r Rendered) {
		name := l.Locale + "-" + string(l.Kind)
		names = append(names, name)
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
			_, _ = w.Write([]byte(r.HTML))
		})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server, names
}

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
	server, names := letterSite(t)
	ctx := browser(t)
	for _, name := range names {
		for _, scheme := range []string{"light", "dark"} {
			bad, err := look(ctx, server.URL+"/"+name, 390, scheme, chromedp.Evaluate[[]string](faint))
			if err != nil {
				t.Fatal(err)
			}
			if len(bad) > 0 {
				t.Errorf("%s in %s is faint: %q", name, scheme, bad)
			}
		}
	}
}

// sizes are the smallest weighty text and the largest plain one among the facts, in CSS pixels.
const sizes = `(() => {
  const of = q => [...document.querySelectorAll(q)].map(e => parseFloat(getComputedStyle(e).fontSize));
  return [Math.min(...of('td.weighty')), Math.max(...of('td.line:not(.weighty)'), ...of('p'), ...of('li'))];
})()`

// Measured as it is shown: retention, recipients and sensitive items are at least a fifth larger than the rest (KR-10).
func TestWeightyFactsAreLarger(t *testing.T) {
	server, _ := letterSite(t)
	ctx := browser(t)
	for _, width := range []int64{390, 1280} {
		got, err := look(ctx, server.URL+"/ko-invite", width, "light", chromedp.Evaluate[[]float64](sizes))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0] < 1.2*got[1] || got[1] < 12 {
			t.Errorf("at %d weighty facts have %v pixels", width, got)
		}
	}
}

// TestLettersLook shows every letter in a browser at both widths. No letter may be wider than its window. With -look DIR
// it leaves pictures for people to look at: go test ./templates -run TestLettersLook -look DIR.
func TestLettersLook(t *testing.T) {
	server, names := letterSite(t)
	ctx := browser(t)
	for _, name := range names {
		for _, width := range []int64{390, 1280} {
			wide, err := look(ctx, server.URL+"/"+name, width, "light", chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
			if err != nil {
				t.Fatal(err)
			}
			if wide > width {
				t.Errorf("%s is %d wide in a window of %d", name, wide, width)
			}
			if *lookDir == "" || !strings.Contains(name, *lookOnly) {
				continue
			}
			for scheme := range strings.SplitSeq(*lookSchemes, ",") {
				raw, err := look(ctx, server.URL+"/"+name, width, scheme, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				save(t, fmt.Sprintf("letter-%s-%d-%s.png", name, width, scheme), raw)
			}
		}
	}
}
