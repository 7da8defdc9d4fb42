package outbox

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func TestClaimGivesWhatWasPut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		body := "a b\x00c\n\xff{\"k\": \"김\"} "
		r.leave(app, "job_1", consent.JobLetter, 0, body)
		j := r.one()
		if j.App != app || j.ID != "job_1" || j.Kind != consent.JobLetter || string(j.Body) != body {
			t.Errorf("claimed %+v", j)
		}
		if !j.Held() || j.Attempts != 0 || j.Faults != 0 || j.Last != "" {
			t.Errorf("a fresh job has %+v", j)
		}
		if wait := j.At.Sub(j.Enqueued); wait < 0 || wait > time.Minute {
			t.Errorf("claimed %s after it was put", wait)
		}
		r.sound(app)
	})
}

func TestPutTwiceChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leave(app, "job_1", consent.JobLetter, 0, "first")
		j := r.one()
		r.leave(app, "job_1", consent.JobLetter, 0, "second")
		if got := r.claim(consent.JobLetter, 10); len(got) != 0 {
			t.Errorf("a repeated put made a held job due: %+v", got)
		}
		if err := r.Done(t.Context(), j); err != nil {
			t.Errorf("a repeated put took the fence: %v", err)
		}
	})
}

func TestEmptyBody(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		if j := r.one(); len(j.Body) != 0 {
			t.Errorf("body %q", j.Body)
		}
	})
}

func TestClaimWaitsForItsTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leave(app, "later", consent.JobLetter, time.Hour, "")
		r.leave(app, "first", consent.JobLetter, 0, "")
		if j := r.one(); j.ID != "first" {
			t.Errorf("claimed %s before its time", j.ID)
		}
		r.move(59*time.Minute + time.Second) // or its lease may end in the millisecond in which the other comes
		if j := r.one(); j.ID != "first" {
			t.Errorf("claimed %s before its time", j.ID)
		}
		r.move(2 * time.Minute)
		if got := r.claim(consent.JobLetter, 10); len(got) != 2 || got[0].ID != "later" {
			t.Errorf("after the hour: %+v", got)
		}
	})
}

func TestLeaseEndsAndFenceRefusesTheLateOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		r.leave(app, "job_1", consent.JobLetter, 0, "body")
		held, err := r.Claim(ctx, app, consent.JobLetter, 10, time.Hour)
		if err != nil || len(held) != 1 {
			t.Fatal(held, err)
		}
		slow := held[0]
		r.move(59 * time.Minute)
		if got := r.claim(consent.JobLetter, 10); len(got) != 0 {
			t.Fatalf("claimed within the lease: %+v", got)
		}
		r.move(2 * time.Minute)
		quick := r.one()
		if quick.Fence <= slow.Fence || !quick.Held() {
			t.Errorf("fence %d after %d", quick.Fence, slow.Fence)
		}
		for name, late := range map[string]error{
			"done": r.Done(ctx, slow), "retry": r.Retry(ctx, slow, Again{Attempts: 1}), "bury": r.Bury(ctx, slow, "late"),
		} {
			if !errors.Is(late, ErrLost) {
				t.Errorf("%s with an old fence: %v", name, late)
			}
		}
		r.sound(app)
		if err := r.Done(ctx, quick); err != nil {
			t.Errorf("done by the holder: %v", err)
		}
		r.empty(app)
	})
}

func TestRetryGivesTheFenceBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		r.leave(app, "job_1", consent.JobLetter, 0, "body")
		j := r.one()
		a := Again{Delay: time.Hour, Attempts: 1, Code: "rcpt_450"}
		if err := r.Retry(ctx, j, a); err != nil {
			t.Fatal(err)
		}
		if err := r.Retry(ctx, j, a); !errors.Is(err, ErrLost) {
			t.Errorf("a repeated retry counted again: %v", err)
		}
		if got := r.claim(consent.JobLetter, 10); len(got) != 0 {
			t.Errorf("due before its pause: %+v", got)
		}
		r.move(time.Hour)
		j = r.one()
		if j.Attempts != 1 || j.Faults != 0 || j.Last != "rcpt_450" || string(j.Body) != "body" {
			t.Errorf("after one failure %+v", j)
		}
		if err := r.Retry(ctx, j, Again{Faults: 1}); err != nil {
			t.Fatal(err)
		}
		if j = r.one(); j.Attempts != 1 || j.Faults != 1 || j.Last != "rcpt_450" {
			t.Errorf("after one failure and one fault %+v", j)
		}
	})
}

