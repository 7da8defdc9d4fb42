package ops

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/templates/browsertest"
)

// A browser keeps the cookie on plain http of loopback (consent/adr/0017), sends the forms under our Content-Security-Policy, and is
// signed out again.
func TestBrowserOnLoopback(t *testing.T) {
	b := newBureau(t)
	b.hire(staff.Viewer)
	b.must(b.kit.Store.Advance(t.Context(), time.Minute))
	plain := b.plain()

	ctx := browsertest.Start(t)
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		for _, a := range actions {
			b.must(chromedp.Do(ctx, a))
		}
	}
	do(chromedp.Navigate(plain + "/ops/enter"))
	fill := `for (const [n, v] of Object.entries({name: 'viewer', password: '` + password + `', code: '` + b.code(b.secret[staff.Viewer]) + `'}))
		document.querySelector('[name=' + n + ']').value = v;`
	for _, script := range []string{fill + `document.querySelector('form button').click(); true`, `true`} {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err != nil {
			t.Fatal(err)
		}
	}
	where := func(want string) {
		t.Helper()
		var at string
		for end := time.Now().Add(browsertest.Patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			var err error
			if at, err = chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + ' ' + document.cookie`)); err == nil && strings.HasPrefix(at, want+" ") {
				break
			}
		}
		if at != want+" " { // and no script sees the cookie
			t.Fatalf("the browser is at %q, not at %q", at, want)
		}
	}
	where(b.desk.home(b.hire(staff.Viewer)))
	do(chromedp.Navigate(plain + "/ops/me"))
	where("/ops/me")
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector('form button').click(); true`)); err != nil {
		t.Fatal(err)
	}
	where("/ops/enter")
}
