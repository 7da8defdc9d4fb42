package ops

import (
	"errors"
	"log/slog"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// changesShown bounds the page; `bohoja staff changes` lists more.
const changesShown = 50

func (d *Desk) people(v *visit) (answer, error) {
	all, err := d.opt.People.People(v.Request.Context())
	if err != nil {
		return answer{}, err
	}
	changes, err := d.opt.People.Changes(v.Request.Context(), changesShown)
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffPeople{StaffFrame: d.frame(v, "people")}
	if v.Query("done") == "leave" {
		page.Done = "ops.did.signed_out"
	}
	names := map[string]string{}
	for _, p := range all {
		names[p.ID] = p.Name
		page.People = append(page.People, templates.StaffPerson{
			Name: p.Name, Role: string(p.Role), State: string(p.State), Since: p.Created, May: p.State != staff.Disabled && p.ID != v.who.ID,
		})
	}
	for _, c := range changes {
		by := c.By
		if name, ok := names[by]; ok {
			by = name
		}
		page.Changes = append(page.Changes, templates.StaffChange{At: c.At, Name: c.Name, What: c.What, Role: string(c.Role), By: by})
	}
	return show(page)
}

var errSelf = &consent.Error{Kind: consent.KindConflict, Code: "self", Detail: "nobody disables themselves; ask a colleague, or use the command line"}

func (d *Desk) disable(v *visit) (answer, error) {
	if v.Param("name") == v.who.Name {
		return answer{}, errSelf
	}
	if _, err := d.opt.Door.Disable(v.Request.Context(), v.who.ID, v.Param("name")); err != nil && !errors.Is(err, staff.ErrNobody) {
		return answer{}, err
	}
	return seeOther(d.opt.Base + "/ops/people")
}

// signOut ends every session of a colleague, who may sign in again.
func (d *Desk) signOut(v *visit) (answer, error) {
	if err := d.opt.Door.SignOut(v.Request.Context(), v.who.ID, v.Param("name")); err != nil {
		return answer{}, err
	}
	d.opt.Problems.Event(v.Context, web.SessionsEnded, person(v.who.ID), slog.String("cause", "administrator"))
	return seeOther(d.opt.Base + "/ops/people?done=leave")
}
