// Package guardian shows the pages that guardians and children open from a link: /c/ to decide, /w/ to withdraw, /a/ to
// stop a correction of the guardian, /k/ to wait, /code for a lost link, /my for all that was agreed to, /r/ for a
// receipt of it, /terms/ for the text. GET and HEAD change nothing, whoever fetches them and however often; only a POST with the
// form's own proof acts. There is no cookie and no script.
package guardian

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// Door is what the pages need of a space's service.
type Door interface {
	Knows(aud consent.Audience, token string) bool
	ByCode(ctx context.Context, code string) (string, error)
	Decider
	Undoer
	Pauser
	Withdrawer
	Waiter
	Stopper
	Objector
	Porter
	Receiver
}

// Options are what the pages stand on. Spaces holds at least one: the first answers for links that none of them made.
type Options struct {
	Spaces   []Door
	Book     func() *consent.Book
	Base     string // path of the public URL, "" or "/consent"
	Problems *web.Problems
	Networks *web.Networks    // nil: wrong codes are not counted by network
	Clock    func() time.Time // wall clock for that count; nil: the host's
	Decoyed  func()           // told of each press of the decoy; nil: nobody is
}

// Pages serves the pages.
type Pages struct {
	opt      Options
	failures *web.Failures // codes that lead nowhere
	knocks   *web.Failures // at the portal's door, known there or not
}

// New makes the pages.
func New(opt Options) *Pages {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	return &Pages{opt: opt, failures: web.NewFailures(opt.Networks, opt.Clock), knocks: web.NewFailures(opt.Networks, opt.Clock)}
}

// Routes adds the pages to a router.
func (p *Pages) Routes(r gin.IRouter) {
	p.page(r, "/c/:token", p.open, p.guarded(consent.LinkDecide, "/c/", p.decide))
	p.page(r, "/c/:token/stop", p.shows(p.stopping), p.takes(p.stopping))
	p.page(r, "/a/:token", p.shows(p.objecting), p.takes(p.objecting))
	p.page(r, "/w/:token", p.openWithdraw, p.guarded(consent.LinkWithdraw, "/w/", p.withdraw))
	p.page(r, "/k/:token", p.wait, p.act)
	p.page(r, "/code", p.code, p.enter)
	p.portal(r)
	p.receipts(r)
}

// answer is what a page's function returns: a page with its status, or a path to go on to.
type answer struct {
	status int
	page   templates.Page
	goTo   string // 303 See Other
}

func show(p templates.Page) answer                { return answer{status: http.StatusOK, page: p} }
func again(p templates.Page) answer               { return answer{status: http.StatusUnprocessableEntity, page: p} }
func with(status int, p templates.Page) answer    { return answer{status: status, page: p} }
func seeOther(path string) answer                 { return answer{goTo: path} }
func lang(c *gin.Context, fallback string) string { return cmp.Or(chosenLang(c), fallback) }

// page registers a page that is read by GET and HEAD and acted on by POST.
func (p *Pages) page(r gin.IRouter, path string, read, act func(*gin.Context) (answer, error)) {
	r.GET(path, p.serve(read))
	r.HEAD(path, p.serve(read))
	r.POST(path, p.serve(strict(act)))
}

func (p *Pages) serve(f func(*gin.Context) (answer, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, err := f(c)
		if err != nil {
			a, err = p.dead(c, err)
		}
		switch {
		case err != nil:
			p.opt.Problems.Page(c, err)
		case a.goTo != "":
			web.GuardianHeaders(c.Writer.Header())
			c.Redirect(http.StatusSeeOther, a.goTo)
		default:
			p.write(c, a)
		}
	}
}

// write renders first and answers then, so that a page that cannot be shown is still answered with another.
func (p *Pages) write(c *gin.Context, a answer) {
	body, err := templates.Render(a.page)
	if err != nil {
		p.opt.Problems.Page(c, err)
		return
	}
	web.GuardianHeaders(c.Writer.Header())
	c.Data(a.status, "text/html; charset=utf-8", body)
}

func (p *Pages) frame(app *consent.App, lang string) templates.Frame {
	return templates.NewFrame(p.opt.Book(), app, lang, p.opt.Base)
}

// dead turns the errors of a link into its own page; other errors stay.
func (p *Pages) dead(c *gin.Context, err error) (answer, error) {
	why, status := "", http.StatusGone
	switch {
	case errors.Is(err, consent.ErrNotFound):
		why, status = unknown(c.FullPath()), http.StatusNotFound
	case errors.Is(err, consent.ErrReplaced):
		why = templates.DeadReplaced
	case errors.Is(err, consent.ErrLinkExpired), errors.Is(err, consent.ErrUnreadable):
		why = templates.DeadExpired
	default:
		return answer{}, err
	}
	page := templates.GuardianDead{Frame: p.frame(nil, c.Query("lang")), Why: why}
	if why == templates.DeadReplaced && c.FullPath() == "/c/:token" {
		page.Stop = p.stopPath(c)
	}
	return with(status, page), nil
}

// unknown is why a link of this route is not known. The code in a letter opens a request: whoever agreed has the portal instead.
func unknown(route string) string {
	if strings.HasPrefix(route, "/c/") {
		return templates.DeadForged
	}
	return templates.DeadAway
}

// space finds the space that made a link.
func (p *Pages) space(aud consent.Audience, token string) Door {
	for _, s := range p.opt.Spaces {
		if s.Knows(aud, token) {
			return s
		}
	}
	return p.opt.Spaces[0]
}

// self is the path of the page itself, with the language that was chosen on it. The token is anybody's text until it was
// redeemed: escaped, it stays one segment, and leads to no other host.
func (p *Pages) self(c *gin.Context, dir string) string {
	path := p.opt.Base + dir + url.PathEscape(c.Param("token"))
	if l := chosenLang(c); l != "" {
		path += "?lang=" + l
	}
	return path
}

// chosenLang is the language that was chosen on the page; "" for none, or for one that has no words.
func chosenLang(c *gin.Context) string {
	if l := c.Query("lang"); slices.Contains(templates.Languages(), l) {
		return l
	}
	return ""
}
