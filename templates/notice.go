package templates

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// Notice is what a child must have read before the guardian's name and address are asked (KR-03, source policy 9-2).
type Notice struct {
	Version string // changes with every word in any language of the app, and with nothing else
	Lang    string
	Parts   []NoticePart
	HTML    string // a fragment without styles or scripts, for the app's own page
	Text    string

	safe template.HTML
}

// NoticePart is one question of the notice with its answers.
type NoticePart struct {
	Question string   `json:"question"`
	Answers  []string `json:"answers"`
}

// noticeView is what the template of the fragment sees.
type noticeView struct {
	Lang  string
	Parts []NoticePart
}

// ChildNotice builds the notice of the app in a language, the app's first when it does not speak it.
// Errors: a word that is missing.
func ChildNotice(book *consent.Book, app *consent.App, lang string) (Notice, error) {
	version, err := noticeVersion(book, app)
	if err != nil {
		return Notice{}, err
	}
	view, err := noticeIn(book, app, lang)
	if err != nil {
		return Notice{}, err
	}
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, "child/notice", view); err != nil {
		return Notice{}, fmt.Errorf("child's notice: %w", err)
	}
	fragment := strings.TrimSpace(b.String())
	return Notice{
		Version: version, Lang: view.Lang, Parts: view.Parts, HTML: fragment, Text: view.text(),
		safe: template.HTML(fragment), //nolint:gosec // made by html/template just above
	}, nil
}

// noticeVersion digests the texts of all languages of the app, in the order of their tags.
func noticeVersion(book *consent.Book, app *consent.App) (string, error) {
	h := sha256.New()
	langs := slices.Clone(app.Languages)
	slices.Sort(langs)
	for _, lang := range langs {
		view, err := noticeIn(book, app, lang)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %q\n", lang, view.text())
	}
	return "n_" + hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// Pieces parts a text so that no line breaks within a telephone number.
func (noticeView) Pieces(s string) []piece { return pieces(s) }

// text is the notice as plain text: questions on lines of their own, answers as a list.
func (v noticeView) text() string {
	var b strings.Builder
	for i, part := range v.Parts {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(part.Question + "\n")
		for _, a := range part.Answers {
			b.WriteString("- " + a + "\n")
		}
	}
	return b.String()
}

// noticeIn puts the notice together. Which company gets data stands here in the child's own words, once per company.
func noticeIn(book *consent.Book, app *consent.App, lang string) (noticeView, error) {
	f := NewFrame(book, app, lang, "")
	var wants []string
	for _, p := range app.Purposes {
		wants = append(wants, p.Child.In(f.Lang))
	}
	others, err := noticeOthers(f, app)
	if err != nil {
		return noticeView{}, err
	}
	w := noticeWriter{frame: f, age: book.Profile.Threshold}
	view := noticeView{Lang: f.Lang, Parts: []NoticePart{
		w.part("who"), w.part("what", wants...), w.part("others", others...),
		w.part("guardian"), w.part("why"), w.part("next"), w.part("not"),
	}}
	return view, w.err
}

// noticeOthers says which other companies get something, one sentence each.
func noticeOthers(f Frame, app *consent.App) ([]string, error) {
	var out []string
	for _, p := range app.Purposes {
		for _, r := range p.Recipients {
			items := strings.Join(consent.ItemLabels(app, r.Items, f.Lang), ", ")
			line, err := f.T("child.notice.others.gets", "recipient", r.Name.In(f.Lang), "items", items)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	last := "child.notice.others.only"
	if len(out) == 0 {
		last = "child.notice.others.none"
	}
	line, err := f.T(last)
	return append(out, line), err
}

// noticeWriter makes parts and keeps the first error.
type noticeWriter struct {
	frame Frame
	age   int
	err   error
}

// part makes the part with the words child.notice.<key>.question, then the answers given, then a1, a2 and so on.
func (w *noticeWriter) part(key string, answers ...string) NoticePart {
	key = "child.notice." + key
	p := NoticePart{Question: w.say(key + ".question"), Answers: answers}
	for n := 1; w.frame.Has(fmt.Sprintf("%s.a%d", key, n)); n++ {
		p.Answers = append(p.Answers, w.say(fmt.Sprintf("%s.a%d", key, n)))
	}
	return p
}

func (w *noticeWriter) say(key string) string {
	s, err := w.frame.T(key, "age", w.age)
	if err != nil && w.err == nil {
		w.err = err
	}
	return s
}
