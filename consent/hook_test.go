package consent_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// hooked is a kit whose shop has one webhook.
func hooked(t *testing.T) *consenttest.Kit {
	t.Helper()
	k := consenttest.New(t)
	k.App.Webhooks = []consent.Webhook{{URL: "https://shop.example/hooks"}}
	return k
}

func tell(t *testing.T, k *consenttest.Kit, event string) error {
	t.Helper()
	job := consent.HookJob{App: k.App.ID, URL: k.App.Webhooks[0].URL, Event: event, Type: consent.EventGranted}
	return k.Service.Tell(t.Context(), job, time.Now())
}

// logged reads the whole delivery log.
func logged(t *testing.T, k *consenttest.Kit) []consent.Attempt {
	t.Helper()
	all, _, err := k.Service.Deliveries(t.Context(), k.App, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// 410 turns a webhook off, events are passed over meanwhile, and a test that is taken turns it on again.
func TestGoneTurnsOff(t *testing.T) {
	t.Parallel()
	k := hooked(t)
	k.Hooks.Code = 410
	if err := tell(t, k, "evt_1"); consent.CodeOf(err) != "internal" || err == nil {
		t.Errorf("the first: %v", err)
	}
	k.Hooks.Code = 204
	if err := tell(t, k, "evt_2"); !errors.Is(err, consent.ErrMoot) {
		t.Errorf("while it is off: %v", err)
	}
	if tried, _ := k.Hooks.Tried(); len(tried) != 1 {
		t.Errorf("%d attempts reached it", len(tried))
	}
	if all := logged(t, k); len(all) != 2 || all[0].Stage != consent.StageOff || all[0].Hint == "" || all[0].Event != "evt_2" || all[1].Code != 410 {
		t.Errorf("log %+v", all)
	}
	a, err := k.Service.Ping(t.Context(), k.App, 0)
	if err != nil || !a.Delivered() || a.Type != consent.EventPing {
		t.Errorf("ping %+v, %v", a, err)
	}
	if err := tell(t, k, "evt_3"); err != nil {
		t.Errorf("after the test: %v", err)
	}
}

// A failed test turns nothing on, and a success of an ordinary event that was under way neither.
func TestOnlyATestTurnsOn(t *testing.T) {
	t.Parallel()
	k := hooked(t)
	k.Hooks.Code = 410
	_ = tell(t, k, "evt_1")
	k.Hooks.Code = 500
	if a, err := k.Service.Ping(t.Context(), k.App, 0); err != nil || a.Delivered() || a.Code != 500 {
		t.Errorf("ping %+v, %v", a, err)
	}
	if err := tell(t, k, "evt_2"); !errors.Is(err, consent.ErrMoot) {
		t.Errorf("it is on again: %v", err)
	}
	for _, n := range []int{-1, 1} {
		if _, err := k.Service.Ping(t.Context(), k.App, n); !errors.Is(err, consent.ErrNoHook) {
			t.Errorf("webhook %d: %v", n, err)
		}
	}
}

// A replay has the id, the time and the data of the event as it was, and goes through the outbox.
func TestReplay(t *testing.T) {
	t.Parallel()
	k := hooked(t)
	signup(t, k, ask("user-1"))
	k.Work()
	all, err := k.Service.Events(t.Context(), k.App, "", 1)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	k.Advance(time.Hour)
	before := len(k.Hooks.All())
	if n, err := k.Service.Replay(t.Context(), k.App, all[0].ID); n != 1 || err != nil {
		t.Fatalf("%d queued, %v", n, err)
	}
	k.Work()
	jobs := k.Hooks.All()
	if len(jobs) != before+1 {
		t.Fatalf("%d jobs, %d before", len(jobs), before)
	}
	tellJob(t, k, jobs[len(jobs)-1].Body)
	tried, at := k.Hooks.Tried()
	got := tried[len(tried)-1]
	if got.Event != all[0].ID || got.Data.Subject != "user-1" || got.Type != consent.EventPending || !at[len(at)-1].Equal(all[0].At) {
		t.Errorf("told %+v of %s, was %+v", got, at[len(at)-1], all[0])
	}
	for _, id := range []string{"nonsense", consent.NewID(consent.PrefixEvent, time.Now())} {
		if _, err := k.Service.Replay(t.Context(), k.App, id); !errors.Is(err, consent.ErrNoEvent) {
			t.Errorf("%s: %v", id, err)
		}
	}
	k.App.Webhooks = nil
	if n, err := k.Service.Replay(t.Context(), k.App, all[0].ID); n != 0 || err != nil {
		t.Errorf("without webhooks: %d, %v", n, err)
	}
}

// mute is a store that cannot note anything.
type mute struct{ consent.Store }

// NoteAttempt fails.
func (mute) NoteAttempt(context.Context, string, consent.Attempt, consent.Switch) error {
	return consent.ErrUnavailable
}

// Off fails too when the context says so.
func (m mute) Off(ctx context.Context, app, url string) (bool, error) {
	if ctx.Value(m) != nil {
		return false, consent.ErrUnavailable
	}
	return m.Store.Off(ctx, app, url)
}

// A delivery that cannot be noted is a delivery all the same; one of which it is not known whether it is wanted waits.
func TestUnnotedDelivery(t *testing.T) {
	t.Parallel()
	k := hooked(t)
	m := mute{k.Service.Store}
	k.Service.Store = m
	if err := tell(t, k, "evt_1"); err != nil {
		t.Errorf("delivered, and %v", err)
	}
	job := consent.HookJob{App: k.App.ID, URL: k.App.Webhooks[0].URL, Event: "evt_2", Type: consent.EventGranted}
	if err := k.Service.Tell(context.WithValue(t.Context(), m, true), job, time.Now()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("nobody knows whether it is off, and %v", err)
	}
	if tried, _ := k.Hooks.Tried(); len(tried) != 1 {
		t.Errorf("%d attempts", len(tried))
	}
}

// tellJob works the body of a webhook job.
func tellJob(t *testing.T, k *consenttest.Kit, body []byte) {
	t.Helper()
	var job consent.HookJob
	if err := json.Unmarshal(body, &job); err != nil {
		t.Fatal(err)
	}
	if err := k.Service.Tell(t.Context(), job, time.Now()); err != nil {
		t.Fatal(err)
	}
}
