package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
)

// TestMain lets the scripts in testdata call `bohoja` as a program of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bohoja": main})
}

// TestScripts runs whole stories of the command line (testdata/script).
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

// outcome is what a command left behind.
type outcome struct {
	code     int
	out, err string
}

// call runs a command line in this process. environ are name=value.
func call(t *testing.T, environ []string, args ...string) outcome {
	t.Helper()
	var out, err bytes.Buffer
	code := run(t.Context(), args, environ, strings.NewReader(""), &out, &err)
	return outcome{code, out.String(), err.String()}
}

// want fails unless the outcome has this code and holds these texts in either stream.
func (o outcome) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d\n%s%s", o.code, code, o.out, o.err)
	}
	for _, text := range texts {
		if !strings.Contains(o.out+o.err, text) {
			t.Errorf("%q is not told in\n%s%s", text, o.out, o.err)
		}
	}
}

// read decodes the standard output of --json.
func read[T any](t *testing.T, o outcome) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(o.out), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s%s", err, o.out, o.err)
	}
	return v
}

// example writes the example file, changed by pairs of old and new text, into a folder of the test.
func example(t *testing.T, pairs ...string) string {
	t.Helper()
	return written(t, strings.NewReplacer(pairs...).Replace(config.Examples()["en"]))
}

func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bohoja.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// withKeys is the example with keys in block form.
func withKeys(t *testing.T) string {
	t.Helper()
	return example(t, "    keys: []                             # `bohoja apps key new shop` prints the key and the line to put here, instead of []\n", `    keys:
      # the web site
      - {id: k1, sha256: "`+strings.Repeat("a", 64)+`", scopes: [requests, release]} # 2026
      # the mobile app
      - id: k2
        sha256: "`+strings.Repeat("b", 64)+`"
        scopes: [requests]
      - {id: k3, sha256: "`+strings.Repeat("c", 64)+`", scopes: [events]}
`)
}
