package ops

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// showEnter shows the sign-in. Who is signed in already goes on.
func (d *Desk) showEnter(v *visit) (answer, error) {
	p, err := d.opt.Door.Visit(v.Request.Context(), cookie(v.Request))
	if err == nil {
		return seeOther(d.home(p))
	}
	if !errors.Is(err, staff.ErrNoSession) {
		return answer{}, err
	}
	page := d.enterPage(v)
	page.Over, page.Joined, page.NoCookie = v.Query("over") != "", v.Query("joined") != "", v.Query("kept") != ""
	return show(page)
}

func (d *Desk) enterPage(v *visit, faults ...templates.Fault) templates.StaffEnter {
	f := d.frame(v, "")
	f.Width, f.Faults = "narrow", faults
	return templates.StaffEnter{StaffFrame: f}
}

// enter signs in. The page after it asks for the cookie: a browser that keeps none is told so, and not led in a circle.
func (d *Desk) enter(v *visit) (answer, error) {
	if err := d.failures.Check(v.Request); err != nil {
		d.opt.Problems.Event(v.Context, web.SignInLocked, slog.String("cause", "network"))
		return answer{}, err
	}
	name := strings.ToLower(strings.TrimSpace(v.PostForm("name")))
	e, err := d.opt.Door.Enter(v.Request.Context(), name, v.PostForm("password"), codeIn(v, "code"), deviceOf(v))
	d.tellRefusal(v, err)
	switch {
	case err == nil:
		d.opt.Problems.Event(v.Context, web.SignedIn, person(e.Person.ID))
		return d.entered(v, e.Token)
	case errors.Is(err, staff.ErrRefused):
		d.failures.Note(v.Request, sha256.Sum256([]byte(name)))
		return d.refuse(v, name, templates.FaultSignIn)
	case consent.KindOf(err) == consent.KindTooMany:
		return d.refuse(v, name, templates.FaultWait)
	}
	return answer{}, err
}

// entered ends the session that this browser had, and gives it the new one.
func (d *Desk) entered(v *visit, token string) (answer, error) {
	if before := cookie(v.Request); before != "" {
		if err := d.opt.Door.Leave(v.Request.Context(), before); err != nil {
			return answer{}, err
		}
	}
	setCookie(v, sessionCookie, token, staff.WholeFor)
	return seeOther(d.opt.Base + "/ops/enter?kept=1")
}

func (d *Desk) refuse(v *visit, name, code string) (answer, error) {
	page := d.enterPage(v, templates.Fault{Field: "name", Code: code})
	page.Name = name
	return again(page)
}

// showJoin shows an invitation, with a second factor that nobody has yet. It changes nothing.
func (d *Desk) showJoin(v *visit) (answer, error) {
	page, err := d.joinPage(v, nil)
	if err != nil {
		return answer{}, err
	}
	return show(page)
}

func (d *Desk) joinPage(v *visit, factor consent.Sealed, faults ...templates.Fault) (templates.Page, error) {
	p, f, err := d.opt.Door.Welcome(v.Request.Context(), v.Param("id"), v.Param("token"), factor)
	if err != nil {
		return nil, err
	}
	picture, err := pictureOf(f.URL.Reveal())
	if err != nil {
		return nil, err
	}
	page := templates.StaffJoin{
		StaffFrame: d.frame(v, ""), Action: d.opt.Base + "/ops/join/" + p.ID + "/" + v.Param("token"), Name: p.Name, Picture: picture,
		Secret: templates.Grouped(f.Secret.Reveal()), Factor: base64.RawURLEncoding.EncodeToString(f.Sealed),
	}
	page.Width, page.Role, page.Faults = "narrow", string(p.Role), faults
	return page, nil
}

// pictureOf draws a text as a QR code.
func pictureOf(text string) (templates.Picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return templates.Picture{}, err
	}
	return templates.Dots(code.Bounds().Dx(), func(x, y int) bool {
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}), nil
}

// join makes the account. What was wrong is told beside its field; the second factor stays the same meanwhile.
func (d *Desk) join(v *visit) (answer, error) {
	factor := factorIn(v)
	var fault *templates.Fault
	if v.PostForm("password") != v.PostForm("again") {
		fault = &templates.Fault{Field: "again", Code: templates.FaultAgain}
	} else {
		err := d.opt.Door.Join(v.Request.Context(), v.Param("id"), v.Param("token"), v.PostForm("password"), codeIn(v, "code"), factor)
		switch {
		case err == nil:
			return seeOther(d.opt.Base + "/ops/enter?joined=1")
		case errors.Is(err, staff.ErrPassword):
			fault = &templates.Fault{Field: "password", Code: templates.FaultWeak}
		case errors.Is(err, staff.ErrCommon):
			fault = &templates.Fault{Field: "password", Code: templates.FaultCommon}
		case errors.Is(err, staff.ErrCode):
			fault = &templates.Fault{Field: "code", Code: templates.FaultFactor}
		default:
			return answer{}, err
		}
	}
	page, err := d.joinPage(v, factor, *fault)
	if err != nil {
		return answer{}, err
	}
	return again(page)
}

func (d *Desk) leave(v *visit) (answer, error) {
	return d.left(v, d.opt.Door.Leave(v.Request.Context(), cookie(v.Request)))
}

func (d *Desk) leaveAll(v *visit) (answer, error) {
	return d.left(v, d.opt.Door.LeaveAll(v.Request.Context(), v.who.ID, v.who))
}

// left takes from the browser what the session gave it: its cookie, and pages that it may hold for the way back.
func (d *Desk) left(v *visit, err error) (answer, error) {
	setCookie(v, sessionCookie, "", 0)
	v.Header("Clear-Site-Data", `"cache"`)
	return answer{goTo: d.opt.Base + "/ops/enter"}, err
}
