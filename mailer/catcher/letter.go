package catcher

import (
	"bytes"
	"io"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // other character sets than UTF-8, should a letter use one
)

// Letter is one caught letter, read. What cannot be read is left empty: Raw has it all.
type Letter struct {
	N         int            `json:"n"` // the first letter is 1
	At        time.Time      `json:"at"`
	From      string         `json:"-"`  // of the envelope: the return path
	To        string         `json:"to"` // of the envelope
	Subject   string         `json:"subject"`
	MessageID string         `json:"message_id"`
	Text      string         `json:"text"`
	HTML      string         `json:"html"`
	Links     []string       `json:"links"` // in the text part, each once, in order; those to other languages last
	Code      string         `json:"code"`  // "ABCD-2345"; "" when the letter prints none
	Header    message.Header `json:"-"`
	Raw       []byte         `json:"-"`
}

// Read reads a letter as it came over the wire.
func Read(from, to string, raw []byte) Letter {
	l := Letter{From: from, To: to, Raw: raw, Links: []string{}}
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return l
	}
	l.Header = e.Header
	l.Subject, _ = e.Header.Text("Subject")
	l.MessageID = e.Header.Get("Message-Id")
	_ = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if err == nil {
			l.take(part)
		}
		return nil
	})
	l.Links = findLinks(l.Text)
	l.Code = findCode(l.Text)
	return l
}

// take keeps a text or HTML part.
func (l *Letter) take(part *message.Entity) {
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "text/") {
		return
	}
	body, err := io.ReadAll(part.Body)
	if err != nil {
		return
	}
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	switch kind {
	case "text/plain":
		l.Text = text
	case "text/html":
		l.HTML = text
	}
}

var (
	linkForm = regexp.MustCompile(`https?://[^\s<>"]+`)
	codeForm = regexp.MustCompile(`(?:^|[^\w-])([A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4})(?:[^\w-]|$)`)
)

// findLinks lists the addresses in a text; those that lead to a page in another language come last.
func findLinks(text string) []string {
	links := []string{}
	for _, found := range linkForm.FindAllString(text, -1) {
		found = strings.TrimRight(found, ".,)>")
		if _, err := url.Parse(found); err == nil && !slices.Contains(links, found) {
			links = append(links, found)
		}
	}
	slices.SortStableFunc(links, func(a, b string) int { return strings.Count(a, "?lang=") - strings.Count(b, "?lang=") })
	return links
}

// findCode finds a short code outside of links. One with a letter is taken before one that could be a telephone number.
func findCode(text string) string {
	first := ""
	for _, m := range codeForm.FindAllStringSubmatch(linkForm.ReplaceAllString(text, " "), -1) {
		if strings.ContainsFunc(m[1], func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
			return m[1]
		}
		if first == "" {
			first = m[1]
		}
	}
	return first
}
