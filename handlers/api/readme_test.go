package api_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func readPage(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// routeNamed finds a call as prose names it.
var routeNamed = regexp.MustCompile("(GET|POST|DELETE) (/v1/[a-z0-9/{}.-]+)")

// TestReadmesNameRoutes: every call that the pages for developers name is one that there is.
func TestReadmesNameRoutes(t *testing.T) {
	named, doc := 0, theSpec(t)
	for _, path := range []string{"../../README.md", "../README.md", "recipes/README.md"} {
		for _, m := range routeNamed.FindAllStringSubmatch(readPage(t, path), -1) {
			named++
			found := false
			for pattern, item := range doc.Paths.Map() {
				form := regexp.MustCompile("^" + hole.ReplaceAllString(pattern, `[^/]+`) + "$")
				found = found || form.MatchString(strings.TrimRight(m[2], ".")) && item.GetOperation(m[1]) != nil
			}
			if !found {
				t.Errorf("%s names %s %s, which is not in the document", path, m[1], m[2])
			}
		}
	}
	if named < 8 {
		t.Errorf("only %d calls were found", named)
	}
}

// TestReadmeTellsTheHost: the first thing to copy is ten lines at most, and what an app owes to the law stands beside it: what its own
// database may hold, where the password goes, and what it links in its footer. Mobile apps and Spring have a recipe in words.
func TestReadmeTellsTheHost(t *testing.T) {
	_, integrate, ok := strings.Cut(readPage(t, "../../README.md"), "## Integrate it\n")
	if !ok {
		t.Fatal("the README does not say how to integrate it")
	}
	integrate, _, _ = strings.Cut(integrate, "\n## ")
	_, form, _ := strings.Cut(integrate, "```html\n")
	form, _, _ = strings.Cut(form, "```")
	if lines := strings.Count(form, "\n"); lines > 10 || lines < 3 || !strings.Contains(form, "/embed/v1.js") || !strings.Contains(form, "<guardian-consent") {
		t.Errorf("the form takes %d lines: %s", lines, form)
	}
	for _, owed := range []string{
		"the random `subject`, nothing else", "A password? Ask for it when the child comes back", "/policy/shop", "`embed_token`", "consent.granted",
		"consent.withdrawn", "webhooks listen --forward-to", "marketing/check",
	} {
		if !strings.Contains(integrate, owed) {
			t.Errorf("it does not say %q", owed)
		}
	}
	for _, recipe := range []string{"## Mobile apps", "## Spring", "POST /v1/client-tokens", "return_urls", "`state`", "ProblemDetail", "MessageDigest.isEqual"} {
		if !strings.Contains(readPage(t, "recipes/README.md"), recipe) {
			t.Errorf("the recipes do not say %q", recipe)
		}
	}
}
