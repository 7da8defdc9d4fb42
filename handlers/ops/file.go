package ops

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// scanRoom is what a form with a scan may have beside it, in bytes.
const scanRoom = 64 << 10

const filePath = "/ops/request/:app/:id/file"

// Bodies are the bounds of bodies that web.Options must know, by route: a list for the gate is as long as it is.
func Bodies() map[string]int64 {
	return map[string]int64{gatePath: -1, filePath: consent.MaxScan + scanRoom}
}

// filedWays are those by which staff may enter a consent of this app.
func filedWays(app *consent.App) (out []string) {
	for _, m := range consent.FiledMethods {
		if app.Allows(m) {
			out = append(out, string(m))
		}
	}
	return out
}

// filed shows what waits for its second person. May is false for who has entered it, and for everybody once the people are others.
func (d *Desk) filed(v *visit, app *consent.App, f *consent.FiledView) *templates.StaffFiled {
	if f == nil {
		return nil
	}
	return &templates.StaffFiled{
		No: f.No, By: called(d.names(v.Request.Context()), f.By), At: f.Filed.Time(), Method: string(f.Method), Clause: f.Clause, Name: f.Name, Relation: f.Relation,
		Granted: purposeWords(app, f.Granted, v.lang), Refused: purposeWords(app, f.Refused, v.lang), Ref: f.Ref, Scan: f.Media != "", May: v.who.Role.May(staff.MayRecord) && f.By != v.who.ID && !f.Other, Mine: f.By == v.who.ID, Other: f.Other,
	}
}

// showFile is the form that enters a consent on paper or by telephone.
func (d *Desk) showFile(v *visit) (answer, error) {
	page, err := d.filePage(v, nil)
	if err != nil {
		return answer{}, err
	}
	return show(page)
}

func (d *Desk) filePage(v *visit, was url.Values) (templates.StaffFile, error) {
	app, c, err := d.seen(v)
	if err != nil {
		return templates.StaffFile{}, err
	}
	ways := filedWays(app)
	if c.Record.Status != consent.Pending || len(ways) == 0 {
		return templates.StaffFile{}, consent.ErrNotPending
	}
	p := templates.StaffFile{
		StaffFrame: d.frame(v, "board"), ID: c.Record.ID, Back: d.requestPath(app.ID, c.Record.ID), AppTitle: app.Name.In(v.lang),
		Rev: c.Record.Rev, Deadline: c.Record.ExpiresAt, Ways: ways, Was: was,
	}
	for _, one := range app.Chosen(c.Record.Asked) {
		p.Purposes = append(p.Purposes, templates.StaffPurpose{ID: one.ID, Why: one.Why.In(v.lang), Required: one.Required})
	}
	return p, nil
}

// file takes the form with its scan. The store has it sealed before anything is answered.
func (d *Desk) file(v *visit) (answer, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return answer{}, err
	}
	u, err := web.ReadUpload(v.Request, "scan")
	if err != nil {
		return answer{}, err
	}
	in := onPaper(app, u.Form)
	if u.File != nil {
		if in.Scan, err = io.ReadAll(io.LimitReader(u.File, consent.MaxScan+1)); err != nil {
			return answer{}, err
		}
		if err := u.End(); err != nil && len(in.Scan) <= consent.MaxScan {
			return answer{}, err
		}
	}
	_, err = d.opt.Requests.File(v.Request.Context(), app, v.who.Actor(), v.Param("id"), in)
	if err == nil {
		return seeOther(d.requestPath(app.ID, v.Param("id")) + "?done=file")
	}
	faults := fileFaults(err)
	if faults == nil {
		return answer{}, err
	}
	page, fail := d.filePage(v, u.Form)
	if fail != nil {
		return answer{}, fail
	}
	page.Faults = faults
	return again(page)
}

func onPaper(app *consent.App, form url.Values) consent.OnPaper {
	rev, _ := strconv.Atoi(form.Get("rev")) // what is no number is no revision: the form is stale
	in := consent.OnPaper{Rev: rev, Method: consent.Method(form.Get("method")), Ref: strings.TrimSpace(form.Get("ref")), Answers: consent.Answers{
		Name: form.Get("guardian_name"), Year: form.Get("birth_year"), Month: form.Get("birth_month"), Day: form.Get("birth_day"),
		Relation: form.Get("relation"), Declares: form.Get("declares") == "yes", Purposes: map[string]string{},
	}}
	for _, p := range app.Purposes {
		in.Answers.Purposes[p.ID] = form.Get("purpose." + p.ID)
	}
	return in
}

// paperFaults are the words of what can be wrong with the form, by field and code; "" stands for every other code.
var paperFaults = map[string]map[string]string{
	"method":        {"": templates.FaultMethod},
	"guardian_name": {"required": templates.FaultNameEmpty, "": templates.FaultNameForm},
	"birth_year":    {"not_adult": templates.FaultPaperAdult, "": templates.FaultPaperBirth},
	"relation":      {"not_entitled": templates.FaultOther, "": templates.FaultPaperRelation},
	"declares":      {"": templates.FaultPaperDeclares},
	"ref":           {"": templates.FaultPaperRef},
	"scan":          {"required": templates.FaultScan, "too_large": templates.FaultScanSize, "": templates.FaultScanType},
}

func fileFaults(err error) []templates.Fault {
	out := faultsOf(err)
	e, ok := asError(err)
	for i := range out {
		field := out[i].Field
		words := paperFaults[field]
		switch {
		case strings.HasPrefix(field, "purpose.") && ok && e.Fields[i].Code == "required_purpose":
			out[i].Code = templates.FaultPaperRequired
		case strings.HasPrefix(field, "purpose."):
			out[i].Code = templates.FaultPurpose
		case words != nil:
			out[i].Code = worded(words, e.Fields[i].Code)
		}
	}
	return out
}

// worded is the word for a fault among those of its field; "" stands for every other code.
func worded(words map[string]string, code string) string {
	if word, ok := words[code]; ok {
		return word
	}
	return words[""]
}

// grantFiled makes a grant of what a colleague entered. The number tells which entry was on the page.
func (d *Desk) grantFiled(v *visit, app *consent.App) error {
	if v.PostForm("sure") != "yes" {
		return errSure
	}
	no, err := strconv.Atoi(v.PostForm("no"))
	if err != nil {
		return consent.ErrStale
	}
	_, err = d.opt.Requests.GrantFiled(v.Request.Context(), app, v.who.Actor(), v.Param("id"), no)
	return err
}

// scan gives the scan as a file, charged and noted as a look in clear.
func (d *Desk) scan(v *visit) (answer, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return answer{}, err
	}
	if err := d.charge(v); err != nil {
		return answer{}, err
	}
	data, media, err := d.opt.Requests.Scan(v.Request.Context(), app, v.who.Actor(), v.Param("id"), strings.TrimSpace(v.PostForm("scan_ticket")))
	if faults := faultsOf(err); faults != nil {
		faults[0].Field = "scan_ticket" // the one fault that Scan finds
		return d.askAgain(v, "scan", faults)
	}
	if err != nil {
		return answer{}, err
	}
	web.StaffHeaders(v.Writer.Header())
	ending := map[string]string{"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}[media]
	if !slices.Contains([]string{"pdf", "jpg", "png"}, ending) {
		return answer{}, consent.ErrUnreadable
	}
	v.Header("Content-Disposition", `attachment; filename="`+v.Param("id")+"."+ending+`"`)
	v.DataFromReader(http.StatusOK, int64(len(data)), media, bytes.NewReader(data), nil)
	return answer{sent: true}, nil
}
