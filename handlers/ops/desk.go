package ops

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// Door is what signing in needs of staff.Service.
type Door interface {
	Welcome(ctx context.Context, id, token string, factor consent.Sealed) (staff.Person, staff.Factor, error)
	Join(ctx context.Context, id, token, password, code string, factor consent.Sealed) error
	Enter(ctx context.Context, name, password, code, device string) (staff.Entry, error)
	Visit(ctx context.Context, cookie string) (staff.Person, error)
	Leave(ctx context.Context, cookie string) error
	LeaveAll(ctx context.Context, by string, p staff.Person) error
	Disable(ctx context.Context, by, name string) (staff.Person, error)
	SignOut(ctx context.Context, by, name string) error
}

// Account is what one's own page needs of staff.Service.
type Account interface {
	SetPassword(ctx context.Context, p staff.Person, by staff.Renewal, password string) (staff.Entry, error)
	Another(ctx context.Context, p staff.Person, factor consent.Sealed) (staff.Factor, error)
	SetFactor(ctx context.Context, p staff.Person, by staff.Renewal, factor consent.Sealed, code string) (staff.Entry, error)
	Seats(ctx context.Context, p staff.Person, cookie string) ([]staff.Seat, error)
	EndSeats(ctx context.Context, p staff.Person, cookie, password string, which func(staff.Seat) bool) (int, error)
}

// People is what the page of people reads.
type People interface {
	People(ctx context.Context) ([]staff.Person, error)
	Changes(ctx context.Context, n int) ([]staff.Change, error)
}

// DeskOptions are those of the staff pages. All but Networks are required.
type DeskOptions struct {
	Problems *web.Problems
	Book     func() *consent.Book
	Base     string // path of BOHOJA_OPS_URL
	Origin   string // scheme and host of BOHOJA_OPS_URL; "" when it has none
	Clock    consent.Clock
	Test     bool // the pages show the test space
	Door     Door
	Account  Account
	People   People
	Networks *web.Networks // nil: tries are not limited by network
	Requests Requests
	Lists    Lists
	Queue    func(ctx context.Context, app string) (Queue, error)
	Dead     func(ctx context.Context, app, after string) ([]DeadJob, string, error)
	Attempts func(ctx context.Context, app, after string, limit int) ([]consent.Attempt, string, error)
	Log      Log
	Reviews  Reviews
	Charge   func(ctx context.Context, key consent.Digest, most int, within time.Duration) (time.Duration, error)
}

// Requests is what staff do with requests: consent.Service.
type Requests interface {
	Overview(ctx context.Context, app *consent.App) (consent.Overview, error)
	Listed(ctx context.Context, app *consent.App, l consent.Listing, after string, limit int) (consent.Page, error)
	Exported(ctx context.Context, app *consent.App, by consent.Actor, l consent.Listing) error
	Case(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Case, error)
	Calls(ctx context.Context, app *consent.App, id, after string) ([]consent.Attempt, string, error)
	Search(ctx context.Context, by consent.Actor, text string) ([]consent.Record, error)
	File(ctx context.Context, app *consent.App, by consent.Actor, id string, in consent.OnPaper) (consent.Record, error)
	GrantFiled(ctx context.Context, app *consent.App, by consent.Actor, id string, no int) (consent.Record, error)
	EnterAmendment(ctx context.Context, app *consent.App, by consent.Actor, id string, in consent.Amendment) (consent.Record, error)
	Endorse(ctx context.Context, app *consent.App, by consent.Actor, id string, no, rev int) (consent.Record, error)
	Retract(ctx context.Context, app *consent.App, by consent.Actor, id string, no int) (consent.Record, error)
	AmendWait() time.Duration
	Scan(ctx context.Context, app *consent.App, by consent.Actor, id, ticket string) (data []byte, media string, err error)
	Enter(ctx context.Context, app *consent.App, by consent.Actor, id string, in consent.RightAsked) (consent.Right, error)
	RightCase(ctx context.Context, app *consent.App, by consent.Actor, id, right string) (consent.Record, consent.Right, error)
	AnswerRight(ctx context.Context, app *consent.App, by consent.Actor, id string, in consent.RightAnswer) (consent.Right, error)
	ListRights(ctx context.Context, app *consent.App, q consent.RightQuery) (consent.RightPage, error)
	Unmask(ctx context.Context, app *consent.App, by consent.Actor, id string, field consent.Shown, reason, ticket string) (consent.Private, error)
	Resend(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Record, error)
	Correct(ctx context.Context, app *consent.App, by consent.Actor, id string, g consent.Guardian) (consent.Record, error)
	Reopen(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Record, error)
	LiftBlock(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Record, error)
	Cancel(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Record, error)
	Withdraw(ctx context.Context, app *consent.App, by consent.Actor, id string, purposes []string) (consent.Record, error)
	Destroy(ctx context.Context, app *consent.App, by consent.Actor, id, typed string) (consent.Record, error)
}

