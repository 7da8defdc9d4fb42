package guardian

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Objector is what the page needs on which a correction of a guardian is stopped.
type Objector interface {
	OpenObject(ctx context.Context, token string) (consent.View, error)
	CheckObject(ctx context.Context, token, form, choice string) (consent.View, error)
	Object(ctx context.Context, token, form, confirm string) (consent.View, error)
}

// openObject shows the holder of an address what is to be corrected, and how to stop it. It writes nothing.
func (p *Pages) openObject(c *gin.Context) (answer, error) {
	token := c.Param("token")
	v, err := p.space(consent.LinkObject, token).OpenObject(c, token)
	if err != nil {
		return answer{}, err
	}
	if v.Proof == "" {
		return show(p.objected(c, v)), nil
	}
	return show(p.objectPage(c, v, nil)), nil
}

// object takes a form: that of the page leads to the check page, that of the check page stops.
func (p *Pages) object(c *gin.Context) (answer, error) {
	token := c.Param("token")
	door := p.space(consent.LinkObject, token)
	if decoyed(c) {
		p.met(c)
		return p.openObject(c)
	}
	if c.PostForm(stepField) == stepCheck {
		return p.confirmObject(c, door, token)
	}
	v, err := door.CheckObject(c, token, c.PostForm("proof"), c.PostForm("stop"))
	switch faults := faultsOf(err); {
	case err == nil && v.Proof == "":
		return show(p.objected(c, v)), nil
	case err == nil:
		return show(p.objectCheck(c, v, nil)), nil
	case faults == nil || v.Proof == "":
		return answer{}, err
	default:
		return again(p.objectPage(c, v, faults)), nil
	}
}

func (p *Pages) confirmObject(c *gin.Context, door Door, token string) (answer, error) {
	v, err := door.Object(c, token, c.PostForm("proof"), c.PostForm("confirm"))
	switch {
	case err == nil, errors.Is(err, consent.ErrNotAmending), errors.Is(err, consent.ErrEnded), errors.Is(err, consent.ErrBack):
		return seeOther(p.self(c, "/a/")), nil
	case v.Proof == "":
		return answer{}, err
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	if errors.Is(err, consent.ErrStale) {
		return again(p.objectPage(c, v, faults)), nil
	}
	v.Proof = c.PostForm("proof") // of the check page: it is shown again
	return again(p.objectCheck(c, v, faults)), nil
}

func (p *Pages) objectPage(c *gin.Context, v consent.View, faults []templates.Fault) templates.Page {
	return templates.GuardianObject{
		Frame: p.stopFrame(c, v, faults), Action: p.self(c, "/a/"), Proof: v.Proof, What: string(v.Record.Amend.What),
		Due: v.Deadline.In(v.Book.Profile.Zone),
	}
}

func (p *Pages) objectCheck(c *gin.Context, v consent.View, faults []templates.Fault) templates.Page {
	return templates.GuardianObjectCheck{
		Frame: p.stopFrame(c, v, faults), Action: p.self(c, "/a/"), Proof: v.Proof, Hidden: []templates.Hidden{{Name: stepField, Value: stepCheck}},
	}
}

func (p *Pages) objected(c *gin.Context, v consent.View) templates.Page {
	return templates.GuardianObjected{Frame: p.stopFrame(c, v, nil), Case: v.Record.ID, Enacted: v.Enacted}
}
