package guardian

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Decider is what the page of a decision needs.
type Decider interface {
	Open(ctx context.Context, token string) (consent.View, error)
	Check(ctx context.Context, token, form string, a consent.Answers) (consent.Checked, error)
	Recheck(ctx context.Context, token, form string) (consent.Checked, error)
	Decide(ctx context.Context, token, form, confirm string, block bool) (consent.View, error)
}

// open shows the page of a mailed link: what is asked, or what was decided. It writes nothing.
func (p *Pages) open(c *gin.Context) (answer, error) {
	token := c.Param("token")
	v, err := p.space(consent.LinkDecide, token).Open(c, token)
	if err != nil {
		return answer{}, err
	}
	if v.Proof == "" {
		return show(p.result(c, v)), nil
	}
	return show(p.openPage(c, v, typed{})), nil
}

// typed is what came with a form, kept as it was typed.
type typed struct {
	answers  templates.Answers
	purposes map[string]string
	faults   []templates.Fault
}

func (p *Pages) viewFrame(c *gin.Context, v consent.View) templates.Frame {
	f := p.frame(v.App, lang(c, v.Locale))
	f.Child, f.Born, f.Nickname, f.Test = v.Child, v.Born, v.Nickname, v.Test
	return f
}

func (p *Pages) openPage(c *gin.Context, v consent.View, t typed) templates.Page {
	f := p.viewFrame(c, v)
	f.Faults = t.faults
	return templates.GuardianOpen{
		Frame: f, Action: p.self(c, "/c/"), Case: v.Record.ID,
		Purposes:    templates.Answered(templates.PurposesOf(v.App, v.Record.Asked, f.Lang), t.purposes),
		Deadline:    v.Deadline.In(v.Book.Profile.Zone),
		Adult:       v.Book.Profile.Adult,
		Threshold:   v.Book.Profile.Threshold,
		Answers:     t.answers,
		Proof:       v.Proof,
		WaysOn:      v.Record.Tries >= consent.WaysOnFrom && !v.Record.NameMiss,
		LockedUntil: locked(v),
	}
}

// locked is when granting opens again; zero when it is open.
func locked(v consent.View) time.Time {
	if v.Record.LockedUntil.IsZero() || !v.Now.Before(v.Record.LockedUntil) {
		return time.Time{}
	}
	return v.Record.LockedUntil.In(v.Book.Profile.Zone)
}

func (p *Pages) result(c *gin.Context, v consent.View) templates.Page {
	at := v.Record.EndedAt
	if at.IsZero() {
		at = v.Record.DecidedAt
	}
	return templates.GuardianResult{
		Frame: p.viewFrame(c, v), Status: v.Record.Status, Reason: v.Record.Reason, At: at.In(v.Book.Profile.Zone),
		Case: v.Record.ID, Withdraw: v.Withdraw, Receipt: v.Receipt, Blocked: v.Record.Blocked && v.Record.LiftedAt.IsZero(),
		Lifted: !v.Record.LiftedAt.IsZero(), Action: p.self(c, "/c/"), Undo: v.Undo, Hidden: []templates.Hidden{{Name: stepField, Value: stepUndo}},
	}
}
