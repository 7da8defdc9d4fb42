package ops

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/templates"
)

var errApp = &consent.Error{Kind: consent.KindNotFound, Code: "not_found", Detail: "no app has this id"}

// app is the one that id names; "" is the first.
func (d *Desk) app(id string) (*consent.App, error) {
	apps := d.opt.Book().Apps
	if id == "" {
		if ids := d.appIDs(); len(ids) > 0 {
			id = ids[0]
		}
	}
	if a, ok := apps[id]; ok {
		return a, nil
	}
	return nil, errApp
}

func (d *Desk) appIDs() []string {
	var ids []string
	for id := range d.opt.Book().Apps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (d *Desk) boardPath(app string) string {
	return d.opt.Base + "/ops?app=" + url.QueryEscape(app)
}

func (d *Desk) listPath(app string, w consent.Work) string {
	return d.opt.Base + "/ops/list?app=" + url.QueryEscape(app) + "&list=" + url.QueryEscape(string(w))
}

// hooksLooked is how many of the last calls count for the overview.
const hooksLooked = 100

// board is the overview of one app.
func (d *Desk) board(v *visit) (answer, error) {
	app, err := d.app(v.Query("app"))
	if err != nil {
		return answer{}, err
	}
	ctx := v.Request.Context()
	o, err := d.opt.Requests.Overview(ctx, app)
	if err != nil {
		return answer{}, err
	}
	queue, err := d.opt.Queue(ctx, app.ID)
	if err != nil {
		return answer{}, err
	}
	calls, _, err := d.opt.Attempts(ctx, app.ID, "", hooksLooked)
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffBoard{StaffFrame: d.frame(v, "board"), Now: d.opt.Clock(), Behind: int(o.Behind)}
	for _, id := range d.appIDs() {
		page.Apps = append(page.Apps, templates.StaffTab{Name: d.opt.Book().Apps[id].Name.In(v.lang), Path: d.boardPath(id), Here: id == app.ID})
	}
	if v.who.Role.May(staff.MayAccount) {
		if page.Reviews, err = d.opt.Reviews.Unsigned(ctx, d.zone()); err != nil {
			return answer{}, err
		}
	}
	d.tiles(&page, app, o, queue, failing(calls))
	d.funnel(&page, app, o)
	var hours []int
	for _, from := range consent.Ages {
		hours = append(hours, int(from/time.Hour))
	}
	page.SetAges(hours, o.Ages, d.listPath(app.ID, consent.WorkNear), d.listPath(app.ID, consent.WorkPending))
	return show(page)
}

func failing(calls []consent.Attempt) int {
	n := 0
	for _, a := range calls {
		if !a.Delivered() {
			n++
		}
	}
	return n
}

// tiles are the numbers of this moment, each with its list.
func (d *Desk) tiles(page *templates.StaffBoard, app *consent.App, o consent.Overview, queue Queue, calls int) {
	tile := func(w consent.Work, tone string) templates.StaffTile {
		n := o.Counts[w]
		if n == 0 {
			tone = ""
		}
		return templates.StaffTile{Key: string(w), Path: d.listPath(app.ID, w), N: n, Tone: tone}
	}
	page.Tiles = []templates.StaffTile{
		tile(consent.WorkPending, ""), tile(consent.WorkNear, "warm"), tile(consent.WorkToday, ""), tile(consent.WorkRefused, ""),
		tile(consent.WorkBounced, "bad"), {Key: "dead", Path: d.opt.Base + "/ops/dead?app=" + url.QueryEscape(app.ID), N: queue.Dead, Tone: bad(queue.Dead)},
	}
	page.Todo = []templates.StaffTile{
		tile(consent.WorkBounced, "bad"), tile(consent.WorkNear, "warm"), {Key: "hooks", Path: d.hooksPath(app.ID), N: calls, Tone: bad(calls)},
		tile(consent.WorkNotMine, "warm"), tile(consent.WorkOverdue, "bad"),
		{Key: "rights", Path: d.rightsPath(app.ID), N: o.Rights, Tone: warm(o.Rights)},
		tile(consent.WorkLocked, "warm"), tile(consent.WorkMisnamed, "warm"), tile(consent.WorkFiled, "warm"), tile(consent.WorkEraseLate, "bad"),
	}
}

func bad(n int) string {
	if n > 0 {
		return "bad"
	}
	return ""
}

func warm(n int) string {
	if n > 0 {
		return "warm"
	}
	return ""
}

func (d *Desk) funnel(page *templates.StaffBoard, app *consent.App, o consent.Overview) {
	var keys, paths []string
	var counts []int
	for _, stage := range consent.Stages {
		n := 0
		for _, day := range o.Days {
			n += day.Count[stage]
		}
		keys, counts, paths = append(keys, string(stage)), append(counts, n), append(paths, d.listPath(app.ID, stageLists[stage]))
	}
	page.SetFunnel(keys, counts, paths)
	for _, day := range o.Days {
		line := templates.StaffDay{Day: day.Day.String()}
		for _, stage := range consent.Stages {
			line.Counts = append(line.Counts, templates.StaffTile{Key: string(stage), N: day.Count[stage]})
		}
		page.Days = append(page.Days, line)
	}
}

// stageLists lead from a stage to those who stand there, or who did not get beyond it.
var stageLists = map[consent.Stage]consent.Work{
	consent.StageAsked: consent.WorkPending, consent.StageAccepted: consent.WorkBounced, consent.StageReached: consent.WorkLocked,
	consent.StageDecided: consent.WorkGranted,
}

// listSize is how many requests a page shows; exportMost how many a file holds.
const (
	listSize   = 50
	exportMost = 100_000
)

var errList = &consent.Error{Kind: consent.KindNotFound, Code: "not_found", Detail: "there is no such list"}

// work reads which list of which app is meant.
func (d *Desk) work(v *visit) (*consent.App, consent.Work, error) {
	app, err := d.app(v.Query("app"))
	w := consent.Work(v.Query("list"))
	if err == nil && !slices.Contains(consent.Works, w) {
		err = errList
	}
	return app, w, err
}

func (d *Desk) list(v *visit) (answer, error) {
	app, w, err := d.work(v)
	if err != nil {
		return answer{}, err
	}
	found, err := d.opt.Requests.Worklist(v.Request.Context(), app, w, v.Query("after"), listSize)
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffList{
		StaffFrame: d.frame(v, "board"), AppTitle: app.Name.In(v.lang), Work: string(w), Back: d.boardPath(app.ID), Rows: d.rows(found.Records),
	}
	if found.Next != "" {
		page.Next = d.listPath(app.ID, w) + "&after=" + url.QueryEscape(found.Next)
	}
	if v.who.Role.May(staff.MayExport) && len(page.Rows) > 0 {
		page.Export = d.opt.Base + "/ops/list.csv?app=" + url.QueryEscape(app.ID) + "&list=" + url.QueryEscape(string(w))
	}
	return show(page)
}

func (d *Desk) rows(records []consent.Record) []templates.StaffRow {
	var out []templates.StaffRow
	for _, r := range records {
		out = append(out, templates.StaffRow{
			ID: r.ID, Subject: r.Subject, Status: string(r.Status), Mail: string(r.Mail), Path: d.requestPath(r.App, r.ID),
			Created: r.CreatedAt, At: nextAt(r),
		})
	}
	return out
}

// nextAt is the deadline while pending, else when it ended or was decided.
func nextAt(r consent.Record) time.Time {
	switch {
	case r.Status == consent.Pending:
		return r.ExpiresAt
	case !r.EndedAt.IsZero():
		return r.EndedAt
	}
	return r.DecidedAt
}

func (d *Desk) requestPath(app, id string) string {
	return d.opt.Base + "/ops/request/" + url.PathEscape(app) + "/" + url.PathEscape(id)
}

// export gives a list as a file, masked as the page is, and notes it first. It stops at exportMost, and says so in its last
// line. A store that goes away in the middle cuts the file, since the status is sent by then.
func (d *Desk) export(v *visit) (answer, error) {
	app, w, err := d.work(v)
	if err != nil {
		return answer{}, err
	}
	ctx := v.Request.Context()
	first, err := d.opt.Requests.Worklist(ctx, app, w, "", exportPage)
	if err != nil {
		return answer{}, err
	}
	if err := d.opt.Requests.Exported(ctx, app, v.who.Actor(), w); err != nil {
		return answer{}, err
	}
	h := v.Writer.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+app.ID+"-"+string(w)+`.csv"`)
	v.Status(http.StatusOK)
	_, _ = v.Writer.WriteString("\ufeff") // or spreadsheets take it for another encoding
	out := csv.NewWriter(v.Writer)
	_ = out.Write([]string{"id", "app", "subject", "status", "mail", "created_at", "deadline_or_end"})
	for page, n := first, 0; ; {
		for _, r := range page.Records {
			_ = out.Write(d.line(r))
		}
		out.Flush()
		n += len(page.Records)
		if page.Next == "" || out.Error() != nil {
			break
		}
		if n >= exportMost {
			_ = out.Write([]string{"# more than " + strconv.Itoa(exportMost)})
			break
		}
		next, fail := d.opt.Requests.Worklist(ctx, app, w, page.Next, exportPage)
		if fail != nil {
			panic(http.ErrAbortHandler) // cut, so that nobody takes half of it for the whole
		}
		page = next
	}
	out.Flush()
	return answer{sent: true}, nil //nolint:nilerr // whoever went away in the middle gets no answer
}

