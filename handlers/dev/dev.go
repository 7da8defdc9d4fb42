package dev

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/templates"
)

// Inbox is where letters are caught.
type Inbox interface {
	Letters() []catcher.Letter // the oldest first
	LettersTo(addr string) []catcher.Letter
}

// Clock is the clock of the test space, which moves only forward.
type Clock interface {
	Now(ctx context.Context) (time.Time, error)
	Offset(ctx context.Context) (time.Duration, error) // how far it is ahead of the host's
	Advance(ctx context.Context, by time.Duration) error
}

// Options of the playground. All but Hooks, Calls, Shop and Curl are required.
type Options struct {
	Problems  *web.Problems
	Book      func() *consent.Book
	Inbox     Inbox
	Clock     Clock
	Tick      func(ctx context.Context) error // runs the standing roles once
	Site      http.Handler                    // the public listener's handler, for the fake scanner
	PublicURL string                          // base of every link, without a trailing slash
	Key       string                          // the test key
	Curl      string                          // a first call to try
	Hooks     func() []consent.Attempt        // what was sent
	Calls     func() []templates.DevHook      // what the demo shop received
	Shop      http.Handler                    // the demo shop, without its path
	Log       *slog.Logger                    // nil: silent
}

// Dev serves the playground.
type Dev struct {
	opt    Options
	base   string
	host   string // of the public URL
	origin *http.CrossOriginProtection
}

// New makes the playground.
func New(opt Options) *Dev {
	d := &Dev{opt: opt, base: web.BasePath(opt.PublicURL), origin: http.NewCrossOriginProtection()}
	if u, err := url.Parse(opt.PublicURL); err == nil {
		d.host = u.Hostname()
	}
	return d
}

// Routes adds the pages to a router.
func (d *Dev) Routes(r gin.IRouter) {
	d.read(r, "/", d.toDev)
	g := r.Group("/dev", d.guard)
	d.read(g, "", d.index)
	d.read(g, "/", d.index)
	d.read(g, "/inbox", d.inbox)
	d.read(g, "/inbox.json", d.inboxJSON)
	d.read(g, "/inbox/:id", d.letter)
	d.read(g, "/inbox/:id/html", d.html)
	d.read(g, "/clock", d.clock)
	d.read(g, "/webhooks", d.hooks)
	g.POST("/clock", d.opt.Problems.Handle(d.advance))
	g.POST("/scan", d.opt.Problems.Handle(d.scan))
	if d.opt.Shop != nil {
		d.read(g, "/shop", d.toShop)
		g.Any("/shop/*path", gin.WrapH(http.StripPrefix("/dev/shop", d.opt.Shop)))
	}
}

func (d *Dev) read(r gin.IRouter, path string, h func(*gin.Context) error) {
	r.GET(path, d.opt.Problems.Handle(h))
	r.HEAD(path, d.opt.Problems.Handle(h))
}

// The refusals of guard.
var (
	errHost   = &consent.Error{Kind: consent.KindForbidden, Code: "foreign_host", Detail: "the playground answers only to its own name; open it as its start line says"}
	errOrigin = &consent.Error{Kind: consent.KindForbidden, Code: "foreign_origin", Detail: "a page from elsewhere may not act here"}
)

// guard keeps pages from elsewhere out; what cannot be told counts as elsewhere.
func (d *Dev) guard(c *gin.Context) {
	c.Header("X-Bohoja-Dev", "playground")
	switch {
	case !d.ours(c.Request.Host):
		d.opt.Problems.Write(c, errHost)
	case d.origin.Check(c.Request) != nil:
		d.opt.Problems.Write(c, errOrigin)
	}
}

// ours reports whether the host that was asked for is this one: loopback, or the name in the public URL.
func (d *Dev) ours(hostport string) bool {
	u, err := url.Parse("//" + hostport)
	if err != nil || u.Host != hostport {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" || host != "" && strings.EqualFold(host, d.host) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// policy is that of the pages here: one style sheet, and a frame for letters.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func headers(c *gin.Context, policy string) {
	web.StaffHeaders(c.Writer.Header()) // the same origin may know where a form came from, nobody else
	c.Header("Content-Security-Policy", policy)
}

// show renders a page before anything of it is sent.
func (d *Dev) show(c *gin.Context, status int, p templates.Page) error {
	body, err := templates.Render(p)
	if err != nil {
		return err
	}
	headers(c, policy)
	c.Data(status, "text/html; charset=utf-8", body)
	return nil
}

// frame is that of every page here: English, and marked as a test.
func (d *Dev) frame() templates.Frame {
	f := templates.NewFrame(d.opt.Book(), nil, "en", d.base)
	f.Languages, f.Operator, f.Test = nil, templates.Operator{Name: "Bohoja"}, true
	return f
}

func (d *Dev) index(c *gin.Context) error {
	return d.show(c, http.StatusOK, templates.DevIndex{
		Frame: d.frame(), PublicURL: d.opt.PublicURL, Key: d.opt.Key, Curl: d.opt.Curl,
	})
}

// toDev leads from the root, where newcomers look first, to the start page.
func (d *Dev) toDev(c *gin.Context) error {
	headers(c, policy)
	c.Redirect(http.StatusSeeOther, d.base+"/dev/")
	return nil
}

// toShop adds the slash below which the shop's pages lie.
func (d *Dev) toShop(c *gin.Context) error {
	to := d.base + "/dev/shop/"
	if q := c.Request.URL.RawQuery; q != "" {
		to += "?" + q
	}
	headers(c, policy)
	c.Redirect(http.StatusSeeOther, to)
	return nil
}
