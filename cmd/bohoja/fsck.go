package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/handlers/ops"
)

// check is one look through the records.
type check struct {
	at       time.Time
	findings int
}

// fsckPatience bounds one look; a store of millions is looked through whole by `doctor --fsck`.
const fsckPatience = time.Minute

// fsckMost is how many pending requests an app may have to be looked through whole every five minutes. Of a larger one
// fsckSample members of each list are looked at, others each time.
const (
	fsckMost   = 20_000
	fsckSample = 2_000
)

// fsck looks through the live records. What is found while requests come in is believed when it is found twice.
func (h *house) fsck(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, fsckPatience)
	defer stop()
	found := 0
	for _, s := range h.spaces {
		if s.name != redisstore.Live {
			continue
		}
		for _, app := range h.apps() {
			n, err := s.fsck(ctx, app)
			if err != nil {
				return err
			}
			found += n
		}
	}
	h.checked.Store(&check{time.Now(), found})
	if found > 0 {
		h.log.ErrorContext(ctx, "records do not fit together; see bohoja doctor --fsck", "findings", found)
	}
	return nil
}

// fsck counts what does not fit together in an app, at two looks.
func (s *space) fsck(ctx context.Context, app string) (int, error) {
	f, err := s.store.Figures(ctx, app, destroyGrace)
	if err != nil {
		return 0, err
	}
	look := s.store.Check
	if f.Pending > fsckMost {
		look = func(ctx context.Context, app string) ([]string, error) { return s.store.Sample(ctx, app, fsckSample) }
	}
	first, err := look(ctx, app)
	if err != nil || len(first) == 0 {
		return 0, err
	}
	again, err := s.store.Check(ctx, app) // whole: a sample would not meet the same again
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return len(first), nil // too large to be asked twice: better told in vain than not at all
	}
	if err != nil {
		return 0, err
	}
	return common(first, again), nil
}

// common counts what stands in both.
func common(first, again []string) (n int) {
	for _, f := range again {
		if slices.Contains(first, f) {
			n++
		}
	}
	return n
}

// showLogbook shows the audit log, the mark and the last look through the records as metrics, and times Redis.
func (h *house) showLogbook() {
	ops.NewLogbook(h.registry, func() ops.Logbook {
		b := ops.Logbook{Restored: h.tide.Admit() != nil}
		if h.keeper != nil {
			st := h.keeper.State()
			b.Entries, b.Working, b.Signed, b.Lag, b.Gaps = st.Size, st.Working, st.Signed, st.Lag, st.Gaps
		}
		if n := h.unsigned.Load(); n != nil {
			b.Reviewed, b.Unsigned = true, *n
		}
		if c := h.checked.Load(); c != nil {
			b.Checked, b.Findings = c.at, c.findings
		}
		return b
	})
	h.clients.Write.AddHook(timing{h.metrics})
	h.clients.Read.AddHook(timing{h.metrics})
}

// timing is a hook of the Redis client that measures round trips.
type timing struct{ metrics *ops.Metrics }

// DialHook implements redis.Hook.
func (timing) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (t timing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		start := time.Now()
		err := next(ctx, cmd)
		t.metrics.Redis(time.Since(start), away(err))
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (t timing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		start := time.Now()
		err := next(ctx, cmds)
		t.metrics.Redis(time.Since(start), away(err))
		return err
	}
}

// away reports whether no answer came; an answer that says no is one.
func away(err error) bool {
	_, said := err.(redis.Error) //nolint:errorlint // the client gives the server's answers as they are
	return err != nil && !said
}
