//go:build proof

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mutantsWanted says which guards TestMutants takes out: "all", or a day as 2006-01-02; unset: those of today.
const mutantsWanted = "BOHOJA_MUTANTS"

// aTurn is how many guards a day's turn has: all of them come in a fortnight.
const aTurn = 5

// turn is the guards that are taken out, and what to call this choice.
func turn(t *testing.T) ([]mutant, string) {
	t.Helper()
	want := os.Getenv(mutantsWanted)
	if want == "all" {
		return mutants, want
	}
	if want == "" {
		want = time.Now().UTC().Format(time.DateOnly)
	}
	day, err := time.Parse(time.DateOnly, want)
	if err != nil {
		t.Fatalf("%s: all, or a day: %v", mutantsWanted, err)
	}
	var some []mutant
	first := int(day.Unix()/86400) * aTurn
	for i := range aTurn {
		some = append(some, mutants[(first+i)%len(mutants)])
	}
	return some, want
}

// TestMutants takes out one guard after the other, without touching a file, and requires that the suite goes red: a
// guard that can go unseen is not guarded.
func TestMutants(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	seen, tried := 0, 0
	some, which := turn(t)
	for _, m := range some {
		t.Run(m.name, func(t *testing.T) {
			tried++
			overlay := m.overlay(t, root)
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-overlay", overlay, "-run", m.run, m.suite)
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("%s %s stays green without it", m.suite, m.run)
			case !strings.Contains(string(out), "--- FAIL"):
				t.Errorf("no test failed, it could not be run:\n%s", out)
			default:
				seen++
			}
		})
	}
	t.Logf("%s: %d of %d guards taken out, %d seen by a suite", which, tried, len(mutants), seen)
}

// overlay writes the file with the hole, and the map by which go reads it in place of the real one.
func (m mutant) overlay(t *testing.T, root string) string {
	t.Helper()
	file := filepath.Join(root, m.file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	holed := filepath.Join(dir, filepath.Base(m.file))
	if err := os.WriteFile(holed, []byte(strings.Replace(string(text), m.guard, m.hole, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {file: holed}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
