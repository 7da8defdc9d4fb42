package consenttest

import (
	"bytes"
	"errors"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var signupTests = map[string]func(*bench){
	"signup/accepts":            signupAccepts,
	"signup/same call again":    signupAgain,
	"signup/idempotency key":    signupIdempotency,
	"signup/already pending":    signupAlreadyPending,
	"signup/past pending":       signupPastPending,
	"signup/hour":               signupHour,
	"signup/deadline":           signupDeadline,
	"signup/quiet guardian":     signupQuiet,
	"signup/no letters wished":  signupNoMail,
	"signup/recently refused":   signupRecentlyRefused,
	"signup/flags, later wins":  signupFlags,
	"signup/unknown id refused": signupBadID,
}

func signupAccepts(b *bench) {
	d := b.draft("kid", "p@x")
	r, replayed, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	if replayed || r.Status != consent.Pending || r.Custody != consent.Held || r.Mail != consent.MailQueued {
		b.Fatalf("accepted as %+v, replayed %v", r, replayed)
	}
	if !r.ExpiresAt.Equal(r.CreatedAt.Add(119*time.Hour)) || b.now().Sub(r.CreatedAt) > time.Minute {
		b.Errorf("created %v, expires %v", r.CreatedAt, r.ExpiresAt)
	}
	if got := b.get(r.ID); !sameRecord(got, r) {
		b.Errorf("read back:\n%+v\naccepted:\n%+v", got, r)
	}
	if !bytes.Equal(r.People, d.Record.People) || !bytes.Equal(r.Data, d.Record.Data) {
		b.Error("what was sealed did not come back")
	}
	all, err := b.Store.Events(b.Context(), storeApp, "", 10)
	b.must(err)
	if len(all) != 1 || all[0].ID != d.Event.ID || all[0].Type != consent.EventPending || !all[0].At.Equal(r.CreatedAt) {
		b.Fatalf("events: %+v", all)
	}
	if e := all[0].Data; e.ID != r.ID || len(e.Purposes) != 2 || e.Status != consent.Pending || e.Custody != consent.Held {
		b.Errorf("event data: %+v", e)
	}
}

func signupAgain(b *bench) {
	d := b.draft("kid", "p@x")
	first, _, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	b.Advance(time.Minute)
	image := b.Image()
	again, replayed, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	if !replayed || !sameRecord(first, again) || b.Image() != image {
		b.Errorf("replayed %v, wrote %v\n%+v\n%+v", replayed, b.Image() != image, first, again)
	}
}

func signupIdempotency(b *bench) {
	d := b.draft("kid", "p@x")
	d.Idempotency = &consent.Idempotency{Key: digest("key"), Body: digest("body")}
	first, _, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	same := b.draft("kid", "p@x")
	same.Idempotency = d.Idempotency
	again, replayed, err := b.Store.Signup(b.Context(), same)
	b.must(err)
	if !replayed || again.ID != first.ID || len(b.events()) != 1 {
		b.Errorf("repeated: replayed %v, %s for %s", replayed, again.ID, first.ID)
	}
	other := b.draft("kid2", "p@x")
	other.Idempotency = &consent.Idempotency{Key: digest("key"), Body: digest("another body")}
	if _, _, err := b.Store.Signup(b.Context(), other); !errors.Is(err, consent.ErrMismatch) {
		b.Errorf("another body: %v", err)
	}
	b.gone(other.Record.ID)
	b.Advance(consent.IdempotencyKept + time.Minute)
	late := b.draft("kid2", "p@x")
	late.Idempotency = other.Idempotency
	if _, replayed, err := b.Store.Signup(b.Context(), late); err != nil || replayed {
		b.Errorf("a day later: replayed %v, %v", replayed, err)
	}
}

// gone checks that there is no record.
func (b *bench) gone(id string) {
	b.Helper()
	if _, err := b.Store.Get(b.Context(), storeApp, id); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("record %s: %v", id, err)
	}
}

func signupAlreadyPending(b *bench) {
	first := b.pending("kid", "p@x")
	d := b.draft("kid", "other@x")
	_, _, err := b.Store.Signup(b.Context(), d)
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Code != "already_pending" || e.ID != first.ID || e.Kind != consent.KindConflict {
		b.Fatalf("error %+v, want already_pending with %s", err, first.ID)
	}
	if b.Image() != b.before {
		b.Error("the refusal has written something")
	}
	b.gone(d.Record.ID)
	if n := len(b.events()); n != 1 {
		b.Errorf("%d events after a refusal", n)
	}
}

// Nobody sweeps, and still a request past its deadline does not stand in the way of a new one.
func signupPastPending(b *bench) {
	old := b.pending("kid", "p@x")
	b.Advance(120 * time.Hour)
	fresh := b.pending("kid", "p@x")
	_, err := b.Store.Expire(b.Context(), b.mutation(old.ID, consent.EventExpired), consent.ReasonDeadline)
	b.must(err)
	if _, _, err := b.Store.Signup(b.Context(), b.draft("kid", "p@x")); err == nil {
		b.Error("the late sweep of the old request made room beside the new one")
	}
	if r := b.get(fresh.ID); r.Status != consent.Pending {
		b.Errorf("the new one is %s", r.Status)
	}
}

func signupHour(b *bench) {
	for _, off := range []struct {
		by time.Duration
		ok bool
	}{{-2 * time.Hour, false}, {-time.Hour, true}, {0, true}, {time.Hour, false}, {30 * time.Minute, false}} {
		d := b.draft("kid"+off.by.String(), "p@x")
		d.Record.Subject = "kid" + (off.by + 3*time.Hour).String()
		d.KeyHour = d.KeyHour.Add(off.by)
		_, _, err := b.Store.Signup(b.Context(), d)
		if off.ok != (err == nil) || !off.ok && !errors.Is(err, consent.ErrHour) {
			b.Errorf("key hour off by %v: %v", off.by, err)
		}
		if !off.ok && b.Image() != b.before {
			b.Errorf("key hour off by %v: the refusal has written something", off.by)
		}
	}
}

