package guardian

import (
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

// formType is what the pages' own forms send.
const formType = "application/x-www-form-urlencoded"

var errFormType = &web.Refusal{
	Status: http.StatusUnsupportedMediaType, Title: "Unsupported media type", Code: "unsupported_media_type", Detail: "the form must be " + formType,
}

// strict reads a form before anybody acts on it, and refuses what two readers could understand in two ways (threat 31): a
// field that stands twice, as a program sends it that ticks every choice, and a body that is no form of these pages.
// The query holds no answer.
func strict(act func(*gin.Context) (answer, error)) func(*gin.Context) (answer, error) {
	return func(c *gin.Context) (answer, error) {
		if err := checkForm(c.Request); err != nil {
			return answer{}, err
		}
		return act(c)
	}
}

func checkForm(r *http.Request) error {
	if sent := r.Header.Values("Content-Type"); len(sent) > 0 {
		if kind, _, err := mime.ParseMediaType(sent[0]); err != nil || kind != formType || len(sent) > 1 {
			return errFormType
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
