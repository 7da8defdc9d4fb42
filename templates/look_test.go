package templates

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
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

// site serves every state at /<index> with the headers that the service gives.
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
		w.Header().Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := Write(w, states[n].Page); err != nil {
			t.Error(err)
		}
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

// lookAtAll writes one picture a state, and a sheet of them all for each language.
func lookAtAll(ctx context.Context, t *testing.T, base string, width int64, scheme string) {
	t.Helper()
	sheets := map[string][]image.Image{}
	for n, s := range States() {
		if !strings.Contains(s.Name, *lookOnly) {
			continue
		}
		raw, err := look(ctx, fmt.Sprintf("%s/state/%d", base, n), width, scheme, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.NewReplacer("/", "-", " ", "-", ",", "").Replace(s.Name)
		save(t, fmt.Sprintf("%s-%s-%d-%s.png", name, s.Lang, width, scheme), raw)
		sheets[s.Lang] = append(sheets[s.Lang], picture)
	}
	for lang, pictures := range sheets {
		var b bytes.Buffer
		if err := png.Encode(&b, contactSheet(pictures)); err != nil {
			t.Fatal(err)
		}
		save(t, fmt.Sprintf("sheet-%s-%d-%s.png", lang, width, scheme), b.Bytes())
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

// contactSheet puts the upper part of each picture, made small, into rows of eight. All pictures are equally wide.
func contactSheet(pictures []image.Image) image.Image {
	const columns, h, gap = 8, 420, 10
	factor := max(2, pictures[0].Bounds().Dx()/320)
	w := pictures[0].Bounds().Dx() / factor
	rows := (len(pictures) + columns - 1) / columns
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(w+gap)+gap, rows*(h+gap)+gap))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	for i, p := range pictures {
		at := image.Pt(gap+i%columns*(w+gap), gap+i/columns*(h+gap))
		shrink(sheet, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}, p, factor)
	}
	return sheet
}

// shrink draws the upper part of p into the cell, taking the mean of the pixels that fall together.
func shrink(sheet *image.RGBA, cell image.Rectangle, p image.Image, factor int) {
	for y := 0; y < cell.Dy() && (y+1)*factor <= p.Bounds().Dy(); y++ {
		for x := range cell.Dx() {
			sheet.Set(cell.Min.X+x, cell.Min.Y+y, mean(p, x*factor, y*factor, factor))
		}
	}
}

func mean(p image.Image, x, y, factor int) color.Color {
	var r, g, b uint32
	for dy := range factor {
		for dx := range factor {
			pr, pg, pb, _ := p.At(x+dx, y+dy).RGBA()
			r, g, b = r+pr>>8, g+pg>>8, b+pb>>8
		}
	}
	n := uint32(factor * factor)
	return color.RGBA{R: uint8(r / n), G: uint8(g / n), B: uint8(b / n), A: 255}
}
