//go:build proof

package consent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// model is what one request should be, kept without a store: the state-and-call table of the API and two deadlines.
type model struct {
	status  consent.Status
	custody consent.Custody
	age     time.Duration // since signup
	granted time.Duration // since the grant
	asked   bool          // the data was asked for
}

// pass lets time go by: an unanswered request ends at its deadline, uncollected data when its window is over.
func (m *model) pass(d, window time.Duration) {
	m.age += d
	if m.status == consent.Pending && m.age >= consent.DefaultPending {
		m.status, m.custody = consent.Expired, consent.Destroyed
	}
	if m.status == consent.Granted {
		if m.granted += d; m.granted >= window {
			m.custody = consent.Destroyed
		}
	}
}

// end moves to an end, where nothing is held.
func (m *model) end(to consent.Status) { m.status, m.custody = to, consent.Destroyed }

// run is a request on the real store beside its model.
type run struct {
	*consenttest.Kit
	t     *testing.T
	r     *rapid.T
	id    string
	token string
	m     model
}

func (r *run) wait(d time.Duration) {
	r.Advance(d)
	r.m.pass(d, r.Service.Settings.Window)
}

// same fails unless the error has this code; "" means none.
func (r *run) same(what string, err error, code string) {
	got := ""
	if err != nil {
		got = consent.CodeOf(err)
	}
	if got != code {
		r.r.Fatalf("%s of a request that is %s, %s: %q, want %q", what, r.m.status, r.m.custody, got, code)
	}
}

// decide walks the pages to an answer; on a request that is over there is nothing to decide, and nothing may change.
func (r *run) decide(d consent.Decision, to consent.Status) {
	v, err := r.Service.Open(r.t.Context(), r.token)
	if err != nil || v.Proof == "" {
		if r.m.status == consent.Pending {
			r.r.Fatalf("a pending request shows no form: %v", err)
		}
		return
	}
	r.wait(3 * time.Second)
	a := yes()
	a.Decision = d
	c, err := r.Service.Check(r.t.Context(), r.token, v.Proof, a)
	if err != nil {
		r.r.Fatalf("check: %v", err)
	}
	_, err = r.Service.Decide(r.t.Context(), r.token, c.Proof, "yes", false)
	r.same("decide", err, "")
	if to == consent.Granted {
		r.m.status, r.m.granted = to, 0
		return
	}
	r.m.end(to)
}

func (r *run) release() {
	_, err := r.Service.Release(r.t.Context(), r.App, app, r.id)
	switch {
	case r.m.status == consent.Pending:
		r.same("release", err, "not_granted")
	case r.m.custody == consent.Destroyed:
		r.same("release", err, "destroyed")
	default:
		r.same("release", err, "")
		r.m.custody, r.m.asked = consent.Released, true
	}
}

func (r *run) acknowledge() {
	if r.m.status == consent.Pending || r.m.status == consent.Granted && r.m.custody != consent.Destroyed {
		_, err := r.Service.Acknowledge(r.t.Context(), r.App, app, r.id)
		switch {
		case r.m.status == consent.Pending:
			r.same("acknowledge", err, "not_granted")
		case !r.m.asked:
			r.same("acknowledge", err, "not_released")
		default:
			r.same("acknowledge", err, "")
			r.m.custody = consent.Destroyed
		}
	}
}

func (r *run) cancel() {
	_, err := r.Service.Cancel(r.t.Context(), r.App, app, r.id)
	switch r.m.status {
	case consent.Pending, consent.Cancelled:
		r.same("cancel", err, "")
		r.m.end(consent.Cancelled)
	default:
		r.same("cancel", err, "not_pending")
	}
}

func (r *run) withdraw() {
	_, err := r.Service.Withdraw(r.t.Context(), r.App, app, r.id, nil)
	switch r.m.status {
	case consent.Granted, consent.Withdrawn:
		r.same("withdraw", err, "")
		r.m.end(consent.Withdrawn)
	case consent.Pending:
		r.same("withdraw", err, "not_granted")
	default:
		r.same("withdraw", err, "ended")
	}
}

// agree holds the record against the model.
func (r *run) agree(*rapid.T) {
	rec, err := r.Store.Get(r.t.Context(), "shop", r.id)
	if err != nil {
		r.r.Fatal(err)
	}
	if rec.Status != r.m.status || rec.Custody != r.m.custody {
		r.r.Fatalf("the record is %s, %s; the model %s, %s", rec.Status, rec.Custody, r.m.status, r.m.custody)
	}
	if (len(rec.Data) == 0) != (r.m.custody == consent.Destroyed) {
		r.r.Fatalf("custody %s with %d bytes of data", rec.Custody, len(rec.Data))
	}
}

// TestModel walks requests at random over a real Redis and holds every answer against a model without a store.
func TestModel(t *testing.T) {
	k := consenttest.NewOn(t, consenttest.Redis(t).URL(), t.TempDir())
	k.Service.Settings.GuardianDay = 1 << 30 // the walks share one guardian
	k.Service.Settings.Reask = 0
	requests, steps := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		requests++
		in := ask(fmt.Sprintf("model-%d", requests))
		in.Child.BirthDate = consent.Private{} // the clock runs years ahead, and this child stays under age
		ticket := signup(t, k, in)
		k.Work()
		var link string
		for _, l := range k.Letters.All() {
			if l.Case == ticket.Record.ID && l.Kind == consent.LetterInvite {
				link = l.Link
			}
		}
		_, token, ok := strings.Cut(link, "/c/")
		if !ok {
			rt.Fatal("no invitation")
		}
		r := &run{Kit: k, t: t, r: rt, id: ticket.Record.ID, token: token, m: model{status: consent.Pending, custody: consent.Held}}
		step := func(f func()) func(*rapid.T) { return func(*rapid.T) { steps++; f() } }
		rt.Repeat(map[string]func(*rapid.T){
			"":            r.agree,
			"grant":       step(func() { r.decide(consent.DecideGrant, consent.Granted) }),
			"decline":     step(func() { r.decide(consent.DecideDecline, consent.Declined) }),
			"release":     step(r.release),
			"acknowledge": step(r.acknowledge),
			"cancel":      step(r.cancel),
			"withdraw":    step(r.withdraw),
			"hour":        step(func() { r.wait(time.Hour) }),
			"days":        step(func() { r.wait(60 * time.Hour) }),
		})
	})
	t.Logf("%d requests, %d steps, each as the model says", requests, steps)
}