// DeadJob is a letter or webhook that was given up.
type DeadJob struct {
	ID, Kind, Code string // Code: of the last failure
	At             time.Time
}

// Queue are the figures of an app's outbox.
type Queue struct {
	Dead int // letters and webhooks that nobody tries any more
}

// Desk serves the staff pages, /ops and below. Who is not signed in sees the sign-in; what the role may not do is 403.
type Desk struct {
	opt      DeskOptions
	cross    *http.CrossOriginProtection
	failures *web.Failures
	each     time.Duration // for a piece of a list
	most     int64         // bytes of a list
	reading  sync.Mutex    // of the log's files
}

// NewDesk makes the pages. Error: an origin that is none.
func NewDesk(opt DeskOptions) (*Desk, error) {
	d := &Desk{opt: opt, cross: http.NewCrossOriginProtection(), failures: web.NewFailures(opt.Networks, opt.Clock), each: web.PieceTime, most: listMost}
	if opt.Origin == "" {
		return d, nil
	}
	return d, d.cross.AddTrustedOrigin(opt.Origin)
}

// route is one way into the staff pages.
type route struct {
	method, path string
	may          staff.Permission // "" before the sign-in
	do           func(*visit) (answer, error)
}

// routes is the table of all staff pages. Nothing is served that is not in it, and a test walks it with every role.
func (d *Desk) routes() []route {
	return []route{
		{http.MethodGet, "/ops/enter", "", d.showEnter},
		{http.MethodPost, "/ops/enter", "", d.enter},
		{http.MethodGet, "/ops/join/:id/:token", "", d.showJoin},
		{http.MethodPost, "/ops/join/:id/:token", "", d.join},
		{http.MethodGet, "/ops", staff.MayLook, d.board},
		{http.MethodGet, "/ops/list", staff.MayLook, d.list},
		{http.MethodGet, "/ops/list.csv", staff.MayExport, d.export},
		{http.MethodGet, "/ops/hooks", staff.MayLook, d.hooks},
		{http.MethodGet, "/ops/dead", staff.MayLook, d.dead},
		{http.MethodGet, "/ops/rights", staff.MayLook, d.rights},
		{http.MethodGet, "/ops/search", staff.MayLook, d.showSearch},
		{http.MethodPost, "/ops/search", staff.MayLook, d.search},
		{http.MethodGet, "/ops/request/:app/:id", staff.MayLook, d.request},
		{http.MethodPost, "/ops/request/:app/:id/reveal", staff.MayReveal, d.reveal},
		{http.MethodPost, "/ops/request/:app/:id/resend", staff.MayHelp, d.act("resend")},
		{http.MethodPost, "/ops/request/:app/:id/correct", staff.MayHelp, d.act("correct")},
		{http.MethodPost, "/ops/request/:app/:id/reopen", staff.MayHelp, d.act("reopen")},
		{http.MethodPost, "/ops/request/:app/:id/lift", staff.MayHelp, d.act("lift")},
		{http.MethodPost, "/ops/request/:app/:id/ask", staff.MayRights, d.act("ask")},
		{http.MethodGet, "/ops/request/:app/:id/right/:right", staff.MayLook, d.right},
		{http.MethodPost, "/ops/request/:app/:id/right/:right", staff.MayRights, d.answerRight},
		{http.MethodPost, "/ops/request/:app/:id/right/:right/reveal", staff.MayReveal, d.revealRight},
		{http.MethodGet, filePath, staff.MayRecord, d.showFile},
		{http.MethodPost, filePath, staff.MayRecord, d.file},
		{http.MethodPost, "/ops/request/:app/:id/grant", staff.MayRecord, d.act("grant")},
		{http.MethodGet, amendPath, staff.MayRecord, d.showAmend},
		{http.MethodPost, amendPath, staff.MayRecord, d.amend},
		{http.MethodPost, "/ops/request/:app/:id/endorse", staff.MayRecord, d.act("endorse")},
		{http.MethodPost, "/ops/request/:app/:id/retract", staff.MayRecord, d.act("retract")},
		{http.MethodPost, "/ops/request/:app/:id/scan", staff.MayRecord, d.scan},
		{http.MethodPost, "/ops/request/:app/:id/cancel", staff.MayEnd, d.act("cancel")},
		{http.MethodPost, "/ops/request/:app/:id/withdraw", staff.MayEnd, d.act("withdraw")},
		{http.MethodPost, "/ops/request/:app/:id/destroy", staff.MayDestroy, d.act("destroy")},
		{http.MethodGet, gatePath, staff.MayGate, d.showGate},
		{http.MethodPost, gatePath, staff.MayGate, d.gate},
		{http.MethodGet, "/ops/blocked", staff.MayLook, d.blocked},
		{http.MethodGet, "/ops/access", staff.MayAccount, d.access},
		{http.MethodPost, "/ops/access/:month", staff.MayAccount, d.sign},
		{http.MethodGet, "/ops/report", staff.MayAccount, d.report},
		{http.MethodPost, "/ops/report", staff.MayAccount, d.askReport},
		{http.MethodGet, "/ops/me", staff.MaySelf, d.me},
		{http.MethodPost, "/ops/me/sessions", staff.MaySelf, d.endSeats},
		{http.MethodGet, "/ops/me/password", staff.MaySelf, d.showPassword},
		{http.MethodPost, "/ops/me/password", staff.MaySelf, d.password},
		{http.MethodGet, "/ops/me/factor", staff.MaySelf, d.showFactor},
		{http.MethodPost, "/ops/me/factor", staff.MaySelf, d.factor},
		{http.MethodPost, "/ops/leave", staff.MaySelf, d.leave},
		{http.MethodPost, "/ops/leave/all", staff.MaySelf, d.leaveAll},
		{http.MethodGet, "/ops/people", staff.MayPeople, d.people},
		{http.MethodPost, "/ops/people/:name/disable", staff.MayPeople, d.disable},
		{http.MethodPost, "/ops/people/:name/leave", staff.MayPeople, d.signOut},
	}
}

