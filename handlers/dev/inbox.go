package dev

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/templates"
)

// errLetter is a letter that was never caught, or is no longer kept.
var errLetter = &consent.Error{Kind: consent.KindNotFound, Code: "not_found", Detail: "there is no such letter"}

// letterAnswer is a letter in /dev/inbox.json.
type letterAnswer struct {
	ID      string    `json:"id"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	Links   []string  `json:"links"`
	Code    string    `json:"code"` // "ABCD-2345"; "" when the letter prints none
	Text    string    `json:"text"`
}

// letters returns those to the address in ?to=, or all, the newest first.
func (d *Dev) letters(c *gin.Context) []catcher.Letter {
	letters := d.opt.Inbox.Letters()
	if to := c.Query("to"); to != "" {
		letters = d.opt.Inbox.LettersTo(to)
	}
	slices.Reverse(letters)
	return letters
}

func (d *Dev) inboxJSON(c *gin.Context) error {
	out := []letterAnswer{}
	for _, l := range d.letters(c) {
		out = append(out, letterAnswer{
			ID: strconv.Itoa(l.N), To: l.To, Subject: l.Subject, At: l.At.UTC(), Links: l.Links, Code: l.Code, Text: l.Text,
		})
	}
	headers(c, policy)
	c.JSON(http.StatusOK, out)
	return nil
}

func (d *Dev) inbox(c *gin.Context) error {
	p := templates.DevInbox{Frame: d.frame(), To: c.Query("to")}
	for _, l := range d.letters(c) {
		p.Letters = append(p.Letters, d.mail(l))
	}
	return d.show(c, http.StatusOK, p)
}

func (d *Dev) mail(l catcher.Letter) templates.DevMail {
	return templates.DevMail{
		URL: d.letterURL(l), To: l.To, Subject: l.Subject, At: d.local(l.At), Code: l.Code, Links: l.Links,
	}
}

func (d *Dev) letterURL(l catcher.Letter) string { return d.base + "/dev/inbox/" + strconv.Itoa(l.N) }

// find finds the letter with this id. Errors: errLetter.
func (d *Dev) find(id string) (catcher.Letter, error) {
	for _, l := range d.opt.Inbox.Letters() {
		if strconv.Itoa(l.N) == id {
			return l, nil
		}
	}
	return catcher.Letter{}, errLetter
}

func (d *Dev) letter(c *gin.Context) error {
	l, err := d.find(c.Param("id"))
	if err != nil {
		return err
	}
	return d.showLetter(c, l, "")
}

func (d *Dev) showLetter(c *gin.Context, l catcher.Letter, scanned string) error {
	p := templates.DevLetter{
		Frame: d.frame(), Mail: d.mail(l), BodyURL: d.letterURL(l) + "/html", Text: l.Text, Headers: head(l), Scanned: scanned,
	}
	if len(d.paths(l)) > 0 {
		p.ScanURL = d.base + "/dev/scan?letter=" + strconv.Itoa(l.N)
	}
	return d.show(c, http.StatusOK, p)
}

func head(l catcher.Letter) []templates.DevHeader {
	var out []templates.DevHeader
	for f := l.Header.Fields(); f.Next(); {
		value, err := f.Text()
		if err != nil {
			value = f.Value()
		}
		out = append(out, templates.DevHeader{Name: f.Key(), Value: value})
	}
	return out
}

// letterPolicy is that of a letter's HTML: it may look as it likes, and do nothing but open its links elsewhere.
const letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; " +
	"sandbox allow-popups allow-popups-to-escape-sandbox"

// html shows the HTML part as it came, with one addition: its links open outside of the frame, in which no guardian's
// page may be shown.
func (d *Dev) html(c *gin.Context) error {
	l, err := d.find(c.Param("id"))
	if err != nil {
		return err
	}
	headers(c, letterPolicy)
	body := strings.Replace(l.HTML, "<head>", `<head><base target="_blank">`, 1)
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(body))
	return nil
}
