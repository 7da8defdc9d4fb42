package ops

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/templates"
)

// request shows one request, and the log has that it was looked at.
func (d *Desk) request(v *visit) (answer, error) {
	page, err := d.requestPage(v)
	if err != nil {
		return answer{}, err
	}
	if done := v.Query("done"); slices.Contains(doneWords, done) {
		page.Done = "ops.did." + done
	}
	return show(page)
}

// doneWords are the acts that the page may say were done.
var doneWords = []string{"resend", "correct", "reopen", "lift", "ask", "answer", "file", "grant", "amend", "endorse", "retract", "cancel", "withdraw", "destroy"}

// seen reads the request of a page, and the log has that it was looked at.
func (d *Desk) seen(v *visit) (*consent.App, consent.Case, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return nil, consent.Case{}, err
	}
	c, err := d.opt.Requests.Case(v.Request.Context(), app, v.who.Actor(), v.Param("id"))
	return app, c, err
}

func (d *Desk) requestPage(v *visit) (templates.StaffRequest, error) {
	app, c, err := d.seen(v)
	if err != nil {
		return templates.StaffRequest{}, err
	}
	r := c.Record
	p := templates.StaffRequest{
		StaffFrame: d.frame(v, "board"), AppTitle: app.Name.In(v.lang), Self: d.requestPath(r.App, r.ID), Back: d.boardPath(r.App),
		ID: r.ID, Subject: r.Subject, Status: string(r.Status), Custody: string(r.Custody), Method: string(r.Method),
		Mail: string(r.Mail), MailHint: r.MailHint, MailAt: r.MailAt, Created: r.CreatedAt, Deadline: r.ExpiresAt, At: nextAt(r), Now: d.opt.Clock(),
		Locked: !r.LockedUntil.IsZero(), NameMiss: r.NameMiss, Purposes: purposeWords(app, r.Asked, v.lang), ChildName: c.Child, Guardians: c.Guardians,
		MayReveal: len(c.Guardians) > 0 && v.who.Role.May(staff.MayReveal), Acts: actsFor(v.who.Role, r),
	}
	if r.Status == consent.Granted {
		p.Purposes = purposeWords(app, r.Granted, v.lang)
	}
	p.Filed, p.Amending = d.filed(v, app, c.Filed), d.amending(v, c)
	if r.Status == consent.Granted && v.who.Role.May(staff.MayRecord) && tellable(c.Guardians) {
		p.Amend = p.Self + "/amend"
	}
	if r.Status == consent.Pending && v.who.Role.May(staff.MayRecord) && len(filedWays(app)) > 0 {
		p.File = p.Self + "/file"
	}
	p.Paper = r.Status == consent.Granted && r.Method == consent.MethodPaper && v.who.Role.May(staff.MayRecord)
	p.Trail, p.MailCode = d.trail(v.Request.Context(), c.Trail)
	p.Letters = letters(c.Trail)
	for _, right := range c.Rights {
		p.Rights = append(p.Rights, d.rightRow(right))
	}
	return p, d.callsAbout(v, app, &p)
}

// purposeWords are what these purposes are for, in this language; of one that the settings no longer know, its id.
func purposeWords(app *consent.App, ids []string, lang string) []string {
	words := slices.Clone(ids)
	for i, id := range ids {
		if known := app.Chosen([]string{id}); len(known) > 0 {
			words[i] = known[0].Why.In(lang)
		}
	}
	return words
}

// callsAbout adds a page of the webhook calls that tell of the request, and the way to older ones.
func (d *Desk) callsAbout(v *visit, app *consent.App, p *templates.StaffRequest) error {
	after := v.Query("calls")
	calls, next, err := d.opt.Requests.Calls(v.Request.Context(), app, p.ID, after)
	if err != nil {
		return err
	}
	p.Calls, p.CallsBack = callsShown(v.lang, calls), after != ""
	if next != "" {
		p.CallsNext = p.Self + "?calls=" + url.QueryEscape(next) + "#calls-h"
	}
	return nil
}

