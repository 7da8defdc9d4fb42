package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/mailer/catcher"
)

// visits is how often the scanner fetches each link, once with GET and once with HEAD. Real ones do it three to ten times.
const visits = 25

// maxPages bounds how much of the list of requests is compared, 100 requests a page.
const maxPages = 20

// scan does to a letter what mail scanners do: fetches all its links, again and again. Then it compares what the API says
// of every request, and the inbox, with what they were.
func (d *Dev) scan(c *gin.Context) error {
	l, err := d.find(c.Query("letter"))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	before, err := d.state(ctx)
	if err != nil {
		return err
	}
	paths := d.paths(l)
	failed, err := d.visit(ctx, paths)
	if err != nil {
		return err
	}
	after, err := d.state(ctx)
	if err != nil {
		return err
	}
	return d.showLetter(c, l, report(len(paths), failed, before == after))
}

func report(links, failed int, same bool) string {
	text := fmt.Sprintf("Fetched %d links %d times with GET and %d times with HEAD. ", links, visits, visits)
	if failed > 0 {
		text += fmt.Sprintf("%d fetches were answered with an error. ", failed)
	}
	if same {
		return text + "Nothing has changed: every request is as it was, and no letter was sent."
	}
	return text + "Something has changed meanwhile: a request, or the inbox. If nobody else was at work here, that is a fault."
}

// paths are the links of a letter that lead here, as paths; others are left alone.
func (d *Dev) paths(l catcher.Letter) []string {
	var out []string
	for _, link := range l.Links {
		rest, ok := strings.CutPrefix(link, d.opt.PublicURL)
		if ok && (rest == "" || rest[0] == '/' || rest[0] == '?') {
			out = append(out, d.base+rest)
		}
	}
	return out
}

// visit fetches and returns how many answers were errors of this service.
func (d *Dev) visit(ctx context.Context, paths []string) (int, error) {
	failed := 0
	methods := []string{http.MethodGet, http.MethodHead}
	for _, path := range paths {
		for i := range visits * len(methods) {
			a, err := d.fetch(ctx, methods[i%len(methods)], path, "")
			if err != nil {
				return failed, err
			}
			if a.status >= http.StatusInternalServerError {
				failed++
			}
		}
	}
	return failed, nil
}

// state is a text that stays the same while no request changes and no letter is sent.
func (d *Dev) state(ctx context.Context) (string, error) {
	letters := d.opt.Inbox.Letters()
	text := fmt.Sprintln(len(letters))
	if len(letters) > 0 {
		text = fmt.Sprintln(letters[len(letters)-1].N)
	}
	query := url.Values{"limit": {"100"}}
	for range maxPages {
		a, err := d.fetch(ctx, http.MethodGet, d.base+"/v1/consent-requests?"+query.Encode(), d.opt.Key)
		if err != nil {
			return "", err
		}
		var page struct {
			Next *string `json:"next"`
		}
		if a.status != http.StatusOK || json.Unmarshal(a.body.Bytes(), &page) != nil {
			return "", errors.New("the list of requests cannot be read")
		}
		text += a.body.String()
		if page.Next == nil {
			return text, nil
		}
		query.Set("after", *page.Next)
	}
	return text, nil
}

// fetch asks the public listener's own handler, without a connection, as a program on this host.
func (d *Dev) fetch(ctx context.Context, method, path, key string) (*recorder, error) {
	r, err := http.NewRequestWithContext(ctx, method, path, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Host, r.RequestURI, r.RemoteAddr = d.host, path, "127.0.0.1:1"
	r.Header.Set("User-Agent", "Mozilla/5.0 (a mail scanner)")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	a := &recorder{header: http.Header{}}
	d.opt.Site.ServeHTTP(a, r)
	return a, nil
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *recorder) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *recorder) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *recorder) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}
