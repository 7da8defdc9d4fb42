package consenttest

import (
	"errors"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var guardianTests = map[string]func(*bench){
	"pause/one guardian, for a while":  pauseOne,
	"pause/decides nothing":            pauseDecides,
	"undo/pause and block":             undoBoth,
	"undo/refusals":                    undoRefusals,
	"remind/one letter of many":        remindOne,
	"remind/gap and lease":             remindGaps,
	"remind/ends and generations":      remindMoot,
	"prove/fresh code, limit of a day": proveLimit,
	"prove/tries of its own":           proveTries,
	"misname/not before the misses":    misnameMisses,
}

// asGuardian makes a mutation the act of one guardian.
func asGuardian(m consent.Mutation, ref string) consent.Mutation {
	m.Actor = consent.Actor{Kind: consent.ActorGuardian, Ref: ref}
	return m
}

func pauseOne(b *bench) {
	r := b.pending("kid", "p@x")
	got := b.once(func() (consent.Record, error) {
		return b.Store.Pause(b.Context(), b.mutation(r.ID, ""), 1, 10*time.Minute)
	})
	if until := got.Of(1).PausedUntil; until.Before(r.CreatedAt.Add(10*time.Minute)) || !got.Of(0).PausedUntil.IsZero() {
		b.Errorf("paused until %v, the other one until %v", until, got.Of(0).PausedUntil)
	}
	b.Advance(10 * time.Minute)
	again, err := b.Store.Pause(b.Context(), b.mutation(r.ID, ""), 1, 10*time.Minute)
	b.must(err)
	if !again.Of(1).PausedUntil.After(got.Of(1).PausedUntil) {
		b.Error("a press after the pause begins none")
	}
	for status, r := range b.ended() {
		_, err := b.Store.Pause(b.Context(), b.mutation(r.ID, ""), 0, time.Minute)
		b.must(err)
		if status != consent.Declined {
			b.unchanged(r)
			continue
		}
		_, err = b.Store.Undo(b.Context(), asGuardian(b.mutation(r.ID, ""), "0"), 1, 0)
		b.refused(err, consent.ErrPaused, b.get(r.ID))
	}
}

// The scripts themselves refuse: a press and an answer that come together leave nothing to chance.
func pauseDecides(b *bench) {
	r, g := b.pending("kid", "p@x"), b.granted("kid2", "p@x")
	for _, id := range []string{r.ID, g.ID} {
		_, err := b.Store.Pause(b.Context(), b.mutation(id, ""), 0, 10*time.Minute)
		b.must(err)
	}
	r, g = b.get(r.ID), b.get(g.ID)
	decline := func(by string) error {
		_, err := b.Store.Decline(b.Context(), asGuardian(b.mutation(r.ID, ""), by), consent.Declining{Gen: 1, Reason: consent.ReasonRefused})
		return err
	}
	b.refused(decline("0"), consent.ErrPaused, r)
	_, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, ""), "0"), b.granting(r, "account"))
	b.refused(err, consent.ErrPaused, r)
	if e, _ := errors.AsType[*consent.Error](err); e.RetryAfter <= 0 || e.RetryAfter > 10*time.Minute {
		b.Errorf("paused, retry after %v", e.RetryAfter)
	}
	_, err = b.Store.Withdraw(b.Context(), asGuardian(b.mutation(g.ID, ""), "0"), b.withdrawing())
	b.refused(err, consent.ErrPaused, g)
	_, err = b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing()) // the app's word counts
	b.must(err)
	b.must(decline("1")) // and so does another guardian's
}

func undoBoth(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Decline(b.Context(), b.mutation(r.ID, ""), consent.Declining{
		Gen: 1, Reason: consent.ReasonNotMine, Pause: time.Hour, Block: time.Hour,
	})
	b.must(err)
	if got := b.get(r.ID); !got.Blocked || got.DecidedBy != 0 {
		b.Errorf("blocked %v by %d", got.Blocked, got.DecidedBy)
	}
	_, _, err = b.Store.Signup(b.Context(), b.draft("kid", "p@x"))
	if consent.CodeOf(err) != "recently_refused" {
		b.Fatalf("asked again: %v", err)
	}
	got := b.once(func() (consent.Record, error) { return b.Store.Undo(b.Context(), b.mutation(r.ID, ""), 1, 0) })
	if got.LiftedAt.IsZero() || got.Status != consent.Declined || got.Reason != consent.ReasonNotMine {
		b.Errorf("lifted at %v, %s, %s", got.LiftedAt, got.Status, got.Reason)
	}
	if quiet, err := b.Store.Quiet(b.Context(), []string{storeApp}, r.Look.Guardians); err != nil || quiet {
		b.Errorf("still quiet: %v, %v", quiet, err)
	}
	if again := b.pending("kid", "p@x"); again.Mail != consent.MailQueued {
		b.Errorf("asked anew, mail %s", again.Mail)
	}
}

