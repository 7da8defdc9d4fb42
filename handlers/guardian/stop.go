package guardian

import (
	"context"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Stopper is what the page behind a replaced link needs.
type Stopper interface {
	OpenStop(ctx context.Context, token string) (consent.View, error)
	CheckStop(ctx context.Context, token, form, choice string) (consent.View, error)
	Stop(ctx context.Context, token, form, confirm string) (consent.View, error)
}

// stopPath is the path of that page.
func (p *Pages) stopPath(c *gin.Context) string {
	path := p.opt.Base + "/c/" + url.PathEscape(c.Param("token")) + "/stop"
	if l := chosenLang(c); l != "" {
		path += "?lang=" + l
	}
	return path
}

// stopping is the way of a replaced link's holder to stop the request.
func (p *Pages) stopping(c *gin.Context) hops {
	door := p.space(consent.LinkDecide, c.Param("token"))
	return hops{
		open: door.OpenStop, choose: door.CheckStop, act: door.Stop, page: p.stopPage, check: p.stopCheck, done: p.stopped,
		self: p.stopPath(c), over: []error{consent.ErrNotPending},
	}
}

func (p *Pages) stopFrame(c *gin.Context, v consent.View, faults []templates.Fault) templates.Frame {
	f := p.viewFrame(c, v)
	f.Faults = faults
	return f
}

func (p *Pages) stopPage(c *gin.Context, v consent.View, faults []templates.Fault) templates.Page {
	return templates.GuardianStop{Frame: p.stopFrame(c, v, faults), Action: p.stopPath(c), Proof: v.Proof}
}

func (p *Pages) stopCheck(c *gin.Context, v consent.View, faults []templates.Fault) templates.Page {
	return templates.GuardianStopCheck{
		Frame: p.stopFrame(c, v, faults), Action: p.stopPath(c), Proof: v.Proof, Hidden: []templates.Hidden{{Name: stepField, Value: stepCheck}},
	}
}

func (p *Pages) stopped(c *gin.Context, v consent.View) templates.Page {
	if v.Enacted {
		return p.objected(c, v)
	}
	return templates.GuardianStopped{Frame: p.stopFrame(c, v, nil), Case: v.Record.ID}
}
