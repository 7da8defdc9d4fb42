package ops

import (
	"net/url"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// report is the report for an authority: of the days that are asked for, else of the month before this one. It is made of the
// log alone, and counts the same as `bohoja audit report`.
func (d *Desk) report(v *visit) (answer, error) {
	from, to, faults := d.days(v)
	page := templates.StaffReport{StaffFrame: d.frame(v, "report"), From: v.Query("from"), To: v.Query("to")}
	if faults != nil {
		page.Faults = faults
		return again(page)
	}
	app := v.Query("app")
	if app != "" {
		if _, err := d.app(app); err != nil {
			return answer{}, err
		}
	}
	page.From, page.To = from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly)
	page.App, page.Apps = app, d.reportApps(v, page.From, page.To, app)
	var found *consent.Account
	err := d.read(func() (err error) { found, err = d.opt.Log.Report(from, to, app); return err })
	if err != nil {
		return answer{}, err
	}
	names := d.names(v.Request.Context())
	for _, r := range found.Rows {
		d.figure(&page, r, names)
	}
	return show(page)
}

// askReport leads from the form to the report of its days.
func (d *Desk) askReport(v *visit) (answer, error) {
	q := url.Values{}
	for _, name := range []string{"from", "to", "app"} {
		q.Set(name, v.PostForm(name))
	}
	return seeOther(d.opt.Base + "/ops/report?" + q.Encode())
}

// days reads from and to, both included, as days of the profile's zone; to is returned as the day after.
func (d *Desk) days(v *visit) (from, to time.Time, faults []templates.Fault) {
	now := d.opt.Clock().In(d.zone())
	this := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, d.zone())
	if v.Query("from") == "" && v.Query("to") == "" {
		return this.AddDate(0, -1, 0), this, nil
	}
	from, err := time.ParseInLocation(time.DateOnly, v.Query("from"), d.zone())
	if err != nil {
		faults = append(faults, templates.Fault{Field: "from", Code: templates.FaultDay})
	}
	to, err = time.ParseInLocation(time.DateOnly, v.Query("to"), d.zone())
	if err != nil || to.Before(from) {
		faults = append(faults, templates.Fault{Field: "to", Code: templates.FaultDay})
	}
	return from, to.AddDate(0, 0, 1), faults
}

func (d *Desk) reportApps(v *visit, from, to, here string) []templates.StaffTab {
	path := d.opt.Base + "/ops/report?from=" + from + "&to=" + to + "&app="
	tabs := []templates.StaffTab{{Path: path, Here: here == ""}}
	for _, id := range d.appIDs() {
		tabs = append(tabs, templates.StaffTab{Name: d.opt.Book().Apps[id].Name.In(v.lang), Path: path + url.QueryEscape(id), Here: id == here})
	}
	return tabs
}

// figure adds a figure to its section. Those of staff are told by name.
func (d *Desk) figure(page *templates.StaffReport, r consent.AccountRow, names map[string]string) {
	f := templates.StaffFigure{Kind: r.Kind, Word: r.Word, Of: r.Of, Value: r.Value, Took: r.Took, Proof: r.Proof}
	if r.Kind == consent.RowStep {
		f.Of = called(names, r.Of)
	}
	last := len(page.Sections) - 1
	if last < 0 || page.Sections[last].Key != r.Section {
		page.Sections = append(page.Sections, templates.StaffSection{Key: r.Section})
		last++
	}
	page.Sections[last].Figures = append(page.Sections[last].Figures, f)
}