// The refusal of a further guardian pauses that guardian's pair, and only that guardian lifts it.
func undoRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Undo(b.Context(), b.mutation(r.ID, ""), 1, 0)
	b.refused(err, consent.ErrNotDeclined, r)
	second := digest("kid second")
	r, err = b.Store.Decline(b.Context(), b.mutation(r.ID, ""), consent.Declining{
		Gen: 1, Reason: consent.ReasonRefused, Pause: time.Hour, Index: 1, Pair: second,
	})
	b.must(err)
	if r.DecidedBy != 1 {
		b.Errorf("decided by %d", r.DecidedBy)
	}
	_, err = b.Store.Undo(b.Context(), b.mutation(r.ID, ""), 1, 0)
	b.refused(err, consent.ErrReplaced, r)
	_, err = b.Store.Undo(b.Context(), b.mutation(r.ID, ""), 2, 1)
	b.refused(err, consent.ErrReplaced, r)
	d := b.draft("kid", "other@x")
	d.Record.Look.Pair = second
	_, _, err = b.Store.Signup(b.Context(), d)
	if consent.CodeOf(err) != "recently_refused" {
		b.Errorf("asked again: %v", err)
	}
	_, err = b.Store.Undo(b.Context(), b.mutation(r.ID, ""), 1, 1)
	b.must(err)
	_, _, err = b.Store.Signup(b.Context(), d)
	b.must(err)
	faded := b.pending("kid3", "p@x")
	_, err = b.Store.Decline(b.Context(), b.mutation(faded.ID, ""), consent.Declining{Gen: 1, Reason: consent.ReasonRefused})
	b.must(err)
	b.Advance(consent.LookUpsKept)
	b.must(b.Store.Fade(b.Context(), b.mutation(faded.ID, "")))
	faded = b.get(faded.ID)
	_, err = b.Store.Undo(b.Context(), b.mutation(faded.ID, ""), 1, 0)
	b.refused(err, consent.ErrEnded, faded)
}

// turn asks for a letter's turn, or tells that it arrived.
func (b *bench) turn(id string, t consent.Turn) error {
	t.Gen = max(t.Gen, 1)
	_, err := b.Store.Remind(b.Context(), b.mutation(id, ""), t)
	return err
}

func remindOne(b *bench) {
	r := b.pending("kid", "p@x")
	asked := b.now()
	b.Advance(time.Minute)
	first := consent.Turn{Letter: "job_1", Since: asked, Lease: 2 * time.Minute}
	got := b.once(func() (consent.Record, error) {
		first := first
		first.Gen = 1
		return b.Store.Remind(b.Context(), b.mutation(r.ID, ""), first)
	})
	if got.Of(0).AskedAt.IsZero() || !got.Of(1).AskedAt.IsZero() {
		b.Errorf("asked at %v and %v", got.Of(0).AskedAt, got.Of(1).AskedAt)
	}
	b.must(b.turn(r.ID, consent.Turn{Guardian: 1, Letter: "job_3", Since: asked, Lease: 2 * time.Minute})) // another guardian
	before := b.get(r.ID)
	second := consent.Turn{Letter: "job_2", Since: asked, Lease: 2 * time.Minute}
	err := b.turn(r.ID, second)
	if e, _ := errors.AsType[*consent.Error](err); e == nil || e.Code != "turn" || e.Kind != consent.KindTooMany || e.RetryAfter <= 0 {
		b.Fatalf("while the first is on its way: %v", err)
	}
	b.unchanged(before)
	b.must(b.turn(r.ID, consent.Turn{Letter: "job_1", Arrived: true}))
	before = b.get(r.ID)
	if before.Mail != consent.MailSent || !before.MailAt.After(asked) {
		b.Errorf("mail %s at %v: the letter that still was to be sent is moot, and nothing else will note it", before.Mail, before.MailAt)
	}
	b.refused(b.turn(r.ID, second), consent.ErrMoot, before)
	b.refused(b.turn(r.ID, first), consent.ErrMoot, before) // it arrived, and its worker died
	b.Advance(time.Second)
	b.must(b.turn(r.ID, consent.Turn{Letter: "job_4", Since: b.now(), Lease: time.Minute})) // asked for afterwards
}