const exportPage = 1000

func (d *Desk) line(r consent.Record) []string {
	return []string{
		plainCell(r.ID), plainCell(r.App), plainCell(r.Subject), string(r.Status), string(r.Mail), r.CreatedAt.Format(time.RFC3339), nextAt(r).Format(time.RFC3339),
	}
}

// plainCell keeps a spreadsheet from reading a cell as a formula: an apostrophe before what would begin one.
func plainCell(s string) string {
	if s != "" && slices.Contains([]byte("=+-@\t\r\n|%"), s[0]) {
		return "'" + s
	}
	return s
}

func (d *Desk) hooksPath(app string) string {
	return d.opt.Base + "/ops/hooks?app=" + url.QueryEscape(app)
}

// hooks lists the last calls of an app's webhooks, those that failed first in the eye by their colour.
func (d *Desk) hooks(v *visit) (answer, error) {
	app, err := d.app(v.Query("app"))
	if err != nil {
		return answer{}, err
	}
	calls, _, err := d.opt.Attempts(v.Request.Context(), app.ID, "", hooksLooked)
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffHooks{StaffFrame: d.frame(v, "board"), Work: "hooks", AppTitle: app.Name.In(v.lang), Back: d.boardPath(app.ID)}
	page.Calls = callsShown(calls)
	return show(page)
}

