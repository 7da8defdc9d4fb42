package templates

// Rendered is a letter as it will be sent.
type Rendered struct {
	Subject   string // holds no personal data
	Preheader string // what a mail program shows beside the subject
	HTML      string
	Text      string // the same facts, for every reader that shows no HTML
	Lang      string // the language it is written in
}