// Routes adds the pages to a router.
func (d *Desk) Routes(r gin.IRouter) {
	for _, one := range d.routes() {
		r.Handle(one.method, one.path, d.serve(one))
		if one.method == http.MethodGet {
			r.HEAD(one.path, d.serve(one))
		}
	}
}

// visit is one request of somebody: Who is the zero Person before the sign-in.
type visit struct {
	*gin.Context
	who  staff.Person
	lang string
}

// answer is a page with its status, a file, or a path to go on to.
type answer struct {
	status int
	page   templates.Page
	goTo   string // 303 See Other
	sent   bool   // the function has answered by itself
}

func show(p templates.Page) (answer, error) { return answer{status: http.StatusOK, page: p}, nil }
func again(p templates.Page) (answer, error) {
	return answer{status: http.StatusUnprocessableEntity, page: p}, nil
}
func seeOther(path string) (answer, error) { return answer{goTo: path}, nil }

// serve is the one way to a page: cross-origin protection, who it is, whether the role may, then the page's own function.
func (d *Desk) serve(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		v := &visit{Context: c, lang: d.language(c)}
		a, err := d.admit(r, v)
		if err == nil && a.goTo == "" {
			a, err = r.do(v)
		}
		d.write(v, a, err)
	}
}

var errCrossOrigin = &consent.Error{Kind: consent.KindForbidden, Code: "cross_origin", Detail: "the form came from another site"}

// uploads are the routes whose form has a file; they read it by themselves.
var uploads = map[string]bool{filePath: true, gatePath: true}

