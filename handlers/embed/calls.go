package embed

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// visit is one call of the element.
type visit struct {
	c      *gin.Context
	app    *consent.App
	origin string // of the page; "" where the browser names none: an app on a phone, or a page of this service
}

var errOrigin = &consent.Error{
	Kind: consent.KindForbidden, Code: "origin_not_listed", Detail: "the page's origin is not in the app's list of origins",
}

// called finds the app and judges the origin before anything else. A listed origin may read the answer, also when it is an
// error; another learns nothing but that it is not listed.
func (e *Embed) called(serve func(*visit) error) gin.HandlerFunc {
	return e.opt.Problems.Handle(func(c *gin.Context) error {
		app, err := e.app(c)
		if err != nil {
			return err
		}
		h := c.Writer.Header()
		h.Add("Vary", "Origin")
		sent := c.Request.Header.Values("Origin")
		v := &visit{c: c, app: app}
		switch {
		case len(sent) > 1, len(sent) == 1 && !slices.Contains(app.Origins, sent[0]):
			return errOrigin
		case len(sent) == 1:
			v.origin = sent[0]
			h.Set("Access-Control-Allow-Origin", v.origin)
			h.Set("Access-Control-Expose-Headers", "Retry-After")
		}
		return serve(v)
	})
}

// preflight lets a listed origin send JSON, and nothing else: no key, no cookie.
func (e *Embed) preflight(v *visit) error {
	h := v.c.Writer.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	web.AnswerHeaders(h)
	v.c.Status(http.StatusNoContent)
	return nil
}

// script is GET /embed/v1.js. Its address stays the same, so a browser asks again after some minutes whether it has changed.
func (e *Embed) script(c *gin.Context) error {
	a := templates.StaticFile("v1.js")
	sum := sha256.Sum256(a.Body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h := c.Writer.Header()
	web.AssetHeaders(h)
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*") // a script tag with crossorigin and integrity needs it; it holds no secret
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("ETag", tag)
	if c.GetHeader("If-None-Match") == tag {
		c.Status(http.StatusNotModified)
		return nil
	}
	c.Data(http.StatusOK, a.Type, a.Body)
	return nil
}

type wordsAnswer struct {
	Lang   string            `json:"lang"`
	Notice noticeAnswer      `json:"notice"`
	Words  map[string]string `json:"words"`
}

type noticeAnswer struct {
	Version string                 `json:"version"`
	Parts   []templates.NoticePart `json:"parts"`
}

// words is GET /embed/{app}/words: everything that the element says.
func (e *Embed) words(v *visit) error {
	f := e.frame(v.c, v.app)
	n, err := e.notice(v.app, f.Lang)
	if err != nil {
		return err
	}
	words, err := templates.EmbedWords(f)
	if err != nil {
		return err
	}
	return reply(v.c, http.StatusOK, wordsAnswer{Lang: f.Lang, Notice: noticeAnswer{n.Version, n.Parts}, Words: words})
}

type ageBody struct {
	BirthDate consent.Private `json:"birth_date"`
	Client    string          `json:"client"`
	Test      bool            `json:"test"`
}

type ageAnswer struct {
	UnderAge bool   `json:"under_age"`
	Ticket   string `json:"ticket"`
}

// age is POST /embed/{app}/age: the neutral question. The answer comes back sealed and stays for the session.
func (e *Embed) age(v *visit) error {
	var in ageBody
	if err := read(v.c, &in); err != nil {
		return err
	}
	if err := e.may(v, in.Client); err != nil {
		return err
	}
	under, ticket, err := e.space(v.app, in.Client, in.Test).EmbedAge(v.c, v.app, consent.Secret(consent.JoinDate(in.BirthDate.Reveal(), "", "")))
	if err != nil {
		return err
	}
	return reply(v.c, http.StatusOK, ageAnswer{under, ticket})
}

type answersBody struct {
	Ticket        string          `json:"ticket"`
	Notice        string          `json:"notice"`
	ChildName     consent.Private `json:"child_name"`
	GuardianName  consent.Private `json:"guardian_name"`
	GuardianEmail consent.Private `json:"guardian_email"`
	Lang          string          `json:"lang"`
	Client        string          `json:"client"`
	Test          bool            `json:"test"`
}

type answersAnswer struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`

	Suggestion string `json:"suggestion,omitempty"` // a mail domain that was probably meant
}

// suggested is the domain that an address probably means.
func suggested(warnings []consent.Warning) string {
	for _, w := range warnings {
		if w.Code == "maybe_typo" {
			return w.Suggestion
		}
	}
	return ""
}

// answers is POST /embed/{app}/answers: what the child answered becomes the one value for the host's form.
func (e *Embed) answers(v *visit) error {
	var in answersBody
	if err := read(v.c, &in); err != nil {
		return err
	}
	if err := e.may(v, in.Client); err != nil {
		return err
	}
	if err := e.shown(v.app, in.Lang, in.Notice); err != nil {
		return err
	}
	if in.Client == "" {
		if err := e.limits.take(v.c.Request, v.app); err != nil {
			return err
		}
	}
	l := v.app.Language(in.Lang)
	token, expires, warnings, err := e.space(v.app, in.Client, in.Test).Embed(v.c, v.app, consent.Embedding{
		Origin: v.origin, Client: in.Client, Age: in.Ticket, Notice: in.Notice,
		Child:    consent.Child{Name: in.ChildName, Locale: l},
		Guardian: consent.Guardian{Name: in.GuardianName, Email: in.GuardianEmail, Locale: l},
	})
	if err != nil {
		return err
	}
	return reply(v.c, http.StatusOK, answersAnswer{token, expires.UTC().Truncate(time.Millisecond), suggested(warnings)})
}

// may refuses whoever has neither a listed origin nor a client token; a token that is none is refused with it.
func (e *Embed) may(v *visit, client string) error {
	if client != "" {
		_, err := e.space(v.app, client, false).ReadClient(v.app, client)
		return err
	}
	if v.origin == "" {
		return consent.ErrClientToken
	}
	return nil
}

// errNotice is a notice that is not today's: the words are fetched again, and the child reads what is true now.
var errNotice = &consent.Error{
	Kind: consent.KindInvalid, Code: "notice_missing", Detail: "the notice has changed; show the new one",
	Fields: []consent.FieldError{{Pointer: "/notice", Code: "notice_missing", Detail: "the version of the notice that is shown today"}},
}

func (e *Embed) shown(app *consent.App, lang, version string) error {
	n, err := e.notice(app, lang)
	if err == nil && n.Version != version {
		err = errNotice
	}
	return err
}

// read reads a body as strictly as the API does: one JSON object, each name once, nothing that is not known. Errors:
// malformed, unsupported_media_type.
func read(c *gin.Context, into any) error {
	if kinds := c.Request.Header.Values("Content-Type"); len(kinds) != 1 || kinds[0] != "application/json" {
		return web.ErrMedia
	}
	body, err := io.ReadAll(c.Request.Body) // bounded by web.Limit
	if err != nil {
		return err
	}
	private := json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, p *consent.Private) error {
		var s string
		err := json.UnmarshalDecode(d, &s)
		*p = consent.Secret(s)
		return err
	}))
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true), private); err != nil {
		return &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the body is not one JSON object of this call"}
	}
	return nil
}

func reply(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err
	}
	web.AnswerHeaders(c.Writer.Header())
	c.Data(status, "application/json", body)
	return nil
}
