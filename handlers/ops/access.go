package ops

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/templates"
)

// Log reads the files of the audit log: a consent/audit.Files.
type Log interface {
	Access(from, to time.Time, zone *time.Location) (*consent.Access, error)
	Report(from, to time.Time, app string) (*consent.Account, error)
}

// Reviews is what the monthly review needs of staff.Service.
type Reviews interface {
	Duties(ctx context.Context, zone *time.Location) ([]staff.Duty, error)
	Sign(ctx context.Context, zone *time.Location, r staff.Review) error
	Unsigned(ctx context.Context, zone *time.Location) (int, error)
}

// read makes one reading of the log's files at a time: a whole month of a large service keeps a core and a disk busy.
func (d *Desk) read(f func() error) error {
	d.reading.Lock()
	defer d.reading.Unlock()
	return f()
}

func (d *Desk) zone() *time.Location { return d.opt.Book().Profile.Zone }

func (d *Desk) accessPath(m staff.Month) string {
	return d.opt.Base + "/ops/access?month=" + url.QueryEscape(string(m))
}

// access shows what staff did in a month: the one that is asked for, else the latest that waits for its review, else this one.
func (d *Desk) access(v *visit) (answer, error) {
	page, _, err := d.accessPage(v, staff.Month(v.Query("month")))
	if err != nil {
		return answer{}, err
	}
	if v.Query("done") == "sign" {
		page.Done = "ops.did.sign"
	}
	return show(page)
}

// accessPage makes the page of a month, and tells how many entries it has.
func (d *Desk) accessPage(v *visit, month staff.Month) (templates.StaffAccess, int, error) {
	page := templates.StaffAccess{StaffFrame: d.frame(v, "access"), Now: d.opt.Clock()}
	duties, err := d.opt.Reviews.Duties(v.Request.Context(), d.zone())
	if err != nil {
		return page, 0, err
	}
	this := staff.MonthOf(d.opt.Clock(), d.zone())
	if month == "" {
		month = d.waiting(duties, this)
	}
	at := slices.IndexFunc(duties, func(one staff.Duty) bool { return one.Month == month })
	from, to, ok := month.Bounds(d.zone())
	if !ok || at < 0 && month != this {
		return page, 0, staff.ErrMonth
	}
	names := d.names(v.Request.Context())
	page.Month, page.Months = string(month), d.months(duties, this, month)
	if at >= 0 {
		page.Due, page.Action = duties[at].Due, d.opt.Base+"/ops/access/"+string(month)
		page.Signed = signed(duties[at].Review, names)
	}
	var found *consent.Access
	err = d.read(func() (err error) { found, err = d.opt.Log.Access(from, to, d.zone()); return err })
	if err != nil {
		return page, 0, err
	}
	d.accessShown(&page, found, names)
	return page, found.Entries, nil
}

// waiting is the latest month that is over and not signed off, else the present one.
func (d *Desk) waiting(duties []staff.Duty, this staff.Month) staff.Month {
	for _, one := range duties {
		if one.Review == nil {
			return one.Month
		}
	}
	return this
}

func (d *Desk) months(duties []staff.Duty, this, here staff.Month) []templates.StaffMonth {
	out := []templates.StaffMonth{{Month: string(this), Path: d.accessPath(this), State: "running", Here: this == here}}
	for _, one := range duties {
		m := templates.StaffMonth{Month: string(one.Month), Path: d.accessPath(one.Month), State: "open", Here: one.Month == here}
		switch {
		case one.Review != nil:
			m.State = string(one.Review.Outcome)
		case one.Overdue(d.opt.Clock()):
			m.State = "late"
		}
		out = append(out, m)
	}
	return out
}

func signed(r *staff.Review, names map[string]string) *templates.StaffSigned {
	if r == nil {
		return nil
	}
	return &templates.StaffSigned{By: called(names, r.By), At: r.At, Entries: r.Entries, Outcome: string(r.Outcome), Ticket: r.Ticket}
}

// called is a colleague's name, or how the log calls who has none.
func called(names map[string]string, ref string) string {
	if name, ok := names[ref]; ok {
		return name
	}
	return ref
}

func (d *Desk) accessShown(page *templates.StaffAccess, found *consent.Access, names map[string]string) {
	for _, p := range found.People {
		page.People = append(page.People, templates.StaffActs{
			Name: called(names, p.Ref), SignIns: p.SignIns, Searches: p.Searches, Views: p.Views, Reveals: p.Reveals, Exports: p.Exports,
			Other: p.Other, Nights: p.Nights,
		})
	}
	page.Entries, page.More = found.Entries, found.More
	for _, e := range found.Marked {
		one := templates.StaffMarked{At: e.At, Name: called(names, e.Ref), Step: string(e.Step), Note: e.Note}
		if id, rest, ok := strings.Cut(e.Note, " "); ok && names[id] != "" { // whom a change was about
			one.Note = names[id] + " " + rest
		}
		if _, ok := d.opt.Book().Apps[e.App]; ok && e.ID != "" {
			one.ID, one.Path = e.ID, d.requestPath(e.App, e.ID)
		}
		page.Marked = append(page.Marked, one)
	}
}

// sign signs off a month. How much there was to look at is counted anew, and kept with the signature.
func (d *Desk) sign(v *visit) (answer, error) {
	page, entries, err := d.accessPage(v, staff.Month(v.Param("month")))
	if err != nil {
		return answer{}, err
	}
	r := staff.Review{
		Month: staff.Month(page.Month), By: v.who.ID, Entries: entries, Outcome: staff.Outcome(v.PostForm("outcome")),
		Ticket: strings.TrimSpace(v.PostForm("ticket")),
	}
	err = d.opt.Reviews.Sign(v.Request.Context(), d.zone(), r)
	if consent.KindOf(err) == consent.KindInvalid {
		page.Faults, page.Outcome, page.Ticket = reviewFaults(err), string(r.Outcome), r.Ticket
		return again(page)
	}
	if err != nil {
		return answer{}, err
	}
	return seeOther(d.accessPath(r.Month) + "&done=sign")
}

func reviewFaults(err error) []templates.Fault {
	words := map[string]string{"outcome": templates.FaultReview, "ticket": templates.FaultIncident}
	faults := faultsOf(err)
	for i := range faults {
		faults[i].Code = words[faults[i].Field]
	}
	return faults
}
