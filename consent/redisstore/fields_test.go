package redisstore

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	setsField       = regexp.MustCompile(`\bset\(`)
	removesField    = regexp.MustCompile(`redis\.call\('HDEL', k_record, `)
	chosen          = regexp.MustCompile(`local field\b[^=]*=.*`)
	compared        = regexp.MustCompile(`[=~]= '[^']*'`)
	quoted          = regexp.MustCompile(`'([^']*)'`)
	withoutGuardian = regexp.MustCompile(`^([ipV])\d$`)
	givenToSignup   = regexp.MustCompile(`\badd\("(\w+)"|\[\]any\{"(\w+)", [^"]+, "(\w+)", `)
	readByProgram   = regexp.MustCompile(`\bf(?:\.\w+\(|\[)"(\w+)"`)
	readByScript    = regexp.MustCompile(`\br\.(\w+)`)
)

// A name in a record's hash has one meaning: each script touches those alone of which the table says so. Whoever takes a letter that
// another step has finds its script missing among the writers, and the meaning beside it.
func TestFieldsHaveOneMeaning(t *testing.T) {
	written := map[string][]string{}
	for name, text := range luaFiles(t) {
		script := strings.TrimSuffix(name, ".lua")
		for _, field := range touched(t, script, text) {
			written[field] = append(written[field], script)
		}
	}
	for _, field := range initial(t) {
		written[field] = append(written[field], "signup")
	}
	all := maps.Clone(recordFields)
	maps.Copy(all, guardianFields)
	if len(all) != len(recordFields)+len(guardianFields) {
		t.Error("a letter means something of the record and something of a guardian")
	}
	for name, f := range all {
		got := slices.Compact(slices.Sorted(slices.Values(written[name])))
		if f.meaning == "" || strings.Join(got, " ") != f.writers {
			t.Errorf("field %q (%s) is touched by %v, the table says %q", name, f.meaning, got, f.writers)
		}
		delete(written, name)
	}
	for name, scripts := range written {
		t.Errorf("field %q, which %v touch, is not in the table", name, scripts)
	}
}

// Two entries of one meaning would be one thing in two places.
func TestMeaningsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, table := range []map[string]field{recordFields, guardianFields} {
		for name, f := range table {
			if before, twice := seen[f.meaning]; twice {
				t.Errorf("%q and %q both mean %s", before, name, f.meaning)
			}
			seen[f.meaning] = name
		}
	}
}

// What the program reads of a record is in the table, and what is in the table is read by the program or by a script.
func TestFieldsAreRead(t *testing.T) {
	read := map[string]bool{}
	text, err := os.ReadFile("record.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range readByProgram.FindAllStringSubmatch(string(text), -1) {
		read[m[1]] = true
		if recordFields[m[1]] == (field{}) && guardianFields[m[1]] == (field{}) {
			t.Errorf("record.go reads %q, which is not in the table", m[1])
		}
	}
	for name, text := range luaFiles(t) {
		for _, m := range readByScript.FindAllStringSubmatch(text, -1) {
			read[m[1]] = true
			if _, ok := recordFields[m[1]]; !ok {
				t.Errorf("%s reads %q, which is not in the table", name, m[1])
			}
		}
		if strings.Contains(text, "r[field]") {
			for _, one := range named(t, name, text, "field") {
				read[one] = true
			}
		}
	}
	for name, f := range recordFields {
		if !read[name] {
			t.Errorf("nobody reads %q (%s)", name, f.meaning)
		}
	}
}

func TestKnownField(t *testing.T) {
	for name, want := range map[string]bool{"s": true, "filed": true, "i0": true, "p1": true, "": false, "i": false, "i9": false, "i-1": false, "file": false, "s0": false} {
		if knownField(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// touched lists the fields that a script sets or removes. Those of a flag set by hand are left out once they are in their own table.
func touched(t *testing.T, script, text string) (out []string) {
	for _, at := range setsField.FindAllStringIndex(text, -1) {
		args := arguments(text[at[1]:])
		for i := 0; i < len(args); i += 2 {
			out = append(out, named(t, script, text, args[i])...)
		}
	}
	for _, at := range removesField.FindAllStringIndex(text, -1) {
		for _, one := range arguments(text[at[1]:]) {
			out = append(out, named(t, script, text, one)...)
		}
	}
	if _, ok := flagFields["f"]; script == "flag" && ok {
		return slices.DeleteFunc(out, func(field string) bool { return field == "f" })
	}
	return out
}

// named gives the names that an argument can have: a text, or the local "field" with its choices. What signup is given it gets from
// fields of record.go (initial).
func named(t *testing.T, script, text, argument string) (out []string) {
	switch {
	case argument == "..." && script == "lib", strings.HasPrefix(argument, "arg(") && script == "signup":
		return nil
	case argument == "field":
		argument = chosen.FindString(text)
	}
	for _, m := range quoted.FindAllStringSubmatch(compared.ReplaceAllString(argument, ""), -1) {
		out = append(out, withoutGuardian.ReplaceAllString(m[1], "$1"))
	}
	if len(out) == 0 {
		t.Errorf("%s.lua: what is the field %q?", script, argument)
	}
	return out
}

// initial lists the fields that record.go gives to signup.lua.
func initial(t *testing.T) (out []string) {
	text, err := os.ReadFile("record.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range givenToSignup.FindAllStringSubmatch(string(text), -1) {
		out = append(out, slices.DeleteFunc(m[1:], func(name string) bool { return name == "" })...)
	}
	if len(out) < 8 {
		t.Errorf("record.go gives signup.lua %v", out)
	}
	return out
}

// arguments splits the arguments of a call, whose bracket is open, at its commas.
func arguments(text string) (out []string) {
	depth, from := 0, 0
	for i, c := range text {
		switch {
		case c == '(' || c == '{':
			depth++
		case depth == 0 && c == ')':
			return append(out, strings.TrimSpace(text[from:i]))
		case c == ')' || c == '}':
			depth--
		case depth == 0 && c == ',':
			out, from = append(out, strings.TrimSpace(text[from:i])), i+1
		}
	}
	return out
}