// actsFor lists what a role may do about a request in its state.
func actsFor(role staff.Role, r consent.Record) []string {
	var out []string
	add := func(act string, on bool, may staff.Permission) {
		if on && role.May(may) {
			out = append(out, act)
		}
	}
	pending := r.Status == consent.Pending
	add("resend", pending && r.Method.ByMail(), staff.MayHelp)
	add("correct", pending, staff.MayHelp)
	add("reopen", pending && (r.Tries > 0 || !r.LockedUntil.IsZero()), staff.MayHelp)
	add("lift", r.Status == consent.Declined && r.LiftedAt.IsZero() && len(r.Look.Guardians) > 0, staff.MayHelp)
	add("ask", r.Status == consent.Granted || r.Status == consent.Withdrawn || r.Status == consent.AgedOut, staff.MayRights)
	add("cancel", pending, staff.MayEnd)
	add("withdraw", r.Status == consent.Granted, staff.MayEnd)
	add("destroy", !r.Status.Ended(), staff.MayDestroy)
	return out
}

// trail tells the history in lines, colleagues by their names, and the code of the letter that came back last.
func (d *Desk) trail(ctx context.Context, entries []consent.Entry) (lines []templates.StaffEntry, code int) {
	names := d.names(ctx)
	for _, e := range entries {
		ref := e.Ref
		if name, ok := names[ref]; ok && e.By == consent.ActorStaff {
			ref = name
		}
		if e.By == consent.ActorGuardian || e.By == consent.ActorMail {
			ref = further(ref)
		}
		if e.Step == consent.StepInvite {
			code, _ = strconv.Atoi(e.Note) // "" and words of other states are no code
		}
		lines = append(lines, templates.StaffEntry{At: e.At, Step: string(e.Step), By: e.By, Ref: ref, Note: e.Note})
	}
	slices.Reverse(lines)
	return lines, code
}

// further numbers the guardians after the first, as a reader counts.
func further(index string) string {
	n, err := strconv.Atoi(index)
	if err != nil || n == 0 {
		return ""
	}
	return strconv.Itoa(n + 1)
}

// names are colleagues by id. Without them the ids are shown.
func (d *Desk) names(ctx context.Context) map[string]string {
	out := map[string]string{}
	all, err := d.opt.People.People(ctx)
	if err != nil {
		return out
	}
	for _, p := range all {
		out[p.ID] = p.Name
	}
	return out
}

// act makes an act of a form, and shows the request again: with what was done, or with what is wrong with the form.
func (d *Desk) act(name string) func(*visit) (answer, error) {
	return func(v *visit) (answer, error) {
		app, err := d.app(v.Param("app"))
		if err != nil {
			return answer{}, err
		}
		if err = d.carryOut(v, app, name); err == nil {
			return seeOther(d.requestPath(app.ID, v.Param("id")) + "?done=" + name)
		}
		faults := faultsOf(err)
		if faults == nil {
			return answer{}, err
		}
		return d.askAgain(v, name, faults)
	}
}

var errSure = &consent.Error{Kind: consent.KindInvalid, Code: "sure", Detail: "the box has to be ticked", Fields: []consent.FieldError{
	{Pointer: "/sure", Code: "sure", Detail: "tick the box"},
}}

// carryOut makes one act. None of them grants, save the confirmation of what a colleague entered from a paper or a call.
func (d *Desk) carryOut(v *visit, app *consent.App, name string) (err error) {
	ctx, by, id, r := v.Request.Context(), v.who.Actor(), v.Param("id"), d.opt.Requests
	if (name == "cancel" || name == "withdraw" || name == "lift") && v.PostForm("sure") != "yes" {
		return errSure
	}
	switch name {
	case "resend":
		_, err = r.Resend(ctx, app, by, id)
	case "correct":
		_, err = r.Correct(ctx, app, by, id, consent.Guardian{Name: consent.Secret(strings.TrimSpace(v.PostForm("name"))), Email: consent.Secret(strings.TrimSpace(v.PostForm("email")))})
	case "reopen":
		_, err = r.Reopen(ctx, app, by, id)
	case "lift":
		_, err = r.LiftBlock(ctx, app, by, id)
	case "grant":
		return d.grantFiled(v, app)
	case "endorse":
		return d.endorse(v, app)
	case "retract":
		return d.retract(v, app)
	case "ask":
		_, err = r.Enter(ctx, app, by, id, entered(v))
	case "cancel":
		_, err = r.Cancel(ctx, app, by, id)
	case "withdraw":
		_, err = r.Withdraw(ctx, app, by, id, nil)
	case "destroy":
		_, err = r.Destroy(ctx, app, by, id, v.PostForm("typed"))
	}
	return err
}

