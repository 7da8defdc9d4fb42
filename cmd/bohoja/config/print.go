package config

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// Row is one value as it is in force, for `config print`.
type Row struct {
	Setting string `json:"setting"`
	Value   string `json:"value"` // of a secret no more than what may be seen
	Source  string `json:"source"`
}

// hidden stands for a secret.
const hidden = "[sealed]"

// Rows returns every value in force, in the order of Settings, secrets hidden, each with where it stood.
func (l *Loaded) Rows() []Row {
	p := &printer{root: l.root}
	p.value("", reflect.ValueOf(l.Settings))
	return p.rows
}

type printer struct {
	root *node
	rows []Row
}

func (p *printer) value(path string, v reflect.Value) {
	switch t := v.Type(); {
	case t == privateType:
		p.row(path, show(v.Interface().(consent.Private)))
	case isScalar(t):
		p.row(path, write(v))
	case t.Kind() == reflect.Slice && isScalar(t.Elem()):
		p.row(path, writeList(v))
	case t.Kind() == reflect.Slice:
		for i := range v.Len() {
			p.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case t.Kind() == reflect.Map:
		for _, k := range sortedKeys(stringKeys(v)) {
			p.value(join(path, k), v.MapIndex(reflect.ValueOf(k)))
		}
	case t.Kind() == reflect.Pointer && !v.IsNil():
		p.value(path, v.Elem())
	case t.Kind() == reflect.Struct:
		p.record(path, v)
	}
}

func (p *printer) record(path string, v reflect.Value) {
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			p.value(join(path, name), v.Field(i))
		}
	}
}

// row adds a value. Within an app, what is not there is left out: an app has no defaults.
func (p *printer) row(path, value string) {
	source := "default"
	if p.root.has(path) {
		source = p.root.whereIs(path)
	} else if strings.HasPrefix(path, "apps[") {
		return
	}
	p.rows = append(p.rows, Row{path, value, source})
}

// has reports whether the whole path is in the tree.
func (n *node) has(path string) bool {
	for step := range strings.SplitSeq(strings.ReplaceAll(path, "[", ".["), ".") {
		if n = n.step(step); n == nil || n.shape == empty {
			return false
		}
	}
	return true
}

func writeList(v reflect.Value) string {
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = write(v.Index(i))
	}
	return strings.Join(parts, ",")
}

// show returns what may be seen of a secret: of addresses the scheme, the host and the path, of everything else nothing.
func show(secret consent.Private) string {
	if secret.Empty() {
		return ""
	}
	var out []string
	for part := range strings.SplitSeq(secret.Reveal(), ",") {
		u, err := url.Parse(part)
		if err != nil || u.Host == "" || u.Scheme == "" || u.User == nil && strings.Contains(part, "@") {
			return hidden // a password with / or # in it makes its beginning look like a host
		}
		shown := u.Scheme + "://"
		if u.User != nil {
			shown += hidden + "@"
		}
		out = append(out, shown+u.Host)
	}
	return strings.Join(out, ",")
}

func stringKeys(v reflect.Value) map[string]bool {
	out := map[string]bool{}
	for _, k := range v.MapKeys() {
		out[k.String()] = true
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
