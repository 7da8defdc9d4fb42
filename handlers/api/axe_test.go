//go:build pages

package api_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bohoja/bohoja/templates/browsertest"
)

// TestAxeDocs: axe-core finds nothing in /docs, closed and with every answer opened, on a phone and on a desktop.
func TestAxeDocs(t *testing.T) {
	axe, err := os.ReadFile("../../.out/tools/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run .ci/tools pages, or make pages", err)
	}
	server := httptest.NewServer(open(t).handler)
	t.Cleanup(server.Close)
	ctx := browsertest.Start(t)
	const run = `axe.run(document).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`
	for _, width := range []int64{390, 1280} {
		must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(server.URL+"/docs")))
		for _, step := range []string{"", "for (const d of document.querySelectorAll('details')) d.open = true;"} {
			found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](string(axe)+";"+step+run, chromedp.EvalAwaitPromise))
			must(t, err)
			if len(found) > 0 {
				t.Errorf("%d px %s: %s", width, step, strings.Join(found, "; "))
			}
		}
	}
}
