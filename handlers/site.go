// Package handlers puts those who answer on one engine: the way of a request is middleware of web, then the part whose
// route it is.
package handlers

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/web"
)

// Part answers some routes: api.API, guardian.Pages, ops.Ops, dev.Dev.
type Part interface{ Routes(r gin.IRouter) }

// Options of a site. Log and Problems are required.
type Options struct {
	Log      *slog.Logger
	Problems *web.Problems
	Base     string           // path of the public URL; requests are answered with and without it
	Bodies   map[string]int64 // bounds of bodies by route, as web.Options has them
	Count    gin.HandlerFunc  // counts requests; nil: nobody does
}

// Site is one listener's handler.
func Site(o Options, parts ...Part) http.Handler {
	e := web.NewEngine(web.Options{Log: o.Log, Problems: o.Problems, Bodies: o.Bodies})
	if o.Count != nil {
		e.Use(o.Count)
	}
	for _, p := range parts {
		p.Routes(e)
	}
	return web.Base(o.Base, e)
}

// Assets is the part with the pages' style sheet and icon.
type Assets struct{}

// Routes implements Part.
func (Assets) Routes(r gin.IRouter) { web.Static(r) }

// Route is one way into a site: a method, and the pattern of its path with :names.
type Route struct{ Method, Path string }

// Routes lists the routes of parts as Site would serve them: tests that must try each of them take them from here.
func Routes(parts ...Part) []Route {
	e := gin.New()
	for _, p := range parts {
		p.Routes(e)
	}
	var out []Route
	for _, r := range e.Routes() {
		out = append(out, Route{r.Method, r.Path})
	}
	return out
}
