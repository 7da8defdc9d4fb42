//go:build pages

package ops

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bohoja/bohoja/consent/staff"
)

// TestAxeGate: axe-core finds nothing in the page of lists as it is served, empty, with a file refused, and with a list cleaned, on a phone
// and on a desktop.
func TestAxeGate(t *testing.T) {
	axe, err := os.ReadFile("../../.out/tools/axe.min.js")
	if err != nil {
		t.Fatalf("%v: run .ci/tools pages, or make pages", err)
	}
	b := newBureau(t)
	s := b.seat(b.plain())
	s.enter(staff.Marketing)
	const run = `axe.run(document).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`
	look := func(state string) {
		t.Helper()
		s.scripts(true) // axe needs them; the page has none
		defer s.scripts(false)
		for _, width := range []int64{390, 1280} {
			s.do(chromedp.EmulateViewport(width, 900))
			found, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string](string(axe)+";"+run, chromedp.EvalAwaitPromise))
			b.must(err)
			if len(found) > 0 {
				t.Errorf("%s at %d px: %s", state, width, strings.Join(found, "; "))
			}
		}
	}
	look("empty")
	s.pick("app", 1)
	s.types("column", "email")
	s.chooses("list.xlsx", "PK\x03\x04 a workbook")
	s.sends()
	s.fault("spreadsheet")
	look("refused")
	s.chooses("a.csv", "email\na@example.com\n")
	s.sends()
	s.given("a-clean.csv")
	s.open("/ops/gate")
	look("cleaned")
}
