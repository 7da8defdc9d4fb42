package mailer

import (
	"bytes"
	"cmp"
	"errors"
	stdmail "net/mail"
	"regexp"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Parcel is one letter, written and addressed.
type Parcel struct {
	ID      string // local part of the Message-ID: the same for every try
	Return  string // names the letter in its return path; "": nothing does
	To      consent.Private
	ReplyTo string // "": none
	Content templates.Rendered
}

// message is a parcel as it goes over the wire.
type message struct {
	from string // return path
	to   string
	wide bool // needs SMTPUTF8
	data []byte
}

// idForm keeps an id from being more than the left side of a Message-ID (RFC 5322, 3.6.4).
var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)

// langForm is a language tag such as ko or en-GB.
var langForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

var errContent = errors.New("a letter needs an id, a subject, a language and both parts")

// message writes the parcel. Its headers hold what the operator configured and the recipient's address, nothing else; both
// parts travel as base64, so that a long link arrives in one piece.
func (m *Mailer) message(p Parcel) (message, error) {
	to := p.To.Reveal()
	wide, err := checkRecipient(to)
	if err != nil {
		return message{}, refused(err)
	}
	r := p.Content
	if !idForm.MatchString(p.ID) || p.Return != "" && !idForm.MatchString(p.Return) || !langForm.MatchString(r.Lang) || r.Subject == "" || r.Text == "" || r.HTML == "" {
		return message{}, &failure{stage: StageRender, err: errContent}
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingB64))
	m.address(msg, to, p.ReplyTo)
	msg.SetMessageIDWithValue(p.ID + "@" + m.domain)
	msg.SetDateWithValue(m.o.Clock())
	msg.Subject(oneLine(r.Subject))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader(mail.HeaderContentLang, r.Lang)
	msg.SetBodyString(mail.TypeTextPlain, crlf(r.Text))
	msg.AddAlternativeString(mail.TypeTextHTML, crlf(r.HTML))
	data, err := m.signed(msg)
	if err != nil {
		return message{}, &failure{stage: StageRender, err: err}
	}
	return message{from: m.bounce.of(p.Return, m.from.Address), to: to, wide: wide, data: data}, nil
}

// signed writes the letter, with its signature where there is a key.
func (m *Mailer) signed(msg *mail.Msg) ([]byte, error) {
	var data bytes.Buffer
	if _, err := msg.WriteTo(&data); err != nil || m.o.DKIM == nil {
		return data.Bytes(), err
	}
	domain := strings.ToLower(cmp.Or(m.o.SignDomain, domainOf(m.from.Address)))
	return m.o.DKIM.sign(data.Bytes(), domain, m.o.Clock())
}

// address sets the headers that hold addresses. The recipient's has no name: it would be a name that somebody typed.
func (m *Mailer) address(msg *mail.Msg, to, replyTo string) {
	msg.FromMailAddress(&stdmail.Address{Name: m.from.Name, Address: m.from.Address})
	msg.ToMailAddress(&stdmail.Address{Address: to})
	if replyTo != "" && checkOwn(replyTo) == nil {
		msg.ReplyToMailAddress(&stdmail.Address{Address: replyTo})
	}
}

// oneLine makes a header's text one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// crlf gives text the line ends that it must have inside base64 (RFC 2045, 6.8).
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}
