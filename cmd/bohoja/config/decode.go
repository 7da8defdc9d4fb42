package config

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// decoder fills Settings from a tree and collects what does not fit.
type decoder struct {
	readFile func(string) ([]byte, error)
	environ  map[string]string
	faults   Faults
}

func (d *decoder) fault(path string, n *node, code, detail string) {
	d.faults = append(d.faults, Fault{path, n.where, code, detail})
}

// value fills v from n. An empty node leaves what is there: the default.
func (d *decoder) value(path string, n *node, v reflect.Value) {
	t := v.Type()
	switch {
	case n.shape == empty:
	case n.shape == scalar && isScalar(t):
		if parse(n.text, v) != nil {
			d.fault(path, n, FaultForm, hint(t))
		}
	case n.shape == scalar && t.Kind() == reflect.Slice && isScalar(t.Elem()):
		d.list(path, splitList(n), v)
	case n.shape == list && t.Kind() == reflect.Slice:
		d.list(path, n, v)
	case n.shape == mapping && t.Kind() == reflect.Map:
		d.mapping(path, n, v)
	case n.shape == mapping && t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		d.record(path, n, v.Elem())
	case n.shape == mapping && t.Kind() == reflect.Struct && !isScalar(t):
		d.record(path, n, v)
	default:
		d.fault(path, n, FaultForm, hint(t))
	}
}

// splitList reads a,b,c as a list, as the environment must write one.
func splitList(n *node) *node {
	out := &node{shape: list, where: n.where}
	for part := range strings.SplitSeq(n.text, ",") {
		out.items = append(out.items, &node{shape: scalar, where: n.where, text: strings.TrimSpace(part)})
	}
	return out
}

func (d *decoder) list(path string, n *node, v reflect.Value) {
	out := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		d.value(fmt.Sprintf("%s[%d]", path, i), item, out.Index(i))
	}
	v.Set(out)
}

func (d *decoder) mapping(path string, n *node, v reflect.Value) {
	out := reflect.MakeMapWithSize(v.Type(), len(n.fields))
	for _, name := range n.names() {
		one := reflect.New(v.Type().Elem()).Elem()
		d.value(join(path, name), n.fields[name], one)
		out.SetMapIndex(reflect.ValueOf(name), one)
	}
	v.Set(out)
}

// record fills a struct by its yaml tags and tells of names that it does not know.
func (d *decoder) record(path string, n *node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	for _, name := range n.names() {
		at, one := join(path, name), n.fields[name]
		if i, ok := fields[name]; ok {
			d.value(at, one, v.Field(i))
			continue
		}
		i, ok := fields[secretStem(name)]
		if !ok || v.Field(i).Type() != privateType {
			d.fault(at, one, FaultUnknown, "no setting has this name"+didYouMean(name, slices.Sorted(maps.Keys(fields))))
			continue
		}
		d.secret(at, name, n, v.Field(i))
	}
}

// secret fills a secret from the file or the variable that x_file or x_env names.
func (d *decoder) secret(path, name string, n *node, v reflect.Value) {
	one, stem := n.fields[name], secretStem(name)
	if n.fields[stem] != nil || name == stem+"_env" && n.fields[stem+"_file"] != nil {
		d.fault(path, one, FaultTwice, "give the secret once: "+stem+", "+stem+"_file or "+stem+"_env")
		return
	}
	if one.shape != scalar || one.text == "" {
		d.fault(path, one, FaultForm, "write the name of a file or a variable")
		return
	}
	text, detail := d.fromEnviron(one.text)
	if name == stem+"_file" {
		text, detail = d.fromFile(one.text)
	}
	if detail != "" {
		d.fault(path, one, FaultUnreadable, detail)
		return
	}
	v.Set(reflect.ValueOf(consent.Secret(text)))
}

// maxSecretFile bounds a secret's file in bytes; /dev/zero must not fill the memory's end with nothing.
const maxSecretFile = 64 << 10

// fromFile reads a secret without its last line break. The detail, if any, says what is wrong.
func (d *decoder) fromFile(name string) (text, detail string) {
	raw, err := d.readFile(name)
	switch {
	case os.IsNotExist(err):
		return "", "the file is not there"
	case os.IsPermission(err):
		return "", "this user may not read the file"
	case err != nil:
		return "", "the file cannot be read"
	case len(raw) > maxSecretFile:
		return "", "the file is too large for a secret"
	}
	if text = strings.TrimRight(string(raw), "\r\n"); text == "" {
		return "", "the file is empty"
	}
	return text, ""
}

func (d *decoder) fromEnviron(name string) (text, detail string) {
	if text = d.environ[name]; text == "" {
		return "", "the variable is not set"
	}
	return text, ""
}

// fieldsOf maps yaml names to the indexes of a struct's fields.
func fieldsOf(t reflect.Type) map[string]int {
	out := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			out[name] = i
		}
	}
	return out
}
