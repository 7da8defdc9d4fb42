package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/consent"
)

// setup is a relay's setup with the apps "shop" and, when more are named, those.
func (r *rig) setup(workers map[consent.JobKind]Worker, apps ...string) Setup {
	if len(apps) == 0 {
		apps = []string{app}
	}
	return Setup{Queue: r.Queue, Workers: workers, Apps: func() []string { return apps }, Random: func() float64 { return 0.5 }}
}

func letters(w Worker) map[consent.JobKind]Worker {
	return map[consent.JobKind]Worker{consent.JobLetter: w}
}

func (r *rig) pass(relay *Relay) int {
	r.t.Helper()
	n, err := relay.RunOnce(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// drain makes passes until one finds nothing.
func (r *rig) drain(relay *Relay) {
	r.t.Helper()
	for r.pass(relay) > 0 {
	}
}

// background runs relays until stop, which waits for them.
func (r *rig) background(relays ...*Relay) (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	var all sync.WaitGroup
	for _, relay := range relays {
		all.Go(func() { _ = relay.Run(ctx) })
	}
	stop = func() { cancel(); all.Wait() }
	r.t.Cleanup(stop)
	return stop
}

func TestRunOnceWorksEachKindByItsWorker(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		posts, hooks := newTally(), newTally()
		relay := NewRelay(r.setup(map[consent.JobKind]Worker{consent.JobLetter: posts.work, consent.JobWebhook: hooks.work}))
		r.leaveMany(app, "l", consent.JobLetter, 5)
		r.leaveMany(app, "w", consent.JobWebhook, 7)
		r.leave(app, "nobody's", "strange", 0, "")
		if n := r.pass(relay); n != 12 {
			t.Errorf("the pass tried %d of 12", n)
		}
		posts.check(t, 5)
		hooks.check(t, 7)
		if err := r.Drop(t.Context(), app, "nobody's"); err != nil {
			t.Errorf("a job that nobody works is gone: %v", err)
		}
		r.empty(app)
	})
}

// What each answer of a worker makes of its job.
func TestRelayDoesWhatTheAnswerSays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		answers := map[string]error{
			"done": nil, "drop": ErrDrop, "moot": consent.ErrMoot, "delay": Delay(time.Hour), "store": consent.ErrUnavailable,
			"again": &consent.DeliveryError{Code: 450, Stage: "rcpt"}, "never": &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"},
			"bug": errors.New("bug"),
		}
		seen := map[Outcome]int{}
		var mu sync.Mutex
		set := r.setup(letters(func(_ context.Context, j Job) error { return answers[j.ID] }))
		set.Observe = func(_ consent.JobKind, o Outcome, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen[o]++
		}
		for id := range answers {
			r.leave(app, id, consent.JobLetter, 0, "")
		}
		r.pass(NewRelay(set))
		want := map[string]string{"delay": "0 0 ", "store": "0 0 unavailable", "again": "1 0 rcpt_450", "bug": "0 1 fault"}
		jobs, _, err := r.List(t.Context(), app, Find{})
		if err != nil || len(jobs) != len(want) {
			t.Errorf("%d wait, %v", len(jobs), err)
		}
		for _, j := range jobs {
			if got := fmt.Sprint(j.Attempts, j.Faults, " ") + j.Last; got != want[j.ID] || j.Held() {
				t.Errorf("%s: %q, held %t", j.ID, got, j.Held())
			}
		}
		if seen[OutcomeDone] != 1 || seen[OutcomeDropped] != 2 || seen[OutcomeDelayed] != 2 || seen[OutcomeRetried] != 2 || seen[OutcomeBuried] != 1 {
			t.Errorf("observed %v", seen)
		}
		if n := r.dead(app); n != 1 {
			t.Errorf("%d dead", n)
		}
		r.sound(app)
	})
}

