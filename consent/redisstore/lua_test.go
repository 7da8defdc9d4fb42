package redisstore

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// A key that a script builds itself is one that a cluster cannot place: each call names its key by a local that lib.lua
// took from KEYS, or by KEYS itself.
func TestScriptsBuildNoKey(t *testing.T) {
	calls := regexp.MustCompile(`redis\.p?call\(([^)]*)`)
	named := regexp.MustCompile(`^'[A-Z]+'(, ('STREAM', )?(k_[a-z]+(\[[a-z.]+\])?|KEYS\[[0-9a-z]+\]|key))?`)
	keyless := []string{"'TIME'"}
	for name, text := range luaFiles(t) {
		for _, call := range calls.FindAllStringSubmatch(text, -1) {
			args := call[1]
			m := named.FindString(args)
			if m == "" || (!strings.Contains(m, ",") && !slices.Contains(keyless, strings.TrimSpace(args))) {
				t.Errorf("%s: redis.call(%s …): the key does not come from KEYS", name, args)
			}
		}
	}
}

// Helpers that take a key get one from KEYS too ("behind" of list.lua), and nothing joins texts into a key.
func TestScriptsJoinNoKey(t *testing.T) {
	for name, text := range luaFiles(t) {
		if m := regexp.MustCompile(`(KEYS\[[^\]]*\]|\bk_[a-z]+)\s*\.\.`).FindString(text); m != "" {
			t.Errorf("%s builds a key: %s", name, m)
		}
	}
}

// Only what both servers know: redis, cjson, string, table, math and the language itself.
func TestScriptsUseKnownLibraries(t *testing.T) {
	banned := regexp.MustCompile(`\b(cmsgpack|struct|bit|os|io|debug|loadstring|require|setmetatable)\.|\btostring\(|\brandom`)
	for name, text := range luaFiles(t) {
		for i, line := range strings.Split(text, "\n") {
			if code, _, _ := strings.Cut(line, "--"); banned.MatchString(code) {
				t.Errorf("%s:%d: %s", name, i+1, code)
			}
		}
	}
}

// Each file is a step or one of the others, begins with what it is for, and each step reads before it writes.
func TestScriptsAreWhole(t *testing.T) {
	known := append([]string{"ledger", "lib", "rights"}, others...)
	for _, s := range steps {
		known = append(known, string(s))
	}
	for name, text := range luaFiles(t) {
		name = strings.TrimSuffix(name, ".lua")
		if !slices.Contains(known, name) {
			t.Errorf("%s.lua is run by nobody", name)
		}
		if !strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(text, "#!lua flags=no-writes\n"), "#!lua\n"), "-- ") {
			t.Errorf("%s.lua does not say what it is for", name)
		}
	}
	if got := scripts(); len(got) != len(steps)+len(others) {
		t.Errorf("%d scripts", len(got))
	}
}

// A refusal behind the first write would leave half a step.
func TestStepsRefuseBeforeTheyWrite(t *testing.T) {
	writes := regexp.MustCompile(`\b(set|timer|alarm|silence|disown|write|stop|index|unindex|move|close|audit|trace|mark|unmark|know|unknow|added|unamend)\(|redis\.call\('(SET|DEL|HSET|HDEL|ZADD|ZREM|XADD|PEXPIRE|ZREMRANGEBYSCORE)'`)
	for _, s := range steps {
		text, first := source(string(s)), 0
		if loc := writes.FindStringIndex(text); loc != nil {
			first = loc[0]
		}
		if last := strings.LastIndex(text, "refuse("); first == 0 || last > first {
			t.Errorf("%s.lua refuses after its first write, or never writes", s)
		}
	}
}

// All keys of a call share the tag, and only the space's own keys go without.
func TestKeysShareOneTag(t *testing.T) {
	for _, space := range []Space{Live, Test} {
		n := space.names("shop")
		keys := append(n.step("cr_1"), n.lifted(), n.dead(), n.terms("t_1"), n.idempotency(consent.Digest{1}))
		seen := map[string]bool{}
		for _, k := range keys {
			if !strings.HasPrefix(k, space.prefix()+"{shop}:") || strings.Count(k, "{") != 1 || seen[k] {
				t.Errorf("key %q", k)
			}
			seen[k] = true
		}
		if len(n.step("cr_1")) != 30 {
			t.Errorf("a step has %d keys, lib.lua counts on 30", len(n.step("cr_1")))
		}
	}
	if Live.prefix() == Test.prefix() || strings.HasPrefix(Live.clock(), Test.prefix()) {
		t.Error("the spaces share key names")
	}
}

func luaFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(sources, "lua/*.lua")
	if err != nil || len(files) < len(steps) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	out := map[string]string{}
	for _, f := range files {
		text, _ := fs.ReadFile(sources, f)
		out[strings.TrimPrefix(f, "lua/")] = string(text)
	}
	return out
}
