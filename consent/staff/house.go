package staff

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// ownWords are what this service is called.
var ownWords = []string{"bohoja", "보호자", "보호자동의"}

// HouseWords are the words that everybody here knows, in small letters: what the service is called, the operator and the apps with
// their ids, and the hosts of its addresses. In a password they count for nothing (ASVS 6.1.2, 6.2.11).
func HouseWords(book *consent.Book, addresses ...string) []string {
	words := slices.Clone(ownWords)
	add := func(text string) {
		text = strings.ToLower(text)
		words = append(append(words, text, strings.ReplaceAll(text, " ", "")), strings.Fields(text)...)
	}
	for _, name := range book.Operator.Name {
		add(name)
	}
	for id, app := range book.Apps {
		add(id)
		for _, name := range app.Name {
			add(name)
		}
	}
	for _, address := range addresses {
		if at, err := url.Parse(address); err == nil {
			words = append(words, at.Hostname())
			words = append(words, strings.Split(at.Hostname(), ".")...)
		}
	}
	return slices.Sorted(maps.Keys(asSet(words)))
}

// asSet leaves out what is too short to be a word, and what stands twice.
func asSet(words []string) map[string]bool {
	out := map[string]bool{}
	for _, w := range words {
		if len([]rune(w)) >= houseLeast {
			out[w] = true
		}
	}
	return out
}

// houseLeast is how many characters a word of the house has at least: shorter ones are in every other word.
const houseLeast = 3
