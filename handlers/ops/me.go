package ops

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// person names somebody of the staff in a security event.
func person(id string) slog.Attr { return slog.String("person", id) }

// refusals are the events of the causes for which somebody was not let in.
var refusals = map[staff.Cause]web.Security{
	staff.CauseNobody: web.SignInFailed, staff.CausePassword: web.SignInFailed, staff.CauseFactor: web.FactorFailed,
	staff.CauseReplayed: web.CodeReplayed, staff.CauseLocked: web.SignInLocked,
}

// tellRefusal tells the log what the page does not tell.
func (d *Desk) tellRefusal(v *visit, err error) {
	if r, ok := errors.AsType[*staff.Refusal](err); ok {
		d.opt.Problems.Event(v.Context, refusals[r.Cause], person(r.Person), slog.String("cause", string(r.Cause)))
	}
}

func deviceOf(v *visit) string { return staff.DeviceOf(v.Request.UserAgent()) }

// codeIn is a code as people type it: apps show it in two groups.
func codeIn(v *visit, field string) string { return strings.ReplaceAll(v.PostForm(field), " ", "") }

// factorIn is the second factor that the form brought back; nil for what is none.
func factorIn(v *visit) consent.Sealed {
	factor, err := base64.RawURLEncoding.DecodeString(v.PostForm("factor"))
	if err != nil {
		return nil
	}
	return factor
}

// saidOfMe are the words for what was just done on the account.
var saidOfMe = map[string]string{"password": "ops.did.password", "factor": "ops.did.factor", "seats": "ops.did.seats"}

func (d *Desk) me(v *visit) (answer, error) {
	page, err := d.mePage(v)
	if err != nil {
		return answer{}, err
	}
	page.Done = saidOfMe[v.Query("done")]
	return show(page)
}

func (d *Desk) mePage(v *visit) (templates.StaffMe, error) {
	page := templates.StaffMe{StaffFrame: d.frame(v, "me")}
	page.Width = "narrow"
	seats, err := d.opt.Account.Seats(v.Request.Context(), v.who, cookie(v.Request))
	for _, one := range seats {
		shown := templates.StaffSeat{ID: one.ID, Device: one.Device, Began: one.Began, Seen: one.Seen}
		if one.Here {
			page.Here = &shown
			continue
		}
		page.Others = append(page.Others, shown)
	}
	return page, err
}

// endSeats ends one of one's other sessions, or all of them.
func (d *Desk) endSeats(v *visit) (answer, error) {
	chosen := v.PostForm("seat")
	which := func(s staff.Seat) bool { return s.ID == chosen || chosen == templates.EveryOther }
	fault := templates.Fault{Field: "seat", Code: templates.FaultSeat}
	if chosen != "" {
		n, err := d.opt.Account.EndSeats(v.Request.Context(), v.who, cookie(v.Request), v.PostForm("password"), which)
		d.tellRefusal(v, err)
		switch {
		case err == nil:
			d.opt.Problems.Event(v.Context, web.SessionsEnded, person(v.who.ID), slog.Int("sessions", n))
			return seeOther(d.opt.Base + "/ops/me?done=seats")
		case errors.Is(err, staff.ErrRefused):
			fault = templates.Fault{Field: "password", Code: templates.FaultNow}
		case consent.KindOf(err) == consent.KindTooMany:
			fault = templates.Fault{Field: "password", Code: templates.FaultWait}
		default:
			return answer{}, err
		}
	}
	page, err := d.mePage(v)
	if err != nil {
		return answer{}, err
	}
	page.Faults, page.Seat = []templates.Fault{fault}, chosen
	return again(page)
}

func (d *Desk) passwordPage(v *visit, faults ...templates.Fault) templates.StaffPassword {
	page := templates.StaffPassword{StaffFrame: d.frame(v, "me")}
	page.Width, page.Faults = "narrow", faults
	return page
}

func (d *Desk) showPassword(v *visit) (answer, error) { return show(d.passwordPage(v)) }

// password gives who is signed in another password, and their browser another session.
func (d *Desk) password(v *visit) (answer, error) {
	if v.PostForm("password") != v.PostForm("again") {
		return again(d.passwordPage(v, templates.Fault{Field: "again", Code: templates.FaultAgain}))
	}
	e, err := d.opt.Account.SetPassword(v.Request.Context(), v.who, renewal(v), v.PostForm("password"))
	if err == nil {
		return d.renewed(v, e, "password")
	}
	fault, err := d.renewalFault(v, err)
	if err != nil {
		return answer{}, err
	}
	return again(d.passwordPage(v, fault))
}

// renewal is how somebody who is signed in proves who they are.
func renewal(v *visit) staff.Renewal {
	return staff.Renewal{Password: v.PostForm("current"), Code: codeIn(v, "code"), Device: deviceOf(v)}
}

func (d *Desk) renewed(v *visit, e staff.Entry, what string) (answer, error) {
	d.opt.Problems.Event(v.Context, web.SecretChanged, person(e.Person.ID), slog.String("cause", what))
	setCookie(v, sessionCookie, e.Token, staff.WholeFor)
	return seeOther(d.opt.Base + "/ops/me?done=" + what)
}

// renewalFault is what is told beside its field; any other error is given back.
func (d *Desk) renewalFault(v *visit, err error) (templates.Fault, error) {
	d.tellRefusal(v, err)
	switch {
	case errors.Is(err, staff.ErrRefused):
		return templates.Fault{Field: "current", Code: templates.FaultProof}, nil
	case consent.KindOf(err) == consent.KindTooMany:
		return templates.Fault{Field: "current", Code: templates.FaultWait}, nil
	case errors.Is(err, staff.ErrPassword):
		return templates.Fault{Field: "password", Code: templates.FaultWeak}, nil
	case errors.Is(err, staff.ErrCommon):
		return templates.Fault{Field: "password", Code: templates.FaultCommon}, nil
	case errors.Is(err, staff.ErrCode):
		return templates.Fault{Field: "fresh", Code: templates.FaultFactor}, nil
	}
	return templates.Fault{}, err
}

// factorPage shows a second factor that nobody has yet, or the one that the form brought back.
func (d *Desk) factorPage(v *visit, sealed consent.Sealed, faults ...templates.Fault) (templates.StaffFactor, error) {
	f, err := d.opt.Account.Another(v.Request.Context(), v.who, sealed)
	if err != nil {
		return templates.StaffFactor{}, err
	}
	picture, err := pictureOf(f.URL.Reveal())
	page := templates.StaffFactor{
		StaffFrame: d.frame(v, "me"), Picture: picture, Secret: templates.Grouped(f.Secret.Reveal()),
		Factor: base64.RawURLEncoding.EncodeToString(f.Sealed),
	}
	page.Width, page.Faults = "narrow", faults
	return page, err
}

func (d *Desk) showFactor(v *visit) (answer, error) {
	page, err := d.factorPage(v, nil)
	if err != nil {
		return answer{}, err
	}
	return show(page)
}

// factor gives who is signed in another second factor, and their browser another session.
func (d *Desk) factor(v *visit) (answer, error) {
	sealed := factorIn(v)
	e, err := d.opt.Account.SetFactor(v.Request.Context(), v.who, renewal(v), sealed, codeIn(v, "fresh"))
	if err == nil {
		return d.renewed(v, e, "factor")
	}
	fault, err := d.renewalFault(v, err)
	if err != nil {
		return answer{}, err
	}
	page, err := d.factorPage(v, sealed, fault)
	if err != nil {
		return answer{}, err
	}
	return again(page)
}
