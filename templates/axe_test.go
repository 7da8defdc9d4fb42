//go:build pages

package templates

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/bohoja/bohoja/templates/browsertest"
)

var (
	axeAll  = flag.Bool("axe-all", false, "axe in every mode, not only 390 px in light")
	axeOnly = flag.String("axe-only", "", "only states whose name holds this")
)

// toolDir is where .ci/tools leaves axe-core and the Nu HTML checker.
const toolDir = "../.out/tools"

func tool(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(toolDir, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run .ci/tools pages, or make pages", err)
	}
	return path
}

// mode is one way in which a page is looked at.
type mode struct {
	name   string
	width  int64
	scale  float64
	scheme string
	still  bool // scripts are off
}

// modes are those of the issue of pages; 200 % zoom halves the window of 1280 px.
func modes() []mode {
	out := []mode{{"390 light", 390, 1, "light", false}}
	if !*axeAll {
		return out
	}
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark", "forced"} {
			if width != 390 || scheme != "light" {
				out = append(out, mode{fmt.Sprint(width, " ", scheme), width, 1, scheme, false})
			}
		}
	}
	return append(out, mode{"200 % zoom", 640, 2, "light", false}, mode{"scripts off", 390, 1, "light", true})
}

// axeRun is run in the page, and gives what axe finds: the rule and where.
const axeRun = `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
  .then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`

// TestAxe walks every page and letter in every state. axe comes in by the browser's own door, since the pages' policy lets no script in.
func TestAxe(t *testing.T) {
	source, err := os.ReadFile(tool(t, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	server, ctx := site(t), browser(t)
	looked, found := 0, 0
	for _, m := range modes() {
		for n, s := range States() {
			if !strings.Contains(s.Name, *axeOnly) {
				continue
			}
			faults, err := axe(ctx, m, fmt.Sprintf("%s/state/%d", server.URL, n), string(source))
			if err != nil {
				t.Fatalf("%s in %s, %s: %v", s.Name, s.Lang, m.name, err)
			}
			looked++
			for _, fault := range faults {
				found++
				t.Errorf("%s in %s, %s: %s", s.Name, s.Lang, m.name, fault)
			}
		}
	}
	if looked == 0 {
		t.Errorf("no state is called %q", *axeOnly)
	}
	t.Logf("axe looked %d times, in %d modes, %d found", looked, len(modes()), found)
}

// TestAxeSees: a page with a fault is not passed over.
func TestAxeSees(t *testing.T) {
	source, err := os.ReadFile(tool(t, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	page := "data:text/html,<!doctype html><html lang=en><title>x</title><main><h1>x</h1><input><p style='color:%23bbb'>pale</p></main>"
	for _, still := range []bool{false, true} {
		faults, err := axe(browser(t), mode{"", 390, 1, "light", still}, page, string(source))
		if err != nil || len(faults) != 2 {
			t.Errorf("scripts off %v: %q, %v", still, faults, err)
		}
	}
}

func axe(ctx context.Context, m mode, url, source string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, browsertest.Patience)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.EmulateViewport(m.width, 900, chromedp.EmulateScale(m.scale)),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			if _, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: m.still}); err != nil {
				return err
			}
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media(m.scheme))
			return err
		}), chromedp.Navigate(url))
	if err != nil {
		return nil, err
	}
	if m.still { // the page is as it is without scripts; axe itself needs them
		off := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
			return err
		})
		if err := chromedp.Do(ctx, off); err != nil {
			return nil, err
		}
	}
	return chromedp.Run(ctx, chromedp.Evaluate[[]string](source+";"+axeRun, chromedp.EvalAwaitPromise))
}

// TestValid gives every page and letter to the Nu HTML checker.
func TestValid(t *testing.T) {
	dir := t.TempDir()
	pages := 0
	write := func(name string, raw []byte) {
		pages++
		name = strings.NewReplacer("/", "-", " ", "-", ",", "").Replace(name)
		name = filepath.Join(dir, name+".html")
		if _, err := os.Stat(name); err == nil {
			t.Fatalf("two states are written to %s", name)
		}
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range States() {
		raw, err := s.Render()
		if err != nil {
			t.Fatal(err)
		}
		write(s.Name+" "+s.Lang, raw)
	}
	write("bad", []byte("<!DOCTYPE html><html lang=en><title>x</title><p><ul><p></ul></p>"))
	cmd := exec.CommandContext(t.Context(), "java", "-jar", tool(t, "vnu.jar"), "--format", "json", "--errors-only", dir)
	out, err := cmd.CombinedOutput()
	var report struct {
		Messages []struct {
			URL, Message string
			LastLine     int
		}
	}
	if fault := json.Unmarshal(out, &report); fault != nil {
		t.Fatalf("%v, %v: %.500s", err, fault, out)
	}
	seen, found := false, 0
	for _, m := range report.Messages {
		if filepath.Base(m.URL) == "bad.html" {
			seen = true
			continue
		}
		found++
		t.Errorf("%s:%d: %s", filepath.Base(m.URL), m.LastLine, m.Message)
	}
	if !seen {
		t.Error("the checker sees no fault where there is one")
	}
	t.Logf("%d pages, %d faults of HTML", pages-1, found)
}
