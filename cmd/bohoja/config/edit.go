package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// errByHand is a file whose form this program does not change on its own.
var errByHand = errors.New("the key does not stand on lines of its own, so nothing was changed; take it out by hand")

// RemoveKey takes a key of an app out of a YAML file and leaves every other line as it is. It changes nothing unless the
// file then means exactly what it meant, less that key. The file is replaced in one step; a link keeps pointing to it.
func RemoveKey(name, app, key string) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	text, err := readBounded(name)
	if err != nil {
		return err
	}
	out, err := withoutKey(text, app, key)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := replace(name, out); err != nil {
		return fmt.Errorf("nothing was changed; take the key out of %s by hand: %w", name, err)
	}
	return nil
}

// withoutKey removes the lines of the key's entry and then proves that nothing else has changed.
func withoutKey(text []byte, app, key string) ([]byte, error) {
	entry, err := keyEntry(text, app, key)
	if err != nil {
		return nil, err
	}
	lines := strings.SplitAfter(string(text), "\n")
	first := entry.Start.Position.Line - 1
	last := entryEnd(lines, first)
	out := []byte(strings.Join(slices.Delete(slices.Clone(lines), first, last), ""))
	want, faults := readYAML("", text)
	got, more := readYAML("", out)
	if len(faults)+len(more) > 0 || !drop(want, app, key) || !reflect.DeepEqual(meaning(want), meaning(got)) {
		return nil, errByHand
	}
	return out, nil
}

// keyEntry finds the "- …" of a key in a list in block form.
func keyEntry(text []byte, app, key string) (*ast.SequenceEntryNode, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil || len(file.Docs) != 1 {
		return nil, errByHand
	}
	apps, _ := member(file.Docs[0].Body, "apps").(*ast.SequenceNode)
	one := entryOf(apps, app)
	if one == nil {
		return nil, errByHand
	}
	keys, _ := member(one.Value, "keys").(*ast.SequenceNode)
	entry := entryOf(keys, key)
	if entry == nil || entry.Start == nil || keys.IsFlowStyle {
		return nil, errByHand
	}
	return entry, nil
}

// entryOf finds the entry of a list whose id this is.
func entryOf(list *ast.SequenceNode, id string) *ast.SequenceEntryNode {
	if list == nil {
		return nil
	}
	for _, e := range list.Entries {
		if v := member(e.Value, "id"); v != nil && v.GetToken().Value == id {
			return e
		}
	}
	return nil
}

func member(n ast.Node, name string) ast.Node {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return nil
	}
	for _, v := range m.Values {
		if v.Key.GetToken().Value == name {
			return v.Value
		}
	}
	return nil
}

// entryEnd returns the index behind the entry that begins at line first: it goes on while lines are indented deeper.
func entryEnd(lines []string, first int) int {
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	end := first + 1
	for end < len(lines) && strings.TrimSpace(lines[end]) != "" && indent(lines[end]) > indent(lines[first]) {
		end++
	}
	return end
}

// drop takes the key out of a tree.
func drop(root *node, app, key string) bool {
	byID := func(id string) func(*node) bool {
		return func(n *node) bool { return n.fields["id"] != nil && n.fields["id"].text == id }
	}
	apps := root.fields["apps"]
	i := slices.IndexFunc(apps.items, byID(app))
	if i < 0 || apps.items[i].fields["keys"] == nil {
		return false
	}
	keys := apps.items[i].fields["keys"]
	before := len(keys.items)
	keys.items = slices.DeleteFunc(keys.items, byID(key))
	return len(keys.items) == before-1
}

// meaning is a tree without places; an empty list means the same as nothing.
func meaning(n *node) any {
	switch n.shape {
	case scalar:
		return n.text
	case list:
		var out []any
		for _, item := range n.items {
			out = append(out, meaning(item))
		}
		if out == nil {
			return nil
		}
		return out
	case mapping:
		out := map[string]any{}
		for name, value := range n.fields {
			out[name] = meaning(value)
		}
		return out
	}
	return nil
}

// replace writes a file beside the old one and renames it, so that a reload never reads half of it.
func replace(name string, text []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