func TestDeadLetterIsSeen(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var told []Job
		set := r.setup(letters(func(context.Context, Job) error {
			return &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"}
		}))
		set.OnDead = func(ctx context.Context, j Job) {
			told = append(told, j)
			if ctx.Err() != nil {
				t.Error(ctx.Err())
			}
			panic("a hook that fails must not lose the job")
		}
		set.Remains = func(j Job) []byte { return bytes.ReplaceAll(j.Body, []byte("address"), nil) }
		r.leave(app, "job_1", consent.JobLetter, 0, "address of request 1")
		r.pass(NewRelay(set))
		if len(told) != 1 || told[0].Last != "rcpt_550" || string(told[0].Body) != "address of request 1" {
			t.Errorf("told %+v", told)
		}
		jobs, _, err := r.List(t.Context(), app, Find{Dead: true})
		if err != nil || len(jobs) != 1 || string(jobs[0].Body) != " of request 1" || jobs[0].Last != "rcpt_550" {
			t.Errorf("dead: %+v, %v", jobs, err)
		}
	})
}

// A job that makes its worker panic is tried a few times beside good ones, then lies among the dead. Nothing of what it
// panicked with reaches the log.
func TestPoison(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var out bytes.Buffer
		good := newTally()
		set := r.setup(letters(func(ctx context.Context, j Job) error {
			if strings.HasPrefix(j.ID, "poison") {
				panic("secret@example.com")
			}
			return good.work(ctx, j)
		}))
		set.Log = slog.New(slog.NewTextHandler(&out, nil))
		relay := NewRelay(set)
		r.leave(app, "poison", consent.JobLetter, 0, "canary")
		r.leaveMany(app, "good", consent.JobLetter, 20)
		for range maxFaults {
			r.drain(relay)
			r.move(3 * time.Hour)
		}
		good.check(t, 20)
		if n := r.dead(app); n != 1 {
			t.Errorf("%d dead", n)
		}
		log := out.String()
		if n := strings.Count(log, "panicked"); n != maxFaults {
			t.Errorf("%d panics logged, want %d", n, maxFaults)
		}
		if !strings.Contains(log, "job=poison") || !strings.Contains(log, "TestPoison") {
			t.Errorf("the log tells neither job nor place: %s", log)
		}
		if strings.Contains(log, "secret") || strings.Contains(log, "canary") {
			t.Errorf("the log tells too much: %s", log)
		}
	})
}

// A kind whose workers hang leaves the others alone, and so does an app whose receiver hangs.
func TestSlowOnesDoNotBlockOthers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		hang := make(chan struct{})
		release := sync.OnceFunc(func() { close(hang) })
		quick := newTally()
		var hanging atomic.Int32
		slow := func(ctx context.Context, j Job) error {
			if j.App == "quick" {
				return quick.work(ctx, j)
			}
			hanging.Add(1)
			<-hang
			return nil
		}
		relay := NewRelay(r.setup(map[consent.JobKind]Worker{consent.JobWebhook: slow, consent.JobLetter: quick.work}, "slow", "quick"))
		r.leaveMany("slow", "w", consent.JobWebhook, 100)
		stop := r.background(relay)
		t.Cleanup(release)
		until(t, "the slow app has its share", func() bool { return hanging.Load() == 12 })
		r.leaveMany("quick", "w", consent.JobWebhook, 50)
		r.leaveMany("slow", "l", consent.JobLetter, 50)
		until(t, "the others are done", func() bool { return quick.jobs() == 100 })
		if n := hanging.Load(); n != 12 {
			t.Errorf("the slow app has %d of 16 hands", n)
		}
		release()
		until(t, "the slow app is done too", func() bool { return hanging.Load() == 100 })
		stop()
		quick.check(t, 100)
		r.empty("slow")
		r.empty("quick")
	})
}

func TestSeveralRelaysDeliverEachJobOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		done := newTally()
		var relays []*Relay
		for range 4 {
			relays = append(relays, NewRelay(r.setup(letters(done.work), app, "other")))
		}
		stop := r.background(relays...)
		r.leaveMany(app, "a", consent.JobLetter, 500)
		r.leaveMany("other", "b", consent.JobLetter, 500)
		relays[0].Wake()
		until(t, "all delivered", func() bool { return done.jobs() == 1000 })
		stop()
		done.check(t, 1000)
		r.empty(app)
		r.empty("other")
	})
}

