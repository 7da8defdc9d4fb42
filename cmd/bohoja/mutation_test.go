//go:build proof

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is one guard taken out of the source, and the suite that must notice.
type mutant struct {
	file  string // below the module's root
	guard string // stands there exactly once
	hole  string // instead of it
	suite string // package
	run   string
}

var mutants = []mutant{
	{"consent/redisstore/lua/lib.lua", "r.t == 'pending' and now < num(r.X)", "r.t == 'pending'", "./consent/redisstore", "TestStoreOnMiniredis"},
	{"consent/redisstore/lua/grant.lua", "if r.g ~= arg(1) then return refuse('replaced') end", "", "./consent/redisstore", "TestStoreOnMiniredis"},
	{"consent/redisstore/lua/grant.lua", "if r.v ~= arg(2) then return refuse('stale') end", "", "./consent/redisstore", "TestStoreOnMiniredis"},
	{"consent/redisstore/lua/release.lua", "if r.t == 'pending' then return refuse('not_granted') end", "", "./consent/redisstore", "TestStoreOnMiniredis"},
	{"consent/redisstore/lua/try.lua", "if locked > now then return refuse('locked', text(locked - now)) end", "", "./consent", "Lock|Parallel|Miss"},
	{"consent/fact.go", "if !hit {", "if !hit && false {", "./handlers/guardian", "TestFaults|TestMisses"},
	{"consent/decide.go", "if s.tooFast(p) {\n\t\treturn out, ErrTooFast", "if false {\n\t\treturn out, ErrTooFast", "./handlers/guardian", "TestTooFast"},
	{"consent/answers.go", "case !p.IsAdult(birth, s.Clock()):", "case !p.IsAdult(birth, s.Clock()) && false:", "./handlers/guardian", "TestFaults"},
	{"consent/proof.go", "p.Step != want", "false", "./handlers/guardian", "TestProofIsGoodForOneHop"},
	{"consent/invite.go", "if quiet {", "if quiet && false {", "./consent", "."},
	{"handlers/api/auth.go", `if scope != "" && !slices.Contains(k.Scopes, scope) {`, `if scope != "" && !slices.Contains(k.Scopes, scope) && false {`, "./handlers/api", "."},
	{"consent/resident.go", "return residentShape.MatchString(s)", "return false", "./consent", "Resident"},
}

// TestMutants takes out one guard after the other, without touching a file, and requires that the suite goes red: a
// guard that can go unseen is not guarded.
func TestMutants(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, m := range mutants {
		t.Run(m.file+": "+m.guard, func(t *testing.T) {
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
	t.Logf("%d guards taken out, %d seen by a suite", len(mutants), seen)
}

// overlay writes the file with the hole, and the map by which go reads it in place of the real one.
func (m mutant) overlay(t *testing.T, root string) string {
	t.Helper()
	file := filepath.Join(root, m.file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), m.guard); n != 1 {
		t.Fatalf("the guard stands there %d times: the list is old", n)
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
