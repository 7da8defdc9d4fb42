package rehearsal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/rehearsal"
)

// diary is a world of entries that fall due, each of which may leave others.
type diary struct {
	now   time.Duration // since the beginning
	due   map[time.Duration][]string
	after map[string]map[time.Duration]string // what an entry leaves, and how much later
	done  []string
	stops int
	far   error
	stuck bool // Pass fails
}

var begin = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func (d *diary) MayAdvance(context.Context, time.Duration) error { return d.far }

func (d *diary) Advance(_ context.Context, by time.Duration) error {
	d.now += by
	d.stops++
	return nil
}

func (d *diary) Now(context.Context) (time.Time, error) { return begin.Add(d.now), nil }

func (d *diary) Next(_ context.Context, since time.Time) (time.Time, error) {
	var next time.Time
	for at := range d.due {
		if one := begin.Add(at); one.After(since) && (next.IsZero() || one.Before(next)) {
			next = one
		}
	}
	return next, nil
}

func (d *diary) Pass(context.Context) (bool, error) {
	if d.stuck {
		return false, consent.ErrUnavailable
	}
	more := false
	for at, names := range d.due {
		if at > d.now {
			continue
		}
		delete(d.due, at)
		for _, name := range names {
			d.done = append(d.done, fmt.Sprintf("%s %s", d.now, name))
			for wait, next := range d.after[name] {
				d.due[d.now+wait] = append(d.due[d.now+wait], next)
				more = true
			}
		}
	}
	return more, nil
}

// TestJumpPlaysInOrder: what an entry leaves behind comes before what was there all along and falls due later.
func TestJumpPlaysInOrder(t *testing.T) {
	t.Parallel()
	d := &diary{
		due:   map[time.Duration][]string{24 * time.Hour: {"reminder"}, 119 * time.Hour: {"deadline"}, 200 * time.Hour: {"later"}},
		after: map[string]map[time.Duration]string{"reminder": {time.Second: "opens"}, "opens": {2 * time.Second: "decides"}, "decides": {0: "tells"}},
	}
	c := &rehearsal.Clockwork{World: d}
	if err := c.Advance(t.Context(), 121*time.Hour); err != nil {
		t.Fatal(err)
	}
	want := []string{"24h0m0s reminder", "24h0m1s opens", "24h0m3s decides", "24h0m3s tells", "119h0m0s deadline"}
	if !slices.Equal(d.done, want) || d.now != 121*time.Hour {
		t.Errorf("%v at %s", d.done, d.now)
	}
}

// TestJumpEnds: something that falls due every second of five years does not keep the clock from its end.
func TestJumpEnds(t *testing.T) {
	t.Parallel()
	d := &diary{due: map[time.Duration][]string{time.Second: {"tick"}}, after: map[string]map[time.Duration]string{"tick": {time.Second: "tick"}}}
	by := 5 * 365 * 24 * time.Hour
	if err := (&rehearsal.Clockwork{World: &slowly{d}}).Advance(t.Context(), by); err != nil || d.now != by || d.stops < 1000 || d.stops > 5000 {
		t.Errorf("%v, %d stops to %s", err, d.stops, d.now)
	}
}

// running is a world whose clock runs by itself: each pass takes two seconds, in which more falls due.
type running struct{ *diary }

func (r *running) Pass(ctx context.Context) (bool, error) {
	more, err := r.diary.Pass(ctx)
	r.now += 2 * time.Second
	return more, err
}

