package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/bohoja/bohoja/consent"
)

// Bounds of an upload's text fields.
const (
	mostFields = 64
	mostText   = 4 << 10 // bytes of one field
)

// Upload is a form with one file, read as it comes: the fields first, the file behind them.
type Upload struct {
	Form   url.Values
	File   io.Reader // nil when the form has none
	reader *multipart.Reader
}

// ReadUpload reads the fields of a multipart form up to its file, which stands last and under this name. What two readers
// could understand in two ways is refused, as CheckForm does. Errors: ErrForm, KindMalformed.
func ReadUpload(r *http.Request, file string) (*Upload, error) {
	sent := r.Header.Values("Content-Type")
	if len(sent) != 1 {
		return nil, ErrForm
	}
	if kind, _, err := mime.ParseMediaType(sent[0]); err != nil || kind != "multipart/form-data" {
		return nil, ErrForm
	}
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, malformed(err)
	}
	u := &Upload{Form: url.Values{}, reader: reader}
	for range mostFields {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return u, nil
		case err != nil:
			return nil, malformed(err)
		case part.FormName() == file:
			u.File = part
			return u, nil
		}
		if err := u.field(part); err != nil {
			return nil, err
		}
	}
	return nil, malformed(errors.New("too many fields"))
}

func (u *Upload) field(part *multipart.Part) error {
	name := part.FormName()
	if name == "" || part.FileName() != "" || u.Form.Has(name) {
		return malformed(errors.New("a field stands twice, has no name or is a file"))
	}
	text, err := io.ReadAll(io.LimitReader(part, mostText+1))
	if err != nil || len(text) > mostText {
		return malformed(err)
	}
	u.Form.Set(name, string(text))
	return nil
}

// End makes sure that nothing stands behind the file. Error: KindMalformed.
func (u *Upload) End() error {
	if _, err := u.reader.NextPart(); !errors.Is(err, io.EOF) {
		return malformed(errors.New("something stands behind the file"))
	}
	return nil
}

func malformed(err error) error {
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return over
	}
	return &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the form cannot be read", Err: err}
}