// A job that was read and not claimed is nobody's to finish.
func TestOnlyAClaimGivesTheJob(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		jobs, _, err := r.List(t.Context(), app, Find{})
		if err != nil || len(jobs) != 1 || jobs[0].Held() {
			t.Fatalf("listed %+v, %v", jobs, err)
		}
		if err := r.Done(t.Context(), jobs[0]); !errors.Is(err, ErrLost) {
			t.Errorf("done without a claim: %v", err)
		}
		r.one()
	})
}

func TestBuryReviveDrop(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		r.leave(app, "job_1", consent.JobLetter, 0, "body")
		j := r.one()
		j.Body = []byte("rest")
		if err := r.Bury(ctx, j, "RCPT 550 <x@y>"); err != nil {
			t.Fatal(err)
		}
		if err := r.Bury(ctx, j, "again"); !errors.Is(err, ErrLost) {
			t.Errorf("buried twice: %v", err)
		}
		if err := r.Done(ctx, j); !errors.Is(err, ErrLost) {
			t.Errorf("done after burial: %v", err)
		}
		r.sound(app)
		if got := r.claim(consent.JobLetter, 10); len(got) != 0 || r.dead(app) != 1 {
			t.Fatalf("claimed %d, dead %d", len(got), r.dead(app))
		}
		if err := r.Revive(ctx, app, "job_1"); err != nil {
			t.Fatal(err)
		}
		j = r.one()
		if string(j.Body) != "rest" || j.Last != "rcpt_550__x_y_" || j.Attempts != 0 || r.dead(app) != 0 {
			t.Errorf("revived %+v, dead %d", j, r.dead(app))
		}
		if err := r.Revive(ctx, app, "job_1"); !errors.Is(err, ErrHeld) {
			t.Errorf("revive of a held job: %v", err)
		}
		if err := r.Drop(ctx, app, "job_1"); err != nil {
			t.Fatal(err)
		}
		r.empty(app)
		for name, err := range map[string]error{"drop": r.Drop(ctx, app, "job_1"), "revive": r.Revive(ctx, app, "job_1")} {
			if !errors.Is(err, ErrNoJob) {
				t.Errorf("%s of nothing: %v", name, err)
			}
		}
	})
}

func TestReviveBringsAWaitingJobForward(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		if err := r.Retry(t.Context(), r.one(), Again{Delay: 24 * time.Hour, Attempts: 3}); err != nil {
			t.Fatal(err)
		}
		if err := r.Revive(t.Context(), app, "job_1"); err != nil {
			t.Fatal(err)
		}
		if j := r.one(); j.Attempts != 3 {
			t.Errorf("the schedule began anew: %+v", j)
		}
	})
}

func TestReviveTakesFenceFromTheBurier(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leave(app, "job_1", consent.JobLetter, 0, "")
		first := r.one()
		if err := r.Bury(t.Context(), first, "x"); err != nil {
			t.Fatal(err)
		}
		if err := r.Revive(t.Context(), app, "job_1"); err != nil {
			t.Fatal(err)
		}
		if err := r.Done(t.Context(), first); !errors.Is(err, ErrLost) {
			t.Errorf("a former holder finished a revived job: %v", err)
		}
	})
}

func TestDeadAreKeptThirtyDays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for i := range 30 {
			r.leave(app, fmt.Sprint("job_", i), consent.JobLetter, 0, "")
		}
		for _, j := range r.claim(consent.JobLetter, 30) {
			if err := r.Bury(t.Context(), j, "x"); err != nil {
				t.Fatal(err)
			}
		}
		r.move(DeadKept - time.Minute)
		r.claim(consent.JobLetter, 1)
		if n := r.dead(app); n != 30 {
			t.Fatalf("%d of 30 dead within their time", n)
		}
		r.move(2 * time.Minute)
		r.claim(consent.JobLetter, 1)
		r.claim(consent.JobLetter, 1)
		r.empty(app)
	})
}

