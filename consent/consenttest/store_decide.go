package consenttest

import (
	"bytes"
	"errors"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var decideTests = map[string]func(*bench){
	"grant/moves and re-seals":       grantMoves,
	"grant/again":                    grantAgain,
	"grant/refusals":                 grantRefusals,
	"grant/window ends with its key": grantWindow,
	"decline/destroys":               declineDestroys,
	"decline/refusals":               declineRefusals,
	"deadline/holds without sweeper": deadlineHolds,
	"expire/not before its time":     expireTime,
	"cancel/again, and others":       cancelAgain,
	"try/limit, lock and refund":     tryLimit,
	"try/refund has bounds":          refundBounds,
	"try/code has its own count":     tryCode,
	"try/refusals":                   tryRefusals,
	"misname/once":                   misnameOnce,
	"invite/state and silence":       inviteStates,
	"confirm/once":                   confirmOnce,
}

func grantMoves(b *bench) {
	r := b.pending("kid", "p@x")
	g := b.granting(r, "account")
	g.Refused = []string{"delivery"}
	got, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), g)
	b.must(err)
	if got.Status != consent.Granted || got.Custody != consent.Held || got.Rev != 2 || got.DataRev != 2 {
		b.Errorf("granted as %+v", got)
	}
	if len(got.Granted) != 1 || got.Granted[0] != "account" || len(got.Refused) != 1 || got.Method != consent.MethodEmailLink {
		b.Errorf("granted %v, refused %v", got.Granted, got.Refused)
	}
	if !bytes.Equal(got.People, g.People) || !bytes.Equal(got.Data, g.Data) || !bytes.Equal(got.Evidence, g.Evidence) {
		b.Error("what was sealed for the pending request is still there")
	}
	if !got.ReleaseBy.Equal(got.DecidedAt.Add(g.Window)) || !got.ExpiresAt.Equal(r.ExpiresAt) {
		b.Errorf("decided %v, release by %v", got.DecidedAt, got.ReleaseBy)
	}
	b.pending("kid", "p@x") // a granted request is not asking any more
}

func grantAgain(b *bench) {
	r := b.pending("kid", "p@x")
	b.once(func() (consent.Record, error) {
		return b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), b.granting(r, "account", "delivery"))
	})
	before := b.get(r.ID)
	_, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), b.granting(r, "account"))
	b.refused(err, consent.ErrNotPending, before)
	_, err = b.Store.Decline(b.Context(), b.mutation(r.ID, consent.EventDeclined), consent.Declining{Gen: 1, Reason: consent.ReasonRefused})
	b.refused(err, consent.ErrNotPending, before)
}

func grantRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	grant := func(change func(*consent.Granting)) error {
		g := b.granting(r, "account")
		change(&g)
		_, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), g)
		return err
	}
	b.refused(grant(func(g *consent.Granting) { g.Gen = 2 }), consent.ErrReplaced, r)
	b.refused(grant(func(g *consent.Granting) { g.Rev = 2 }), consent.ErrStale, r)
	b.refused(grant(func(g *consent.Granting) { g.Rev = 0 }), consent.ErrStale, r)
	_, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(consent.NewID(consent.PrefixRequest, b.now()), ""), "0"), b.granting(r, "account"))
	b.refused(err, consent.ErrNotFound, r)
	locked, err := b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 1, Lock: time.Hour})
	b.must(err)
	err = grant(func(*consent.Granting) {})
	b.refused(err, consent.ErrLocked, locked)
	if e, _ := errors.AsType[*consent.Error](err); e.RetryAfter <= 0 || e.RetryAfter > time.Hour {
		b.Errorf("locked, retry after %v", e.RetryAfter)
	}
	b.Advance(time.Hour)
	b.must(grant(func(*consent.Granting) {}))
}

func grantWindow(b *bench) {
	r := b.pending("kid", "p@x")
	g := b.granting(r, "account")
	g.ReleaseDies = b.now().Add(time.Hour).Truncate(time.Millisecond)
	got, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, ""), "0"), g)
	b.must(err)
	if !got.ReleaseBy.Equal(g.ReleaseDies) {
		b.Errorf("release by %v, its key dies %v", got.ReleaseBy, g.ReleaseDies)
	}
}

func declineDestroys(b *bench) {
	r := b.pending("kid", "p@x")
	got := b.once(func() (consent.Record, error) {
		return b.Store.Decline(b.Context(), b.mutation(r.ID, consent.EventDeclined), consent.Declining{Gen: 1, Reason: consent.ReasonNotMine})
	})
	b.closed(got, consent.Declined, consent.ReasonNotMine)
	if got.DecidedAt.IsZero() {
		b.Error("no time of the decision")
	}
	_, err := b.Store.Decline(b.Context(), b.mutation(r.ID, ""), consent.Declining{Gen: 1, Reason: consent.ReasonRefused})
	b.refused(err, consent.ErrNotPending, got)
	_, err = b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, ""), "0"), b.granting(r, "account"))
	b.refused(err, consent.ErrNotPending, got)
}

