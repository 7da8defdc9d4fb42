package outbox

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
)

// cutter executes a command and loses its answer, once whenever it is armed.
type cutter struct{ armed atomic.Bool }

func (c *cutter) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *cutter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (c *cutter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err == nil && c.armed.CompareAndSwap(true, false) {
			cmd.SetErr(io.EOF)
			return io.EOF
		}
		return err
	}
}

// The answer to "done" or "try again" is lost: it is said again, and nothing is counted twice or reported as lost.
func TestSettlingWhoseAnswerIsLost(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var out bytes.Buffer
		var seen []Outcome
		cut := &cutter{}
		r.client.AddHook(cut)
		set := r.setup(letters(func(_ context.Context, j Job) error {
			cut.armed.Store(true)
			if j.ID == "again" {
				return &consent.DeliveryError{Code: 450, Stage: "rcpt"}
			}
			return nil
		}))
		set.Log = slog.New(slog.NewTextHandler(&out, nil))
		set.Observe = func(_ consent.JobKind, o Outcome, _ time.Duration) { seen = append(seen, o) }
		relay := NewRelay(set)
		// Both scripts are known to the server, so that the answer lost is that of their execution.
		warm := Job{App: app, ID: "none", Fence: 1}
		_, _ = r.Done(t.Context(), warm), r.Retry(t.Context(), warm, Again{})
		for _, id := range []string{"done", "again"} {
			r.leave(app, id, consent.JobLetter, 0, "")
			if n := r.pass(relay); n != 1 || cut.armed.Load() {
				t.Fatalf("%s: %d tried, answer lost: %t", id, n, !cut.armed.Load())
			}
		}
		if len(seen) != 2 || seen[0] != OutcomeDone || seen[1] != OutcomeRetried || out.Len() != 0 {
			t.Errorf("observed %v, log %q", seen, out.String())
		}
		r.move(time.Hour)
		if j := r.one(); j.ID != "again" || j.Attempts != 1 {
			t.Errorf("left: %+v", j)
		}
	})
}

// The store dies while a letter goes out. The worker's success is noted as soon as the store is back, within the same
// try, so the letter does not go out again.
func TestSettlingWaitsForTheStore(t *testing.T) {
	s := startServer(t)
	r := newRig(t, s.addr)
	back := make(chan struct{})
	relay := NewRelay(r.setup(letters(func(context.Context, Job) error {
		s.kill()
		go func() {
			defer close(back)
			time.Sleep(100 * time.Millisecond) // several refused tries
			s.start()
		}()
		return nil
	})))
	r.leave(app, "job_1", consent.JobLetter, 0, "")
	r.pass(relay)
	<-back
	r.empty(app)
}

// A stop does not wait for a store that stays away: the job comes back by its lease.
func TestSettlingGivesUpAtTheStop(t *testing.T) {
	s := startServer(t)
	r := newRig(t, s.addr)
	ctx, cancel := context.WithCancel(t.Context())
	set := r.setup(letters(func(context.Context, Job) error {
		s.kill()
		cancel()
		return nil
	}))
	set.Grace = time.Millisecond
	r.leave(app, "job_1", consent.JobLetter, 0, "")
	if _, err := NewRelay(set).RunOnce(ctx); err != nil && consent.KindOf(err) != consent.KindUnavailable {
		t.Error(err)
	}
	s.start()
	r.move(letter.Lease())
	if j := r.one(); j.Fence != 3 {
		t.Errorf("after the lease: %+v", j)
	}
}
