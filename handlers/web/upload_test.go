package web

import (
	"io"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// upload writes a form: a name that begins with @ is a file.
func upload(t *testing.T, pairs ...string) (*Upload, error) {
	t.Helper()
	var b strings.Builder
	m := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		var w io.Writer
		var err error
		if name, ok := strings.CutPrefix(pairs[i], "@"); ok {
			w, err = m.CreateFormFile(name, "list.csv")
		} else {
			w, err = m.CreateFormField(pairs[i])
		}
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, pairs[i+1])
	}
	_ = m.Close()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(b.String()))
	r.Header.Set("Content-Type", m.FormDataContentType())
	return ReadUpload(r, "list")
}

func TestUpload(t *testing.T) {
	u, err := upload(t, "kind", "ad", "@list", "a,b\n")
	if err != nil || u.Form.Get("kind") != "ad" {
		t.Fatal(u, err)
	}
	if raw, err := io.ReadAll(u.File); err != nil || string(raw) != "a,b\n" {
		t.Fatalf("%q, %v", raw, err)
	}
	if err := u.End(); err != nil {
		t.Fatal(err)
	}
	if u, err = upload(t, "kind", "ad"); err != nil || u.File != nil {
		t.Fatal(u, err)
	}
	if u, err = upload(t, "@list", "x", "kind", "ad"); err != nil || u.End() == nil {
		t.Error("a field behind the file", err)
	}
}

// What two readers could understand in two ways is refused (threat 31).
func TestUploadRefuses(t *testing.T) {
	for name, pairs := range map[string][]string{
		"twice": {"kind", "ad", "kind", "event"}, "other file": {"@other", "x"}, "long": {"kind", strings.Repeat("x", mostText+1)}, "no name": {"", "x"},
		"many": strings.Split(strings.TrimSuffix(strings.Repeat("f,x,", mostFields+1), ","), ","),
	} {
		if name == "many" {
			for i := 0; i < len(pairs); i += 2 {
				pairs[i] = "f" + strings.Repeat("x", i)
			}
		}
		if _, err := upload(t, pairs...); consent.KindOf(err) != consent.KindMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader("kind=ad"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := ReadUpload(r, "list"); err == nil {
		t.Error("another form is read")
	}
}
