//go:build proof

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/redisstore"
)

// TestUpgrade plays a story on two versions at once (P12): this program, and the oldest of the repository that keeps its records
// in the same form (redisstore.Schema), which is built from the repository's history. One word is this story's own:
//
//	old   start the old program's serve and wait until it is ready
func TestUpgrade(t *testing.T) {
	program, commit := oldest(t)
	c := &tally{}
	p := params("testdata/upgrade", "")
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		err := setup(env)
		c.watch(env.Values[storyKey{}].(*story))
		return err
	}
	p.Cmds["old"] = func(ts *testscript.TestScript, _ bool, _ []string) {
		s := ts.Value(storyKey{}).(*story)
		p := s.processes[""]
		cmd := exec.Command(program, "serve")
		cmd.Dir, cmd.Env = s.dir, s.environ(ts, "BOHOJA_LISTEN="+p.public, "BOHOJA_OPS_LISTEN="+p.ops)
		p.mu.Lock()
		err := p.run(cmd)
		p.mu.Unlock()
		ts.Check(err)
		wait(ts, func() bool { return p.ended() || p.ready() }, "the old program")
	}
	t.Run("stories", func(t *testing.T) { testscript.Run(t, p) })
	c.tell(t, "P12 two versions", fmt.Sprintf("this program and that of commit %.7s, the oldest with records of form %d", commit, redisstore.Schema))
}

// oldest builds the program of the commit that brought the form of records.
func oldest(t *testing.T) (program, commit string) {
	t.Helper()
	root, dir := filepath.Join("..", ".."), t.TempDir()
	run := func(in, name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = in
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	found := strings.Fields(run(root, "git", "log", "--format=%H", fmt.Sprintf("-Sconst Schema = %d", redisstore.Schema), "--", "consent/redisstore/schema.go"))
	if len(found) == 0 {
		t.Fatal("the repository's history does not go back to the form of records: fetch all of it")
	}
	commit = found[len(found)-1]
	run(root, "git", "archive", "--format=tar", "-o", filepath.Join(dir, "old.tar"), commit)
	run(dir, "tar", "xf", "old.tar")
	run(dir, "go", "build", "-o", "old", "./cmd/bohoja")
	return filepath.Join(dir, "old"), commit
}
