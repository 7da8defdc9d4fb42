package outbox

import (
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// TestComing: what is due, what is held and what comes next are told apart, each kind by itself.
func TestComing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ago, moved := time.Duration(0), time.Duration(0)
		look := func(kind consent.JobKind) Coming {
			t.Helper()
			c, err := r.Coming(t.Context(), app, kind, time.Now().Add(moved-ago))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := look(consent.JobAct); c != (Coming{}) {
			t.Errorf("of nothing: %+v", c)
		}
		began := time.Now().Truncate(time.Millisecond) // as the server tells it
		comes := func(c Coming, after time.Duration) bool {
			return !c.Next.Before(began.Add(after)) && !c.Next.After(time.Now().Add(after))
		}
		r.leave(app, "a", consent.JobLetter, 0, "x")
		r.leave(app, "b", consent.JobLetter, time.Hour, "x")
		r.leave(app, "c", consent.JobAct, time.Minute, "x")
		letters := look(consent.JobLetter)
		if letters.Due != 1 || letters.Held != 0 || !comes(letters, time.Hour) {
			t.Errorf("letters: %+v", letters)
		}
		ago = time.Hour
		if since := look(consent.JobLetter); since.Due != 1 || !comes(since, 0) {
			t.Errorf("since an hour ago: %+v", since)
		}
		ago = 0
		if acts := look(consent.JobAct); acts.Due != 0 || !comes(acts, time.Minute) {
			t.Errorf("acts: %+v", acts)
		}
		got, err := r.Claim(t.Context(), app, consent.JobLetter, 5, 2*time.Minute)
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if letters = look(consent.JobLetter); letters.Due != 0 || letters.Held != 1 || !comes(letters, 2*time.Minute) {
			t.Errorf("with one that is held: %+v", letters)
		}
		if err := r.Done(t.Context(), got[0]); err != nil {
			t.Fatal(err)
		}
		r.move(time.Hour)
		moved = time.Hour
		if letters = look(consent.JobLetter); letters.Due != 1 || letters.Held != 0 || !letters.Next.IsZero() {
			t.Errorf("an hour later: %+v", letters)
		}
	})
}
