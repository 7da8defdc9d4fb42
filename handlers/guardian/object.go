package guardian

import (
	"context"

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

// objecting is the way of an address' holder to stop a correction of it.
func (p *Pages) objecting(c *gin.Context) hops {
	door := p.space(consent.LinkObject, c.Param("token"))
	return hops{
		open: door.OpenObject, choose: door.CheckObject, act: door.Object, page: p.objectPage, check: p.objectCheck, done: p.objected,
		self: p.self(c, "/a/"), over: []error{consent.ErrNotAmending, consent.ErrEnded},
	}
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
