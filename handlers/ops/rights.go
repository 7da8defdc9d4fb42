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

func (d *Desk) rightsPath(app string) string {
	return d.opt.Base + "/ops/rights?app=" + url.QueryEscape(app)
}

// rights lists the rights requests that wait for their answer, the one that is due first on top.
func (d *Desk) rights(v *visit) (answer, error) {
	app, err := d.app(v.Query("app"))
	if err != nil {
		return answer{}, err
	}
	found, err := d.opt.Requests.ListRights(v.Request.Context(), app, consent.RightQuery{Open: true, After: v.Query("after"), Limit: listSize})
	if err != nil {
		return answer{}, err
	}
	page := templates.StaffRights{StaffFrame: d.frame(v, "board"), AppTitle: app.Name.In(v.lang), Back: d.boardPath(app.ID), Now: d.opt.Clock()}
	for _, r := range found.Rights {
		page.Rows = append(page.Rows, d.rightRow(r))
	}
	if found.Next != "" {
		page.Next = d.rightsPath(app.ID) + "&after=" + url.QueryEscape(found.Next)
	}
	return show(page)
}

func (d *Desk) rightRow(r consent.Right) templates.StaffRight {
	return templates.StaffRight{
		ID: r.ID, Request: r.Request, Kind: string(r.Kind), Channel: r.Channel, Status: string(r.Status), Created: r.CreatedAt, Due: r.DueAt,
		Answered: r.AnsweredAt, Late: r.Late, Held: r.Held, Path: d.rightPath(r.App, r.Request, r.ID), RequestPath: d.requestPath(r.App, r.Request),
	}
}

func (d *Desk) rightPath(app, id, right string) string {
	return d.requestPath(app, id) + "/right/" + url.PathEscape(right)
}

// typed is a text of a form without what came along unseen, as by copying from a document.
func typed(v *visit, name string) string {
	return strings.TrimSpace(consent.Readable(v.PostForm(name)))
}

// entered reads the form that enters a rights request.
func entered(v *visit) consent.RightAsked {
	in := consent.RightAsked{
		Kind: consent.RightKind(v.PostForm("kind")), Channel: v.PostForm("channel"), Identity: typed(v, "identity"),
		Text: consent.Secret(typed(v, "text")),
	}
	seen, by := v.PostForm("form_seen") == "yes", typed(v, "seen_by")
	if seen || by != "" || in.Channel == consent.ChannelProxy {
		in.Proxy = &consent.Proxy{FormSeen: seen, SeenBy: by}
	}
	return in
}

// rightFaults are the words of faults in the forms of rights requests, by field and code.
var rightFaults = map[string]map[string]string{
	"kind":      {"invalid": templates.FaultRightKind},
	"channel":   {"invalid": templates.FaultChannel},
	"identity":  {"required": templates.FaultIdentity, "too_long": templates.FaultTextLong, "resident_number": templates.FaultResident},
	"form_seen": {"required": templates.FaultFormSeen},
	"seen_by":   {"required": templates.FaultSeenBy, "too_long": templates.FaultTextLong},
	"text":      {"too_long": templates.FaultTextLong, "resident_number": templates.FaultResident},
	"outcome":   {"invalid": templates.FaultOutcome},
	"reason":    {"required": templates.FaultRefusal, "too_long": templates.FaultTextLong, "resident_number": templates.FaultResident},
	"objection": {"required": templates.FaultObjection, "too_long": templates.FaultTextLong, "resident_number": templates.FaultResident},
}

func (d *Desk) right(v *visit) (answer, error) {
	page, err := d.showRight(v)
	if err != nil {
		return answer{}, err
	}
	return show(page)
}

