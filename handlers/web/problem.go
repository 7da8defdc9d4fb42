package web

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// row is one line of the table of answers.
type row struct {
	status int
	title  string
}

// answers is the one table from the kind of an error to its answer, for programs and people alike.
var answers = map[consent.Kind]row{
	consent.KindInternal:       {http.StatusInternalServerError, "A fault of this service"},
	consent.KindMalformed:      {http.StatusBadRequest, "The request cannot be read"},
	consent.KindInvalid:        {http.StatusUnprocessableEntity, "The request is not acceptable"},
	consent.KindUnauthorized:   {http.StatusUnauthorized, "A known key is needed"},
	consent.KindForbidden:      {http.StatusForbidden, "Not allowed"},
	consent.KindNotFound:       {http.StatusNotFound, "Not found"},
	consent.KindConflict:       {http.StatusConflict, "The state does not allow it"},
	consent.KindGone:           {http.StatusGone, "No longer here"},
	consent.KindOnHold:         {http.StatusLocked, "On hold"},
	consent.KindTooMany:        {http.StatusTooManyRequests, "Too many"},
	consent.KindUnavailable:    {http.StatusServiceUnavailable, "Not available"},
	consent.KindOutcomeUnknown: {http.StatusServiceUnavailable, "The outcome is not known"},
	consent.KindBusy:           {http.StatusServiceUnavailable, "Busy"},
}

// Refusal is what HTTP itself refuses before a step is asked; the table of kinds knows nothing of it.
type Refusal struct {
	Status int
	Title  string
	Code   string
	Detail string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Code + ": " + r.Detail }

// The refusals.
var (
	ErrMethod   = &Refusal{http.StatusMethodNotAllowed, "Method not allowed", "method_not_allowed", "this path does not know the method; Allow says which it knows"}
	ErrTooLarge = &Refusal{http.StatusRequestEntityTooLarge, "Too large", "too_large", "the body is larger than this call takes"}
	ErrMedia    = &Refusal{http.StatusUnsupportedMediaType, "Unsupported media type", "unsupported_media_type", "the body must be application/json in UTF-8"}
	ErrSlow     = &Refusal{http.StatusRequestTimeout, "Too slow", "timeout", "the body did not arrive in time"}
)

// ErrNoRoute is a path that leads nowhere.
var ErrNoRoute = &consent.Error{Kind: consent.KindNotFound, Code: "not_found", Detail: "there is nothing at this path; /docs lists every call"}

// Problem is the document of an error (RFC 9457). It holds nothing of a person, and nothing that tells an id apart from
// another: the answers for an unknown id and for another app's are equal byte by byte.
type Problem struct {
	Type       string               `json:"type"`
	Title      string               `json:"title"`
	Status     int                  `json:"status"`
	Detail     string               `json:"detail,omitempty"`
	Instance   string               `json:"instance,omitempty"` // the route, such as /v1/consent-requests/:id
	Code       string               `json:"code"`
	Errors     []consent.FieldError `json:"errors,omitempty"`
	RetryAfter int                  `json:"retry_after,omitempty"` // seconds
	ID         string               `json:"id,omitempty"`          // with already_pending
}

// Problems writes errors and security events. All fields but Counted are required.
type Problems struct {
	Log  *slog.Logger
	Book func() *consent.Book // for the page of an error
	Base string               // path of BOHOJA_PUBLIC_URL, "" or "/consent"

	Counted func(Security) // a security event; nil: not counted
}

// Handle makes a gin handler of one that returns an error.
func (p *Problems) Handle(h func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			p.Write(c, err)
		}
	}
}

// Write answers with the error and ends the chain: a page for a browser, a document for a program.
func (p *Problems) Write(c *gin.Context, err error) {
	if wantsPage(c.Request) {
		p.Page(c, err)
		return
	}
	p.JSON(c, err)
}

// wantsPage tells a browser on a page from a program: calls under /v1 always get documents.
func wantsPage(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, "/v1/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// JSON answers with the problem document, its sentences in the language of Accept-Language.
func (p *Problems) JSON(c *gin.Context, err error) {
	doc := p.document(c, err)
	c.Header("Content-Language", doc.localise(c.Request))
	body, merr := json.Marshal(doc)
	if merr != nil { // a struct of texts and numbers always marshals
		body = []byte(`{"type":"about:blank","status":500,"code":"internal"}`)
	}
	AnswerHeaders(c.Writer.Header())
	p.send(c, doc, "application/problem+json", body)
}

// Page answers with the page of the error.
func (p *Problems) Page(c *gin.Context, err error) {
	doc := p.document(c, err)
	frame := templates.NewFrame(p.Book(), nil, Language(c.Request, templates.Languages()), p.Base)
	body, rerr := templates.Render(templates.Problem{
		Frame: frame, Status: doc.Status, Retry: time.Duration(doc.RetryAfter) * time.Second,
	})
	GuardianHeaders(c.Writer.Header())
	if rerr != nil {
		p.Log.ErrorContext(c.Request.Context(), "the page of an error cannot be shown", "request", IDOf(c), "error", rerr)
		p.send(c, doc, "text/plain; charset=utf-8", []byte(doc.Title+"\n"))
		return
	}
	p.send(c, doc, "text/html; charset=utf-8", body)
}

// Tell logs the error as Write does and returns its document, for a page that has words of its own.
func (p *Problems) Tell(c *gin.Context, err error) Problem {
	doc := p.document(c, err)
	if doc.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(doc.RetryAfter))
	}
	return doc
}

func (p *Problems) send(c *gin.Context, doc Problem, contentType string, body []byte) {
	h := c.Writer.Header()
	if doc.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(doc.RetryAfter))
	}
	if doc.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="bohoja"`)
	}
	c.Data(doc.Status, contentType, body)
	c.Abort()
}

// document reads the tables, and logs what is this service's own fault or trouble.
func (p *Problems) document(c *gin.Context, err error) Problem {
	doc := describe(asRefusal(err))
	doc.Type = p.Base + "/docs#code-" + doc.Code
	doc.Instance = c.FullPath()
	c.Set(codeKey, doc.Code)
	if doc.Status >= http.StatusInternalServerError {
		p.Log.ErrorContext(c.Request.Context(), "request failed", "request", IDOf(c), "route", c.FullPath(), "code", doc.Code, "error", err)
	}
	return doc
}

// asRefusal finds what HTTP means by an error of reading a body. An error of a step is none, though it may hold the same
// causes: a Redis that times out must not be told as a body that does.
func asRefusal(err error) error {
	if e, ok := errors.AsType[*consent.Error](err); ok && e.Kind != consent.KindMalformed {
		return err
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSlow
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the body ended early"}
	}
	return err
}

// describe fills what does not depend on the request. The text of an inner error never leaves the house.
func describe(err error) Problem {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return Problem{Title: r.Title, Status: r.Status, Detail: r.Detail, Code: r.Code}
	}
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Kind == consent.KindInternal {
		e = &consent.Error{Code: "internal", Detail: "the fault has been logged under the id in X-Request-Id"}
	}
	line, ok := answers[e.Kind]
	if !ok {
		line = answers[consent.KindInternal]
	}
	return Problem{
		Title: line.title, Status: line.status, Detail: e.Detail, Code: e.Code, Errors: e.Fields,
		RetryAfter: wholeSeconds(e.RetryAfter), ID: e.ID,
	}
}

// wholeSeconds rounds up: who comes back then must not come too early.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
