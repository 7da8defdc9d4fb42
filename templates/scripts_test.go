package templates

import (
	"bytes"
	"path"
	"testing"
)

// Scripts write texts as texts, run no text, keep no name or address, and load nothing: whatever they show was typed by somebody.
func TestScriptsAreTame(t *testing.T) {
	files, err := staticFiles.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		if path.Ext(f.Name()) != ".js" {
			continue
		}
		seen++
		text, err := staticFiles.ReadFile("static/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{
			"innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "document.write", "createContextualFragment", "DOMParser", "srcdoc",
			"eval(", "Function(", "setTimeout('", "setTimeout(\"", "import(", "importScripts", "http://", "https://", "document.cookie", "localStorage", "indexedDB", "__proto__",
		} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s uses %s", f.Name(), word)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d scripts were read", seen)
	}
}
