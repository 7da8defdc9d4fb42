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
