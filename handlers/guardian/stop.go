package guardian

import (
	"context"
	"errors"
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

// openStop shows whoever holds a replaced link how to stop the request. It writes nothing.
func (p *Pages) openStop(c *gin.Context) (answer, error) {
	token := c.Param("token")
	v, err := p.space(consent.LinkDecide, token).OpenStop(c, token)
	if err != nil {
		return answer{}, err
	}
	if v.Proof == "" {
		return show(p.stopped(c, v)), nil
	}
	return show(p.stopPage(c, v, nil)), nil
}

// stop takes a form: that of the page leads to the check page, that of the check page stops.
func (p *Pages) stop(c *gin.Context) (answer, error) {
	token := c.Param("token")
	door := p.space(consent.LinkDecide, token)
	if decoyed(c) {
		p.met(c)
		return p.openStop(c)
	}
	if c.PostForm(stepField) == stepCheck {
		return p.confirmStop(c, door, token)
	}
	v, err := door.CheckStop(c, token, c.PostForm("proof"), c.PostForm("stop"))
	switch faults := faultsOf(err); {
	case err == nil && v.Proof == "":
		return show(p.stopped(c, v)), nil
	case err == nil:
		return show(p.stopCheck(c, v, nil)), nil
	case faults == nil || v.Proof == "":
		return answer{}, err
	default:
		return again(p.stopPage(c, v, faults)), nil
	}
}

func (p *Pages) confirmStop(c *gin.Context, door Door, token string) (answer, error) {
	v, err := door.Stop(c, token, c.PostForm("proof"), c.PostForm("confirm"))
	switch {
	case err == nil, errors.Is(err, consent.ErrNotPending), errors.Is(err, consent.ErrBack):
		return seeOther(p.stopPath(c)), nil
	case v.Proof == "":
		return answer{}, err
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	if errors.Is(err, consent.ErrStale) {
		return again(p.stopPage(c, v, faults)), nil
	}
	v.Proof = c.PostForm("proof") // of the check page: it is shown again
	return again(p.stopCheck(c, v, faults)), nil
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
