package templates

import (
	"slices"
	"strings"
)

// Missing lists the keys that other languages have and this one lacks, sorted; of a language without a folder all of them.
func Missing(lang string) []string {
	Words(Fallback)
	all, _ := dictionaries() // Words has shown that they can be read
	return missing(all, lang)
}

func missing(all map[string]*Dictionary, lang string) []string {
	var out []string
	for _, other := range all {
		for _, key := range other.Keys() {
			if !all[lang].says(key) && !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Unsound names the pages that cannot be shown, with their language: none, in a whole build.
func Unsound() []string { return unsound(States()) }

func unsound(states []State) []string {
	var out []string
	for _, s := range states {
		if _, err := s.Render(); err != nil {
			out = append(out, "the page "+s.Name+" ("+s.Lang+") cannot be shown")
		}
	}
	return out
}

// says reports whether the language needs no text under the key, or has it: not every language has a word for one thing alone.
func (d *Dictionary) says(key string) bool {
	if d == nil || d.Has(key) {
		return d != nil
	}
	several, one := strings.CutSuffix(key, ".one")
	return one && d.Has(several+".other")
}