func signupDeadline(b *bench) {
	d := b.draft("kid", "p@x")
	d.KeyDies = b.now().Add(time.Hour).Truncate(time.Millisecond)
	r, _, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	if !r.ExpiresAt.Equal(d.KeyDies) {
		b.Errorf("expires %v, its key dies %v", r.ExpiresAt, d.KeyDies)
	}
	d = b.draft("kid2", "p@x")
	d.KeyDies = b.now().Add(-time.Minute)
	if _, _, err := b.Store.Signup(b.Context(), d); !errors.Is(err, consent.ErrHour) {
		b.Errorf("a dead key: %v", err)
	}
}

func signupQuiet(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Decline(b.Context(), b.mutation(r.ID, consent.EventDeclined),
		consent.Declining{Gen: 1, Reason: consent.ReasonNotMine, Block: consent.BlockKept})
	b.must(err)
	next := b.pending("kid2", "p@x")
	if next.Mail != consent.MailNotSent || next.MailHint != consent.HintAnotherWay {
		b.Errorf("mail %s, hint %s", next.Mail, next.MailHint)
	}
	if got := b.get(next.ID); got.Mail != consent.MailNotSent {
		b.Errorf("kept as %s", got.Mail)
	}
	quiet, err := b.Store.Quiet(b.Context(), []string{"other", storeApp}, []consent.Digest{digest("old key"), digest("p@x")})
	b.must(err)
	if !quiet {
		b.Error("the wish for no letters is not found")
	}
	b.Advance(consent.BlockKept + time.Hour)
	quiet, err = b.Store.Quiet(b.Context(), []string{storeApp}, []consent.Digest{digest("p@x")})
	b.must(err)
	if late := b.pending("kid3", "p@x"); quiet || late.Mail != consent.MailQueued {
		b.Errorf("a year later: quiet %v, mail %s", quiet, late.Mail)
	}
}

func signupNoMail(b *bench) {
	d := b.draft("kid", "p@x")
	d.Record.Mail, d.Record.MailHint = consent.MailNotSent, consent.HintAnotherWay
	r, _, err := b.Store.Signup(b.Context(), d)
	b.must(err)
	if got := b.get(r.ID); got.Mail != consent.MailNotSent || got.MailHint != consent.HintAnotherWay {
		b.Errorf("mail %s, hint %s", got.Mail, got.MailHint)
	}
}

func signupRecentlyRefused(b *bench) {
	r := b.pending("kid", "p@x")
	week := 168 * time.Hour
	_, err := b.Store.Decline(b.Context(), b.mutation(r.ID, consent.EventDeclined),
		consent.Declining{Gen: 1, Reason: consent.ReasonRefused, Pause: week})
	b.must(err)
	d := b.draft("kid", "p@x")
	_, _, err = b.Store.Signup(b.Context(), d)
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Code != "recently_refused" || e.RetryAfter <= week-time.Minute || e.RetryAfter > week {
		b.Fatalf("error %+v", err)
	}
	b.gone(d.Record.ID)
	b.pending("kid", "another@x")
	b.pending("other-kid", "p@x")
	b.Advance(week)
	_, err = b.Store.Cancel(b.Context(), b.mutation(b.asking("kid"), ""), consent.ReasonApp)
	if !errors.Is(err, consent.ErrNotPending) { // its own deadline came first
		b.must(err)
	}
	b.pending("kid", "p@x")
}

// asking is the id of the subject's newest request.
func (b *bench) asking(subject string) string {
	b.Helper()
	all, err := b.Store.Subject(b.Context(), storeApp, subject)
	b.must(err)
	if len(all) == 0 {
		b.Fatalf("no request of %s", subject)
	}
	return all[0].ID
}

func signupFlags(b *bench) {
	look := []consent.Digest{digest("flag kid"), digest("flag nobody")}
	flagged := func(y int, m time.Month, d int) bool {
		b.Helper()
		found, err := b.Store.Flagged(b.Context(), []string{storeApp, "other"}, look, consent.Date{Year: y, Month: m, Day: d})
		b.must(err)
		if len(found) != 2 || found[1] {
			b.Errorf("flags of nobody: %v", found)
		}
		return found[0]
	}
	sign := func(ends consent.Date) {
		d := b.draft("kid", "p@x")
		d.Flags[0].Ends = ends
		r, _, err := b.Store.Signup(b.Context(), d)
		b.must(err)
		_, err = b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
		b.must(err)
	}
	sign(consent.Date{Year: 2031, Month: 3, Day: 31})
	if !flagged(2031, 3, 31) || flagged(2031, 4, 1) {
		b.Error("a flag ends with its month")
	}
	sign(consent.Date{Year: 2030, Month: 1, Day: 31})
	if !flagged(2031, 3, 31) {
		b.Error("an earlier end won")
	}
	sign(consent.Date{Year: 2032, Month: 12, Day: 31})
	if !flagged(2032, 12, 31) || flagged(2033, 1, 1) {
		b.Error("a later end did not win")
	}
}

func signupBadID(b *bench) {
	d := b.draft("kid", "p@x")
	d.Record.ID = "cr_}:forged"
	if _, _, err := b.Store.Signup(b.Context(), d); err == nil {
		b.Error("an id of another form reached a key name")
	}
}
