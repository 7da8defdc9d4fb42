package templates

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var measureAll = flag.Bool("measure-all", false, "measure every state in every language at three widths")

// measured is what the browser tells about a page or letter as it is laid out.
type measured struct {
	Staff    bool     // a page for people at a desk: 16 px, and targets of 44 px (WCAG 2.2, 2.5.5)
	Body     float64  // px
	Weighty  float64  // smallest size of an important item, in px; 0 when the page has none
	Rest     float64  // largest size of what is read beside them: paragraphs, lists, cells, labels
	Bold     bool     // all important items are bold
	Overflow float64  // how much wider than the window the page is, in px
	Small    []string // targets lower than 48 px, 44 px for staff
	Tiny     []string // texts smaller than 16 px
	Icon     float64  // size of the first mark, to see that the style sheet came; letters have none, and need none
}

// measuring runs in the page. Links inside sentences are no targets of their own (WCAG 2.2, 2.5.8, exception inline).
const measuring = `(() => {
  const letter = document.querySelector('table.sheet');
  const seen = e => e.checkVisibility() && e.getClientRects().length > 0;
  const size = e => parseFloat(getComputedStyle(e).fontSize);
  const name = e => e.tagName + ' ' + (e.name || e.textContent.trim().slice(0, 30));
  const targets = [...document.querySelectorAll('button, a, summary, input[type=text], .option label')].filter(seen)
    .filter(e => !e.classList.contains('skip') && !(e.tagName === 'A' && getComputedStyle(e).display === 'inline'));
  const weighty = [...document.querySelectorAll('.weighty')].filter(seen);
  const texts = [...document.querySelectorAll('body *')].filter(e => seen(e) && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  return {
    Body: size(letter || document.body),
    Weighty: weighty.length ? Math.min(...weighty.map(size)) : 0,
    Rest: Math.max(...[...document.querySelectorAll('p, li, td, dd, label')].filter(e => seen(e) && !e.closest('.weighty, .figure, .code, .bigcode')).map(size)),
    Bold: weighty.every(e => parseInt(getComputedStyle(e).fontWeight) >= 600),
    Overflow: document.documentElement.scrollWidth - innerWidth,
    Staff: document.body.classList.contains('staff'),
    Small: targets.filter(e => e.getBoundingClientRect().height < (document.body.classList.contains('staff') ? 43.9 : 47.9)).map(name),
    Tiny: texts.filter(e => size(e) < 16).map(name),
    Icon: letter ? 32 : parseFloat(getComputedStyle(document.querySelector('.mark')).width), // also where a frame hides it
  };
})()`

// Sizes as a browser computes them, under the Content-Security-Policy of the service: body text at least 19 px, important
// items a fifth larger and bold (KR-10), targets at least 48 px, and nothing to scroll sideways, also at 320 px, which is
// a desktop window zoomed to 400 %. With -measure-all nothing is left out; without it, Korean stands for most pages.
func TestMeasure(t *testing.T) {
	server, ctx := site(t), browser(t)
	for n, s := range States() {
		widths := []int64{320}
		switch {
		case s.Letter != nil:
			widths = []int64{320, 1280}
		case *measureAll || s.Name == "guardian/open":
			widths = []int64{320, 390, 1280}
		case s.Lang != Fallback && s.Name != "child/wait" && !strings.HasPrefix(s.Name, "dev/"):
			continue
		}
		for _, width := range widths {
			m, err := look(ctx, fmt.Sprintf("%s/state/%d", server.URL, n), width, "light", chromedp.Evaluate[measured](measuring))
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			for _, fault := range m.faults() {
				t.Errorf("%s in %s at %d px: %s", s.Name, s.Lang, width, fault)
			}
		}
	}
}

func (m measured) faults() []string {
	var out []string
	add := func(bad bool, format string, args ...any) {
		if bad {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(m.Icon != 32, "the mark is %v px wide: the style sheet did not come", m.Icon)
	least := 19.0
	if m.Staff {
		least = 16
	}
	add(m.Body < least, "body text of %v px", m.Body)
	add(m.Weighty != 0 && m.Weighty < 1.2*m.Rest, "important items of %v px beside %v px", m.Weighty, m.Rest)
	add(!m.Bold, "an important item is not bold")
	add(m.Overflow > 0, "%v px too wide", m.Overflow)
	add(len(m.Small) > 0, "small targets: %q", m.Small)
	add(len(m.Tiny) > 0, "tiny texts: %q", m.Tiny)
	return out
}
