package templates

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tokens reads the custom properties of a scheme from the style sheet: the first block is light, the second dark.
func tokens(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	css := string(assets()["bohoja.css"].Body)
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(css, 2)
	if len(blocks) != 2 {
		t.Fatal("the style sheet does not begin with its tokens")
	}
	read := func(block string) map[string]string {
		out := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(block, -1) {
			out[m[1]] = m[2]
		}
		return out
	}
	return read(blocks[0][1]), read(blocks[1][1])
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(hex string) float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestContrast(t *testing.T) {
	if got := contrast("#0b50d0", "#ffffff"); math.Abs(got-6.8) > 0.1 {
		t.Fatalf("the measure itself is off: %.2f", got)
	}
	const text, shape = 4.5, 3.0
	grounds := "paper sheet tint warm alarm good-tint"
	rules := []struct {
		front, grounds string
		least          float64
	}{
		{"text", grounds, text}, {"quiet", grounds, text}, {"primary", grounds, text}, {"primary-deep", grounds, text},
		{"danger", "sheet tint alarm", text}, {"amber", "sheet warm", text}, {"on-primary", "primary primary-deep", text},
		{"on-danger", "danger", text}, {"border", "sheet tint paper", shape}, {"focus", grounds, shape}, {"good", "good-tint sheet", shape},
	}
	light, dark := tokens(t)
	for scheme, token := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, r := range rules {
			for _, ground := range strings.Fields(r.grounds) {
				front, back := token[r.front], token[ground]
				if front == "" || back == "" {
					t.Fatalf("%s: no token %s or %s", scheme, r.front, ground)
				}
				if got := contrast(front, back); got < r.least {
					t.Errorf("%s: %s on %s is %.2f, less than %.1f", scheme, r.front, ground, got, r.least)
				}
			}
		}
	}
}

// Colours stand in the tokens alone, so that the test above sees them all.
func TestColoursOnlyInTokens(t *testing.T) {
	css := string(assets()["bohoja.css"].Body)
	rest := regexp.MustCompile(`(?s):root \{.*?\}`).ReplaceAllString(css, "")
	rest = regexp.MustCompile(`\.letter \{[^}]*\}`).ReplaceAllString(rest, "") // a letter is shown on white, as mail apps do
	for _, m := range regexp.MustCompile(`(#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\()`).FindAllString(rest, -1) {
		t.Errorf("a colour outside the tokens: %s", m)
	}
}

func TestStatic(t *testing.T) {
	path := StaticPath("bohoja.css")
	if !regexp.MustCompile(`^/static/bohoja\.[0-9a-f]{8}\.css$`).MatchString(path) {
		t.Fatalf("path %q", path)
	}
	a, ok := Static(strings.TrimPrefix(path, "/static/"))
	if !ok || !strings.HasPrefix(a.Type, "text/css") || len(a.Body) == 0 {
		t.Error("the style sheet is not served at its own path")
	}
	for _, name := range []string{"bohoja.css", "", "../words.go", "bohoja.00000000.css"} {
		if _, ok := Static(name); ok {
			t.Errorf("%q is served", name)
		}
	}
	if newAsset("a.css", []byte("x")).Name == newAsset("a.css", []byte("y")).Name {
		t.Error("another content has the same name")
	}
	if StaticPath("none") != "" {
		t.Error("a path for a file that is not there")
	}
}

func ExampleParticle() {
	fmt.Println("하늘상점" + Particle("하늘상점", "은"))
	// Output: 하늘상점은
}
