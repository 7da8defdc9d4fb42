package guardian

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Porter is what the portal needs.
type Porter interface {
	Knock(ctx context.Context, email consent.Private, locale string) error
	OpenVisit(ctx context.Context, aud consent.Audience, token string) (consent.Visiting, error)
	EnterVisit(ctx context.Context, token, name string) (string, error)
	RenewVisit(ctx context.Context, aud consent.Audience, token string) error
	LeaveVisit(ctx context.Context, token string) error
	KeptWish(v consent.Visiting) (id string, kind consent.RightKind)
	PortalChildren(ctx context.Context, token string) (consent.Visiting, []consent.PortalChild, error)
	PortalDetail(ctx context.Context, token, id string) (consent.PortalDetail, error)
	PortalWithdraw(ctx context.Context, token, id, purpose string) (consent.PortalEnd, error)
	EndInPortal(ctx context.Context, token, id, purpose, form, confirm string) (consent.PortalEnd, error)
	PortalAsk(ctx context.Context, token, id string, kind consent.RightKind) (consent.PortalWish, error)
	AskInPortal(ctx context.Context, token, id string, kind consent.RightKind, form string, text consent.Private) (consent.Right, error)
}

// portal adds the portal. The link that is mailed ends at its token; everything behind it needs the one that the typed name
// gives, so a link from a mailbox never opens more than the question for the name.
func (p *Pages) portal(r gin.IRouter) {
	p.page(r, "/my", p.myDoor, p.knock)
	p.page(r, "/my/:token", p.myName, p.myEnter)
	p.page(r, "/my/:token/children", p.inside(p.myChildren), p.inside(p.myLeave))
	p.page(r, "/my/:token/children/:id", p.inside(p.myChild), p.inside(p.myChild))
	p.page(r, "/my/:token/children/:id/withdraw", p.inside(p.myWithdraw), p.inside(p.myEnd))
	p.page(r, "/my/:token/children/:id/withdraw/:purpose", p.inside(p.myWithdraw), p.inside(p.myEnd))
	p.page(r, "/my/:token/children/:id/ask/:kind", p.inside(p.myAsk), p.inside(p.myWish))
}

// my is a path of the portal with the language that was chosen on it.
func (p *Pages) my(c *gin.Context, segments ...string) string {
	path := p.opt.Base + "/my"
	for _, s := range segments {
		path += "/" + url.PathEscape(s)
	}
	if l := chosenLang(c); l != "" {
		path += "?lang=" + l
	}
	return path
}

func (p *Pages) myDoor(c *gin.Context) (answer, error) {
	return show(templates.PortalKnock{Frame: p.frame(nil, c.Query("lang")), Action: p.my(c)}), nil
}

// knock takes an address. The answer is the same for every address, byte for byte; a network that knocks often has to wait.
func (p *Pages) knock(c *gin.Context) (answer, error) {
	email := c.PostForm("email")
	if err := p.limited(c, p.knocks.Check(c.Request)); err != nil {
		return answer{}, err
	}
	p.knocks.Note(c.Request, sha256.Sum256([]byte(email)))
	for _, s := range p.opt.Spaces {
		err := s.Knock(c, consent.Secret(email), chosenLang(c))
		if consent.KindOf(err) == consent.KindInvalid && err != nil {
			f := p.frame(nil, c.Query("lang"))
			f.Faults = []templates.Fault{{Field: "email", Code: templates.FaultMailbox}}
			return again(templates.PortalKnock{Frame: f, Action: p.my(c), Email: email}), nil //nolint:nilerr // the page tells it
		}
		if err != nil {
			return answer{}, err
		}
	}
	return show(p.sent(c, false)), nil
}

func (p *Pages) sent(c *gin.Context, kept bool) templates.Page {
	return templates.PortalSent{Frame: p.frame(nil, c.Query("lang")), Again: p.my(c), Kept: kept}
}

// visit finds a link's space and opens it.
func (p *Pages) visit(c *gin.Context, aud consent.Audience) (Door, consent.Visiting, error) {
	door := p.space(aud, c.Param("token"))
	v, err := door.OpenVisit(c, aud, c.Param("token"))
	return door, v, err
}

// visitFrame is the frame of a page inside a visit that is about no single child.
func (p *Pages) visitFrame(c *gin.Context, v consent.Visiting) templates.Frame {
	f := p.frame(nil, lang(c, v.Locale))
	f.Test = v.Test
	return f
}

