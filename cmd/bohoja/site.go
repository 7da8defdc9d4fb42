package main

import (
	"net/http"
	"time"

	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/handlers/api"
	"github.com/bohoja/bohoja/handlers/embed"
	"github.com/bohoja/bohoja/handlers/guardian"
	"github.com/bohoja/bohoja/handlers/web"
)

func (h *house) problems() *web.Problems {
	return &web.Problems{Log: h.log, Book: h.book.Load, Base: web.BasePath(h.set.PublicURL), Counted: h.metrics.Secured}
}

// site is the public listener: the API for apps, the pages for guardians and children, and more.
func (h *house) site(problems *web.Problems, more ...handlers.Part) (http.Handler, error) {
	parts, err := h.parts(problems)
	if err != nil {
		return nil, err
	}
	return handlers.Site(handlers.Options{
		Log: h.log, Problems: problems, Base: problems.Base, Bodies: api.Bodies(), Count: h.metrics.Requests(time.Now),
	}, append(parts, more...)...), nil
}

// parts are all that answer on the public listener.
func (h *house) parts(problems *web.Problems) ([]handlers.Part, error) {
	options := h.apiOptions(problems)
	calls, err := api.New(options)
	if err != nil {
		return nil, err
	}
	var doors []guardian.Door
	for _, s := range h.spaces {
		doors = append(doors, s.service)
	}
	pages := guardian.New(guardian.Options{
		Spaces: doors, Book: h.book.Load, Base: problems.Base, Problems: problems, Networks: options.Networks, Decoyed: h.metrics.Decoyed,
	})
	browsers := embed.New(embed.Options{
		Spaces: h.embedSpaces(), Book: h.book.Load, Base: problems.Base, Problems: problems, Networks: options.Networks,
		PerMinute: options.PerMinute,
	})
	return []handlers.Part{calls, pages, browsers, handlers.Assets{}, handlers.Instance{Problems: problems, Prove: h.prove}}, nil
}

func (h *house) embedSpaces() []embed.Space {
	var out []embed.Space
	for _, s := range h.spaces {
		out = append(out, embed.Space{Door: s.service, Test: s.name == redisstore.Test})
	}
	return out
}

// apiOptions gives live keys the live space and test keys the test space. Where there is only one, as in dev, it takes all.
func (h *house) apiOptions(problems *web.Problems) api.Options {
	o := api.Options{
		Problems: problems, Networks: &web.Networks{Trusted: h.set.TrustedProxies},
		PublicURL: h.set.Steps().PublicURL, PerMinute: h.set.Limits.RequestsPerMinute, Leaked: h.metrics.Leaked, Gated: h.metrics.Gate,
		Revoked: h.revoked.Has,
	}
	for _, s := range h.spaces {
		one := api.Space{Service: s.service, Book: h.book.Load}
		if s.name == redisstore.Test {
			one.Clock = s.clock
			o.Test = one
		} else {
			o.Live, o.Networks.Log = one, h.log // a playground has no proxy that it could name
		}
	}
	if o.Live.Service == nil {
		o.Live = o.Test
	}
	return o
}
