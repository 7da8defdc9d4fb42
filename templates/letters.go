package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"sync"
	plaintext "text/template"
	"time"

	"github.com/bohoja/bohoja/consent"
)

//go:embed mail/letter.html mail/letter.txt
var letterFiles embed.FS

// Rendered is a letter as it will be sent.
type Rendered struct {
	Subject   string // holds no personal data
	Preheader string // what a mail program shows beside the subject
	HTML      string
	Text      string // the same facts, for every reader that shows no HTML
	Lang      string // the language it is written in
}

// Both parts are made from one LetterView by two templates, so that neither can say what the other does not.
var (
	letterHTML = sync.OnceValue(func() *template.Template {
		return template.Must(template.New("letter.html").Funcs(template.FuncMap{"pieces": pieces}).
			ParseFS(letterFiles, "mail/letter.html"))
	})
	letterText = sync.OnceValue(func() *plaintext.Template {
		return plaintext.Must(plaintext.New("letter.txt").ParseFS(letterFiles, "mail/letter.txt"))
	})
)

// LetterView is a letter, told section by section.
type LetterView struct {
	Lang      string
	Subject   string
	Preheader string
	Others    []OtherLine
	Brand     string // the app's name
	Kicker    string // what kind of letter this is
	Test      string // the banner of the test space, else ""
	Title     string
	Lead      []string
	Sections  []Section
	Footer    []string
	Contact   []string // the operator: name, telephone, address, site
}

// OtherLine is the first line in another language of the app, and the way to the page in that language; URL is "" for none.
type OtherLine struct{ Lang, Text, URL string }

// Section is a part of a letter. It shows what is set, in the order of the fields.
type Section struct {
	Tone     string // "", "tint" (the way in), "warm" (is this real?)
	Heading  string
	Paras    []string
	Facts    []Fact
	Purposes []LetterPurpose
	List     []string
	Action   *Action
}

// Fact is a label, which may be "", and its value. Weighty ones are a fifth larger (KR-10).
type Fact struct {
	Label, Value string
	Weighty      bool
	Below        bool   // the value stands below its label: it is too long for a place beside it
	Code         bool   // set in a face in which letters and digits are told apart
	URL          string // where the value leads; "" for nowhere
}

// LetterPurpose is a purpose with its number, and all about it as facts.
type LetterPurpose struct {
	N          int
	Why        string
	Tag        string // required or optional, in words
	Required   bool
	Facts      []Fact
	Recipients [][]Fact
}

// Action is a button with its address in full below.
type Action struct{ Label, URL, Note string }

// RenderLetter writes the letter in its Locale, in HTML and as plain text. Errors: an unknown kind, a word that is missing.
func RenderLetter(l consent.Letter) (Rendered, error) {
	v, err := ViewLetter(l)
	if err != nil {
		return Rendered{}, err
	}
	var html, text bytes.Buffer
	if err := letterHTML().Execute(&html, v); err != nil {
		return Rendered{}, fmt.Errorf("letter %s: %w", l.Kind, err)
	}
	if err := letterText().Execute(&text, v); err != nil {
		return Rendered{}, fmt.Errorf("letter %s: %w", l.Kind, err)
	}
	return Rendered{
		Subject: v.Subject, Preheader: v.Preheader, HTML: html.String(), Text: tidy(text.String()), Lang: v.Lang,
	}, nil
}

// ViewLetter puts the letter together, without its looks.
func ViewLetter(l consent.Letter) (LetterView, error) {
	plan, ok := letterPlans[l.Kind]
	if !ok {
		return LetterView{}, fmt.Errorf("no letter of kind %q", l.Kind)
	}
	w := newLetterWriter(l)
	v := LetterView{
		Lang: w.lang, Brand: w.app, Kicker: w.say("mail.brand"),
		Subject: w.subject(), Preheader: w.of("preheader"), Others: w.others(),
		Title: w.of("title" + w.some()), Lead: paragraphs(w.of("lead" + w.some())),
		Footer: []string{w.say("mail.footer")}, Contact: w.contact(),
	}
	if l.Test {
		v.Test = w.say("mail.test")
	}
	for _, part := range plan {
		v.Sections = append(v.Sections, part(w)...)
	}
	return v, w.err
}

// letterWriter finds the words of one letter and keeps the first error.
type letterWriter struct {
	l     consent.Letter
	d     *Dictionary
	lang  string
	app   string
	words []any // the values of all placeholders
	err   error
}

func newLetterWriter(l consent.Letter) *letterWriter {
	d := Words(l.Locale)
	w := &letterWriter{l: l, d: d, lang: d.Lang()}
	op := l.Operator
	w.app = w.brand(d.Lang())
	w.words = []any{
		"app", w.app, "child", line(l.Child), "case", l.Case, "tries", consent.MaxTries,
		"operator", line(op.Name.In(w.lang)), "phone", line(op.Phone), "email", line(op.Email), "site", line(op.SiteURL),
		"officer", line(op.Officer.In(w.lang)), "page", l.CodePage, "code", l.Code,
		"deadline", w.moment(l.Deadline), "moment", w.moment(l.Decided), "due", w.moment(l.Right.DueAt), "hours", w.hours(consent.LockFor),
	}
	if l.Amend != "" {
		w.words = append(w.words, "what", w.say("mail.amend."+string(l.Amend)))
	}
	return w
}

