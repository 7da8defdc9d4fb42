package outbox

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// walk reads all pages.
func (r *rig) walk(f Find) []string {
	r.t.Helper()
	var ids []string
	for {
		jobs, next, err := r.List(r.t.Context(), app, f)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
		if next == "" {
			return ids
		}
		f.After = next
	}
}

func TestListPages(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leaveMany(app, "j", consent.JobLetter, 25) // all in one moment
		ids := r.walk(Find{Limit: 4})
		if len(ids) != 25 || !slices.IsSorted(ids) {
			t.Errorf("due: %v", ids)
		}
		for _, j := range r.claim(consent.JobLetter, 25) {
			if err := r.Bury(t.Context(), j, "rcpt_550"); err != nil {
				t.Fatal(err)
			}
		}
		ids = r.walk(Find{Dead: true, Limit: 4})
		slices.Sort(ids)
		if len(slices.Compact(ids)) != 25 {
			t.Errorf("dead: %v", ids)
		}
		jobs, _, err := r.List(t.Context(), app, Find{Dead: true, Limit: 1})
		if err != nil || jobs[0].Last != "rcpt_550" || time.Since(jobs[0].At).Abs() > time.Minute {
			t.Errorf("a dead letter says %+v, %v", jobs, err)
		}
	})
}

// Reviving page by page passes nothing over: the cursor's own job is gone by then.
func TestListWhileReviving(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leaveMany(app, "j", consent.JobLetter, 25)
		for i, j := range r.claim(consent.JobLetter, 25) {
			r.move(time.Duration(i%3) * time.Millisecond)
			if err := r.Bury(t.Context(), j, "x"); err != nil {
				t.Fatal(err)
			}
		}
		var after string
		for range 25 {
			jobs, next, err := r.List(t.Context(), app, Find{Dead: true, Limit: 5, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range jobs {
				if err := r.Revive(t.Context(), app, j.ID); err != nil {
					t.Fatal(err)
				}
			}
			if after = next; next == "" {
				break
			}
		}
		if n := r.dead(app); n != 0 {
			t.Errorf("%d were passed over", n)
		}
	})
}

func TestListRefusesAStrangeCursor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, c := range []string{"x", "~", "1.5~a", "+inf~a"} {
			if _, _, err := r.List(t.Context(), app, Find{After: c}); consent.CodeOf(err) != "bad_cursor" {
				t.Errorf("%q: %v", c, err)
			}
		}
	})
}

func TestStats(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		stats := func() Stats {
			s, err := r.Stats(t.Context(), app, consent.JobWebhook)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := stats(); s != (Stats{}) {
			t.Errorf("of nothing: %+v", s)
		}
		for i := range 3 {
			r.leave(app, fmt.Sprint(i), consent.JobWebhook, time.Duration(i)*time.Minute, "")
		}
		r.leave(app, "l", consent.JobLetter, 0, "")
		r.move(90 * time.Second)
		if s := stats(); s.Depth != 3 || s.Oldest < 89*time.Second || s.Oldest > 3*time.Minute {
			t.Errorf("two of three due: %+v", s)
		}
		r.claim(consent.JobWebhook, 10)
		if s := stats(); s.Depth != 3 || s.Oldest != 0 {
			t.Errorf("all due are held: %+v", s)
		}
	})
}

func TestWaiting(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.leave("a", "j", consent.JobLetter, 0, "")
		r.leave("b", "j", consent.JobWebhook, 0, "")
		r.leave("c", "j", consent.JobLetter, time.Hour, "")
		r.leave("d", "j", consent.JobLetter, 0, "")
		got, err := r.Waiting(t.Context(), consent.JobLetter, []string{"d", "c", "b", "a"})
		if err != nil || !slices.Equal(got, []string{"d", "a"}) {
			t.Errorf("waiting: %v, %v", got, err)
		}
	})
}
