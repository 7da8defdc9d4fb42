package guardian

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// The box and the button that people never meet (templates/shared/fields.html). Programs that check mail tick every box and press
// every button: whoever sends one of them has read nothing and decides nothing (threat 2).
const (
	decoyBox    = "agree_each"
	decoyButton = "agree_all"
)

// decoyed reports whether a form comes from somebody who met the decoy.
func decoyed(c *gin.Context) bool {
	_, ticked := c.GetPostForm(decoyBox)
	_, pressed := c.GetPostForm(decoyButton)
	return ticked || pressed
}

// Pauser notes that the decoy of a page was pressed.
type Pauser interface {
	Pause(ctx context.Context, v consent.View) (consent.View, error)
}

// guarded keeps a form's action from whoever presses the decoy, and for a while after from all who hold the same link; the
// pause stands in the record, so it holds in every process.
// What is wrong with the link, or decided already, is for act to say.
func (p *Pages) guarded(aud consent.Audience, dir string, act func(*gin.Context) (answer, error)) func(*gin.Context) (answer, error) {
	return func(c *gin.Context) (answer, error) {
		v, err := p.look(c, aud)
		if err != nil || v.Proof == "" && v.Undo == "" {
			return act(c)
		}
		if decoyed(c) {
			if v, err = p.press(c, aud, v); err != nil {
				return answer{}, err
			}
		}
		if until := v.PausedUntil(); !until.IsZero() {
			return p.paused(c, v, dir), nil
		}
		a, err := act(c)
		if errors.Is(err, consent.ErrPaused) { // pressed in this very moment
			return p.pausedNow(c, aud, dir)
		}
		return a, err
	}
}

// met tells that somebody met the decoy.
func (p *Pages) met(c *gin.Context) {
	web.Note(c, slog.Bool("decoy", true))
	p.opt.Problems.Event(c, web.DecoyPressed)
	if p.opt.Decoyed != nil {
		p.opt.Decoyed()
	}
}

// limited tells that a network has to wait.
func (p *Pages) limited(c *gin.Context, err error) error {
	if err != nil {
		p.opt.Problems.Event(c, web.RateLimited, slog.String("cause", "network"))
	}
	return err
}

// press counts the decoy, and has the record keep it.
func (p *Pages) press(c *gin.Context, aud consent.Audience, v consent.View) (consent.View, error) {
	p.met(c)
	return p.space(aud, c.Param("token")).Pause(c, v)
}

func (p *Pages) paused(c *gin.Context, v consent.View, dir string) answer {
	return with(http.StatusUnprocessableEntity, templates.GuardianPaused{
		Frame: p.viewFrame(c, v), Action: p.self(c, dir), Until: v.PausedUntil().In(v.Book.Profile.Zone),
	})
}

func (p *Pages) pausedNow(c *gin.Context, aud consent.Audience, dir string) (answer, error) {
	v, err := p.look(c, aud)
	if err != nil {
		return answer{}, err
	}
	return p.paused(c, v, dir), nil
}

func (p *Pages) look(c *gin.Context, aud consent.Audience) (consent.View, error) {
	token := c.Param("token")
	door := p.space(aud, token)
	if aud == consent.LinkWithdraw {
		return door.OpenWithdraw(c, token)
	}
	return door.Open(c, token)
}
