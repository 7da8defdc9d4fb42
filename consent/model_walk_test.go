//go:build proof

package consent_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// modelSteps names how many steps TestModel makes at least.
const modelSteps = "BOHOJA_MODEL_STEPS"

// nobody takes letters and forgets them: a million of them are not to be kept.
type nobody struct{}

func (nobody) Deliver(context.Context, consent.Letter) error { return nil }

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
	w := &modelWalk{made: map[string]int{}}
	for round := 0; w.steps < want && !t.Failed(); round++ {
		t.Run(fmt.Sprint("round ", round), w.round)
	}
	for name, n := range w.made {
		if n == 0 {
			t.Errorf("%s: never", name)
		}
	}
	t.Logf("%d requests, %d steps of %d kinds, each as the model says", w.requests, w.steps, len(w.made))
}

// modelWalk counts.
type modelWalk struct {
	requests, steps int
	made            map[string]int
}

func (w *modelWalk) round(t *testing.T) {
	k := consenttest.NewOn(t, consenttest.Redis(t).URL(), t.TempDir())
	k.Service.Courier = nobody{}
	k.Service.Settings.GuardianDay = 1 << 30
	rapid.Check(t, func(rt *rapid.T) {
		w.requests++
		r := &run{Kit: k, ctx: t.Context(), r: rt, subject: fmt.Sprintf("model-%d", w.requests), pauses: map[string]time.Duration{}}
		r.begin()
		actions := map[string]func(*rapid.T){"": func(*rapid.T) { r.agree() }}
		for name, step := range r.steps() {
			w.made[name] += 0
			actions[name] = func(*rapid.T) { w.steps++; w.made[name]++; step() }
		}
		rt.Repeat(actions)
	})
}
