package rehearsal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/rehearsal"
)

// theatre is a test space with a cast, and an inbox for everybody else.
type theatre struct {
	*consenttest.Kit
	t      *testing.T
	cast   *rehearsal.Cast
	played *consenttest.Letterbox
	relay  *outbox.Relay
}

func open(t *testing.T) *theatre {
	t.Helper()
	k := consenttest.New(t)
	k.Service.Settings.Test = true
	h := &theatre{Kit: k, t: t, played: &consenttest.Letterbox{}}
	h.cast = rehearsal.New(rehearsal.Options{
		Stage: k.Service, Outbox: k.Store, Mail: k.Letters, Played: h.played, Read: k.Service.Settings.MinPage,
	})
	k.Service.Courier = h.cast
	h.relay = outbox.NewRelay(outbox.Setup{
		Queue: k.Queue, Apps: func() []string { return []string{"shop"} },
		Workers: map[consent.JobKind]outbox.Worker{
			consent.JobLetter: func(ctx context.Context, j outbox.Job) error {
				return k.Service.Post(ctx, consent.Job{ID: j.ID, Kind: j.Kind, Body: j.Body})
			},
			consent.JobAct: func(ctx context.Context, j outbox.Job) error { return h.cast.Act(ctx, k.App, j.Body) },
		},
	})
	return h
}

