package guardian

import (
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// decoyField is the button that people never meet (templates/shared/fields.html). Programs that check mail press every
// button: whoever sends it has read nothing and decides nothing (threat 2).
const decoyField = "agree_all"

// decoyPause is how long a link takes no answer after its decoy was pressed: such a program goes on for a while.
const decoyPause = 10 * time.Minute

// guarded keeps a form's action from whoever presses the decoy, and for a while after from all who hold the same link.
// What is wrong with the link, or decided already, is for act to say.
func (p *Pages) guarded(aud consent.Audience, dir string, act func(*gin.Context) (answer, error)) func(*gin.Context) (answer, error) {
	return func(c *gin.Context) (answer, error) {
		v, err := p.look(c, aud)
		if err != nil || v.Proof == "" {
			return act(c)
		}
		link := string(aud) + v.Record.ID + "/" + strconv.Itoa(v.Guardian)
		if _, pressed := c.GetPostForm(decoyField); pressed {
			web.Note(c, slog.Bool("decoy", true))
			if p.opt.Decoyed != nil {
				p.opt.Decoyed()
			}
			p.pauses.set(link, v.Now.Add(decoyPause))
		}
		until := p.pauses.of(link)
		if !v.Now.Before(until) {
			return act(c)
		}
		return with(http.StatusUnprocessableEntity, templates.GuardianPaused{
			Frame: p.viewFrame(c, v), Action: p.self(c, dir), Until: until.In(v.Book.Profile.Zone),
		}), nil
	}
}

func (p *Pages) look(c *gin.Context, aud consent.Audience) (consent.View, error) {
	token := c.Param("token")
	door := p.space(aud, token)
	if aud == consent.LinkWithdraw {
		return door.OpenWithdraw(c, token)
	}
	return door.Open(c, token)
}

// pausesKept bounds how many links are remembered, twice. Only genuine ones that still decide are.
const pausesKept = 4096

// pauses remembers in this process until when a link takes no answer. The zero value is ready.
type pauses struct {
	mu         sync.Mutex
	young, old map[string]time.Time
}

// set bounds what is remembered: when the young half is full it becomes the old half, and the old is forgotten.
func (p *pauses) set(link string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.young == nil || len(p.young) >= pausesKept {
		p.young, p.old = map[string]time.Time{}, p.young
	}
	p.young[link] = until
}

// of is zero for a link that was never paused.
func (p *pauses) of(link string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until, ok := p.young[link]; ok {
		return until
	}
	return p.old[link]
}
