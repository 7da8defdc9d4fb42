package web

import (
	"net/http"
	"slices"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// english is the language in which errors themselves speak, and of whoever asks for no other.
const english = "en"

// localise puts the sentences of a document into the language that was asked for, and returns that language. English is what the
// errors say themselves; other languages, and errors without a sentence, have theirs by code in the catalogue
// (templates/locales/*/problems.yaml). A code that the catalogue lacks keeps its English sentence.
func (p *Problem) localise(r *http.Request) string {
	offered := slices.DeleteFunc(templates.Languages(), func(lang string) bool { return lang == english })
	lang := Language(r, append([]string{english}, offered...))
	p.Detail = detailIn(lang, p.Code, p.Detail)
	fields := make([]consent.FieldError, len(p.Errors)) // errors are shared: those of a document are its own
	for i, one := range p.Errors {
		one.Detail = detailIn(lang, one.Code, one.Detail)
		fields[i] = one
	}
	if len(fields) > 0 {
		p.Errors = fields
	}
	return lang
}

// detailIn is the sentence of a code in a language; exact is the error's own, in English.
func detailIn(lang, code, exact string) string {
	if lang == english && exact != "" {
		return exact
	}
	text, err := templates.Words(lang).Say("detail."+code, "detail", exact)
	if err != nil {
		return exact
	}
	return text
}