func TestUnreadableJobGoesToTheDead(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		r.leave(app, "bad", consent.JobLetter, 0, "")
		r.client.HSet(ctx, testKeys(app).Jobs, "bad", "not a job")
		r.leave(app, "good", consent.JobLetter, 0, "")
		if j := r.one(); j.ID != "good" {
			t.Errorf("claimed %+v", j)
		}
		r.sound(app)
		jobs, _, err := r.List(ctx, app, Find{Dead: true})
		if err != nil || len(jobs) != 1 || jobs[0].ID != "bad" {
			t.Errorf("dead: %+v, %v", jobs, err)
		}
		if err := r.Drop(ctx, app, "bad"); err != nil {
			t.Error(err)
		}
	})
}

// A long queue of one kind is not in front of another.
func TestKindsHaveLanes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leaveMany(app, "w", consent.JobWebhook, 1000)
		r.leave(app, "strange", "strange", 0, "")
		r.leave(app, "letter", consent.JobLetter, 0, "")
		for _, kind := range []consent.JobKind{consent.JobLetter, consent.JobWebhook, "strange"} {
			jobs := r.claim(kind, 1)
			if len(jobs) != 1 || jobs[0].Kind != kind {
				t.Errorf("claim of %s: %+v", kind, jobs)
			}
		}
	})
}

// The table of lanes is in put.lua and in floor.
func TestLanesAgree(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, kind := range []consent.JobKind{consent.JobLetter, consent.JobWebhook, "strange"} {
			r.leave(app, string(kind), kind, 0, "")
			score := r.client.ZScore(t.Context(), testKeys(app).Due, string(kind)).Val()
			n, due := lane(score)
			if int64(n)*laneWidth != floor(kind) || time.Since(due).Abs() > time.Minute {
				t.Errorf("%s: score %.0f is lane %d, %s", kind, score, n, due)
			}
		}
	})
}

func TestClaimIsBounded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leaveMany(app, "j", consent.JobLetter, 300)
		if got := r.claim(consent.JobLetter, 7); len(got) != 7 {
			t.Errorf("claimed %d of 7", len(got))
		}
		if got := r.claim(consent.JobLetter, 1000); len(got) != maxClaim {
			t.Errorf("claimed %d, the bound is %d", len(got), maxClaim)
		}
	})
}

// Claims at the same time never give one job twice.
func TestClaimsDoNotOverlap(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leaveMany(app, "j", consent.JobLetter, 600)
		seen := newTally()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					jobs, err := r.Claim(t.Context(), app, consent.JobLetter, 10, time.Minute)
					if err != nil || len(jobs) == 0 {
						return
					}
					for _, j := range jobs {
						seen.add(j.ID)
					}
				}
			})
		}
		all.Wait()
		seen.check(t, 600)
	})
}

func TestParseRefuses(t *testing.T) {
	for _, v := range []string{"", "1 2 3", "x 0 0 1 - letter b", "1 0 0 1 -", strings.Repeat(" ", 7)} {
		if _, err := Parse(app, "job_1", v); err == nil {
			t.Errorf("%q was read", v)
		}
	}
}

func TestUnavailable(t *testing.T) {
	s := startServer(t)
	r := newRig(t, s.addr)
	s.kill()
	_, claim := r.Claim(t.Context(), app, consent.JobLetter, 1, time.Minute)
	_, _, list := r.List(t.Context(), app, Find{})
	_, stats := r.Stats(t.Context(), app, consent.JobLetter)
	_, waiting := r.Waiting(t.Context(), consent.JobLetter, []string{app})
	for name, err := range map[string]error{"claim": claim, "list": list, "stats": stats, "waiting": waiting} {
		if consent.KindOf(err) != consent.KindUnavailable {
			t.Errorf("%s on a dead server: %v", name, err)
		}
	}
}
