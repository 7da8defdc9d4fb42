package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"sync"
)

//go:embed guardian/*.html child/*.html shared/*.html dev/*.html ops/*.html
var pageFiles embed.FS

// Page is one page, ready to be shown. Its type is one of this package's structs.
type Page interface {
	// template names the template that shows the page, such as "guardian/open".
	template() string
	// Title is the words in the window's title and in the browser's history: it names nobody.
	Title() (string, error)
}

// pages parses all templates once; a fault in an embedded file is a fault of the build.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Option("missingkey=error").ParseFS(pageFiles,
		"guardian/*.html", "child/*.html", "shared/*.html", "dev/*.html", "ops/*.html"))
})

// Render returns the whole page as HTML. Nothing is written anywhere before it succeeded, so that a failure can still be
// answered with another page. Errors: a word that is missing or a value that does not fit, both faults of this program.
func Render(p Page) ([]byte, error) {
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, p.template(), p); err != nil {
		return nil, fmt.Errorf("render %s: %w", p.template(), err)
	}
	return b.Bytes(), nil
}

// Write renders the page and writes it in one call.
func Write(w io.Writer, p Page) error {
	body, err := Render(p)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}
