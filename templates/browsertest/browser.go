// Package browsertest starts Debian's Chromium for tests: without a window, with a fresh profile, and such that a loaded machine changes
// how long a test takes, and nothing else.
package browsertest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience bounds every wait for the browser. It only ends a test that hangs: on a machine with ten times the work it can do, a page took 20 seconds.
const Patience = 2 * time.Minute

// options are those of every browser. As root, which is the user of containers, Chromium has no sandbox. Two of them are for loaded machines:
//   - our pages scroll smoothly where motion is welcome, and a click on what is still moving lands beside it: motion is not welcome;
//   - Chromium drops keys and clicks that come before a page was painted for the first time: it is to keep them.
func options(more []chromedp.ExecAllocatorOption) []chromedp.ExecAllocatorOption {
	out := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(Patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-prefers-reduced-motion", true), chromedp.Flag("allow-pre-commit-input", true))
	return append(out, more...)
}

// Start starts a browser that ends with the test.
func Start(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options(more)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return wake(t, ctx)
}

// wake starts what is behind the context: a browser lives as long as its first one.
func wake(t testing.TB, ctx context.Context) context.Context {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

var shared struct {
	sync.Mutex
	ctx   context.Context
	close []context.CancelFunc
}

// Visit sits somebody down at the one browser of this test binary, with storage that nobody else sees. Main closes the browser.
func Visit(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return wake(t, ctx)
}

func browser(t testing.TB) context.Context {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx == nil {
		allocator, end := chromedp.NewExecAllocator(context.Background(), options(nil)...)
		ctx, leave := chromedp.NewContext(allocator)
		shared.close = []context.CancelFunc{leave, end}
		shared.ctx = wake(t, ctx)
	}
	return shared.ctx
}

// Main runs the tests of a package whose tests Visit, and closes their browser.
func Main(m *testing.M) {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	for _, end := range shared.close {
		end()
	}
	os.Exit(code)
}
