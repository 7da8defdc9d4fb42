//go:build proof

package consent_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// modelSteps names how many steps TestModel makes at least; more, five times as many at most, until everything was met.
const modelSteps = "BOHOJA_MODEL_STEPS"

// TestModel walks requests at random over a real Redis and holds every answer and every record against a model without a
// store. Each round has a Redis of its own.
func TestModel(t *testing.T) {
	want := 10_000
	if text := os.Getenv(modelSteps); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		want = n
	}
	w := &modelWalk{made: map[string]int{}, came: map[string]int{}}
	for _, what := range outcomes {
		w.came[what] = 0
	}
	for name := range (&run{}).steps() {
		w.made[name] = 0
	}
	for round := 0; (w.steps < want || len(w.never()) > 0 && w.steps < 5*want) && !t.Failed(); round++ {
		t.Run(fmt.Sprint("round ", round), w.round)
	}
	if never := w.never(); len(never) > 0 {
		t.Errorf("never: %q", never)
	}
	t.Logf("%d requests, %d steps of %d kinds, %v, each as the model says", w.requests, w.steps, len(w.made), w.came)
}

// modelWalk counts.
type modelWalk struct {
	requests, steps int
	made            map[string]int
	came            map[string]int // what came of them
}

// never names what was not met.
func (w *modelWalk) never() (names []string) {
	for _, counts := range []map[string]int{w.made, w.came} {
		for name, n := range counts {
			if n == 0 {
				names = append(names, name)
			}
		}
	}
	return names
}

func (w *modelWalk) round(t *testing.T) {
	k := consenttest.NewOn(t, consenttest.Redis(t).URL(), t.TempDir())
	c := &clerk{clock: k.Service.Clock}
	k.Service.Courier = c
	k.Service.Settings.GuardianDay = 1 << 30
	rapid.Check(t, func(rt *rapid.T) {
		w.requests++
		r := &run{Kit: k, ctx: t.Context(), r: rt, clerk: c, came: w.came, subject: fmt.Sprintf("model-%d", w.requests), pauses: map[string]time.Duration{}}
		r.begin()
		kind := rapid.SampledFrom(modelWalks).Draw(rt, "walk")
		actions := w.actions(r, r.walk(kind))
		for range kind.times {
			rt.Repeat(actions)
		}
		if kind.steps != nil {
			r.withdrawByLink() // by the name that stands now
		}
		r.settle()
	})
}

// actions counts the steps of a walk, and has record and model agree after each.
func (w *modelWalk) actions(r *run, steps map[string]func()) map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){"": func(*rapid.T) { r.agree() }}
	for name, step := range steps {
		actions[name] = func(*rapid.T) { w.steps++; w.made[name]++; step() }
	}
	return actions
}
