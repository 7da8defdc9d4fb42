package consent_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// While the store is away every step says so: none answers from nothing, and above all not "yes" or "there is none".
func TestEveryStepWithoutTheStore(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	k := consenttest.NewOn(t, "redis://"+redis.Addr(), t.TempDir())
	ctx, s := t.Context(), k.Service
	ticket := signup(t, k, ask("user-1"))
	id, tok := ticket.Record.ID, invited(t, k)
	code, child := last(t, k, consent.LetterInvite).Code, token(t, ticket.ChildPage, "/k/")
	form := checked(t, k, tok, yes()).Proof
	grant, _ := granted(t, k, "user-2")
	back := withdrawToken(t, k)
	adult := consent.AgeCheck{Claim: consent.AgeClaim{Age: new(30)}, Subject: "user-1"}
	redis.SetError("LOADING Redis is loading the dataset in memory")
	for name, step := range map[string]func() error{
		"signup":     func() error { _, err := s.Signup(ctx, k.App, app, ask("user-3")); return err },
		"open":       func() error { _, err := s.Open(ctx, tok); return err },
		"check":      func() error { _, err := s.Check(ctx, tok, form, yes()); return err },
		"decide":     func() error { _, err := s.Decide(ctx, tok, form, "yes", false); return err },
		"recheck":    func() error { _, err := s.Recheck(ctx, tok, form); return err },
		"release":    func() error { _, err := s.Release(ctx, k.App, app, grant.ID); return err },
		"ack":        func() error { _, err := s.Acknowledge(ctx, k.App, app, grant.ID); return err },
		"show":       func() error { _, err := s.Show(ctx, k.App, id); return err },
		"list":       func() error { _, err := s.List(ctx, k.App, consent.Query{Limit: 1}); return err },
		"events":     func() error { _, err := s.Events(ctx, k.App, "", 1); return err },
		"resend":     func() error { _, err := s.Resend(ctx, k.App, app, id); return err },
		"correct":    func() error { _, err := s.Correct(ctx, k.App, app, id, person("박보호", parent)); return err },
		"join":       func() error { _, err := s.Join(ctx, k.App, app, id, person("박지킴", "s@example.com")); return err },
		"cancel":     func() error { _, err := s.Cancel(ctx, k.App, app, id); return err },
		"withdraw":   func() error { _, err := s.Withdraw(ctx, k.App, app, grant.ID, nil); return err },
		"w open":     func() error { _, err := s.OpenWithdraw(ctx, back); return err },
		"w check":    func() error { _, err := s.CheckWithdraw(ctx, back, form, consent.Wish{Name: "김보호"}); return err },
		"w confirm":  func() error { _, err := s.ConfirmWithdraw(ctx, back, form, "yes"); return err },
		"w recheck":  func() error { _, err := s.RecheckWithdraw(ctx, back, form); return err },
		"erase":      func() error { _, err := s.Erase(ctx, k.App, app, id, s.Clock(), nil); return err },
		"disclose":   func() error { _, err := s.Disclose(ctx, k.App, app, grant.ID, handedOver(k)); return err },
		"subject":    func() error { _, err := s.Subject(ctx, k.App, "user-1"); return err },
		"age":        func() error { _, err := s.AgeCheck(ctx, k.App, adult); return err },
		"wait":       func() error { _, err := s.Wait(ctx, child); return err },
		"w resend":   func() error { _, err := s.WaitResend(ctx, child); return err },
		"w cancel":   func() error { _, err := s.WaitCancel(ctx, child); return err },
		"short code": func() error { _, err := s.ByCode(ctx, code); return err },
		"letter": func() error {
			return s.Post(ctx, consent.Job{ID: "job_x", Body: []byte(`{"app":"shop","r":"` + id + `"}`)})
		},
		"sweep": func() error { _, err := (consent.Sweeper{Service: s}).RunOnce(ctx); return err },
	} {
		if err := step(); consent.KindOf(err) != consent.KindUnavailable && name != "sweep" || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	redis.SetError("")
	if rec := get(t, k, id); rec.Status != consent.Pending || rec.Rev != 1 {
		t.Errorf("something happened all the same: %+v", rec)
	}
}

// A host whose clock is an hour off seals under a key that would live too long or too short: the store refuses it.
func TestSignupWithAWrongClock(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	right := k.Service.Clock
	k.Service.Clock = func() time.Time { return right().Add(time.Hour) }
	_, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1"))
	wants(t, "an hour ahead", err, consent.ErrHour)
	k.Service.Clock = func() time.Time { return right().Add(-3 * time.Hour) }
	_, err = k.Service.Signup(t.Context(), k.App, app, ask("user-1"))
	wants(t, "three hours behind", err, consent.ErrHour)
}

// Releases and withdrawals at once: what an app got after a withdrawal was answered, it did not get from here.
func TestReleaseAgainstWithdraw(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	for _, subject := range []string{"user-1", "user-2", "user-3", "user-4"} {
		rec, _ := granted(t, k, subject)
		withdrawn := make(chan struct{})
		go func() {
			defer close(withdrawn)
			if _, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, nil); err != nil {
				t.Error(err)
			}
		}()
		for over := false; !over; {
			select {
			case <-withdrawn:
				over = true
			default:
			}
			if _, err := k.Service.Release(t.Context(), k.App, app, rec.ID); err != nil && consent.CodeOf(err) != "destroyed" {
				t.Error(err)
			}
		}
		_, err := k.Service.Release(t.Context(), k.App, app, rec.ID)
		wants(t, "after the withdrawal", err, consent.ErrDestroyed)
	}
}
