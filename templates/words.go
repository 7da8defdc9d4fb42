package templates

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed locales
var localeFiles embed.FS

// Fallback is the language of whoever asks for one that has no folder under locales.
const Fallback = "ko"

// Dictionary holds every word of one language. It is never changed after it was read.
type Dictionary struct {
	lang string
	text map[string]string
}

// dictionaries reads all languages once; a fault in an embedded file is a fault of the build, shown by every test.
var dictionaries = sync.OnceValues(func() (map[string]*Dictionary, error) { return readLocales(localeFiles, "locales") })

// Words returns the words of a language, those of Fallback when it has no folder.
// It panics when an embedded file cannot be read, which no test run survives.
func Words(lang string) *Dictionary {
	all, err := dictionaries()
	if err != nil {
		panic(err)
	}
	if d, ok := all[lang]; ok {
		return d
	}
	return all[Fallback]
}

// Languages lists the languages that have a folder, Fallback first.
func Languages() []string {
	Words(Fallback)
	all, _ := dictionaries()
	langs := []string{Fallback}
	for lang := range all {
		if lang != Fallback {
			langs = append(langs, lang)
		}
	}
	slices.Sort(langs[1:])
	return langs
}

// Lang returns the language tag of the words themselves, which is Fallback when another was asked for in vain.
func (d *Dictionary) Lang() string { return d.lang }

// Has reports whether there is a text under the dotted key.
func (d *Dictionary) Has(key string) bool {
	_, ok := d.text[key]
	return ok
}

// Raw returns the text under the dotted key with its placeholders as they stand, "" where there is none.
func (d *Dictionary) Raw(key string) string { return d.text[key] }

// Keys lists all dotted keys in order.
func (d *Dictionary) Keys() []string {
	keys := make([]string, 0, len(d.text))
	for k := range d.text {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Say returns the text under the dotted key with its placeholders filled: args are pairs of a name and a value.
// "{app}" becomes the value of "app"; "{app:은}" becomes it with the Korean particle that fits its last sound (은 or 는).
// Errors: no such key, a placeholder without a value, an odd number of args. The text is plain: HTML needs escaping.
func (d *Dictionary) Say(key string, args ...any) (string, error) {
	text, ok := d.text[key]
	if !ok {
		return "", fmt.Errorf("no word %q in %q", key, d.lang)
	}
	s, err := fill(text, args)
	if err != nil {
		return "", fmt.Errorf("word %q in %q: %w", key, d.lang, err)
	}
	return s, nil
}

// Count is Say for a number of things: it takes key.one for 1 where the language has it, else key.other, and fills {n}.
func (d *Dictionary) Count(key string, n int, args ...any) (string, error) {
	form := key + ".other"
	if n == 1 && d.Has(key+".one") {
		form = key + ".one"
	}
	return d.Say(form, append([]any{"n", n}, args...)...)
}

// fill replaces the placeholders of text.
func fill(text string, args []any) (string, error) {
	if len(args)%2 != 0 {
		return "", fmt.Errorf("a value is missing: names and values come in pairs")
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		hole, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("a brace is not closed")
		}
		name, particle, _ := strings.Cut(hole, ":")
		value, ok := lookup(args, name)
		if !ok {
			return "", fmt.Errorf("no value for {%s}", name)
		}
		b.WriteString(value + Particle(value, particle))
		text = after
	}
}

func lookup(args []any, name string) (string, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return fmt.Sprint(args[i+1]), true
		}
	}
	return "", false
}

// readLocales reads <root>/<lang>/*.yaml: the folder names the language, nested keys become dotted ones, and the
// name of a file says nothing, so that words can move from one file to another.
func readLocales(files fs.FS, root string) (map[string]*Dictionary, error) {
	names, err := fs.Glob(files, root+"/*/*.yaml")
	if err != nil {
		return nil, err
	}
	all := map[string]*Dictionary{}
	for _, name := range names {
		lang := path.Base(path.Dir(name))
		if all[lang] == nil {
			all[lang] = &Dictionary{lang: lang, text: map[string]string{}}
		}
		if err := all[lang].read(files, name); err != nil {
			return nil, err
		}
	}
	if all[Fallback] == nil {
		return nil, fmt.Errorf("no words in %q", Fallback)
	}
	return all, nil
}

func (d *Dictionary) read(files fs.FS, name string) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	var tree map[string]any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := d.add("", tree); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// add flattens a tree of texts. Anything but a text or a tree, and a key that is there already, is refused: YAML reads
// an unquoted yes or 12 as something else than the word that was meant.
func (d *Dictionary) add(prefix string, tree map[string]any) error {
	for k, v := range tree {
		key := prefix + k
		switch v := v.(type) {
		case map[string]any:
			if err := d.add(key+".", v); err != nil {
				return err
			}
		case string:
			if d.Has(key) {
				return fmt.Errorf("%s is there twice", key)
			}
			d.text[key] = strings.TrimSpace(v)
		default:
			return fmt.Errorf("%s is no text: put it in quotes", key)
		}
	}
	return nil
}
