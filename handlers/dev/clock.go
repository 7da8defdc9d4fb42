package dev

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// farthest is how far the clock may be moved in one go: a childhood, and the years for which evidence is kept.
const farthest = 20 * 365 * 24 * time.Hour

func (d *Dev) clock(c *gin.Context) error { return d.showClock(c, http.StatusOK, "", nil) }

// local is a time as people where the apps are read it.
func (d *Dev) local(t time.Time) time.Time { return t.In(d.opt.Book().Profile.Zone) }

func (d *Dev) showClock(c *gin.Context, status int, by string, faults []templates.Fault) error {
	ctx := c.Request.Context()
	now, err := d.opt.Clock.Now(ctx)
	if err != nil {
		return err
	}
	ahead, err := d.opt.Clock.Offset(ctx)
	if err != nil {
		return err
	}
	frame := d.frame()
	frame.Faults = faults
	return d.show(c, status, templates.DevClock{
		Frame: frame, Action: d.base + "/dev/clock", Now: d.local(now), Ahead: ahead, By: by,
	})
}

// advance moves the clock, then lets the standing roles do once what has fallen due, so that whoever comes back sees it done.
func (d *Dev) advance(c *gin.Context) error {
	typed := strings.TrimSpace(c.PostForm("by"))
	by, err := time.ParseDuration(typed)
	if err != nil || by <= 0 || by > farthest {
		return d.showClock(c, http.StatusUnprocessableEntity, typed, []templates.Fault{{Field: "by", Code: templates.FaultLength}})
	}
	ctx := c.Request.Context()
	if err := d.opt.Clock.Advance(ctx, by); err != nil {
		return err
	}
	if err := d.opt.Tick(ctx); err != nil {
		return err
	}
	headers(c, policy)
	c.Redirect(http.StatusSeeOther, d.base+"/dev/clock")
	return nil
}

// hooks shows webhooks from both ends: what the demo shop was told, and each try to tell.
func (d *Dev) hooks(c *gin.Context) error {
	p := templates.DevHooks{Frame: d.frame()}
	if d.opt.Calls != nil {
		for _, call := range d.opt.Calls() {
			call.At = d.local(call.At)
			p.Calls = append(p.Calls, call)
		}
	}
	if d.opt.Hooks != nil {
		for _, a := range d.opt.Hooks() {
			p.Attempts = append(p.Attempts, d.attempt(a))
		}
	}
	return d.show(c, http.StatusOK, p)
}

func (d *Dev) attempt(a consent.Attempt) templates.DevAttempt {
	out := templates.DevAttempt{
		At: d.local(a.At), Took: a.Took.Round(time.Millisecond), Type: string(a.Type), ID: a.Event, Host: a.Host, Result: "no answer",
	}
	if a.Code != 0 {
		out.Result = strconv.Itoa(a.Code) + " " + http.StatusText(a.Code)
	}
	if a.Stage != "" {
		out.Result += ", failed at: " + a.Stage
	}
	return out
}