func TestStopLetsWorkersFinish(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		began, release := make(chan struct{}), make(chan struct{})
		relay := NewRelay(r.setup(letters(func(ctx context.Context, _ Job) error {
			close(began)
			<-release
			return ctx.Err() // nil: the stop must not end it within the grace
		})))
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- relay.Run(ctx) }()
		<-began
		cancel()
		r.leave(app, "job_2", consent.JobLetter, 0, "")
		select {
		case <-ended:
			t.Error("Run returned while a worker was at work")
		case <-time.After(20 * time.Millisecond):
		}
		close(release)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if j := r.one(); j.ID != "job_2" || j.Attempts != 0 {
			t.Errorf("left: %+v", j)
		}
	})
}

func TestStopEndsWorkersAfterGrace(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		began := make(chan struct{})
		set := r.setup(letters(func(ctx context.Context, _ Job) error {
			close(began)
			<-ctx.Done()
			return &consent.DeliveryError{Stage: "data", Err: ctx.Err()}
		}))
		set.Grace = time.Millisecond
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-began; cancel() }()
		if err := NewRelay(set).Run(ctx); err != nil {
			t.Error(err)
		}
		if j := r.one(); j.Attempts != 0 || j.Faults != 0 {
			t.Errorf("the stop was counted: %+v", j)
		}
	})
}

func TestWorkerThatTakesTooLong(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		set := r.setup(letters(func(ctx context.Context, _ Job) error {
			<-ctx.Done()
			return fmt.Errorf("smtp: %w", ctx.Err())
		}))
		rule := letter
		rule.Timeout = time.Millisecond
		set.Rules = map[consent.JobKind]Rule{consent.JobLetter: rule}
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		r.pass(NewRelay(set))
		r.move(2 * time.Minute)
		if j := r.one(); j.Attempts != 1 || j.Last != codeTimeout {
			t.Errorf("after a time-out: %+v", j)
		}
	})
}

// A worker that outslept its lease changes nothing for the one that has the job now.
func TestSleeperLosesItsJob(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var out bytes.Buffer
		set := r.setup(letters(func(context.Context, Job) error {
			r.move(time.Hour) // as if the process had been frozen
			if j := r.one(); j.ID != "job_1" {
				t.Errorf("claimed %+v", j)
			}
			return nil
		}))
		set.Log = slog.New(slog.NewTextHandler(&out, nil))
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		r.pass(NewRelay(set))
		if !strings.Contains(out.String(), "no longer held") {
			t.Errorf("log: %s", out.String())
		}
		jobs, _, err := r.List(t.Context(), app, Find{})
		if err != nil || len(jobs) != 1 || !jobs[0].Held() {
			t.Errorf("the holder's job: %+v, %v", jobs, err)
		}
	})
}

func TestWakeEndsARest(t *testing.T) {
	relay := NewRelay(Setup{Workers: letters(newTally().work)})
	relay.Wake()
	relay.Wake() // never blocks
	if !relay.lines[0].rest(t.Context(), time.Hour) {
		t.Error("the rest went on")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if relay.lines[0].rest(ctx, time.Hour) {
		t.Error("the end is no wake")
	}
}

func TestNoAppsAndNoWorkers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		set := r.setup(letters(newTally().work))
		set.Apps = func() []string { return nil }
		if n := r.pass(NewRelay(set)); n != 0 {
			t.Errorf("tried %d", n)
		}
		if n := r.pass(NewRelay(r.setup(nil))); n != 0 {
			t.Errorf("tried %d", n)
		}
	})
}

func TestRunLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		before := goleak.IgnoreCurrent()
		done := newTally()
		r.leaveMany(app, "j", consent.JobLetter, 50)
		relay := NewRelay(r.setup(letters(done.work)))
		stop := r.background(relay)
		until(t, "all delivered", func() bool { return done.jobs() == 50 })
		stop()
		_ = r.client.Close()
		goleak.VerifyNone(t, before)
	})
}