// closed checks that a request ended so and that nothing sealed is left.
func (b *bench) closed(r consent.Record, status consent.Status, reason string) {
	b.Helper()
	if r.Status != status || r.Custody != consent.Destroyed || r.Reason != reason || r.EndedAt.IsZero() {
		b.Errorf("ended as %s, %s, %s at %v", r.Status, r.Custody, r.Reason, r.EndedAt)
	}
	if got := b.get(r.ID); got.People != nil || got.Data != nil || got.Evidence != nil {
		b.Error("something sealed outlived the end")
	}
}

func declineRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Decline(b.Context(), b.mutation(r.ID, ""), consent.Declining{Gen: 2, Reason: consent.ReasonRefused})
	b.refused(err, consent.ErrReplaced, r)
}

// Nobody sweeps here: the scripts alone keep the deadline.
func deadlineHolds(b *bench) {
	r := b.pending("kid", "p@x")
	b.Advance(119*time.Hour + time.Second)
	ctx, m := b.Context(), b.mutation(r.ID, "")
	for name, step := range map[string]func() error{
		"grant":   func() error { _, err := b.Store.Grant(ctx, asGuardian(m, "0"), b.granting(r, "account")); return err },
		"decline": func() error { _, err := b.Store.Decline(ctx, m, consent.Declining{Gen: 1}); return err },
		"cancel":  func() error { _, err := b.Store.Cancel(ctx, m, consent.ReasonApp); return err },
		"try": func() error {
			_, err := b.Store.Try(ctx, m, consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
			return err
		},
		"misname": func() error { _, err := b.Store.Misname(ctx, m, 1, 0); return err },
		"resend":  func() error { _, err := b.Store.Resend(ctx, m, 3); return err },
		"correct": func() error { _, err := b.Store.Correct(ctx, m, consent.Correction{Rev: 1}); return err },
	} {
		if err := step(); !errors.Is(err, consent.ErrNotPending) {
			b.Errorf("%s after the deadline: %v", name, err)
		}
	}
	_, err := b.Store.Invited(ctx, m, 1, consent.MailSent, "")
	b.must(err)
	_, err = b.Store.Join(ctx, m, consent.Correction{Rev: 1})
	b.refused(err, consent.ErrEnded, r)
	got := b.once(func() (consent.Record, error) {
		return b.Store.Expire(ctx, b.mutation(r.ID, consent.EventExpired), consent.ReasonDeadline)
	})
	b.closed(got, consent.Expired, consent.ReasonDeadline)
}

func expireTime(b *bench) {
	r := b.pending("kid", "p@x")
	b.Advance(118 * time.Hour)
	_, err := b.Store.Expire(b.Context(), b.mutation(r.ID, ""), consent.ReasonDeadline)
	b.refused(err, consent.ErrNotDue, r)
	got, err := b.Store.Expire(b.Context(), b.mutation(r.ID, consent.EventExpired), consent.ReasonUnreadable)
	b.must(err)
	b.closed(got, consent.Expired, consent.ReasonUnreadable)
	g := b.granted("kid2", "p@x")
	_, err = b.Store.Expire(b.Context(), b.mutation(g.ID, ""), consent.ReasonUnreadable)
	b.refused(err, consent.ErrNotPending, g)
}

func cancelAgain(b *bench) {
	r := b.pending("kid", "p@x")
	got := b.once(func() (consent.Record, error) {
		return b.Store.Cancel(b.Context(), b.mutation(r.ID, consent.EventCancelled), consent.ReasonApp)
	})
	b.closed(got, consent.Cancelled, consent.ReasonApp)
	for status, r := range b.ended() {
		if status == consent.Cancelled {
			continue
		}
		_, err := b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
		b.refused(err, consent.ErrNotPending, b.get(r.ID))
	}
}

func tryLimit(b *bench) {
	r := b.pending("kid", "p@x")
	try := func() (consent.Record, error) {
		return b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 3, Lock: time.Hour})
	}
	for i := 1; i <= 3; i++ {
		got, err := try()
		b.must(err)
		if got.Tries != i || got.LockedUntil.IsZero() != (i < 3) {
			b.Fatalf("try %d: %d tries, locked until %v", i, got.Tries, got.LockedUntil)
		}
	}
	before := b.get(r.ID)
	_, err := try()
	b.refused(err, consent.ErrLocked, before)
	b.must(b.Store.Refund(b.Context(), b.mutation(r.ID, ""), false))
	if got := b.get(r.ID); got.Tries != 2 || !got.LockedUntil.IsZero() {
		b.Errorf("after the hit: %d tries, locked until %v", got.Tries, got.LockedUntil)
	}
	_, err = try()
	b.must(err)
	b.Advance(time.Hour)
	got, err := try()
	b.must(err)
	if got.Tries != 1 || !got.LockedUntil.IsZero() {
		b.Errorf("an hour later: %d tries, locked until %v", got.Tries, got.LockedUntil)
	}
}