func remindGaps(b *bench) {
	r := b.pending("kid", "p@x")
	_, err := b.Store.Invited(b.Context(), b.mutation(r.ID, ""), 1, consent.MailSent, "")
	b.must(err)
	b.Advance(time.Hour)
	late := consent.Turn{Letter: "job_1", Since: b.now().Add(time.Hour), Gap: 12 * time.Hour, Lease: time.Minute}
	b.refused(b.turn(r.ID, late), consent.ErrMoot, b.get(r.ID))
	b.Advance(11 * time.Hour)
	b.must(b.turn(r.ID, late))
	b.Advance(time.Minute)
	b.must(b.turn(r.ID, consent.Turn{Letter: "job_2", Since: b.now(), Lease: time.Minute})) // the first never arrived
}

func remindMoot(b *bench) {
	r := b.pending("kid", "p@x")
	b.refused(b.turn(r.ID, consent.Turn{Gen: 2, Letter: "job_1"}), consent.ErrMoot, r)
	b.must(b.turn(r.ID, consent.Turn{Gen: 2, Letter: "job_1", Arrived: true}))
	b.unchanged(r)
	for _, r := range b.ended() {
		b.refused(b.turn(r.ID, consent.Turn{Letter: "job_1"}), consent.ErrMoot, b.get(r.ID))
	}
	g := b.granted("kid2", "p@x") // a guardian may join afterwards
	b.must(b.turn(g.ID, consent.Turn{Guardian: 1, Letter: "job_1"}))
	b.Advance(119*time.Hour + time.Second)
	b.refused(b.turn(r.ID, consent.Turn{Letter: "job_1"}), consent.ErrMoot, b.get(r.ID))
}

var proving = consent.Proving{Guardian: 1, Fresh: 10 * time.Minute, PerDay: 2}

func proveLimit(b *bench) {
	r := b.pending("kid2", "p@x")
	_, err := b.Store.Prove(b.Context(), b.mutation(r.ID, ""), proving)
	b.refused(err, consent.ErrNotGranted, r)
	g := b.granted("kid", "p@x")
	prove := func() (consent.Record, error) {
		return b.Store.Prove(b.Context(), b.letter(b.mutation(g.ID, "")), proving)
	}
	first := b.once(prove) // the second letter is not left: once compares everything that is kept
	if first.Of(1).CodeAt.IsZero() || !first.Of(0).CodeAt.IsZero() {
		b.Errorf("codes at %v and %v", first.Of(1).CodeAt, first.Of(0).CodeAt)
	}
	b.Advance(10 * time.Minute)
	second, err := prove()
	b.must(err)
	if !second.Of(1).CodeAt.After(first.Of(1).CodeAt) {
		b.Error("no other code after the first was stale")
	}
	b.Advance(10 * time.Minute)
	before := b.get(g.ID)
	_, err = prove()
	e, _ := errors.AsType[*consent.Error](err)
	if e == nil || e.Code != "code_limit" || e.Kind != consent.KindTooMany || e.RetryAfter <= 0 || e.RetryAfter > 24*time.Hour {
		b.Fatalf("the third of a day: %v", err)
	}
	b.unchanged(before)
	b.Advance(e.RetryAfter)
	_, err = prove()
	b.must(err)
	for _, r := range b.ended() {
		_, err := b.Store.Prove(b.Context(), b.mutation(r.ID, ""), proving)
		b.refused(err, consent.ErrEnded, b.get(r.ID))
	}
}

// KR-17: wrong names close their own way only, and wrong codes theirs until the next code.
func proveTries(b *bench) {
	g := b.granted("kid", "p@x")
	try := func(code bool) error {
		_, err := b.Store.Try(b.Context(), b.mutation(g.ID, ""), consent.Trial{Gen: 1, Limit: 2, Lock: time.Hour, Code: code})
		return err
	}
	b.must(try(false))
	b.must(try(false)) // closes
	if err := try(false); !errors.Is(err, consent.ErrLocked) {
		b.Fatalf("the third name: %v", err)
	}
	b.must(try(true))
	b.must(try(true))
	b.refused(try(true), consent.ErrCodeSpent, b.get(g.ID))
	b.Advance(time.Second)
	_, err := b.Store.Prove(b.Context(), b.mutation(g.ID, ""), proving)
	b.must(err)
	b.must(try(true))
	if err := try(false); !errors.Is(err, consent.ErrLocked) {
		b.Errorf("a code opened the way of names: %v", err)
	}
}

func misnameMisses(b *bench) {
	r := b.pending("kid", "p@x")
	for i := range 3 {
		before := b.get(r.ID)
		_, err := b.Store.Misname(b.Context(), b.mutation(r.ID, ""), 1, 2)
		if i == 2 {
			b.must(err)
			continue
		}
		b.refused(err, consent.ErrNotMissed, before)
		_, err = b.Store.Try(b.Context(), b.mutation(r.ID, ""), consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour, Code: i == 1})
		b.must(err)
	}
}
