package web

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// english is the language in which errors themselves speak, and of whoever asks for no other.
const english = "en"

// localise puts the title and the sentences of a document into the language that was asked for, and returns that language.
func (p *Problem) localise(r *http.Request) string {
	offered := slices.DeleteFunc(templates.Languages(), func(lang string) bool { return lang == english })
	lang := Language(r, append([]string{english}, offered...))
	if title, ok := translated(lang, p.Title); ok {
		p.Title = title
	}
	p.Detail = DetailIn(lang, p.Code, p.Detail)
	fields := make([]consent.FieldError, len(p.Errors)) // errors are shared: those of a document are its own
	for i, one := range p.Errors {
		one.Detail = DetailIn(lang, one.Code, one.Detail)
		fields[i] = one
	}
	if len(fields) > 0 {
		p.Errors = fields
	}
	return lang
}

// DetailIn is the sentence of an error in a language; exact is the error's own, in English, or "". A language that does not have
// this very sentence (templates/locales/*/sentences.yaml) says what its code means (problems.yaml): less, but nothing half in English.
func DetailIn(lang, code, exact string) string {
	if lang == english && exact != "" {
		return exact
	}
	if text, ok := translated(lang, exact); ok {
		return text
	}
	text, err := templates.Words(lang).Say("detail." + code)
	if err != nil {
		return exact
	}
	return text
}

// said finds the key of an English sentence.
var said = sync.OnceValue(func() map[string]string {
	keys, words := map[string]string{}, templates.Words(english)
	for _, key := range words.Keys() {
		if strings.HasPrefix(key, "said.") {
			keys[words.Raw(key)] = key
		}
	}
	return keys
})

// translated is an English sentence in another language. What stands behind its last colon may be a value: a sentence in its turn, or
// names that are the same in every language.
func translated(lang, exact string) (string, bool) {
	args, key := []any{}, said()[exact]
	if at := strings.LastIndex(exact, ": "); key == "" && at >= 0 {
		key = said()[exact[:at]+": {value}"]
		value := exact[at+len(": "):]
		if text, ok := translated(lang, value); ok {
			value = text
		}
		args = []any{"value", value}
	}
	if key == "" {
		return "", false
	}
	text, err := templates.Words(lang).Say(key, args...)
	return text, err == nil
}
