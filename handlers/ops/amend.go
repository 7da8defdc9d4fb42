package ops

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/templates"
)

const amendPath = "/ops/request/:app/:id/amend"

// amending shows a guardian's correction that waits. May is false for who has entered it, once it was confirmed, and for everybody once
// the people are others.
func (d *Desk) amending(v *visit, c consent.Case) *templates.StaffAmending {
	a := c.Amend
	if a == nil {
		return nil
	}
	names := d.names(v.Request.Context())
	may, open := v.who.Role.May(staff.MayRecord), a.Endorser == ""
	out := &templates.StaffAmending{
		No: a.No, Rev: c.Record.Rev, By: called(names, a.By), Endorser: called(names, a.Endorser), At: a.At, Due: a.Due, Name: a.Name, Email: a.Email, Proof: a.Proof,
		Ref: a.Ref, May: may && open && a.By != v.who.ID && !a.Other, MayRetract: may, Mine: a.By == v.who.ID, Other: a.Other,
	}
	if a.Guardian < len(c.Guardians) {
		out.Guardian = c.Guardians[a.Guardian].Name
	}
	return out
}

// showAmend is the form that enters a guardian's new name or address.
func (d *Desk) showAmend(v *visit) (answer, error) {
	page, err := d.amendPage(v, nil)
	if err != nil {
		return answer{}, err
	}
	return show(page)
}

func (d *Desk) amendPage(v *visit, was url.Values) (templates.StaffAmend, error) {
	app, c, err := d.seen(v)
	if err != nil {
		return templates.StaffAmend{}, err
	}
	switch {
	case c.Record.Status != consent.Granted || len(c.Guardians) == 0:
		return templates.StaffAmend{}, consent.ErrNotGranted
	case !tellable(c.Guardians):
		return templates.StaffAmend{}, consent.ErrNobodyToTell
	}
	return templates.StaffAmend{
		StaffFrame: d.frame(v, "board"), ID: c.Record.ID, Back: d.requestPath(app.ID, c.Record.ID), AppTitle: app.Name.In(v.lang),
		Rev: c.Record.Rev, Wait: d.opt.Requests.AmendWait(), Guardians: c.Guardians, Was: was,
	}, nil
}

// tellable reports whether there is a guardian who can be told of a correction.
func tellable(all []consent.MaskedGuardian) bool {
	return slices.ContainsFunc(all, func(g consent.MaskedGuardian) bool { return g.Email != "" })
}

// amend takes the form. It is bound to the people whom it showed.
func (d *Desk) amend(v *visit) (answer, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return answer{}, err
	}
	in, err := amendment(v)
	if err != nil {
		return answer{}, err
	}
	_, err = d.opt.Requests.EnterAmendment(v.Request.Context(), app, v.who.Actor(), v.Param("id"), in)
	if err == nil {
		return seeOther(d.requestPath(app.ID, v.Param("id")) + "?done=amend")
	}
	faults := amendFaults(err)
	if faults == nil {
		return answer{}, err
	}
	page, fail := d.amendPage(v, v.Request.PostForm)
	if fail != nil {
		return answer{}, fail
	}
	page.Faults = faults
	return again(page)
}

func amendment(v *visit) (in consent.Amendment, err error) {
	if in.Rev, err = strconv.Atoi(v.PostForm("rev")); err != nil {
		return in, consent.ErrStale
	}
	if in.Guardian, err = strconv.Atoi(v.PostForm("guardian")); err != nil {
		in.Guardian = -1 // nobody was chosen, which is a fault of that field
	}
	in.Name, in.Email = consent.Secret(v.PostForm("name")), consent.Secret(v.PostForm("email"))
	in.Proof, in.Ref = v.PostForm("proof"), strings.TrimSpace(v.PostForm("ref"))
	return in, nil
}

// amendWords are the words of what can be wrong with the form, by field and code; "" stands for every other code.
var amendWords = map[string]map[string]string{
	"guardian": {"": templates.FaultAmendWhose},
	"proof":    {"": templates.FaultAmendProof},
	"ref":      {"": templates.FaultAmendRef},
	"name":     {"unchanged": templates.FaultAmendSame, "guardian_name_generic": templates.FaultGeneric, "": templates.FaultNameForm},
	"email": {
		"guardian_known": templates.FaultAmendKnown, "no_letters": templates.FaultAmendQuiet, "guardian_is_child": templates.FaultEmailChild,
		"": templates.FaultEmail,
	},
}

func amendFaults(err error) []templates.Fault {
	e, ok := asError(err)
	if !ok {
		return nil
	}
	var out []templates.Fault
	for _, f := range e.Fields {
		field := strings.TrimPrefix(f.Pointer, "/")
		out = append(out, templates.Fault{Field: field, Code: worded(amendWords[field], f.Code)})
	}
	return out
}

// endorse confirms what a colleague entered. Number and revision tell what was on the page.
func (d *Desk) endorse(v *visit, app *consent.App) error {
	if v.PostForm("sure") != "yes" {
		return errSure
	}
	no, err := strconv.Atoi(v.PostForm("no"))
	if err != nil {
		return consent.ErrStale
	}
	rev, err := strconv.Atoi(v.PostForm("rev"))
	if err != nil {
		return consent.ErrStale
	}
	_, err = d.opt.Requests.Endorse(v.Request.Context(), app, v.who.Actor(), v.Param("id"), no, rev)
	return err
}

// retract takes one back, confirmed or not.
func (d *Desk) retract(v *visit, app *consent.App) error {
	no, err := strconv.Atoi(v.PostForm("no"))
	if err != nil {
		return consent.ErrStale
	}
	_, err = d.opt.Requests.Retract(v.Request.Context(), app, v.who.Actor(), v.Param("id"), no)
	return err
}
