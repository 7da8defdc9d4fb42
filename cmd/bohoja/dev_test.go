package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDevKeepsOwnDeclarations: an app that a developer brings to bohoja dev keeps its own way on and its own origins; the built-in one
// leads into the demo shop.
func TestDevKeepsOwnDeclarations(t *testing.T) {
	own := filepath.Join(t.TempDir(), "bohoja.yaml")
	text := strings.Replace(string(demoYAML), "    return_urls:", "    origins: [http://localhost:3000]\n    continue_url: https://shop.example/profile\n    return_urls:", 1)
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{own: "https://shop.example/profile", "": "/dev/shop/account"} {
		p, err := newPlayground(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.close(context.WithoutCancel(t.Context())); _ = p.public.Close(); _ = p.letters.Close() })
		set, err := p.settings(&world{file: file})
		if err != nil {
			t.Fatal(err)
		}
		app := set.Apps[0]
		if !strings.HasSuffix(app.ContinueURL, want) || !slices.Contains(app.Origins, p.url) || slices.Contains(app.Origins, "http://localhost:3000") != (file != "") {
			t.Errorf("with %q: on to %s from %v", file, app.ContinueURL, app.Origins)
		}
	}
}