// A hit gives back no more than was charged, and nothing once the request has ended.
func refundBounds(b *bench) {
	r := b.pending("kid", "p@x")
	b.must(b.Store.Refund(b.Context(), b.mutation(r.ID, ""), false))
	if b.Image() != b.before {
		b.Error("a refund of nothing has written something")
	}
	_, err := b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
	b.must(err)
	_, err = b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
	b.must(err)
	b.must(b.Store.Refund(b.Context(), b.mutation(r.ID, ""), false))
	if b.Image() != b.before {
		b.Error("a refund after the end has written something")
	}
}

func tryCode(b *bench) {
	r := b.pending("kid", "p@x")
	try := func(code bool) error {
		_, err := b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 2, Lock: time.Hour, Code: code})
		return err
	}
	b.must(try(false))
	b.must(try(true))
	b.must(try(true)) // closes
	if err := try(false); !errors.Is(err, consent.ErrLocked) {
		b.Errorf("after the code's last try: %v", err)
	}
	b.must(b.Store.Refund(b.Context(), b.mutation(r.ID, ""), false)) // a name's hit does not open what the code closed
	if err := try(false); !errors.Is(err, consent.ErrLocked) {
		b.Errorf("after the refund of another kind: %v", err)
	}
	b.must(b.Store.Refund(b.Context(), b.mutation(r.ID, ""), true))
	b.must(try(false))
}

func tryRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 2, Limit: 5, Lock: time.Hour})
	b.refused(err, consent.ErrReplaced, r)
	for _, r := range b.ended() {
		_, err := b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
		b.refused(err, consent.ErrNotPending, b.get(r.ID))
	}
	g := b.granted("kid2", "p@x") // the withdrawal asks for the same fact
	got, err := b.Store.Try(b.Context(), b.mutation(g.ID, ""), consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
	b.must(err)
	if got.Tries != 1 || got.Status != consent.Granted {
		b.Errorf("a try of a granted request: %d tries, %s", got.Tries, got.Status)
	}
}

func misnameOnce(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Misname(b.Context(), b.mutation(r.ID, ""), 2, 0)
	b.refused(err, consent.ErrReplaced, r)
	got := b.once(func() (consent.Record, error) {
		return b.Store.Misname(b.Context(), b.mutation(r.ID, consent.EventNameMismatch), 1, 0)
	})
	if !got.NameMiss {
		b.Error("not noted")
	}
}

func inviteStates(b *bench) {
	r := b.pending("kid", "p@x")
	b.Advance(time.Minute)
	got := b.once(func() (consent.Record, error) {
		return b.Store.Invited(b.Context(), b.mutation(r.ID, consent.EventInvited), 1, consent.MailSent, "")
	})
	if got.Mail != consent.MailSent || !got.MailAt.After(r.MailAt) {
		b.Errorf("mail %s at %v", got.Mail, got.MailAt)
	}
	got, err := b.Store.Invited(b.Context(), b.mutation(r.ID, consent.EventBounced), 1, consent.MailBounced, consent.HintCheckAddress)
	b.must(err)
	if got.Mail != consent.MailBounced || got.MailHint != consent.HintCheckAddress {
		b.Errorf("mail %s, hint %s", got.Mail, got.MailHint)
	}
	events := len(b.events())
	_, err = b.Store.Invited(b.Context(), b.mutation(r.ID, consent.EventInvited), 2, consent.MailSent, "")
	b.must(err)
	b.unchanged(got)
	ended, err := b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
	b.must(err)
	_, err = b.Store.Invited(b.Context(), b.mutation(r.ID, consent.EventInvited), 1, consent.MailSent, "")
	b.must(err)
	b.unchanged(ended)
	if n := len(b.events()); n != events {
		b.Errorf("%d events of letters that no longer matter", n-events)
	}
}

func confirmOnce(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Confirm(b.Context(), b.mutation(r.ID, ""))
	b.refused(err, consent.ErrNotGranted, r)
	g := b.granted("kid2", "p@x")
	b.once(func() (consent.Record, error) {
		return b.Store.Confirm(b.Context(), b.mutation(g.ID, consent.EventConfirmed))
	})
	for _, r := range b.ended() {
		_, err := b.Store.Confirm(b.Context(), b.mutation(r.ID, ""))
		b.refused(err, consent.ErrNotGranted, b.get(r.ID))
	}
}
