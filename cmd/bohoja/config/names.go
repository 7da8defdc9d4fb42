package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// Names returns every setting that is written as one text, as in the YAML file and sorted: those that the environment and
// --set can give. Texts in several languages are named by their two usual ones.
func Names() []string {
	var names []string
	collect("", reflect.TypeFor[Settings](), func(name string, _ reflect.Type) { names = append(names, name) })
	slices.Sort(names)
	return names
}

// collect calls found for each scalar, or list of scalars, below a struct type, apps left out.
func collect(path string, t reflect.Type, found func(string, reflect.Type)) {
	for i := range t.NumField() {
		field := t.Field(i)
		at := join(path, field.Tag.Get("yaml"))
		switch ft := field.Type; {
		case at == "apps":
		case isScalar(ft) || ft.Kind() == reflect.Slice:
			found(at, ft)
		case ft.Kind() == reflect.Struct:
			collect(at, ft, found)
		case ft == reflect.TypeFor[consent.Text]():
			found(at+".ko", reflect.TypeFor[string]())
			found(at+".en", reflect.TypeFor[string]())
		}
	}
}

// known reports whether a setting of this name can be given as one text. A secret's file and variable count, and a text
// in any language.
func known(name string) bool {
	ok := false
	collect("", reflect.TypeFor[Settings](), func(n string, t reflect.Type) {
		text, isText := strings.CutSuffix(n, ".ko")
		ok = ok || n == name || t == privateType && (name == n+"_file" || name == n+"_env") ||
			isText && strings.HasPrefix(name, text+".") && !strings.Contains(name[len(text)+1:], ".")
	})
	return ok
}

// isSecret reports whether the setting of this name hides its value.
func isSecret(name string) bool {
	ok := false
	collect("", reflect.TypeFor[Settings](), func(n string, t reflect.Type) { ok = ok || n == name && t == privateType })
	return ok
}
