package web

import (
	"mime"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

// formType is what the pages' own forms send.
const formType = "application/x-www-form-urlencoded"

// ErrForm is a body that is no form of these pages.
var ErrForm = &Refusal{http.StatusUnsupportedMediaType, "Unsupported media type", "unsupported_media_type", "the form must be application/x-www-form-urlencoded"}

// CheckForm reads a form before anybody acts on it, and refuses what two readers could understand in two ways (threat 31): a
// field that stands twice, as a program sends it that ticks every choice, and a body that is no form of these pages.
// The query holds no answer. Errors: ErrForm, KindMalformed.
func CheckForm(r *http.Request) error {
	if sent := r.Header.Values("Content-Type"); len(sent) > 0 {
		if kind, _, err := mime.ParseMediaType(sent[0]); err != nil || kind != formType || len(sent) > 1 {
			return ErrForm
		}
	}
	if err := r.ParseForm(); err != nil {
		return &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the form cannot be read", Err: err}
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "a field stands twice"}
		}
	}
	return nil
}
