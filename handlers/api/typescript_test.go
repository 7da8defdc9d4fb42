//go:build pages

package api_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/handlers/api"
)

// typesDir is where .ci/tools leaves openapi-typescript and tsc, at the versions of testdata/typescript/package-lock.json.
const typesDir = "../../.out/tools/typescript"

// TestTypeScript makes types of /openapi.json and compiles a client against them, with lines that must not compile.
func TestTypeScript(t *testing.T) {
	bin, err := filepath.Abs(typesDir + "/node_modules/.bin")
	must(t, err)
	if _, err := os.Stat(bin); errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is not there: run .ci/tools pages, which needs npm, or make pages", bin)
	}
	a, err := api.New(api.Options{PublicURL: public})
	must(t, err)
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS("testdata/typescript")))
	must(t, os.Symlink(filepath.Join(bin, ".."), filepath.Join(dir, "node_modules")))
	must(t, os.WriteFile(filepath.Join(dir, "openapi.json"), a.OpenAPI(), 0o600))
	run(t, dir, filepath.Join(bin, "openapi-typescript"), "openapi.json", "--output", "api.d.ts")
	run(t, dir, filepath.Join(bin, "tsc"), "--project", ".")
	types, err := os.ReadFile(filepath.Join(dir, "api.d.ts"))
	must(t, err)
	for path := range theSpec(t).Paths.Map() {
		if !strings.Contains(string(types), `"`+path+`"`) {
			t.Errorf("there is no type of %s", path)
		}
	}
	t.Logf("%d lines of types, and a client that compiles", strings.Count(string(types), "\n"))
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
}
