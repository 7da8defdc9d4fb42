package templates

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/bohoja/bohoja/templates/browsertest"
)

var (
	lookDir     = flag.String("look", "", "folder into which TestLook writes a picture of every page")
	lookSchemes = flag.String("look-schemes", "light,dark", "of light, dark, forced, print")
	lookReadme  = flag.String("look-readme", "", "folder into which TestLookReadme writes the pictures of the README")
	lookOnly    = flag.String("look-only", "", "only states whose name holds this")
)

// policyOf is the policy that the service sends with its pages; a letter is shown as by a mail program, without anything from elsewhere.
func policyOf(s State) string {
	if s.Letter != nil {
		return "default-src 'none'; style-src 'unsafe-inline'"
	}
	return "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// site serves every state at /state/<index> with the headers that the service gives.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	states := States()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{name}", func(w http.ResponseWriter, r *http.Request) {
		a, ok := Static(r.PathValue("name"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.Type)
		_, _ = w.Write(a.Body)
	})
	mux.HandleFunc("GET /state/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n >= len(states) {
			http.NotFound(w, r)
			return
		}
		raw, err := states[n].Render()
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Security-Policy", policyOf(states[n]))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(raw)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// browser starts a browser that ends with the test.
func browser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	return browsertest.Start(t, more...)
}

// media are the ways in which a page is looked at.
func media(scheme string) emulation.SetEmulatedMediaParams {
	switch scheme {
	case "print":
		return emulation.SetEmulatedMediaParams{Media: "print"}
	case "forced":
		return emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}}
	}
	return emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
}

// look opens a page at a width in a scheme, "light", "dark", "forced" or "print", and returns what the action gives there.
func look[T any](ctx context.Context, url string, width int64, scheme string, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, browsertest.Patience)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media(scheme))
		return err
	}), chromedp.Navigate(url))
	if err != nil {
		var none T
		return none, err
	}
	return chromedp.Run(ctx, action)
}

// TestLook writes pictures of every page for people to look at: go test ./templates -run TestLook -look DIR.
// Without -look there is nothing to write, and it only checks that the browser shows a page.
func TestLook(t *testing.T) {
	server, ctx := site(t), browser(t)
	if *lookDir == "" {
		picture, err := look(ctx, server.URL+"/state/0", 390, "light", chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, width := range []int64{390, 1280} {
		for scheme := range strings.SplitSeq(*lookSchemes, ",") {
			lookAtAll(ctx, t, server.URL, width, scheme)
		}
	}
}

// lookAtAll writes one picture a page and letter, and sheets of them all for each language.
func lookAtAll(ctx context.Context, t *testing.T, base string, width int64, scheme string) {
	t.Helper()
	sheets := map[string][]picture{}
	for n, s := range States() {
		if !strings.Contains(s.Name, *lookOnly) {
			continue
		}
		raw, err := look(ctx, fmt.Sprintf("%s/state/%d", base, n), width, scheme, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.NewReplacer("/", "-", " ", "-", ",", "").Replace(s.Name)
		file := fmt.Sprintf("%s-%s-%d-%s.png", name, s.Lang, width, scheme)
		save(t, file, raw)
		sheets[s.Lang] = append(sheets[s.Lang], picture{file, s.Name, image.Pt(size.Width, size.Height)})
	}
	for lang, pictures := range sheets {
		saveSheets(t, fmt.Sprintf("sheet-%s-%d-%s", lang, width, scheme), pictures, sheetColumns(width))
	}
}

func save(t *testing.T, name string, raw []byte) {
	t.Helper()
	if err := os.MkdirAll(*lookDir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*lookDir, name), raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

// onPaper are the texts that can be seen on paper though nobody can press them there, and how much is wider than the paper, in px.
const onPaper = `(() => {
  const seen = [...document.querySelectorAll('button, .button, .no-print, .skip, .tongues, input, textarea')].filter(e => e.checkVisibility() && e.getClientRects().length > 0);
  return [document.documentElement.scrollWidth - innerWidth + '', ...seen.map(e => e.tagName + ' ' + e.textContent.trim().slice(0, 30))];
})()`

// TestPrint: what a guardian may print, the result, the receipt and what was agreed to, has nothing to press on paper.
func TestPrint(t *testing.T) {
	server, ctx := site(t), browser(t)
	printed := 0
	for n, s := range States() {
		if !strings.HasPrefix(s.Name, "guardian/result") && !strings.HasPrefix(s.Name, "guardian/receipt") && !strings.HasPrefix(s.Name, "guardian/terms") && s.Name != "guardian/withdrawn all" {
			continue
		}
		printed++
		got, err := look(ctx, fmt.Sprintf("%s/state/%d", server.URL, n), 794, "print", chromedp.Evaluate[[]string](onPaper)) // A4 at 96 dpi
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0] != "0" {
			t.Errorf("%s in %s on paper: %q", s.Name, s.Lang, got)
		}
	}
	if printed < 20 {
		t.Errorf("only %d pages", printed)
	}
}
