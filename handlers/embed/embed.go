// Package embed lets children sign up without the app's own pages for it: the element <guardian-consent> at /embed/v1.js
// with the calls that it makes, the hosted sign-up at /start/{app}, which needs no script, and the public pages /policy/{app}
// and /why/{app}.
//
// Whoever asks is a browser, so there is no key. What a browser may do, it may do for one of two reasons: a client token,
// which the app's server made for one request of one child; or a listed origin, within limits by network and app. One list
// of origins per app drives all: which pages may call (CORS), which may hold the frame (frame-ancestors), and to which the
// frame speaks (postMessage). What a child answers goes back sealed; nothing is stored before the app, or the hosted page,
// makes the request of it.
package embed

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// Door is what the pages and calls need of a space's service.
type Door interface {
	KnowsClient(app *consent.App, token string) bool
	ReadClient(app *consent.App, token string) (consent.Client, error)
	EmbedAge(ctx context.Context, app *consent.App, born consent.Private) (underAge bool, ticket string, err error)
	ReadAge(app *consent.App, ticket string) (underAge bool, err error)
	Embed(ctx context.Context, app *consent.App, in consent.Embedding) (token string, expires time.Time, warnings []consent.Warning, err error)
	Signup(ctx context.Context, app *consent.App, by consent.Actor, in consent.Signup) (consent.Ticket, error)
}

// Space is live data or the test space.
type Space struct {
	Door
	Test bool
}

// Options are what the package stands on. Spaces holds at least one: the first answers where nothing says which.
type Options struct {
	Spaces    []Space
	Book      func() *consent.Book
	Base      string // path of the public URL, "" or "/consent"
	Problems  *web.Problems
	Networks  *web.Networks    // nil: signups without a client token are limited by app alone
	PerMinute int              // signups without a client token by app and minute in this process
	Clock     func() time.Time // wall clock for the limits; nil: the host's
}

// Embed serves the element, its calls and the pages.
type Embed struct {
	opt    Options
	limits *limits
}

// New makes it.
func New(opt Options) *Embed {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	return &Embed{opt: opt, limits: newLimits(opt)}
}

// Routes adds everything to a router.
func (e *Embed) Routes(r gin.IRouter) {
	get := func(path string, serve func(*gin.Context) error) {
		r.GET(path, e.opt.Problems.Handle(serve))
		r.HEAD(path, e.opt.Problems.Handle(serve))
	}
	get("/embed/v1.js", e.script)
	for path, serve := range map[string]func(*visit) error{"age": e.age, "answers": e.answers} {
		r.POST("/embed/:app/"+path, e.called(serve))
		r.OPTIONS("/embed/:app/"+path, e.called(e.preflight))
	}
	r.GET("/embed/:app/words", e.called(e.words))
	get("/start/:app", e.showStart)
	r.POST("/start/:app", e.opt.Problems.Handle(e.start))
	get("/policy/:app", e.policy)
	get("/why/:app", e.why)
}

// app finds the app of the path. Errors: ErrNoRoute.
func (e *Embed) app(c *gin.Context) (*consent.App, error) {
	app, ok := e.opt.Book().Apps[c.Param("app")]
	if !ok {
		return nil, web.ErrNoRoute
	}
	return app, nil
}

// space finds the space that made a client token; without one, the test space if it is asked for.
func (e *Embed) space(app *consent.App, client string, test bool) Space {
	for _, s := range e.opt.Spaces {
		if client != "" && s.KnowsClient(app, client) || client == "" && test && s.Test {
			return s
		}
	}
	return e.opt.Spaces[0]
}

// lang is the language of an answer: the wish, where the app speaks it.
func lang(c *gin.Context, app *consent.App) string {
	for _, wish := range []string{c.Query("lang"), c.Query("locale")} {
		if slices.Contains(app.Languages, wish) {
			return wish
		}
	}
	return web.Language(c.Request, app.Languages)
}

func (e *Embed) frame(c *gin.Context, app *consent.App) templates.Frame {
	return templates.NewFrame(e.opt.Book(), app, lang(c, app), e.opt.Base)
}

// notice is the app's notice for children, in the language.
func (e *Embed) notice(app *consent.App, lang string) (templates.Notice, error) {
	return templates.ChildNotice(e.opt.Book(), app, lang)
}

// write renders a page before anything of it is sent.
func (e *Embed) write(c *gin.Context, status int, p templates.Page, headers func(http.Header)) error {
	body, err := templates.Render(p)
	if err != nil {
		return err
	}
	headers(c.Writer.Header())
	c.Data(status, "text/html; charset=utf-8", body)
	return nil
}

// policy is GET /policy/{app} (KR-26).
func (e *Embed) policy(c *gin.Context) error {
	app, err := e.app(c)
	if err != nil {
		return err
	}
	return e.write(c, http.StatusOK, templates.PolicyOf(e.opt.Book(), app, lang(c, app), e.opt.Base), web.GuardianHeaders)
}

// why is GET /why/{app}: the notice for children, to be read at any time.
func (e *Embed) why(c *gin.Context) error {
	app, err := e.app(c)
	if err != nil {
		return err
	}
	f := e.frame(c, app)
	n, err := e.notice(app, f.Lang)
	if err != nil {
		return err
	}
	return e.write(c, http.StatusOK, templates.Why(f, n), web.GuardianHeaders)
}
