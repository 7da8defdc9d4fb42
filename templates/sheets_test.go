package templates

import (
	"fmt"
	"html/template"
	"image"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
)

// picture is a screenshot in the folder of -look.
type picture struct {
	file, title string
	size        image.Point
}

// cut is a part of a picture as it lies on a sheet. All numbers are pixels of the sheet.
type cut struct {
	File, Title   string
	X, Y, W, H    int
	Whole, Hidden int // how high the whole picture is, and how much of it is above this part
}

// Sheets are square and of a size at which no viewer makes them smaller; pages are cut where a column ends. A caption needs some
// room, and less of a page than a few lines is not begun at a column's end.
const (
	sheetSide    = 1600
	sheetGap     = 8
	sheetCaption = 18
	sheetLeast   = 160
)

// sheetColumns is how many columns a sheet has, so that text of 19 pixels can be read in them.
func sheetColumns(width int64) int {
	if width > 600 {
		return 3
	}
	return 6
}

// arrange lays pictures out in columns, and begins another sheet when one is full.
func arrange(pictures []picture, columns int) [][]cut {
	w := (sheetSide-sheetGap)/columns - sheetGap
	sheets, column, y := [][]cut{nil}, 0, 0
	for _, p := range pictures {
		whole := p.size.Y * w / p.size.X
		for hidden := 0; hidden < whole; {
			if rest := whole - hidden; y > 0 && sheetSide-y-sheetCaption < min(rest, sheetLeast) {
				column, y = column+1, 0
			}
			if column == columns {
				sheets, column = append(sheets, nil), 0
			}
			h := min(whole-hidden, sheetSide-y-sheetCaption)
			c := cut{p.file, p.title, sheetGap + column*(w+sheetGap), y, w, h, whole, hidden}
			sheets[len(sheets)-1] = append(sheets[len(sheets)-1], c)
			hidden, y = hidden+h, y+h+sheetCaption+sheetGap
		}
	}
	return sheets
}

// overview lays the upper part of each picture out in rows of eight, all on one sheet.
func overview(pictures []picture) []cut {
	const columns, w, h = 8, 190, 240
	var out []cut
	for i, p := range pictures {
		whole := p.size.Y * w / p.size.X
		x, y := sheetGap+i%columns*(w+sheetGap), i/columns*(h+sheetCaption+sheetGap)
		out = append(out, cut{p.file, p.title, x, y, w, min(h, whole), whole, 0})
	}
	return out
}

var sheetPage = template.Must(template.New("sheet").Parse(`<!DOCTYPE html><html lang="en"><title>sheet</title><style>
body { margin: 0; background: #888; font: 11px/18px sans-serif; }
p { position: absolute; margin: 0; height: 18px; overflow: hidden; white-space: nowrap; }
div { position: absolute; background-repeat: no-repeat; }
</style>{{range .}}<p style="left: {{.X}}px; top: {{.Y}}px; width: {{.W}}px">{{.Title}}{{if .Hidden}} …{{end}}</p>
<div style="left: {{.X}}px; top: {{.Y}}px; width: {{.W}}px; height: {{.H}}px; margin-top: 18px; background-image: url('/picture/{{.File}}');
background-size: {{.W}}px {{.Whole}}px; background-position: 0 -{{.Hidden}}px"></div>
{{end}}</html>`))

// saveSheets has the browser draw one contact sheet of all pictures, name.png, and sheets on which they can be read, name-01.png
// and so on.
func saveSheets(t *testing.T, name string, pictures []picture, columns int) {
	t.Helper()
	sheets := append([][]cut{overview(pictures)}, arrange(pictures, columns)...)
	mux := http.NewServeMux()
	mux.Handle("GET /picture/", http.StripPrefix("/picture/", http.FileServer(http.Dir(*lookDir))))
	for n, cuts := range sheets {
		mux.HandleFunc(fmt.Sprintf("GET /sheet/%d", n), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := sheetPage.Execute(w, cuts); err != nil {
				t.Error(err)
			}
		})
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx := browser(t)
	for n := range sheets {
		raw, err := look(ctx, fmt.Sprintf("%s/sheet/%d", server.URL, n), sheetSide, "light", chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		file := name + ".png"
		if n > 0 {
			file = fmt.Sprintf("%s-%02d.png", name, n)
		}
		save(t, file, raw)
	}
}

// TestSheetsShowAll: every picture lies on the sheets from its top to its end, within the sheet, and nothing over anything else.
func TestSheetsShowAll(t *testing.T) {
	pictures := []picture{
		{"a", "a", image.Pt(390, 900)}, {"b", "b", image.Pt(390, 9000)}, {"c", "c", image.Pt(390, 2300)}, {"d", "d", image.Pt(390, 400)},
		{"e", "e", image.Pt(390, 30_000)}, {"f", "f", image.Pt(390, 1)},
	}
	shown := map[string]int{}
	for n, cuts := range arrange(pictures, sheetColumns(390)) {
		var taken []image.Rectangle
		for _, c := range cuts {
			r := image.Rect(c.X, c.Y, c.X+c.W, c.Y+sheetCaption+c.H)
			if !r.In(image.Rect(0, 0, sheetSide, sheetSide)) || r.Empty() {
				t.Errorf("sheet %d: %s lies at %v", n, c.File, r)
			}
			for _, other := range taken {
				if r.Overlaps(other) {
					t.Errorf("sheet %d: %s lies over another", n, c.File)
				}
			}
			taken = append(taken, r)
			if c.Hidden == shown[c.File] {
				shown[c.File] += c.H
			}
		}
	}
	w := (sheetSide-sheetGap)/sheetColumns(390) - sheetGap
	for _, p := range pictures {
		if want := p.size.Y * w / p.size.X; shown[p.file] < want {
			t.Errorf("%s: %d of %d shown", p.file, shown[p.file], want)
		}
	}
}
