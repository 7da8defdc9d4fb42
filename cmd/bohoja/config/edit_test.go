package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestRemoveKeyForms: forms that are cut, and forms that are left to a person; those stay as they were.
func TestRemoveKeyForms(t *testing.T) {
	t.Parallel()
	const head = "apps:\n  - id: shop\n    keys:\n"
	cases := []struct{ name, text, want string }{
		{"only key", head + "      - {id: a, sha256: x}\n    languages: [ko]\n", head + "    languages: [ko]\n"},
		{"last line without a break", head + "      - {id: b}\n      - {id: a}", head + "      - {id: b}\n"},
		{"list as deep as its name", "apps:\n- id: shop\n  keys:\n  - id: a\n    sha256: x\n  - id: b\n", "apps:\n- id: shop\n  keys:\n  - id: b\n"},
		{"several lines in braces", head + "      - {id: a,\n         sha256: x}\n      - {id: b}\n", head + "      - {id: b}\n"},
		{"quoted id", head + "      - {id: \"a\"}\n      - {id: b}\n", head + "      - {id: b}\n"},
		{"blank line inside", head + "      - id: b\n      - id: a\n\n        sha256: x\n", ""},
		{"in one line", "apps: [{id: shop, keys: [{id: a}]}]\n", ""},
		{"two keys of one id", head + "      - {id: a}\n      - {id: a}\n", ""},
		{"not YAML", head + "      - {id: a\n", ""},
		{"two documents", head + "      - {id: a}\n---\nx: y\n", ""},
		{"another app", strings.ReplaceAll(head, "shop", "other") + "      - {id: a}\n", ""},
		{"another key", head + "      - {id: b}\n", ""},
		{"keys are no list", "apps:\n  - id: shop\n    keys: a\n", ""},
		{"apps are no list", "apps: {id: shop}\n", ""},
		{"nothing", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := file(t, "bohoja.yaml", c.text)
			err := RemoveKey(name, "shop", "a")
			got, _ := os.ReadFile(name)
			if c.want == "" {
				if !errors.Is(err, errByHand) || string(got) != c.text {
					t.Errorf("got %v and %q", err, got)
				}
				return
			}
			if err != nil || string(got) != c.want {
				t.Errorf("got %v and %q, want %q", err, got, c.want)
			}
		})
	}
}

// TestRemoveKeyKeepsTheFile: a link still leads to the same file, modes stay, nothing is left beside it.
func TestRemoveKeyKeepsTheFile(t *testing.T) {
	t.Parallel()
	name := file(t, "bohoja.yaml", "apps:\n  - id: shop\n    keys:\n      - {id: a}\n")
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.yaml")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	if err := RemoveKey(link, "shop", "a"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(name)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if err := RemoveKey(filepath.Join(t.TempDir(), "gone"), "shop", "a"); err == nil {
		t.Error("a file that is not there was changed")
	}
}

// FuzzRemoveKey: whatever the file holds, cutting a key changes nothing else of what it means.
func FuzzRemoveKey(f *testing.F) {
	f.Add("apps:\n  - id: shop\n    keys:\n      - {id: b}\n      - {id: a}\n    languages: [ko]\n")
	f.Add("apps:\n- id: shop\n  keys:\n  - id: a\n    x: |\n      y\n  - id: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		out, err := withoutKey([]byte(text), "shop", "a")
		if err != nil {
			return
		}
		before, _ := readYAML("", []byte(text))
		after, faults := readYAML("", out)
		if len(faults) > 0 || !drop(before, "shop", "a") || !reflect.DeepEqual(meaning(before), meaning(after)) {
			t.Errorf("%q became %q", text, out)
		}
	})
}

// TestAdd: an adapter's own word about a setting is left out when something was said about it already.
func TestAdd(t *testing.T) {
	t.Parallel()
	l := loadYAML(t, "smtp:\n  url: x\n")
	one := l.Add(nil, "smtp.url", FaultForm, "x")
	if got := lines(one); len(got) != 1 || got[0] != "bohoja.yaml:2 smtp.url form" {
		t.Errorf("got %q", got)
	}
	if got := l.Add(one, "smtp.url", FaultForm, "y"); len(got) != 1 {
		t.Errorf("told twice: %v", got)
	}
	if got := l.Add(one, "smtp", FaultForm, "y"); len(got) != 1 {
		t.Errorf("told of the whole after a part: %v", got)
	}
	if got := l.Add(one, "redis.url", FaultForm, "y"); len(got) != 2 {
		t.Errorf("not told: %v", got)
	}
}

// TestBase: declarations that are built in lie below the file.
func TestBase(t *testing.T) {
	t.Parallel()
	l := Load(Source{File: file(t, "x.yaml", "listen: :2\n"), Base: []byte("listen: :1\nops_listen: :3\n")})
	if l.Err() != nil || l.Settings.Listen != ":2" || l.Settings.OpsListen != ":3" {
		t.Errorf("%v, %+v", l.Err(), l.Settings)
	}
}