// admit lets in whom the route is for. A page asked for without a session leads to the sign-in; a form is refused.
func (d *Desk) admit(r route, v *visit) (answer, error) {
	if err := d.cross.Check(v.Request); err != nil {
		d.opt.Problems.Event(v.Context, web.CrossOrigin)
		return answer{}, errCrossOrigin
	}
	if r.method == http.MethodPost && !uploads[r.path] {
		if err := web.CheckForm(v.Request); err != nil {
			return answer{}, err
		}
	}
	if r.may == "" {
		return answer{}, nil
	}
	var err error
	v.who, err = d.opt.Door.Visit(v.Request.Context(), cookie(v.Request))
	switch {
	case errors.Is(err, staff.ErrNoSession) && r.method == http.MethodGet:
		return answer{goTo: d.opt.Base + "/ops/enter" + over(v.Request)}, nil
	case err != nil:
		return answer{}, err
	case !v.who.Role.May(r.may):
		d.opt.Problems.Event(v.Context, web.PermissionDenied, person(v.who.ID), slog.String("role", string(v.who.Role)))
		return answer{}, staff.ErrForbidden
	}
	return answer{}, nil
}

// over says on the sign-in that there was a session before.
func over(r *http.Request) string {
	if cookie(r) != "" {
		return "?over=1"
	}
	return ""
}

// write renders first and answers then.
func (d *Desk) write(v *visit, a answer, err error) {
	web.StaffHeaders(v.Writer.Header())
	if err != nil {
		a = d.problem(v, err)
	}
	switch {
	case a.sent:
	case a.goTo != "":
		v.Redirect(http.StatusSeeOther, a.goTo)
	default:
		body, err := templates.Render(a.page)
		if err != nil {
			d.opt.Problems.Page(v.Context, err)
			return
		}
		v.Data(a.status, "text/html; charset=utf-8", body)
	}
}

// problem is the page of an error, in words for staff.
func (d *Desk) problem(v *visit, err error) answer {
	doc := d.opt.Problems.Tell(v.Context, err)
	page := templates.StaffProblem{
		StaffFrame: d.frame(v, ""), Status: doc.Status, Code: doc.Code, Back: d.opt.Base + "/ops/enter",
		Retry: time.Duration(doc.RetryAfter) * time.Second,
	}
	page.Width = "narrow"
	return answer{status: doc.Status, page: page}
}

// frame is what every page begins with.
func (d *Desk) frame(v *visit, here string) templates.StaffFrame {
	book := d.opt.Book()
	f := templates.NewFrame(book, nil, v.lang, d.opt.Base)
	f.Test = d.opt.Test
	s := templates.StaffFrame{Frame: f, Zone: book.Profile.Zone}
	if v.who.ID == "" {
		return s
	}
	s.Who, s.Role = v.who.Name, string(v.who.Role)
	for _, n := range menu {
		if v.who.Role.May(n.may) {
			s.Nav = append(s.Nav, templates.NavItem{Path: d.opt.Base + n.path, Key: "ops.nav." + n.key, Here: n.key == here})
		}
	}
	return s
}

// menu lists the entries by what they ask for.
var menu = []struct {
	key, path string
	may       staff.Permission
}{
	{"board", "/ops", staff.MayLook},
	{"search", "/ops/search", staff.MayLook},
	{"gate", gatePath, staff.MayGate},
	{"blocked", "/ops/blocked", staff.MayLook},
	{"access", "/ops/access", staff.MayAccount},
	{"report", "/ops/report", staff.MayAccount},
	{"people", "/ops/people", staff.MayPeople},
	{"me", "/ops/me", staff.MaySelf},
}

// home is where somebody begins: the first entry of their menu.
func (d *Desk) home(p staff.Person) string {
	for _, n := range menu {
		if p.Role.May(n.may) {
			return d.opt.Base + n.path
		}
	}
	return d.opt.Base + "/ops/me"
}

// Names of the cookies. __Host- makes browsers keep them to this very host, to https (or to loopback) and to no script.
const (
	sessionCookie  = "__Host-bohoja"
	languageCookie = "__Host-bohoja-lang"
)

func cookie(r *http.Request) string {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie sets a cookie; value "" removes it.
func setCookie(v *visit, name, value string, life time.Duration) {
	c := &http.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(life / time.Second),
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.Writer, c)
}

// language is the one that was chosen on a page, now or before, else the browser's.
func (d *Desk) language(c *gin.Context) string {
	wish := c.Query("lang")
	for _, l := range templates.Languages() {
		if l == wish {
			setCookie(&visit{Context: c}, languageCookie, l, 365*24*time.Hour)
			return l
		}
	}
	if kept, err := c.Request.Cookie(languageCookie); err == nil {
		for _, l := range templates.Languages() {
			if l == kept.Value {
				return l
			}
		}
	}
	return web.Language(c.Request, templates.Languages())
}
