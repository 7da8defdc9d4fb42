// Package bounces takes letters that come back, and reads what became of them.
//
// A letter of ours has a return path of its own, "bounces+<token>@host" (VERP), so that a report names its letter by the address that
// it comes to, however the report is written. What it says is read from the report itself: most mail that comes to such an address is a
// delivery status notification (RFC 3464), some says "later", some are an absent person's automatic answer, and none of the latter is a failure.
package bounces

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
)

// Report is what a returned message says of the letter.
type Report struct {
	Failed bool   // nobody will try again: the letter did not arrive
	Status string // enhanced status code (RFC 3463) such as "5.1.1"; "" when none was said
}

// Limits of a message. A report that does not show itself within them is none.
const (
	maxRead  = 256 << 10
	maxParts = 20
	maxDepth = 3 // a report may come inside a forwarded message's envelope
)

// statusForm is an enhanced status code (RFC 3463, 2).
var statusForm = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)

// qmailForm begins a report of qmail, which has a form of its own (QSBMF).
const qmailForm = "Hi. This is the "

// Parse reads a message. What is no report of a failure, or cannot be read, is not Failed: a letter is called undelivered only by
// somebody who says so. It reads maxRead bytes at most and never fails.
func Parse(r io.Reader) Report {
	m, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(r, maxRead)))
	if err != nil {
		return Report{}
	}
	if m.Header.Get("X-Failed-Recipients") != "" { // Exim, which writes it beside or instead of a report
		return first(part(textproto.MIMEHeader(m.Header), m.Body, 0), Report{Failed: true})
	}
	return part(textproto.MIMEHeader(m.Header), m.Body, 0)
}

func first(a, b Report) Report {
	if a.Failed {
		return a
	}
	return b
}

// part reads a message or one part of it.
func part(h textproto.MIMEHeader, body io.Reader, depth int) Report {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case depth > maxDepth:
		return Report{}
	case err != nil || kind == "text/plain":
		if depth == 0 {
			return qmail(body)
		}
		return Report{}
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		return status(body)
	case strings.HasPrefix(kind, "multipart/"):
		return parts(multipart.NewReader(body, params["boundary"]), depth)
	}
	return Report{}
}

// parts reads parts until one tells of a failure.
func parts(r *multipart.Reader, depth int) Report {
	for range maxParts {
		p, err := r.NextPart()
		if err != nil {
			return Report{}
		}
		if found := part(p.Header, p, depth+1); found.Failed {
			return found
		}
	}
	return Report{}
}

// status reads the groups of a delivery status: one of the message, then one for each recipient (RFC 3464, 2.1). Our letters have one
// recipient, whoever else is named stands for them.
func status(body io.Reader) Report {
	groups := textproto.NewReader(bufio.NewReader(body))
	for range maxParts {
		h, err := groups.ReadMIMEHeader()
		if action, _, _ := strings.Cut(strings.ReplaceAll(h.Get("Action"), "(", ";"), ";"); strings.EqualFold(strings.TrimSpace(action), "failed") {
			return Report{Failed: true, Status: statusForm.FindString(h.Get("Status"))}
		}
		if err != nil && (!errors.Is(err, io.EOF) || len(h) == 0) {
			return Report{}
		}
	}
	return Report{}
}

// qmail reads a report in qmail's form, whose every report is of a failure.
func qmail(body io.Reader) Report {
	text, err := io.ReadAll(body)
	if err != nil || !strings.HasPrefix(strings.TrimLeft(string(text), "\r\n"), qmailForm) {
		return Report{}
	}
	return Report{Failed: true, Status: statusForm.FindString(string(text))}
}