// play lets time pass until nobody has anything to do.
func (h *theatre) play() {
	h.t.Helper()
	for range 10 {
		h.pass()
		if err := h.Store.Advance(h.t.Context(), 3*time.Second); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *theatre) pass() {
	h.t.Helper()
	if _, err := h.relay.RunOnce(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// asking is the signup of a child whose guardian has this address.
func asking(subject, address string) consent.Signup {
	return consent.Signup{
		Subject: subject, Notice: "n1",
		Child:    consent.Child{Name: consent.Secret("김하늘"), BirthDate: consent.Secret(time.Now().AddDate(-10, 0, 0).Format(time.DateOnly)), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret(address), Locale: "ko"},
		Data:     map[string]json.RawMessage{"nickname": json.RawMessage(`"하늘이"`)},
	}
}

// byApp is who asks.
var byApp = consent.Actor{Kind: consent.ActorApp, Ref: "k1"}

// ask signs a child up and plays it through.
func (h *theatre) ask(subject, address string) string {
	h.t.Helper()
	got, err := h.Service.Signup(h.t.Context(), h.App, byApp, asking(subject, address))
	if err != nil {
		h.t.Fatal(err)
	}
	h.play()
	return got.Record.ID
}

func (h *theatre) record(id string) consent.Record {
	h.t.Helper()
	rec, err := h.Service.Show(h.t.Context(), h.App, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return rec
}

// Each part leads to its own end, by the steps that a person makes.
func TestParts(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct {
		status consent.Status
		reason string
		mail   consent.MailState
	}{
		"approve@guardian.test":  {consent.Granted, "", consent.MailSent},
		"refuse@guardian.test":   {consent.Declined, consent.ReasonRefused, consent.MailSent},
		"not-mine@guardian.test": {consent.Declined, consent.ReasonNotMine, consent.MailSent},
		"bounce@guardian.test":   {consent.Pending, "", consent.MailBounced},
		"never@guardian.test":    {consent.Pending, "", consent.MailSent},
		"scanner@guardian.test":  {consent.Pending, "", consent.MailSent},
		"slow@guardian.test":     {consent.Pending, "", consent.MailSent},
		"nobody@guardian.test":   {consent.Pending, "", consent.MailSent},
		"approve@shop.example":   {consent.Pending, "", consent.MailSent},
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.ask("user-1", address)
			rec := h.record(id)
			if rec.Status != want.status || rec.Reason != want.reason || rec.Mail != want.mail {
				t.Fatalf("%s %s, mail %s", rec.Status, rec.Reason, rec.Mail)
			}
			if rec.Status == consent.Granted && !slices.Equal(rec.Granted, rec.Asked) {
				t.Errorf("granted %v of %v", rec.Granted, rec.Asked)
			}
			if rec.Tries != 0 {
				t.Errorf("%d misses", rec.Tries)
			}
			if real := len(h.Letters.All()) > 0; real != (address == "approve@shop.example") {
				t.Errorf("%d letters left the theatre", len(h.Letters.All()))
			}
		})
	}
}

// Who never answers lets the request expire; who is slow answers the first reminder.
func TestTimePasses(t *testing.T) {
	t.Parallel()
	h := open(t)
	never, slow := h.ask("user-1", "never@guardian.test"), h.ask("user-2", "slow@guardian.test")
	for range 6 {
		h.Advance(24 * time.Hour)
		h.play()
		h.Sweep()
	}
	if rec := h.record(never); rec.Status != consent.Expired {
		t.Errorf("never: %s", rec.Status)
	}
	if rec := h.record(slow); rec.DecidedAt.IsZero() || rec.DecidedAt.Sub(rec.CreatedAt) < 24*time.Hour {
		t.Errorf("slow: %s, decided %s after the signup", rec.Status, rec.DecidedAt.Sub(rec.CreatedAt))
	}
}

// A part may be asked more often in a day than a person, under as many names behind a plus as one likes.
func TestManyOfOnePart(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Service.Settings.GuardianDay = 2
	for i := range 4 {
		if rec := h.record(h.ask(fmt.Sprint("user-", i), fmt.Sprintf("Approve+%d@Guardian.TEST", i))); rec.Status != consent.Granted {
			t.Errorf("the %dth: %s", i+1, rec.Status)
		}
	}
}

// TestNoPartsInLive: the live space takes none of them, neither at the signup nor later, though it looks up no domain.
func TestNoPartsInLive(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.ask("user-1", "parent@shop.example")
	h.Service.Settings.Test = false
	for _, address := range []string{"approve@guardian.test", "Slow+7@Guardian.TEST", "anybody@guardian.test"} {
		_, signup := h.Service.Signup(t.Context(), h.App, byApp, asking("user-9", address))
		_, correct := h.Service.Correct(t.Context(), h.App, byApp, id, consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret(address)})
		for step, err := range map[string]error{"signup": signup, "correct": correct} {
			e, ok := errors.AsType[*consent.Error](err)
			if !ok || e.Code != "undeliverable_domain" || !strings.Contains(e.Detail, "test key") {
				t.Errorf("%s with %s: %v", step, address, err)
			}
		}
	}
	if rec := h.record(h.ask("user-10", "parent@guardian.test.example")); rec.Status != consent.Pending {
		t.Errorf("a domain that begins like it: %s", rec.Status)
	}
}

// A reader takes its time: nothing is decided sooner than a person could.
func TestPartsRead(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Service.Settings.MinPage = 2 * time.Second
	id := h.ask("user-1", "approve@guardian.test")
	rec := h.record(id)
	if rec.Status != consent.Granted || rec.DecidedAt.Sub(rec.CreatedAt) < 2*h.Service.Settings.MinPage {
		t.Errorf("%s after %s", rec.Status, rec.DecidedAt.Sub(rec.CreatedAt))
	}
}

// An act on a request that has ended meanwhile is moot, and one that is made twice decides once.
func TestActsAreSafe(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.ask("user-1", "never@guardian.test")
	letter, ok := h.played.Last(consent.LetterInvite)
	if !ok {
		t.Fatal("no letter")
	}
	letter.To = consent.Secret("approve@guardian.test")
	for range 3 {
		if err := h.cast.Deliver(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Service.Cancel(t.Context(), h.App, consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, id); err != nil {
		t.Fatal(err)
	}
	h.play()
	if rec := h.record(id); rec.Status != consent.Cancelled {
		t.Errorf("status %s", rec.Status)
	}
	for _, step := range []string{"open", "check", "decide"} {
		body := fmt.Sprintf(`{"app":"shop","r":%q,"p":"approve","t":"nonsense","of":"job_1","s":%q}`, id, step)
		if err := h.cast.Act(t.Context(), h.App, []byte(body)); !errors.Is(err, consent.ErrMoot) && (step != "check" || err != nil) {
			t.Errorf("%s with a link of nobody: %v", step, err)
		}
	}
	if err := h.cast.Act(t.Context(), h.App, []byte("nonsense")); err == nil {
		t.Error("nonsense was played")
	}
}

// The letter counts as delivered only when its first act is in the outbox: else nobody would ever answer.
func TestLostActIsTriedAgain(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	cast := rehearsal.New(rehearsal.Options{Stage: k.Service, Outbox: away{}, Mail: k.Letters, Played: k.Letters})
	letter := consent.Letter{ID: "job_1", Kind: consent.LetterInvite, To: consent.Secret("approve@guardian.test"), App: k.App, Link: "https://x/c/t"}
	if err := cast.Deliver(t.Context(), letter); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("delivered: %v", err)
	}
}

// away is an outbox that is not reached.
type away struct{}

// Leave fails.
func (away) Leave(context.Context, string, []consent.Job) error { return consent.ErrUnavailable }
