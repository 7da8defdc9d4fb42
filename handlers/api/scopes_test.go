package api_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// namesOne finds the parts of a path that name one thing of many.
var namesOne = regexp.MustCompile(`^(\{\w+\}|[a-z]+_[0-9a-z]{16,}|user-1|0)$`)

// TestScopesAreTold: the inventory names each call under the scope that it asks for, and under no other.
func TestScopesAreTold(t *testing.T) {
	text, err := os.ReadFile("../../consent/INVENTORY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "\n### Apps, by the scopes of their keys\n")
	part, _, _ = strings.Cut(part, "\n#")
	told := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (.*) \\|$").FindAllStringSubmatch(part, -1) {
		list, _, _ := strings.Cut(row[2], "; ") // prose follows
		for _, call := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(list, -1) {
			told[row[1]] = append(told[row[1]], call[1])
		}
		slices.Sort(told[row[1]])
	}
	asked := map[string][]string{}
	for _, one := range endpoints() {
		if one.scope == "" {
			continue // the clock of a test key, which asks for none
		}
		path, _, _ := strings.Cut(strings.TrimPrefix(one.path, "/v1/"), "?")
		parts := strings.Split(path, "/")
		for i, p := range parts {
			if namesOne.MatchString(p) || strings.HasPrefix(p, "evt_") {
				parts[i] = "…"
			}
		}
		if call := strings.TrimSuffix(strings.Join(parts, "/"), "/…"); !slices.Contains(asked[one.scope], call) {
			asked[one.scope] = append(asked[one.scope], call)
		}
	}
	for scope, calls := range asked {
		slices.Sort(calls)
		if !slices.Equal(calls, told[scope]) {
			t.Errorf("%s: told\n%s\nasked for\n`%s`", scope, strings.Join(told[scope], " "), strings.Join(calls, "` `"))
		}
	}
	if len(asked) < 5 {
		t.Errorf("only %d scopes", len(asked))
	}
}
