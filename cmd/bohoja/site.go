package main

import (
	"context"
	"errors"
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
	return &web.Problems{Log: h.log, Book: h.book.Load, Base: web.BasePath(h.set.PublicURL)}
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
			one.Clock = promptly{s}
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

// advance moves the test space's clock, and whatever moves with it.
func (s *space) advance(ctx context.Context, by time.Duration) error {
	if err := s.store.Advance(ctx, by); err != nil {
		return err
	}
	if s.aged != nil {
		s.aged(by)
	}
	return nil
}

// promptly is the test space's clock as the API moves it: deadlines that came with a step are carried out before its answer,
// so that a test need not wait for the roles' next round.
type promptly struct{ *space }

// Advance implements api.Clock. What a pass could not do, the roles do a second later; the clock has moved all the same.
func (p promptly) Advance(ctx context.Context, by time.Duration) error {
	if err := p.advance(ctx, by); err != nil {
		return err
	}
	if err := errors.Join(p.sweep(ctx), p.service.AgeOut(ctx), p.keep(ctx)); err != nil {
		p.service.Log.WarnContext(ctx, "what fell due with the clock was not done at once", "error", err)
	}
	return nil
}

// Now implements api.Clock.
func (p promptly) Now(ctx context.Context) (time.Time, error) { return p.store.Now(ctx) }