func (d *Desk) showRight(v *visit) (templates.StaffRightPage, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return templates.StaffRightPage{}, err
	}
	rec, r, err := d.opt.Requests.RightCase(v.Request.Context(), app, v.who.Actor(), v.Param("id"), v.Param("right"))
	if err != nil {
		return templates.StaffRightPage{}, err
	}
	p := templates.StaffRightPage{
		StaffFrame: d.frame(v, "board"), Right: d.rightRow(r), AppTitle: app.Name.In(v.lang), Subject: rec.Subject, Now: d.opt.Clock(),
		MayAnswer: r.Status == consent.RightOpen && v.who.Role.May(staff.MayRights), MayReveal: v.who.Role.May(staff.MayReveal),
	}
	return p, nil
}

// answerRight closes a rights request, and shows the form again with what is wrong with it.
func (d *Desk) answerRight(v *visit) (answer, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return answer{}, err
	}
	// The look makes sure that it is one of this request, before anything is done.
	if _, _, err = d.opt.Requests.RightCase(v.Request.Context(), app, v.who.Actor(), v.Param("id"), v.Param("right")); err != nil {
		return answer{}, err
	}
	_, err = d.opt.Requests.AnswerRight(v.Request.Context(), app, v.who.Actor(), v.Param("right"), consent.RightAnswer{
		Outcome: consent.RightStatus(v.PostForm("outcome")), Told: v.PostForm("told") == "yes",
		Reason: typed(v, "reason"), Objection: typed(v, "objection"),
	})
	if err == nil {
		return seeOther(d.requestPath(app.ID, v.Param("id")) + "?done=answer")
	}
	faults := faultsOf(err)
	if consent.CodeOf(err) == consent.ErrNotTold.Code {
		faults = []templates.Fault{{Field: "told", Code: templates.FaultTold}}
	}
	return d.rightAgain(v, err, faults, "answer")
}

// rightAgain shows the page of a rights request with a form that has faults; without faults it is the error's page.
func (d *Desk) rightAgain(v *visit, err error, faults []templates.Fault, form string) (answer, error) {
	if faults == nil {
		return answer{}, err
	}
	page, err := d.showRight(v)
	if err != nil {
		return answer{}, err
	}
	page.Opened, page.Faults, page.Was = form, faults, map[string]string{}
	for _, field := range []string{"outcome", "reason", "objection", "told", "ticket"} {
		page.Was[field] = v.PostForm(field)
	}
	return again(page)
}

// revealRight shows what was asked for in words, as reveal shows a field.
func (d *Desk) revealRight(v *visit) (answer, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return answer{}, err
	}
	value, err := d.unmask(v, app, consent.Shown(v.Param("right")))
	if err != nil {
		return d.rightAgain(v, err, faultsOf(err), "reveal")
	}
	return d.revealed(v, "right", value, d.rightPath(app.ID, v.Param("id"), v.Param("right")))
}

// letters tell from the trail which letters went out and what became of them, the newest first. Letters that follow a step were
// left in the outbox by that step itself.
func letters(trail []consent.Entry) []templates.StaffLetter {
	var out []templates.StaffLetter
	for _, e := range trail {
		l := templates.StaffLetter{At: e.At, Kind: letterOf[e.Step], State: "queued"}
		switch {
		case l.Kind == "":
			continue
		case e.Step == consent.StepInvite && e.Note == "quiet":
			l.State = "not_sent"
		case (e.Step == consent.StepInvite || e.Step == consent.StepTold) && e.Note != "":
			l.State = "bounced"
			l.Code, _ = strconv.Atoi(e.Note)
		case e.By == consent.ActorMail:
			l.State = "sent"
		}
		out = append(out, l)
	}
	slices.Reverse(out)
	return out
}

// letterOf names the letters by the step that sends them, or that notes what became of them.
var letterOf = map[consent.Step]string{
	consent.StepSignup: "invite", consent.StepInvite: "invite", consent.StepResend: "again", consent.StepRemind: "remind", consent.StepConfirm: "confirm",
	consent.StepGrant: "granted", consent.StepDecline: "declined", consent.StepWithdraw: "withdrawn", consent.StepErase: "erased", consent.StepProve: "prove", consent.StepEndorse: "amending", consent.StepTold: "amending", consent.StepEnact: "amended",
	consent.StepAsk: "rights_received", consent.StepAnswer: "rights_answered",
}