// TestJumpPassesOverNothing: what falls due while the moment before is worked at is not left until the next one.
func TestJumpPassesOverNothing(t *testing.T) {
	t.Parallel()
	d := &diary{due: map[time.Duration][]string{
		time.Second: {"at once"}, 24 * time.Hour: {"first"}, 24*time.Hour + time.Second: {"beside it"}, 119 * time.Hour: {"far"},
	}}
	if err := (&rehearsal.Clockwork{World: &running{d}}).Advance(t.Context(), 121*time.Hour); err != nil {
		t.Fatal(err)
	}
	want := []string{"at once", "first", "beside it", "far"}
	var names []string
	for _, line := range d.done {
		at, name, _ := strings.Cut(line, " ")
		names = append(names, name)
		if took, err := time.ParseDuration(at); err != nil || name == "beside it" && took > 24*time.Hour+time.Minute || name == "at once" && took > time.Minute {
			t.Errorf("%s at %s", name, at)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("%v", d.done)
	}
}

// slowly says of nothing that it is worth waiting for.
type slowly struct{ *diary }

func (s *slowly) Pass(ctx context.Context) (bool, error) {
	_, err := s.diary.Pass(ctx)
	return false, err
}

// TestJumpThatCannot: too far is refused before anything moves; what cannot be done holds up nothing and is told.
func TestJumpThatCannot(t *testing.T) {
	t.Parallel()
	far := errors.New("too far")
	d := &diary{far: far}
	if err := (&rehearsal.Clockwork{World: d}).Advance(t.Context(), time.Hour); !errors.Is(err, far) || d.now != 0 {
		t.Errorf("%v at %s", err, d.now)
	}
	d = &diary{stuck: true, due: map[time.Duration][]string{time.Minute: {"never done"}}}
	err := (&rehearsal.Clockwork{World: d}).Advance(t.Context(), time.Hour)
	if !errors.Is(err, rehearsal.ErrNotDone) || !errors.Is(err, consent.ErrUnavailable) || d.now != time.Hour {
		t.Errorf("%v at %s", err, d.now)
	}
}

// oneJump is the theatre as a clock of one jump moves it.
type oneJump struct{ *theatre }

func (o oneJump) MayAdvance(ctx context.Context, by time.Duration) error {
	return o.Store.MayAdvance(ctx, by)
}
func (o oneJump) Advance(ctx context.Context, by time.Duration) error {
	return o.Store.Advance(ctx, by)
}
func (o oneJump) Now(ctx context.Context) (time.Time, error) { return o.Store.Now(ctx) }

func (o oneJump) Next(ctx context.Context, since time.Time) (time.Time, error) {
	next, _, err := o.Store.Upcoming(ctx, "shop", since)
	for _, kind := range []consent.JobKind{consent.JobLetter, consent.JobAct} {
		c, fault := o.Queue.Coming(ctx, "shop", kind, since)
		err = errors.Join(err, fault)
		if next.IsZero() || !c.Next.IsZero() && c.Next.Before(next) {
			next = c.Next
		}
	}
	return next, err
}

func (o oneJump) Pass(ctx context.Context) (bool, error) {
	_, err := consent.Sweeper{Service: o.Service}.RunOnce(ctx)
	n, fault := o.relay.RunOnce(ctx)
	return n > 0, errors.Join(err, fault)
}

// TestOneJumpOverTheDeadline: who is slow grants at the reminder, on the way of a single jump past the deadline; who never answers lets
// the request expire at its deadline, not at the end of the jump.
func TestOneJumpOverTheDeadline(t *testing.T) {
	t.Parallel()
	h := open(t)
	never, slow := h.ask("user-1", "never@guardian.test"), h.ask("user-2", "slow@guardian.test")
	if err := (&rehearsal.Clockwork{World: oneJump{h}, For: time.Hour}).Advance(t.Context(), 125*time.Hour); err != nil {
		t.Fatal(err)
	}
	if rec := h.record(slow); rec.Status != consent.Granted || rec.DecidedAt.Sub(rec.CreatedAt).Round(time.Hour) != 24*time.Hour {
		t.Errorf("slow: %s, %s after the signup", rec.Status, rec.DecidedAt.Sub(rec.CreatedAt))
	}
	rec := h.record(never)
	events, err := h.Store.Events(t.Context(), "shop", "", 100)
	if err != nil || rec.Status != consent.Expired {
		t.Fatal(rec.Status, err)
	}
	at := events[slices.IndexFunc(events, func(e consent.Event) bool { return e.Type == consent.EventExpired })].At
	if late := at.Sub(rec.ExpiresAt); late < 0 || late > time.Minute {
		t.Errorf("expired %s after the deadline", late)
	}
}

// gate is a world whose first jump rests until it is let go.
type gate struct {
	diary
	here, on chan struct{}
}

func (g *gate) MayAdvance(ctx context.Context, by time.Duration) error {
	if g.here != nil {
		close(g.here)
		<-g.on
		g.here = nil
	}
	return g.diary.MayAdvance(ctx, by)
}

// Whoever left before their turn moves nothing; a jump that has begun goes to its end.
func TestJumpsQueue(t *testing.T) {
	world := &gate{here: make(chan struct{}), on: make(chan struct{})}
	work := &rehearsal.Clockwork{World: world}
	first, leave := context.WithCancel(t.Context())
	here, ended := world.here, make(chan error)
	go func() { ended <- work.Advance(first, time.Hour) }()
	<-here
	leave()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := work.Advance(gone, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
	close(world.on)
	if err := <-ended; err != nil || world.now != time.Hour {
		t.Errorf("%v, and the clock is at %v", err, world.now)
	}
	if err := work.Advance(t.Context(), time.Hour); err != nil || world.now != 2*time.Hour {
		t.Errorf("%v, and the clock is at %v", err, world.now)
	}
}