// callsShown are deliveries of webhooks in lines.
func callsShown(calls []consent.Attempt) (out []templates.StaffCall) {
	for _, a := range calls {
		result := strconv.Itoa(a.Code)
		if a.Code == 0 {
			result = a.Stage
		}
		out = append(out, templates.StaffCall{At: a.At, Type: string(a.Type), Host: a.Host, Result: result, Hint: a.Hint, Good: a.Delivered()})
	}
	return out
}

// dead lists the letters and webhooks that nobody tries any more; what is in them is never shown.
func (d *Desk) dead(v *visit) (answer, error) {
	app, err := d.app(v.Query("app"))
	if err != nil {
		return answer{}, err
	}
	jobs, next, err := d.opt.Dead(v.Request.Context(), app.ID, v.Query("after"))
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffHooks{StaffFrame: d.frame(v, "board"), Work: "dead", AppTitle: app.Name.In(v.lang), Back: d.boardPath(app.ID)}
	if next != "" {
		page.Next = d.opt.Base + "/ops/dead?app=" + url.QueryEscape(app.ID) + "&after=" + url.QueryEscape(next)
	}
	for _, j := range jobs {
		page.Calls = append(page.Calls, templates.StaffCall{At: j.At, Type: j.Kind, Host: j.ID, Result: j.Code})
	}
	return show(page)
}
