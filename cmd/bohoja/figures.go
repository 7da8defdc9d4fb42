package main

import (
	"context"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/ops"
)

// destroyGrace is how late a destruction may be before it counts as overdue: several passes of the sweeper.
const destroyGrace = time.Minute

// figures reads what the metrics show of the live space.
func (h *house) figures(ctx context.Context) (ops.Figures, error) {
	out := ops.Figures{}
	for _, app := range h.apps() {
		f, err := h.spaces[0].figuresOf(ctx, app, h.set.Pending.TTL)
		if err != nil {
			return nil, err
		}
		out[app] = f
	}
	return out, nil
}

func (s *space) figuresOf(ctx context.Context, app string, ttl time.Duration) (ops.AppFigures, error) {
	kept, err := s.store.Figures(ctx, app, destroyGrace)
	if err != nil {
		return ops.AppFigures{}, err
	}
	dead, err := s.queue.Dead(ctx, app)
	if err != nil {
		return ops.AppFigures{}, err
	}
	f := ops.AppFigures{Pending: kept.Pending, Soon: kept.Soon, Overdue: kept.Overdue, Rights: kept.Rights, Late: kept.Late, Dead: dead, Queues: map[string]ops.QueueFigures{}}
	if !kept.Next.IsZero() {
		f.Oldest = max(0, s.store.Clock().Sub(kept.Next.Add(-ttl)))
	}
	for _, kind := range []consent.JobKind{consent.JobLetter, consent.JobWebhook} {
		q, err := s.queue.Stats(ctx, app, kind)
		if err != nil {
			return f, err
		}
		f.Queues[string(kind)] = ops.QueueFigures{Depth: q.Depth, Age: q.Oldest}
	}
	return f, nil
}
