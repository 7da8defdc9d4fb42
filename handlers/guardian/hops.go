package guardian

import (
	"context"
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// hops are a page with one choice, the check page behind it, and what both lead to: something is stopped, and nothing is asked but that.
type hops struct {
	open        func(ctx context.Context, token string) (consent.View, error)
	choose, act func(ctx context.Context, token, form, choice string) (consent.View, error)
	page, check func(c *gin.Context, v consent.View, faults []templates.Fault) templates.Page
	done        func(c *gin.Context, v consent.View) templates.Page
	self        string  // path of the page
	over        []error // what act answers when there is nothing left to stop
}

// shows is the handler that shows such a page. It writes nothing.
func (p *Pages) shows(of func(*gin.Context) hops) func(*gin.Context) (answer, error) {
	return func(c *gin.Context) (answer, error) { return of(c).show(c) }
}

// takes is the handler that takes its forms: that of the page leads to the check page, that of the check page stops.
func (p *Pages) takes(of func(*gin.Context) hops) func(*gin.Context) (answer, error) {
	return func(c *gin.Context) (answer, error) {
		h := of(c)
		if decoyed(c) {
			p.met(c)
			return h.show(c)
		}
		if c.PostForm(stepField) == stepCheck {
			return h.confirm(c)
		}
		return h.chosen(c)
	}
}

func (h hops) show(c *gin.Context) (answer, error) {
	v, err := h.open(c, c.Param("token"))
	if err != nil {
		return answer{}, err
	}
	if v.Proof == "" {
		return show(h.done(c, v)), nil
	}
	return show(h.page(c, v, nil)), nil
}

func (h hops) chosen(c *gin.Context) (answer, error) {
	v, err := h.choose(c, c.Param("token"), c.PostForm("proof"), c.PostForm("stop"))
	switch faults := faultsOf(err); {
	case err == nil && v.Proof == "":
		return show(h.done(c, v)), nil
	case err == nil:
		return show(h.check(c, v, nil)), nil
	case faults == nil || v.Proof == "":
		return answer{}, err
	default:
		return again(h.page(c, v, faults)), nil
	}
}

func (h hops) confirm(c *gin.Context) (answer, error) {
	v, err := h.act(c, c.Param("token"), c.PostForm("proof"), c.PostForm("confirm"))
	ended := slices.ContainsFunc(h.over, func(e error) bool { return errors.Is(err, e) })
	switch {
	case err == nil, ended, errors.Is(err, consent.ErrBack):
		return seeOther(h.self), nil
	case v.Proof == "":
		return answer{}, err
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	if errors.Is(err, consent.ErrStale) {
		return again(h.page(c, v, faults)), nil
	}
	v.Proof = c.PostForm("proof") // of the check page: it is shown again
	return again(h.check(c, v, faults)), nil
}