// say returns words with all placeholders filled; extra ones come first.
func (w *letterWriter) say(key string, extra ...any) string { return w.in(w.d, key, extra...) }

func (w *letterWriter) in(d *Dictionary, key string, extra ...any) string {
	return w.keep(d.Say(key, append(extra, w.words...)...))
}

func (w *letterWriter) keep(s string, err error) string {
	if err != nil && w.err == nil {
		w.err = err
	}
	return s
}

// of returns the words of this kind of letter.
func (w *letterWriter) of(key string) string { return w.say("mail." + string(w.l.Kind) + "." + key) }

func (w *letterWriter) subject() string {
	s := line(w.of("subject"))
	if w.l.Test {
		s = w.say("mail.test_subject", "subject", s)
	}
	return s
}

// some is the ending of the words that tell of a withdrawal which left something in force.
func (w *letterWriter) some() string {
	if w.l.Kind == consent.LetterWithdrawn && w.inForce() {
		return "_some"
	}
	return ""
}

// inForce reports whether there still is a consent: then, and only then, a letter offers the way to withdraw it.
func (w *letterWriter) inForce() bool { return w.l.Withdraw != "" }

// others are the same letter's first lines in the other languages that the app speaks.
func (w *letterWriter) others() []OtherLine {
	var out []OtherLine
	for _, lang := range w.l.App.Languages {
		d := Words(lang)
		if lang == w.lang || d.Lang() != lang {
			continue
		}
		text := w.in(d, "mail."+string(w.l.Kind)+".other", "app", w.brand(lang))
		first := OtherLine{Lang: lang, Text: text}
		if way := w.way(); way != "" {
			first.URL = withLang(way, lang)
		}
		out = append(out, first)
	}
	return out
}

// withLang is the address of a page in another language.
func withLang(way, lang string) string {
	if strings.Contains(way, "?") {
		return way + "&lang=" + lang
	}
	return way + "?lang=" + lang
}

// brand names who writes, in a language: the app, or the operator in a letter about all of its apps.
func (w *letterWriter) brand(lang string) string {
	if w.l.Kind == consent.LetterPortal {
		return line(w.l.Operator.Name.In(lang))
	}
	return line(w.l.App.Name.In(lang))
}

// way is the one link of the letter, "" when it has none.
func (w *letterWriter) way() string {
	for _, link := range []string{w.l.Link, w.l.Withdraw} {
		if link != "" {
			return link
		}
	}
	return w.l.Portal
}

func (w *letterWriter) contact() []string {
	op := w.l.Operator
	var out []string
	for _, s := range []string{op.Name.In(w.lang), op.Phone, op.Email, op.SiteURL} {
		if s = line(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// moment is a time in words in the profile's zone, "" for none.
func (w *letterWriter) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	zone := w.l.Zone
	if zone == nil {
		zone = time.UTC
	}
	return w.keep(w.d.Moment(t.In(zone)))
}

func (w *letterWriter) hours(d time.Duration) string {
	return w.keep(w.d.Count("date.left.hours", int(d/time.Hour)))
}

// line makes a declared text one line: a line end would break out of its place in the plain part.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// paragraphs parts a text at its blank lines.
func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, "\n\n") {
		out = append(out, line(p))
	}
	return out
}

// points parts a list at its lines.
func points(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, "\n") {
		out = append(out, line(p))
	}
	return out
}

// piece is a stretch of a text; a Whole one is never broken at a line's end.
type piece struct {
	Text  string
	Whole bool
}

// unbroken are names of companies, telephone numbers, codes, masked names, days with their weekday and times of the day: a line must not break at
// their hyphens, stars, brackets and blanks.
var unbroken = regexp.MustCompile(`\p{Hangul}+\((?:주|유|재|사)\)\p{Hangul}*|\+?\d+(?:-\d+)+|\b[A-Z2-9]{4}-[A-Z2-9]{4}\b|\d+일\(.\)|(?:\p{Hangul}+ )?\d+시 \d+분(?:까지)?|\d+:\d+ [ap]\.m\. \(\w+\)|\S{0,12}\*\S{0,12}`)

func pieces(s string) []piece {
	var out []piece
	last := 0
	for _, at := range unbroken.FindAllStringIndex(s, -1) {
		out = append(out, piece{Text: s[last:at[0]]}, piece{Text: s[at[0]:at[1]], Whole: true})
		last = at[1]
	}
	return append(out, piece{Text: s[last:]})
}

// tidy leaves no blanks at line ends and at most one blank line in a row.
func tidy(s string) string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		l = strings.TrimRight(l, " \t")
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}
