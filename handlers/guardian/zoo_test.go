package guardian_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates/browsertest"
)

// beast is a program that meets a guardian's mail: it opens the link, fills every field with guesses, and presses buttons.
type beast struct {
	name    string
	patient bool   // lets a person's time pass before each press
	careful bool   // keeps away from fields and boxes that cannot be seen
	presses string // "first": the first button of the form; "all": every button, the last first; "submit": none, the form is sent
	wants   string // which answer it chooses
	guesses []string
}

// meets reports whether the beast comes to the decoy, a box and a button that people never meet.
func (b beast) meets() bool { return !b.careful || b.presses == "all" }

func beasts() []beast {
	var out []beast
	for n := 1; n < 4; n++ { // one that is hasty and careless is both of two others
		for _, presses := range []string{"first", "all", "submit"} {
			for _, wants := range []string{"grant", "decline", "not_mine"} {
				name := []string{"hasty", "patient"}[n%2] + " " + []string{"careless", "careful"}[n/2] + " " + presses + " " + wants
				out = append(out, beast{name, n%2 == 1, n/2 == 1, presses, wants, guesses})
			}
		}
	}
	return out
}

// guesses are what such a program types into a field for a name.
var guesses = []string{"홍길동", "김*늘", "하늘상점", "Kim", "parent", "test"}

// forage runs in the page: it fills everything, and sends the first form in the beast's way. It gives how many buttons
// and forms there are; a page without one is where it ends.
const forage = `((wants, presses, turn, guess, careful) => {
  window.old = true;
  const form = [...document.forms].pop();
  if (!form) return 0;
  const seen = e => e.labels && e.labels.length > 0 && e.labels[0].checkVisibility();
  for (const e of form.elements) {
    if (careful && !seen(e)) continue;
    if (e.type === 'text') e.value = {birth_year: '1985', birth_month: '3', birth_day: '4'}[e.name] || guess;
    if (e.type === 'checkbox') e.checked = true;
    if (e.type === 'radio') e.checked = e.name === 'decision' ? e.value === wants : e.value === 'yes' || e.value === 'mother' || e.value === 'all' || e.checked;
  }
  const buttons = [...form.querySelectorAll('button')];
  if (presses === 'submit') form.submit();
  else buttons[presses === 'all' ? (buttons.length - 1 + turn) %% buttons.length : 0].click();
  return buttons.length;
})(%q, %q, %d, %q, %v)`

// zoo is a browser for beasts: it runs scripts.
func zoo(t *testing.T) context.Context {
	t.Helper()
	return browsertest.Start(t)
}

// roam lets a beast loose on a link for a number of presses.
func (s *site) roam(ctx context.Context, b beast, link string) {
	s.t.Helper()
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		s.t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			s.t.Fatalf("%s: %v", b.name, err)
		}
	}
	for turn := range 8 {
		if turn%4 == 0 {
			do(chromedp.Navigate(link))
		}
		if b.patient {
			s.Advance(3 * time.Second)
		}
		buttons, err := chromedp.Run(ctx, chromedp.Evaluate[int](fmt.Sprintf(forage, b.wants, b.presses, turn, b.guesses[turn%len(b.guesses)], b.careful)))
		if err != nil {
			s.t.Fatalf("%s: %v", b.name, err)
		}
		if buttons == 0 {
			do(chromedp.Navigate(link))
			continue
		}
		s.arrive(ctx, b)
	}
}

// arrive waits until the page that a press led to is there.
func (s *site) arrive(ctx context.Context, b beast) {
	s.t.Helper()
	for end := time.Now().Add(browsertest.Patience); ; time.Sleep(5 * time.Millisecond) {
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!window.old && document.readyState === 'complete'`))
		if err == nil && there {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s: no page came: %v", b.name, err)
		}
	}
}

// TestZoo: no beast ever agrees. One that meets the decoy decides nothing at all; what the others did is printed, since a
// refusal asks for no fact: it is to be as easy for a person.
func TestZoo(t *testing.T) {
	ctx := zoo(t)
	outcomes, met, refused := map[string]int{}, 0, 0
	for _, b := range beasts() {
		s := open(t)
		pressed := 0
		s.options.Decoyed = func() { pressed++ }
		ticket, link := s.asked("user-1")
		s.roam(ctx, b, link)
		rec, err := s.Service.Find(t.Context(), s.App, ticket.Record.ID)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Status == consent.Granted {
			t.Errorf("%s has agreed", b.name)
		}
		if pressed > 0 && rec.Status != consent.Pending {
			t.Errorf("%s met the decoy and decided all the same: %s, %s", b.name, rec.Status, rec.Reason)
		}
		if b.meets() != (pressed > 0) {
			t.Errorf("%s met the decoy %d times", b.name, pressed)
		}
		if pressed > 0 {
			met++
		}
		outcomes[fmt.Sprintf("%s %s %s", b.name, rec.Status, rec.Reason)]++
		if rec.Status == consent.Declined {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no beast has refused, which asks for no fact: none came to a form, and nothing is shown")
	}
	for _, o := range slices.Sorted(maps.Keys(outcomes)) {
		t.Log(o)
	}
	t.Logf("%d beasts, %d met the decoy, 0 agreed", len(beasts()), met)
}

// TestZooAfterTheGrant: a withdrawal asks for a fact, so no beast ends a consent.
func TestZooAfterTheGrant(t *testing.T) {
	ctx := zoo(t)
	for _, b := range beasts() {
		if b.wants != "grant" || !b.patient {
			continue
		}
		s := open(t)
		ticket, link := s.asked("user-1")
		s.post(link, with(s.check(link, yes()).hidden(), "confirm", "yes"))
		s.Work()
		l, ok := s.Letters.Last(consent.LetterGranted)
		if !ok {
			t.Fatal("no letter")
		}
		s.roam(ctx, b, l.Withdraw)
		if got := s.status(ticket.Record.ID); got != consent.Granted {
			t.Errorf("%s: %s", b.name, got)
		}
	}
}

// TestZooOnlyReads: HEAD and GET, a hundred at once each, leave everything as it was.
func TestZooOnlyReads(t *testing.T) {
	s := open(t)
	ticket, link := s.asked("user-1")
	before, err := s.Store.Get(t.Context(), s.App.ID, ticket.Record.ID)
	if err != nil {
		t.Fatal(err)
	}
	letters := len(s.Letters.All())
	var all sync.WaitGroup
	for n := range 200 {
		all.Go(func() {
			method := []string{http.MethodGet, http.MethodHead}[n%2]
			req, err := http.NewRequestWithContext(t.Context(), method, link, http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			res, err := s.client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", method, res.StatusCode)
			}
		})
	}
	all.Wait()
	s.Work()
	after, err := s.Store.Get(t.Context(), s.App.ID, ticket.Record.ID)
	if err != nil || fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) || len(s.Letters.All()) != letters {
		t.Errorf("reading has changed something: %v", err)
	}
}
