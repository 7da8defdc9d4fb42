package web

import (
	"net/http"

	"golang.org/x/text/language"
)

// Language chooses one of the offered languages for whoever asks: by ?locale= where it is offered, else by
// Accept-Language, else the first. It returns "" when none is offered.
func Language(r *http.Request, offered []string) string {
	if len(offered) == 0 {
		return ""
	}
	wish := r.URL.Query().Get("locale")
	tags := make([]language.Tag, len(offered))
	for i, o := range offered {
		if o == wish {
			return o
		}
		tags[i] = language.Make(o)
	}
	wishes, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(wishes) == 0 {
		return offered[0]
	}
	_, i, sure := language.NewMatcher(tags).Match(wishes...)
	if sure == language.No {
		return offered[0]
	}
	return offered[i]
}
