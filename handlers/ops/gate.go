package ops

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/consent/gate/rows"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// Lists is what the page of lists needs: consent.Service.
type Lists interface {
	gate.Runs
	Gate(ctx context.Context, app *consent.App, q consent.GateQuery) ([]consent.GateAnswer, error)
	StartRunBy(ctx context.Context, app *consent.App, by consent.Actor, kind string) (consent.Run, error)
	RunsOf(ctx context.Context, app *consent.App, by consent.Actor) ([]consent.Run, error)
	BlockedDays(ctx context.Context, app *consent.App) ([]consent.BlockedDay, error)
}

const gatePath = "/ops/gate"

const (
	listMost  = 4 << 30 // bytes of a list: some hundred million rows. Longer ones are the command line's
	fieldMost = 1 << 10 // bytes of any other field
	runsShown = 20
)

// showGate shows the form, and what became of one's own last lists.
func (d *Desk) showGate(v *visit) (answer, error) {
	page, err := d.gatePage(v, nil)
	if err != nil {
		return answer{}, err
	}
	return show(page)
}

func (d *Desk) gatePage(v *visit, was map[string]string) (templates.StaffGate, error) {
	page := templates.StaffGate{StaffFrame: d.frame(v, "gate"), Was: was}
	for _, id := range d.appIDs() {
		app := d.opt.Book().Apps[id]
		page.Apps = append(page.Apps, templates.StaffChoice{Value: id, Name: app.Name.In(v.lang)})
		runs, err := d.opt.Lists.RunsOf(v.Request.Context(), app, v.who.Actor())
		if err != nil {
			return page, err
		}
		for _, r := range runs {
			page.Runs = append(page.Runs, templates.StaffRun{
				At: r.StartedAt, App: app.Name.In(v.lang), Kind: r.Kind, State: string(r.State), Ended: r.State != consent.RunRunning,
				Rows: int(r.Rows), Kept: int(r.Kept), Blocked: int(r.Blocked), Unreadable: int(r.Unreadable),
			})
		}
	}
	slices.SortStableFunc(page.Runs, func(a, b templates.StaffRun) int { return b.At.Compare(a.At) })
	page.Runs = page.Runs[:min(len(page.Runs), runsShown)]
	return page, nil
}

// upload is the form of the page: its fields, and after them the list, which is read once.
type upload struct {
	was  map[string]string
	app  *consent.App
	name string // of the file
	list io.Reader
}

var errUpload = &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the form cannot be read"}

