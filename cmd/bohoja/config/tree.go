package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// shape says what a node of the tree is.
type shape int

const (
	empty shape = iota // null: counts as absent
	scalar
	mapping
	list
)

// node is one value with the place where it stood. A scalar is kept as its text: 0212345678 stays a telephone number.
type node struct {
	shape  shape
	where  string
	text   string
	fields map[string]*node
	items  []*node
}

func newMapping(where string) *node {
	return &node{shape: mapping, where: where, fields: map[string]*node{}}
}

// names returns the keys of a mapping, sorted.
func (n *node) names() []string { return slices.Sorted(maps.Keys(n.fields)) }

// overlay puts top over base: mappings are joined key by key, everything else is replaced. A secret given in one way
// replaces the same secret given in another way below.
func overlay(base, top *node) *node {
	if base == nil || base.shape != mapping || top.shape != mapping {
		return top
	}
	joined := newMapping(base.where)
	maps.Copy(joined.fields, base.fields)
	for name := range top.fields {
		stem := secretStem(name)
		for _, other := range []string{stem, stem + "_file", stem + "_env"} {
			if other != name {
				delete(joined.fields, other)
			}
		}
	}
	for name, value := range top.fields {
		joined.fields[name] = overlay(base.fields[name], value)
	}
	return joined
}

// secretStem returns the name of the secret of which name may give the file or the variable.
func secretStem(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, "_file"), "_env")
}

// put sets a scalar at a dotted path, making the mappings on the way. It reports whether the path was free for it.
func (n *node) put(path, text, where string) bool {
	at := n
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		next, ok := at.fields[step]
		if !ok {
			next = newMapping(where)
			at.fields[step] = next
		}
		if next.shape != mapping {
			return false
		}
		at = next
	}
	last := steps[len(steps)-1]
	if _, ok := at.fields[last]; ok {
		return false
	}
	at.fields[last] = &node{shape: scalar, where: where, text: text}
	return true
}

// whereIs returns where the value at path stands, or else the nearest thing around it: "" when the way does not even begin.
func (n *node) whereIs(path string) string {
	found := ""
	for step := range strings.SplitSeq(strings.ReplaceAll(path, "[", ".["), ".") {
		next := n.step(step)
		if next == nil {
			return found
		}
		n, found = next, next.where
	}
	return found
}

// step goes one level down, by key or by "[3]".
func (n *node) step(step string) *node {
	number, ok := strings.CutPrefix(step, "[")
	if !ok {
		for _, name := range []string{step, step + "_file", step + "_env"} {
			if next := n.fields[name]; next != nil {
				return next
			}
		}
		return nil
	}
	i, err := strconv.Atoi(strings.TrimSuffix(number, "]"))
	if err != nil || i < 0 || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}
