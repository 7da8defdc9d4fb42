package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/mailer/bounces"
)

// bouncesGrace is how long a letter that is coming back may take when the service stops; its sender comes again otherwise.
const bouncesGrace = 2 * time.Second

// takeBounces begins to take letters that come back, where the settings name a place, and returns what to run until ctx ends.
func (h *house) takeBounces(ctx context.Context) (run func(context.Context), err error) {
	if h.set.SMTP.BouncesListen == "" {
		return func(context.Context) {}, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", h.set.SMTP.BouncesListen)
	if err != nil {
		return nil, fmt.Errorf("smtp.bounces_listen: %w", err)
	}
	s := bounces.New(bounces.Options{Address: h.set.SMTP.Bounces, Knows: h.knowsReturn, Returned: h.returned, Log: h.log})
	return func(ctx context.Context) {
		if err := s.Run(ctx, l, bouncesGrace); err != nil {
			h.log.ErrorContext(ctx, "letters that come back are no longer taken", "error", err)
		}
	}, nil
}

func (h *house) knowsReturn(token string) bool { return h.spaceOf(token) != nil }

// spaceOf is the space whose letter the token names; each has keys of its own.
func (h *house) spaceOf(token string) *space {
	for _, s := range h.spaces {
		if s.service.KnowsReturn(token) {
			return s
		}
	}
	return nil
}

func (h *house) returned(ctx context.Context, token, status string) error {
	s := h.spaceOf(token)
	if s == nil {
		return consent.ErrNotFound
	}
	if err := s.service.Returned(ctx, token, status); err != nil {
		return err
	}
	h.metrics.Returned()
	h.log.InfoContext(ctx, "a letter came back", "status", status)
	return nil
}