// askAgain shows the request with the form open that has faults. What was typed is kept, save what is of a person and would
// then stand on the page.
func (d *Desk) askAgain(v *visit, form string, faults []templates.Fault) (answer, error) {
	page, err := d.requestPage(v)
	if err != nil {
		return answer{}, err
	}
	page.Opened, page.Faults, page.Was = form, faults, map[string]string{}
	for _, field := range []string{"name", "email", "field", "reason", "ticket", "kind", "channel", "form_seen", "seen_by", "identity", "text", "scan_ticket"} {
		page.Was[field] = v.PostForm(field)
	}
	return again(page)
}

// asError is err as one that names fields.
func asError(err error) (*consent.Error, bool) {
	e, ok := errors.AsType[*consent.Error](err)
	return e, ok && e.Kind == consent.KindInvalid
}

// faultsOf names the fields of a KindInvalid error in the page's own words; nil for other errors.
func faultsOf(err error) []templates.Fault {
	e, ok := asError(err)
	if !ok {
		return nil
	}
	codes := map[string]string{"field": templates.FaultShown}
	var out []templates.Fault
	for _, f := range e.Fields {
		field, code := strings.TrimPrefix(f.Pointer, "/"), f.Code
		if field == "proxy" {
			field = "form_seen"
		}
		field = strings.TrimPrefix(field, "proxy/")
		switch {
		case field == "reason" && code == "reason":
			code = templates.FaultWhy
		case rightFaults[field][code] != "":
			code = rightFaults[field][code]
		case codes[field] != "":
			code = codes[field]
		case field == "email" && code != templates.FaultEmailChild:
			code = templates.FaultEmail
		case field == "name" && code != templates.FaultGeneric:
			code = templates.FaultNameForm
		}
		out = append(out, templates.Fault{Field: field, Code: code})
	}
	return out
}

// Quota of looks in clear: for a person and an hour.
const (
	revealMost = 20
	revealIn   = time.Hour
	revealFor  = 60 // seconds
)

// reveal shows one field in clear for a minute. The look is charged and noted before it is read.
func (d *Desk) reveal(v *visit) (answer, error) {
	app, err := d.app(v.Param("app"))
	if err != nil {
		return answer{}, err
	}
	field := consent.Shown(v.PostForm("field"))
	value, err := d.unmask(v, app, field)
	if faults := faultsOf(err); faults != nil {
		return d.askAgain(v, "reveal", faults)
	}
	if err != nil {
		return answer{}, err
	}
	return d.revealed(v, string(field), value, d.requestPath(app.ID, v.Param("id")))
}

// unmask charges a look against the quota of who looks, and reads the field.
func (d *Desk) unmask(v *visit, app *consent.App, field consent.Shown) (consent.Private, error) {
	if err := d.charge(v); err != nil {
		return consent.Private{}, err
	}
	return d.opt.Requests.Unmask(v.Request.Context(), app, v.who.Actor(), v.Param("id"), field, v.PostForm("reason"), strings.TrimSpace(v.PostForm("ticket")))
}

func (d *Desk) charge(v *visit) error {
	sum := sha256.Sum256([]byte("reveal\x00" + v.who.ID))
	wait, err := d.opt.Charge(v.Request.Context(), consent.Digest(sum[:16]), revealMost, revealIn)
	if err == nil && wait > 0 {
		err = &consent.Error{Kind: consent.KindTooMany, Code: "reveal_limit", Detail: "the quota of this hour is used", RetryAfter: wait}
	}
	return err
}

// revealed is the page of a field in clear, which leads back by itself.
func (d *Desk) revealed(v *visit, field string, value consent.Private, back string) (answer, error) {
	v.Header("Refresh", strconv.Itoa(revealFor)+"; url="+back)
	page := templates.StaffRevealed{StaffFrame: d.frame(v, "search"), Field: field, Value: value.Reveal(), Back: back}
	page.Width = "narrow"
	return show(page)
}

func (d *Desk) showSearch(v *visit) (answer, error) {
	return show(templates.StaffSearch{StaffFrame: d.frame(v, "search")})
}

// search takes its text by POST: an address does not belong into a URL.
func (d *Desk) search(v *visit) (answer, error) {
	page := templates.StaffSearch{StaffFrame: d.frame(v, "search")}
	found, err := d.opt.Requests.Search(v.Request.Context(), v.who.Actor(), v.PostForm("text"))
	if faults := faultsOf(err); faults != nil {
		page.Faults = faults
		return answer{status: http.StatusUnprocessableEntity, page: page}, nil
	}
	page.Asked, page.Rows = true, d.rows(found)
	return answer{status: http.StatusOK, page: page}, err
}
