package templates

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// readmePictures names the states that the README shows, by the files in look/.
var readmePictures = map[string]struct{ state, lang string }{
	"guardian-open-ko.png": {"guardian/open", "ko"},
	"guardian-open-en.png": {"guardian/open", "en"},
	"child-wait-ko.png":    {"child/wait", "ko"},
}

// readmeBytes is how large a picture of the README may be.
const readmeBytes = 150_000

// TestLookReadme writes the first screenful of a phone at two pixels a point: go test ./templates -run TestLookReadme
// -look-readme look. Without the flag it checks that the pictures are there and small.
func TestLookReadme(t *testing.T) {
	if *lookReadme != "" {
		drawReadme(t, *lookReadme)
	}
	for name := range readmePictures {
		raw, err := os.ReadFile(filepath.Join("look", name))
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(raw))
		if err != nil || size.Width != 780 || size.Height != 1688 || len(raw) > readmeBytes {
			t.Errorf("%s: %d × %d, %d bytes, %v", name, size.Width, size.Height, len(raw), err)
		}
	}
}

func drawReadme(t *testing.T, dir string) {
	t.Helper()
	server, ctx := site(t), browser(t, oneFont(t))
	for name, want := range readmePictures {
		n := slices.IndexFunc(States(), func(s State) bool { return s.Name == want.state && s.Lang == want.lang })
		raw, err := look(ctx, fmt.Sprintf("%s/state/%d", server.URL, n), 390, "light", chromedp.Title()) // warms fonts up
		if err != nil || raw == "" {
			t.Fatal(raw, err)
		}
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2))); err != nil {
			t.Fatal(err)
		}
		picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), fewColours(t, picture), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// oneFont lets Latin and Korean letters come from one family, as they do on phones.
func oneFont(t *testing.T) chromedp.ExecAllocatorOption {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fonts.conf")
	conf := `<fontconfig><include>/etc/fonts/fonts.conf</include>`
	for _, family := range []string{"system-ui", "sans-serif"} {
		conf += `<match target="pattern"><test name="family"><string>` + family + `</string></test>` +
			`<edit name="family" mode="prepend" binding="strong"><string>Noto Sans CJK KR</string></edit></match>`
	}
	if err := os.WriteFile(name, []byte(conf+`</fontconfig>`), 0o644); err != nil {
		t.Fatal(err)
	}
	return chromedp.Env("FONTCONFIG_FILE=" + name)
}

// fewColours keeps the 256 colours that are met most, which for pages of text nobody sees, and packs tightly.
func fewColours(t *testing.T, raw []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	met := map[color.Color]int{}
	for y := range full.Bounds().Dy() {
		for x := range full.Bounds().Dx() {
			met[full.At(x, y)]++
		}
	}
	var palette color.Palette
	for c := range met {
		palette = append(palette, c)
	}
	slices.SortFunc(palette, func(a, b color.Color) int { return met[b] - met[a] })
	small := image.NewPaletted(full.Bounds(), palette[:min(256, len(palette))])
	draw.Draw(small, small.Bounds(), full, image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
