package ops

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
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
	return d.pathOf(app, consent.Listing{Work: w})
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
	d.ages(&page, app, o)
	return show(page)
}

// ages adds the histogram. Deadlines do not move, so each number leads to those who were counted and still wait.
func (d *Desk) ages(page *templates.StaffBoard, app *consent.App, o consent.Overview) {
	var hours []int
	var paths []string
	for i, left := range consent.Ages {
		l := consent.Listing{Work: consent.WorkPending}
		if i > 0 {
			l.From = o.At.Add(left)
		}
		if i+1 < len(consent.Ages) {
			l.Until = o.At.Add(consent.Ages[i+1])
		}
		hours, paths = append(hours, int(left/time.Hour)), append(paths, d.pathOf(app.ID, l))
	}
	page.SetAges(hours, o.Ages, paths)
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
		keys, counts, paths = append(keys, string(stage)), append(counts, n), append(paths, d.pathOf(app.ID, consent.Listing{Stage: stage}))
	}
	page.SetFunnel(keys, counts, paths)
	for _, day := range o.Days {
		line := templates.StaffDay{Day: day.Day.String()}
		for _, stage := range consent.Stages {
			path := d.pathOf(app.ID, consent.Listing{Stage: stage, Day: day.Day})
			line.Counts = append(line.Counts, templates.StaffTile{Key: string(stage), N: day.Count[stage], Path: path})
		}
		page.Days = append(page.Days, line)
	}
}

// listSize is how many requests a page shows; exportMost how many a file holds.
const (
	listSize   = 50
	exportMost = 100_000
)

var errList = &consent.Error{Kind: consent.KindNotFound, Code: "not_found", Detail: "there is no such list"}

// listing reads which list of which app is meant.
func (d *Desk) listing(v *visit) (*consent.App, consent.Listing, error) {
	app, err := d.app(v.Query("app"))
	if err != nil {
		return nil, consent.Listing{}, err
	}
	l, ok := listingOf(v.Request.URL.Query())
	if !ok {
		return app, l, errList
	}
	return app, l, nil
}

// stageWords stands before a stage where a list is named.
const stageWords = "stage_"

// listingOf reads list, and what it is cut to: from and until (ms) of pending, day of a stage.
func listingOf(q url.Values) (l consent.Listing, ok bool) {
	name := q.Get("list")
	if stage, is := strings.CutPrefix(name, stageWords); is {
		l.Stage, ok = consent.Stage(stage), slices.Contains(consent.Stages, consent.Stage(stage))
		if day := q.Get("day"); day != "" {
			at, err := time.Parse(time.DateOnly, day)
			l.Day, ok = consent.DateOf(at), ok && err == nil
		}
		return l, ok
	}
	l.Work = consent.Work(name)
	from, fine := millis(q.Get("from"))
	until, good := millis(q.Get("until"))
	if l.Work == consent.WorkPending {
		l.From, l.Until = from, until
	}
	return l, fine && good && slices.Contains(consent.Works, l.Work)
}

// millis reads a time in milliseconds, the zero time of "".
func millis(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil && ms > 0 && ms < 1e15
}

// pathOf leads to a list.
func (d *Desk) pathOf(app string, l consent.Listing) string {
	return d.opt.Base + "/ops/list?" + listQuery(app, l)
}

func listQuery(app string, l consent.Listing) string {
	name := string(l.Work)
	if l.Stage != "" {
		name = stageWords + string(l.Stage)
	}
	q := "app=" + url.QueryEscape(app) + "&list=" + url.QueryEscape(name)
	if l.Day != (consent.Date{}) {
		q += "&day=" + l.Day.String()
	}
	if !l.From.IsZero() {
		q += "&from=" + strconv.FormatInt(l.From.UnixMilli(), 10)
	}
	if !l.Until.IsZero() {
		q += "&until=" + strconv.FormatInt(l.Until.UnixMilli(), 10)
	}
	return q
}

func (d *Desk) list(v *visit) (answer, error) {
	app, l, err := d.listing(v)
	if err != nil {
		return answer{}, err
	}
	found, err := d.opt.Requests.Listed(v.Request.Context(), app, l, v.Query("after"), listSize)
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffList{
		StaffFrame: d.frame(v, "board"), AppTitle: app.Name.In(v.lang), Work: string(l.Work), Back: d.boardPath(app.ID), Rows: d.rows(found.Records),
		From: l.From, Until: l.Until,
	}
	if l.Stage != "" {
		page.Work = stageWords + string(l.Stage)
	}
	if l.Day != (consent.Date{}) {
		page.Day = l.Day.String()
	}
	if found.Next != "" {
		page.Next = d.pathOf(app.ID, l) + "&after=" + url.QueryEscape(found.Next)
	}
	if v.who.Role.May(staff.MayExport) && (len(page.Rows) > 0 || found.Next != "") {
		page.Export = d.opt.Base + "/ops/list.csv?" + listQuery(app.ID, l)
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
	app, l, err := d.listing(v)
	if err != nil {
		return answer{}, err
	}
	ctx := v.Request.Context()
	first, err := d.opt.Requests.Listed(ctx, app, l, "", exportPage)
	if err != nil {
		return answer{}, err
	}
	if err := d.opt.Requests.Exported(ctx, app, v.who.Actor(), l); err != nil {
		return answer{}, err
	}
	h := v.Writer.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+app.ID+"-"+l.String()+`.csv"`)
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
		next, fail := d.opt.Requests.Listed(ctx, app, l, page.Next, exportPage)
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
	page.Calls = callsShown(v.lang, calls)
	return show(page)
}

// callsShown are deliveries of webhooks in lines, their hints in the language of the page.
func callsShown(lang string, calls []consent.Attempt) (out []templates.StaffCall) {
	for _, a := range calls {
		result := strconv.Itoa(a.Code)
		if a.Code == 0 {
			result = a.Stage
		}
		out = append(out, templates.StaffCall{At: a.At, Type: string(a.Type), Host: a.Host, Result: result, Hint: web.DetailIn(lang, "", a.Hint), Good: a.Delivered()})
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
