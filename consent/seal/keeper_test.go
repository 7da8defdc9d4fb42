package seal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func TestNextHoursKeyIsMadeTenMinutesAhead(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	hour := start.Truncate(time.Hour)
	w.clock.set(hour.Add(50*time.Minute - time.Millisecond))
	mustRun(t, v)
	if !w.has("h-2026112315") || w.has("h-2026112316") {
		t.Error("more than ten minutes ahead there is this hour's key and no other")
	}
	w.clock.set(hour.Add(50 * time.Minute))
	mustRun(t, v)
	if !w.has("h-2026112316") {
		t.Fatal("ten minutes ahead the next hour's key is not there")
	}
	if w.has("r-2026112316") || w.has("r-2026112315") {
		t.Error("release keys are made on demand")
	}
	before := w.prints.asked()
	w.clock.set(hour.Add(time.Hour))
	mustSeal(t, v, consent.ClassHour, hour.Add(time.Hour), "x")
	if w.prints.asked() != before {
		t.Error("the first request of the hour pays for the claim")
	}
}

func TestDeadFilesAreRemoved(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	h := mustSeal(t, v, consent.ClassHour, start, "x")
	r := mustSeal(t, v, consent.ClassRelease, start, "x")
	e := mustSeal(t, v, consent.ClassEvidence, start, "x")
	end := start.Truncate(time.Hour).Add(time.Hour)

	w.clock.set(end.Add(pending - time.Millisecond))
	mustRun(t, v)
	if !w.has("h-2026112315") {
		t.Fatal("a living key was destroyed")
	}
	w.clock.set(end.Add(pending))
	mustRun(t, v)
	if w.has("h-2026112315") || !w.has("r-2026112315") {
		t.Error("at its death the hour's key, and it alone, must go")
	}
	w.clock.set(end.Add(window))
	mustRun(t, v)
	if w.has("r-2026112315") {
		t.Error("the release key outlived its window")
	}
	w.clock.set(start) // not even a clock that goes back brings them to life
	refuses(t, v, h, consent.ErrUnreadable)
	refuses(t, v, r, consent.ErrUnreadable)
	opens(t, v, e, "x")
	v.mu.RLock()
	defer v.mu.RUnlock()
	for id := range v.keys {
		if id == hourKey(consent.ClassHour, start) || id == hourKey(consent.ClassRelease, start) {
			t.Errorf("%s is still in memory", id.name())
		}
	}
}

// A process that slept, or another one, removes what is dead though it never used it.
func TestDeadFilesOfOthersAreRemoved(t *testing.T) {
	w := newWorld(t)
	mustSeal(t, w.open(t), consent.ClassHour, start, "x")
	damaged := filepath.Join(w.dir, shortFolder, "h-2026112314")
	if err := os.WriteFile(damaged, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.clock.set(start.Add(pending + 2*time.Hour))
	mustRun(t, w.open(t))
	if w.has("h-2026112315") || w.has("h-2026112314") {
		t.Error("dead keys are left")
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	for _, name := range []string{"tide", "x-2026112315", "h-20261123", "h-2026993315"} {
		if err := os.WriteFile(filepath.Join(w.dir, shortFolder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.set(start.Add(10000 * time.Hour))
	mustRun(t, v)
	for _, name := range []string{"tide", "x-2026112315", "h-20261123", "h-2026993315"} {
		if !w.has(name) {
			t.Errorf("%s was removed", name)
		}
	}
}

func TestStaleTemporaryFilesAreSwept(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	old := time.Now().Add(-time.Hour)
	for _, folder := range []string{shortFolder, longFolder} {
		path := filepath.Join(w.dir, folder, ".making-0011223344556677")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, v)
	if w.has(".making-0011223344556677") {
		t.Error("what a crash left is still there")
	}
}

func TestKeyDestroyedElsewhereIsForgotten(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	s := mustSeal(t, a, consent.ClassRelease, start, "x")
	opens(t, b, s, "x")
	if err := a.Destroy("r-2026112315"); err != nil {
		t.Fatal(err)
	}
	refuses(t, a, s, consent.ErrUnreadable)
	mustRun(t, b)
	refuses(t, b, s, consent.ErrUnreadable)
}

func TestPassGoesOnAfterAFault(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	mustSeal(t, v, consent.ClassHour, start, "x")
	w.prints.fail(errors.New("connection refused"))
	w.clock.set(start.Add(pending + 2*time.Hour))
	if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("the pass says %v", err)
	}
	if w.has("h-2026112315") {
		t.Error("a dead key lives on because the store is away")
	}
}

func TestLongKeysThatVanishStopNothingThatRuns(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	d := v.Digest(consent.DigestEmail, "parent@example.com")
	e := mustSeal(t, v, consent.ClassEvidence, start, "x")
	for _, name := range []string{"evidence-1", "digest-1", "siphash-1"} {
		if err := os.Remove(filepath.Join(w.dir, longFolder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("the pass says %v", err)
	}
	if v.Digest(consent.DigestEmail, "parent@example.com") != d {
		t.Error("digests changed")
	}
	_ = e
	// A restart must not begin anew under the old names: the store remembers the lost keys.
	if _, err := Open(t.Context(), w.options()); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("reopened with %v", err)
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	mustSeal(t, v, consent.ClassHour, start, "x")
	if err := v.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.prints.mu.Lock()
	clear(w.prints.held) // an empty store: every key is claimed again
	w.prints.mu.Unlock()
	if err := v.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.prints.held) != 4 {
		t.Errorf("claimed: %v", w.prints.held)
	}
	w.prints.held["h-2026112315"] = "another"
	if err := v.Check(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("with another key in use: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(w.dir, shortFolder)); err != nil {
		t.Fatal(err)
	}
	if err := v.Check(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("without the folder: %v", err)
	}
}
