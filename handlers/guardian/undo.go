package guardian

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Undoer is what taking back a refusal's pause and block needs.
type Undoer interface {
	CheckUndo(ctx context.Context, token, form string) (consent.View, error)
	Undo(ctx context.Context, token, form, confirm string) (consent.View, error)
}

// Steps of taking back.
const (
	stepUndo      = "undo"
	stepUndoCheck = "undo-check"
)

// undo leads from the result to the page that asks whether the guardian wants to be asked again.
func (p *Pages) undo(c *gin.Context) (answer, error) {
	token := c.Param("token")
	v, err := p.space(consent.LinkDecide, token).CheckUndo(c, token, c.PostForm("proof"))
	switch {
	case v.Undo == "" && err == nil, errors.Is(err, consent.ErrStale), errors.Is(err, consent.ErrTooFast):
		return seeOther(p.self(c, "/c/")), nil // the result says how it stands, and a person presses again
	case err != nil:
		return answer{}, err
	}
	return show(p.undoPage(c, v, v.Undo, nil)), nil
}

func (p *Pages) undoPage(c *gin.Context, v consent.View, proof string, faults []templates.Fault) templates.Page {
	f := p.viewFrame(c, v)
	f.Faults = faults
	return templates.GuardianUndo{
		Frame: f, Action: p.self(c, "/c/"), Reason: v.Record.Reason, Blocked: v.Record.Blocked, Proof: proof,
		Hidden: []templates.Hidden{{Name: stepField, Value: stepUndoCheck}},
	}
}

// confirmUndo carries it out; the result page tells.
func (p *Pages) confirmUndo(c *gin.Context) (answer, error) {
	token, proof := c.Param("token"), c.PostForm("proof")
	v, err := p.space(consent.LinkDecide, token).Undo(c, token, proof, c.PostForm("confirm"))
	switch {
	case err == nil, errors.Is(err, consent.ErrBack), errors.Is(err, consent.ErrStale), errors.Is(err, consent.ErrEnded):
		return seeOther(p.self(c, "/c/")), nil
	case v.Undo == "":
		return answer{}, err
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	return again(p.undoPage(c, v, proof, faults)), nil
}