// readUpload reads the fields up to the list. Fields that stand twice, or behind the list, are refused (threat 31).
func readUpload(v *visit, body io.Reader) (upload, error) {
	kind, params, err := mime.ParseMediaType(v.GetHeader("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return upload{}, web.ErrForm
	}
	u := upload{was: map[string]string{}}
	form := multipart.NewReader(body, params["boundary"])
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err != nil {
			return u, malformed(err)
		}
		if part.FormName() == "file" {
			u.name, u.list = filepath.Base(strings.ReplaceAll(part.FileName(), `\`, "/")), part
			if part.FileName() == "" {
				u.list = nil
			}
			return u, nil
		}
		if err := u.field(part); err != nil {
			return u, err
		}
	}
}

func (u *upload) field(part *multipart.Part) error {
	text, err := io.ReadAll(io.LimitReader(part, fieldMost+1))
	if err != nil {
		return malformed(err)
	}
	if _, twice := u.was[part.FormName()]; twice || len(text) > fieldMost {
		return errUpload
	}
	u.was[part.FormName()] = strings.TrimSpace(string(text))
	return nil
}

// malformed keeps apart what is wrong with a form and what happened to its connection.
func malformed(err error) error {
	return &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the form cannot be read", Err: err}
}

// options of a run, or what is wrong with them.
func (u *upload) options() (rows.Options, []templates.Fault) {
	var faults []templates.Fault
	fault := func(field, code string) { faults = append(faults, templates.Fault{Field: field, Code: code}) }
	if u.app == nil {
		fault("app", templates.FaultListApp)
	}
	if !slices.Contains(consent.SendKinds, u.was["kind"]) {
		fault("kind", templates.FaultListKind)
	}
	if !slices.Contains(gate.Columns, u.was["as"]) {
		fault("as", templates.FaultListHolds)
	}
	o := rows.Options{Column: u.was["column"]}
	if n, err := strconv.Atoi(o.Column); err == nil && n > 0 {
		o.Column, o.Number, o.Header = "", n, u.was["header"] == "yes"
	}
	if o.Column == "" && o.Number == 0 {
		fault("column", templates.FaultListColumn)
	}
	if u.list == nil {
		fault("file", templates.FaultListFile)
	}
	switch strings.ToLower(filepath.Ext(u.name)) {
	case ".ndjson", ".jsonl":
		o.Format = rows.NDJSON
		if o.Column == "" && o.Number > 0 {
			o.Column, o.Number, o.Header = u.was["column"], 0, false // a member may have such a name
		}
	}
	return o, faults
}

// gate takes a list, and gives it back without the rows of those who must not get what is to be sent. Browsers send all of a form
// before they read, so the answer begins when all of the list is here; what waits is sealed (rows.Spool). Before that every fault is a
// page; afterwards one cuts the file, so that nobody takes half a list for all of it.
func (d *Desk) gate(v *visit) (answer, error) {
	wire := web.NewPaced(v.Context, d.each)
	u, err := readUpload(v, wire)
	if err != nil {
		return answer{}, err
	}
	if app := u.was["app"]; app != "" || len(d.appIDs()) == 1 {
		u.app, _ = d.app(app)
	}
	options, faults := u.options()
	if faults == nil && isWorkbook(&u) {
		faults = []templates.Fault{{Field: "file", Code: templates.FaultListBook}}
	}
	if faults != nil {
		return d.gateAgain(v, u, wire, faults)
	}
	return d.filter(v, u, wire, options)
}

// isWorkbook looks whether it is a file of a spreadsheet program: a ZIP archive, or the format before it.
func isWorkbook(u *upload) bool {
	head := make([]byte, 4)
	n, _ := io.ReadFull(u.list, head) // whoever reads on meets the error again
	u.list = io.MultiReader(bytes.NewReader(head[:n]), u.list)
	return n == 4 && (string(head) == "PK\x03\x04" || string(head) == "\xd0\xcf\x11\xe0")
}

// filter runs the list through the gate.
func (d *Desk) filter(v *visit, u upload, wire *web.Paced, options rows.Options) (answer, error) {
	ctx := v.Request.Context()
	run, err := d.opt.Lists.StartRunBy(ctx, u.app, v.who.Actor(), u.was["kind"])
	if err != nil {
		return answer{}, err
	}
	options.Judge = gate.Judge(u.was["as"], func(ctx context.Context, who []consent.Identity) ([]consent.GateAnswer, error) {
		return d.opt.Lists.Gate(ctx, u.app, consent.GateQuery{Kind: u.was["kind"], Who: who})
	})
	kept := &rows.Spool{}
	defer func() { _ = kept.Close() }()
	counts, err := rows.Filter(ctx, kept, &bounded{u.list, d.most}, options)
	if err = errors.Join(err, gate.End(ctx, d.opt.Lists, u.app, run, counts, err)); err != nil {
		if faults := listFaults(err); faults != nil {
			return d.gateAgain(v, u, wire, faults)
		}
		return answer{}, err
	}
	h := v.Writer.Header()
	web.StaffHeaders(h)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": cleanName(u.name)}))
	h.Set("X-Accel-Buffering", "no")
	v.Status(http.StatusOK)
	if err := kept.SendTo(wire); err != nil {
		panic(http.ErrAbortHandler) // the server's own way to cut an answer
	}
	return answer{sent: true}, nil
}

// cleanName is the file's name with a word in it that tells it from the list that was sent.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, name)
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + "-clean" + ext
}

// bounded is a reader that fails past a length, where io.LimitReader would end as if the list did.
type bounded struct {
	io.Reader
	left int64
}

// Read implements io.Reader. Error: web.ErrTooLarge.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, web.ErrTooLarge
	}
	return n, err
}

// listFaults are the faults of a list in the words of the page; nil for other errors.
func listFaults(err error) []templates.Fault {
	for _, one := range []struct {
		err         error
		field, code string
	}{
		{rows.ErrColumn, "column", templates.FaultListNone}, {rows.ErrTwice, "column", templates.FaultListTwice},
		{rows.ErrHeader, "column", templates.FaultListHeader}, {rows.ErrTooLong, "file", templates.FaultListLong},
		{web.ErrTooLarge, "file", templates.FaultListHuge},
	} {
		if errors.Is(err, one.err) {
			return []templates.Fault{{Field: one.field, Code: one.code}}
		}
	}
	return nil
}

// gateAgain shows the form with what is wrong. A browser looks at an answer when it has sent everything, so the rest is read first,
// as long as it is no longer than a list may be.
func (d *Desk) gateAgain(v *visit, u upload, wire io.Reader, faults []templates.Fault) (answer, error) {
	if _, err := io.Copy(io.Discard, &bounded{wire, d.most}); err != nil {
		return answer{}, malformed(err)
	}
	page, err := d.gatePage(v, u.was)
	if err != nil {
		return answer{}, err
	}
	page.Faults = faults
	return again(page)
}

// blocked shows how often the gate said no, by day and by why. It names nobody, and no list.
func (d *Desk) blocked(v *visit) (answer, error) {
	app, err := d.app(v.Query("app"))
	if err != nil {
		return answer{}, err
	}
	days, err := d.opt.Lists.BlockedDays(v.Request.Context(), app)
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffBlocked{StaffFrame: d.frame(v, "blocked"), By: consent.BlockedBy}
	for _, id := range d.appIDs() {
		page.Apps = append(page.Apps, templates.StaffTab{
			Name: d.opt.Book().Apps[id].Name.In(v.lang), Path: d.opt.Base + "/ops/blocked?app=" + id, Here: id == app.ID,
		})
	}
	for _, day := range days {
		line := templates.StaffDay{Day: day.Day.String()}
		for _, by := range consent.BlockedBy {
			line.Counts = append(line.Counts, templates.StaffTile{Key: by, N: int(day.Counts[by])})
		}
		page.Days = append(page.Days, line)
	}
	return show(page)
}
