package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestASVS: each item of the standard's levels 1 and 2 stands in the table once, and each test that the table names is there.
func TestASVS(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../consent/README.md")
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := os.ReadFile("testdata/asvs-5.0-level-2.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(readme), "\n## OWASP ASVS 5.0, level 2\n")
	if !ok {
		t.Fatal("there is no list")
	}
	list, _, _ = strings.Cut(list, "\n## ")
	told := map[string]int{}
	for _, item := range regexp.MustCompile(`\b\d{1,2}\.\d{1,2}\.\d{1,2}\b`).FindAllString(list, -1) {
		told[item]++
	}
	for _, item := range strings.Fields(string(numbers)) {
		if told[item] != 1 {
			t.Errorf("%s stands there %d times", item, told[item])
		}
		delete(told, item)
	}
	for item := range told {
		t.Errorf("%s is no item of levels 1 and 2", item)
	}
	named := 0
	for _, row := range regexp.MustCompile(`(?m)^\| [0-9., ]+ \| (.*) \|$`).FindAllStringSubmatch(list, -1) {
		for _, part := range strings.Split(row[1], "; ") {
			pkg, names, _ := strings.Cut(strings.TrimPrefix(part, "`"), "` ")
			source := testsOf(t, pkg)
			for _, name := range strings.Fields(names) {
				named++
				name, story, _ := strings.Cut(name, "/")
				if !strings.Contains(source, "\nfunc "+name+"(") || story != "" && !exists(filepath.Join("testdata/journeys", story+".txtar")) {
					t.Errorf("%s has no %s %s", pkg, name, story)
				}
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d tests are named", named)
	}
}

// testsOf is the source of a package's tests.
func testsOf(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", pkg, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("%q is no package with tests", pkg)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