func (p *Pages) over(c *gin.Context, v consent.Visiting) answer {
	return with(http.StatusGone, templates.PortalOver{Frame: p.visitFrame(c, v), Action: p.self(c, "/my/")})
}

func (p *Pages) myName(c *gin.Context) (answer, error) {
	_, v, err := p.visit(c, consent.LinkPortal)
	if errors.Is(err, consent.ErrVisitOver) {
		return p.over(c, v), nil
	}
	if err != nil {
		return answer{}, err
	}
	return show(p.namePage(c, v, "", nil)), nil
}

func (p *Pages) namePage(c *gin.Context, v consent.Visiting, name string, faults []templates.Fault) templates.Page {
	f := p.visitFrame(c, v)
	f.Faults = faults
	return templates.PortalName{Frame: f, Action: p.self(c, "/my/"), Name: name, Until: v.Visit.Expires.In(p.opt.Book().Profile.Zone)}
}

// myEnter takes the name, or the wish for a new link. The page of a visit that is over posts here, whichever link it was.
func (p *Pages) myEnter(c *gin.Context) (answer, error) {
	token := c.Param("token")
	for _, aud := range []consent.Audience{consent.LinkPortal, consent.LinkInside} {
		door, _, err := p.visit(c, aud)
		if errors.Is(err, consent.ErrVisitOver) {
			if err := door.RenewVisit(c, aud, token); err != nil {
				return answer{}, err
			}
			return show(p.sent(c, false)), nil
		}
	}
	door, v, err := p.visit(c, consent.LinkPortal)
	if err != nil {
		return answer{}, err
	}
	name := c.PostForm("guardian_name")
	inside, err := door.EnterVisit(c, token, name)
	if err == nil {
		return p.entered(c, door, inside)
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	for i, f := range faults {
		switch f.Code {
		case templates.FaultName:
			faults[i].Code = templates.FaultSigned
		case templates.FaultLocked:
			faults[i].Code = templates.FaultClosed
		}
	}
	return again(p.namePage(c, v, name, faults)), nil
}

// entered leads to the list of children, or past it when there is one alone: then no step is made for a choice of one.
func (p *Pages) entered(c *gin.Context, door Door, inside string) (answer, error) {
	v, all, err := door.PortalChildren(c, inside)
	if err != nil {
		return answer{}, err
	}
	if kept, _ := door.KeptWish(v); len(all) == 1 && kept == "" {
		return seeOther(p.my(c, inside, "children", all[0].Record.ID)), nil
	}
	return seeOther(p.my(c, inside, "children")), nil
}

// inside shows the page of a visit that is over in place of any page behind the door. What was posted there and can be kept
// is kept by the page itself.
func (p *Pages) inside(f func(*gin.Context, Door) (answer, error)) func(*gin.Context) (answer, error) {
	return func(c *gin.Context) (answer, error) {
		door := p.space(consent.LinkInside, c.Param("token"))
		a, err := f(c, door)
		if errors.Is(err, consent.ErrVisitOver) && !isDown(err) {
			_, v, _ := p.visit(c, consent.LinkInside)
			return p.over(c, v), nil
		}
		return a, err
	}
}

// isDown reports whether a joined error holds trouble of the store, which goes before what else it says.
func isDown(err error) bool { return consent.KindOf(err) != consent.KindGone }

func (p *Pages) myChildren(c *gin.Context, door Door) (answer, error) {
	token := c.Param("token")
	v, all, err := door.PortalChildren(c, token)
	if err != nil {
		return answer{}, err
	}
	page := templates.PortalChildren{Frame: p.visitFrame(c, v), Leave: p.my(c, token, "children")}
	for _, one := range all {
		page.Cards = append(page.Cards, templates.PortalCard{
			Path: p.my(c, token, "children", one.Record.ID), App: one.App.Name.In(page.Lang), Child: one.Name, Born: one.Born,
			Status: one.Record.Status, Agreed: one.Agreed.In(one.Book.Profile.Zone), Hold: one.Record.Hold && one.Record.Status == consent.Granted,
		})
	}
	if id, kind := door.KeptWish(v); id != "" && slices.ContainsFunc(all, func(one consent.PortalChild) bool { return one.Record.ID == id }) {
		page.Kept = p.my(c, token, "children", id, "ask", string(kind))
	}
	return show(page), nil
}

func (p *Pages) myLeave(c *gin.Context, door Door) (answer, error) {
	if err := door.LeaveVisit(c, c.Param("token")); err != nil {
		return answer{}, err
	}
	return seeOther(p.my(c)), nil
}
