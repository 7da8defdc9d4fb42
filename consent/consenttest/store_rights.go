package consenttest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var rightTests = map[string]func(*bench){
	"rights/asked once":                    rightAsked,
	"rights/key of idempotency":            rightReplayed,
	"rights/refusals":                      rightRefusals,
	"rights/no more than may be open":      rightLimit,
	"rights/answered once":                 rightAnswered,
	"rights/recipients first":              rightRecipients,
	"rights/nudged, late, cleared":         rightTimers,
	"rights/cleared after the answer":      rightCleared,
	"rights/listed":                        rightListed,
	"rights/gone with the evidence":        rightForgotten,
	"hold/opened and ended":                holdOpened,
	"hold/two corrections":                 holdTwo,
	"hold/stale":                           holdStale,
	"hold/against what is no longer there": holdDestroyed,
	"race/asks and answers":                raceRights,
}

// wishing is a rights request of a record; a correction opens the hold with data sealed anew.
func (b *bench) wishing(r consent.Record, kind consent.RightKind) consent.Asking {
	a := consent.Asking{
		Right: consent.Right{
			ID: consent.NewID(consent.PrefixRight, b.now()), Kind: kind, Channel: consent.ChannelPortal, Guardian: 0,
			Identity: consent.Sealed("identity"), Text: consent.Sealed("text"),
		},
		Nudge: 7 * 24 * time.Hour,
	}
	if kind == consent.RightCorrection && r.Status == consent.Granted && !r.Hold {
		a.Hold = b.hold(r, consent.EventHeld, "held data")
	}
	return a
}

func (b *bench) hold(r consent.Record, event consent.EventType, data string) *consent.Hold {
	now := b.now()
	return &consent.Hold{
		Event: &consent.Event{ID: consent.NewID(consent.PrefixEvent, now), Type: event, Data: consent.EventData{ID: r.ID, Subject: r.Subject, Status: r.Status}},
		Data:  consent.Sealed(data), DataRev: r.DataRev, Dies: now.Truncate(time.Hour).Add(169 * time.Hour), Window: 168 * time.Hour,
	}
}

func (b *bench) asked(r consent.Record, kind consent.RightKind) consent.Right {
	b.Helper()
	got, _, err := b.Store.Ask(b.Context(), b.mutation(r.ID, consent.EventAsked), b.wishing(r, kind))
	b.must(err)
	return got
}

// onceRight is once for a step that gives a rights request.
func (b *bench) onceRight(step func() (consent.Right, error)) consent.Right {
	b.Helper()
	return twice(b, sameRight, step)
}

func sameRight(a, b consent.Right) bool {
	sealed := bytes.Equal(a.Identity, b.Identity) && bytes.Equal(a.Text, b.Text) && bytes.Equal(a.Answer, b.Answer) && bytes.Equal(a.Data, b.Data)
	return sealed && fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b)
}

func (b *bench) answering(r consent.Right, outcome consent.RightStatus) consent.Answering {
	return consent.Answering{Right: r.ID, Outcome: outcome, Answer: consent.Sealed("reply"), Data: consent.Sealed("items")}
}

func rightAsked(b *bench) {
	g := b.granted("kid", "p@x")
	m, a := b.letter(b.mutation(g.ID, consent.EventAsked)), b.wishing(g, consent.RightAccess)
	got := b.onceRight(func() (consent.Right, error) {
		r, replayed, err := b.Store.Ask(b.Context(), m, a)
		if replayed {
			b.Error("a call without a key was taken for a repeated one")
		}
		return r, err
	})
	want := a.Right
	want.App, want.Request, want.Status, want.CreatedAt, want.DueAt = storeApp, g.ID, consent.RightOpen, got.CreatedAt, got.CreatedAt.Add(consent.RightDue)
	if !sameRight(got, want) {
		b.Errorf("asked\n%+v, want\n%+v", got, want)
	}
	read, err := b.Store.Right(b.Context(), storeApp, got.ID)
	if err != nil || !sameRight(read, got) {
		b.Errorf("read as %+v, %v", read, err)
	}
	if b.get(g.ID).Hold || !slices.Contains(b.events(), consent.EventAsked) {
		b.Errorf("access holds nothing, and tells: %v", b.events())
	}
	if _, err := b.Store.Right(b.Context(), "game", got.ID); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("another app's: %v", err)
	}
}

func rightReplayed(b *bench) {
	g := b.granted("kid", "p@x")
	ask := func(body string) (consent.Right, bool, error) {
		a := b.wishing(g, consent.RightAccess)
		a.Idempotency = &consent.Idempotency{Key: digest("key"), Body: digest(body)}
		return b.Store.Ask(b.Context(), b.mutation(g.ID, consent.EventAsked), a)
	}
	first, _, err := ask("one")
	b.must(err)
	image := b.Image()
	again, replayed, err := ask("one")
	if err != nil || !replayed || !sameRight(first, again) || b.Image() != image {
		b.Errorf("repeated: %v, replayed %v, written %v", err, replayed, b.Image() != image)
	}
	_, _, err = ask("other")
	b.refused(err, consent.ErrMismatch, g)
	b.Advance(consent.IdempotencyKept)
	if next, replayed, err := ask("one"); err != nil || replayed || next.ID == first.ID {
		b.Errorf("a day later: %v, replayed %v", err, replayed)
	}
}

func rightRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	_, _, err := b.Store.Ask(b.Context(), b.mutation(r.ID, ""), b.wishing(r, consent.RightAccess))
	b.refused(err, consent.ErrNotGranted, r)
	for status, r := range b.ended() {
		a := b.wishing(r, consent.RightCorrection)
		_, _, err := b.Store.Ask(b.Context(), b.mutation(r.ID, ""), a)
		if status == consent.Withdrawn {
			b.must(err)
			if b.get(r.ID).Hold {
				b.Error("nothing is in force, and yet it is held")
			}
			continue
		}
		b.refused(err, consent.ErrEnded, b.get(r.ID))
	}
	g := b.granted("kid2", "p@x")
	for name, step := range map[string]func(consent.Mutation) error{
		"answer": func(m consent.Mutation) error {
			_, err := b.Store.Answer(b.Context(), m, b.answering(consent.Right{ID: consent.NewID(consent.PrefixRight, b.now())}, consent.RightDone))
			return err
		},
		"another's": func(m consent.Mutation) error {
			_, err := b.Store.Late(b.Context(), m, b.asked(b.granted("kid3", "p@x"), consent.RightAccess).ID)
			return err
		},
	} {
		if err := step(b.mutation(g.ID, "")); !errors.Is(err, consent.ErrNotFound) {
			b.Errorf("%s: %v", name, err)
		}
	}
}

func rightLimit(b *bench) {
	g := b.granted("kid", "p@x")
	var last consent.Right
	for range consent.MaxOpenRights {
		last = b.asked(g, consent.RightAccess)
	}
	_, _, err := b.Store.Ask(b.Context(), b.mutation(g.ID, ""), b.wishing(g, consent.RightAccess))
	b.refused(err, &consent.Error{Code: "rights_limit"}, g)
	_, err = b.Store.Answer(b.Context(), b.mutation(g.ID, ""), b.answering(last, consent.RightDone))
	b.must(err)
	b.asked(g, consent.RightAccess)
}

func rightAnswered(b *bench) {
	g := b.granted("kid", "p@x")
	r := b.asked(g, consent.RightAccess)
	m := b.letter(b.mutation(g.ID, consent.EventAnswered))
	got := b.onceRight(func() (consent.Right, error) {
		return b.Store.Answer(b.Context(), m, b.answering(r, consent.RightDone))
	})
	if got.Status != consent.RightDone || got.AnsweredAt.IsZero() || string(got.Answer) != "reply" || string(got.Data) != "items" {
		b.Errorf("answered as %+v", got)
	}
	_, err := b.Store.Answer(b.Context(), b.mutation(g.ID, ""), b.answering(r, consent.RightRefused))
	b.refused(err, consent.ErrAnswered, g)
	b.Advance(2 * consent.RightDue)
	if due, err := b.Store.Due(b.Context(), storeApp, 10); err != nil || slices.ContainsFunc(due, func(d consent.Due) bool {
		return d.Step == consent.StepLate || d.Step == consent.StepNudge
	}) {
		b.Errorf("answered, and yet due: %v, %v", due, err)
	}
}

// What was disclosed must be corrected there too: who says nothing of it cannot close a correction.
func rightRecipients(b *bench) {
	g := b.granted("kid", "p@x")
	b.must(b.Store.Disclose(b.Context(), b.mutation(g.ID, ""), consent.NewID(consent.PrefixDisclosure, b.now()), consent.Sealed("to whom")))
	r := b.asked(g, consent.RightCorrection)
	held := b.get(g.ID)
	a := b.answering(r, consent.RightDone)
	a.Hold, a.Ends = b.hold(held, consent.EventUnheld, "right data"), true
	_, err := b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a)
	b.refused(err, consent.ErrNotTold, held)
	a.Told = true
	got, err := b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a)
	if err != nil || !got.Told {
		b.Errorf("told: %+v, %v", got, err)
	}
	no := b.asked(b.get(g.ID), consent.RightCorrection)
	a = b.answering(no, consent.RightRefused)
	a.Hold, a.Ends = b.hold(b.get(g.ID), consent.EventUnheld, "as it was"), true
	_, err = b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a) // nothing was corrected, so nobody is to be told
	b.must(err)
}

func rightTimers(b *bench) {
	g := b.granted("kid", "p@x")
	r := b.asked(g, consent.RightDeletion)
	ctx := b.Context()
	nudge := func(n int, next time.Duration) func() (consent.Right, error) {
		return func() (consent.Right, error) {
			return b.Store.Nudge(ctx, b.mutation(g.ID, consent.EventDueSoon), r.ID, n, next)
		}
	}
	late := func() (consent.Right, error) { return b.Store.Late(ctx, b.mutation(g.ID, consent.EventLate), r.ID) }
	_, err := nudge(1, 0)()
	b.refused(err, consent.ErrNotDue, g)
	_, err = late()
	b.refused(err, consent.ErrNotDue, g)
	b.Advance(7 * 24 * time.Hour)
	if got := b.onceRight(nudge(1, 2*24*time.Hour)); got.Nudges != 1 {
		b.Errorf("nudges %d", got.Nudges)
	}
	_, err = nudge(2, 0)()
	b.refused(err, consent.ErrNotDue, b.get(g.ID))
	b.Advance(3 * 24 * time.Hour)
	due, err := b.Store.Due(ctx, storeApp, 10)
	if err != nil || !slices.Contains(due, consent.Due{Step: consent.StepLate, ID: g.ID, Right: r.ID}) {
		b.Errorf("due: %v, %v", due, err)
	}
	if got := b.onceRight(late); !got.Late || got.Status != consent.RightOpen {
		b.Errorf("late: %+v", got)
	}
	_, err = b.Store.Answer(ctx, b.mutation(g.ID, ""), b.answering(r, consent.RightDone)) // late is better than never
	b.must(err)
}

func rightCleared(b *bench) {
	g := b.granted("kid", "p@x")
	r := b.asked(g, consent.RightAccess)
	clear := func() (consent.Right, error) { return b.Store.Clear(b.Context(), b.mutation(g.ID, ""), r.ID) }
	_, err := clear()
	b.refused(err, consent.ErrNotDue, g)
	_, err = b.Store.Answer(b.Context(), b.mutation(g.ID, ""), b.answering(r, consent.RightDone))
	b.must(err)
	b.Advance(consent.RightKept - time.Second)
	_, err = clear()
	b.refused(err, consent.ErrNotDue, g)
	b.Advance(time.Second)
	got := b.onceRight(clear)
	if got.Text != nil || got.Data != nil || got.Identity == nil || got.Answer == nil {
		b.Errorf("cleared: %+v", got)
	}
}

func rightListed(b *bench) {
	g, other := b.granted("kid", "p@x"), b.granted("kid2", "q@x")
	var want []string
	for i := range 5 {
		r := []consent.Record{g, other}[i%2]
		want = append(want, b.asked(r, consent.RightAccess).ID)
		b.Advance(time.Second)
	}
	done, err := b.Store.Right(b.Context(), storeApp, want[1])
	b.must(err)
	_, err = b.Store.Answer(b.Context(), b.mutation(other.ID, ""), b.answering(done, consent.RightRefused))
	b.must(err)
	list := func(open bool) []string {
		var ids []string
		q := consent.RightQuery{App: storeApp, Open: open, Limit: 2}
		for {
			p, err := b.Store.ListRights(b.Context(), q)
			b.must(err)
			for _, r := range p.Rights {
				if r.Identity != nil || r.Text != nil || r.Answer != nil || r.Data != nil {
					b.Error("a list shows what is sealed")
				}
				ids = append(ids, r.ID)
			}
			if q.After = p.Next; q.After == "" {
				return ids
			}
		}
	}
	if got := list(false); !slices.Equal(got, want) {
		b.Errorf("all: %v, want %v", got, want)
	}
	if got := list(true); !slices.Equal(got, slices.Concat(want[:1], want[2:])) {
		b.Errorf("open: %v of %v", got, want)
	}
	for _, after := range []string{"x", "1-x", "-", g.ID} {
		for _, open := range []bool{true, false} {
			_, err := b.Store.ListRights(b.Context(), consent.RightQuery{App: storeApp, Open: open, After: after, Limit: 2})
			if consent.KindOf(err) != consent.KindInvalid {
				b.Errorf("cursor %q: %v", after, err)
			}
		}
	}
	if p, err := b.Store.ListRights(b.Context(), consent.RightQuery{App: "game", Limit: 9}); err != nil || len(p.Rights) != 0 {
		b.Errorf("another app lists %v, %v", p, err)
	}
}

func rightForgotten(b *bench) {
	g := b.granted("kid", "p@x")
	r := b.asked(g, consent.RightAccess)
	b.asked(g, consent.RightDeletion)
	w := b.withdrawing()
	_, err := b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), w)
	b.must(err)
	b.Advance(w.Keep)
	b.must(b.Store.Forget(b.Context(), b.mutation(g.ID, "")))
	if _, err := b.Store.Right(b.Context(), storeApp, r.ID); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("still there: %v", err)
	}
	if due, err := b.Store.Due(b.Context(), storeApp, 10); err != nil || len(due) != 0 {
		b.Errorf("still due: %v, %v", due, err)
	}
}

// The hold closes the release until the last answer, and re-seals twice; the deadline of the request stays where it is.
func holdOpened(b *bench) {
	g := b.granted("kid", "p@x")
	b.Advance(6 * 24 * time.Hour)
	m, a := b.mutation(g.ID, consent.EventAsked), b.wishing(g, consent.RightCorrection)
	r := b.onceRight(func() (consent.Right, error) {
		r, _, err := b.Store.Ask(b.Context(), m, a)
		return r, err
	})
	held := b.get(g.ID)
	if !r.Held || !held.Hold || held.Holds != 1 || string(held.Data) != "held data" || held.DataRev != g.DataRev+1 {
		b.Errorf("held: %+v", held)
	}
	if !held.ExpiresAt.Equal(g.ExpiresAt) || !held.ReleaseBy.Equal(r.CreatedAt.Add(168*time.Hour)) {
		b.Errorf("the deadline is %v, was %v; released by %v", held.ExpiresAt, g.ExpiresAt, held.ReleaseBy)
	}
	_, err := b.Store.Release(b.Context(), b.mutation(g.ID, ""))
	b.refused(err, consent.ErrOnHold, held)
	b.Advance(24 * time.Hour)
	am, an := b.mutation(g.ID, consent.EventAnswered), b.answering(r, consent.RightDone)
	an.Hold, an.Ends = b.hold(held, consent.EventUnheld, "right data"), true
	done := b.onceRight(func() (consent.Right, error) { return b.Store.Answer(b.Context(), am, an) })
	free := b.get(g.ID)
	if free.Hold || string(free.Data) != "right data" || free.DataRev != g.DataRev+2 || !free.ReleaseBy.Equal(done.AnsweredAt.Add(168*time.Hour)) {
		b.Errorf("free: %+v", free)
	}
	_, err = b.Store.Release(b.Context(), b.mutation(g.ID, ""))
	b.must(err)
	var tail []consent.EventType
	for _, e := range b.events() {
		if e != consent.EventPending && e != consent.EventGranted {
			tail = append(tail, e)
		}
	}
	want := []consent.EventType{consent.EventAsked, consent.EventHeld, consent.EventAnswered, consent.EventUnheld}
	if !slices.Equal(tail, want) {
		b.Errorf("events %v, want %v", tail, want)
	}
}

func holdTwo(b *bench) {
	g := b.granted("kid", "p@x")
	first := b.asked(g, consent.RightCorrection)
	held := b.get(g.ID)
	second := b.asked(held, consent.RightCorrection)
	if two := b.get(g.ID); two.Holds != 2 || two.DataRev != held.DataRev || !two.ReleaseBy.Equal(held.ReleaseBy) {
		b.Errorf("two: %+v", two)
	}
	b.Advance(time.Hour)
	a := b.answering(second, consent.RightDone)
	a.Hold = b.hold(b.get(g.ID), "", "half right") // not the last: it corrects, and the data keeps its time
	a.Hold.Event, a.Hold.Window = nil, 0
	_, err := b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a)
	b.must(err)
	still := b.get(g.ID)
	if !still.Hold || still.Holds != 1 || string(still.Data) != "half right" || !still.ReleaseBy.Equal(held.ReleaseBy) {
		b.Errorf("one of two answered: %+v", still)
	}
	a = b.answering(first, consent.RightRefused)
	a.Hold, a.Ends = b.hold(still, consent.EventUnheld, "as it is"), true
	_, err = b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a)
	b.must(err)
	if b.get(g.ID).Hold {
		b.Error("both answered, and yet on hold")
	}
}

func holdStale(b *bench) {
	g := b.granted("kid", "p@x")
	ask := func(a consent.Asking, before consent.Record) {
		b.Helper()
		_, _, err := b.Store.Ask(b.Context(), b.mutation(g.ID, ""), a)
		b.refused(err, consent.ErrStale, before)
	}
	blind := b.wishing(g, consent.RightCorrection)
	blind.Hold = nil
	ask(blind, g)
	old := b.wishing(g, consent.RightCorrection)
	old.Hold.DataRev--
	ask(old, g)
	r := b.asked(g, consent.RightCorrection)
	held := b.get(g.ID)
	ask(b.wishing(g, consent.RightCorrection), held) // it was not held when it was read
	a := b.answering(r, consent.RightDone)
	_, err := b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a)
	b.refused(err, consent.ErrStale, held)
	a.Hold, a.Ends = b.hold(g, consent.EventUnheld, "old"), true
	_, err = b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a)
	b.refused(err, consent.ErrStale, held)
}

// A copy that was acknowledged, or withdrawn, does not come back by a correction.
func holdDestroyed(b *bench) {
	g := b.granted("kid", "p@x")
	r := b.asked(g, consent.RightCorrection)
	held := b.get(g.ID)
	_, err := b.Store.Withdraw(b.Context(), b.mutation(g.ID, ""), b.withdrawing())
	b.must(err)
	a := b.answering(r, consent.RightDone)
	a.Hold, a.Ends = b.hold(held, consent.EventUnheld, "right data"), true
	_, err = b.Store.Answer(b.Context(), b.mutation(g.ID, ""), a)
	b.must(err)
	if got := b.get(g.ID); got.Data != nil || got.Hold || got.Custody != consent.Destroyed {
		b.Errorf("came back: %s, %d bytes, hold %v", got.Custody, len(got.Data), got.Hold)
	}
	late := b.granted("kid2", "p@x")
	b.asked(late, consent.RightCorrection)
	b.Advance(168 * time.Hour) // the window is over, hold or not
	_, err = b.Store.Lapse(b.Context(), b.mutation(late.ID, consent.EventDestroyed))
	b.must(err)
}

// Of a release and a correction that come together, no release succeeds after the correction was answered.
func raceRights(b *bench) {
	for round := range 5 {
		g := b.granted(fmt.Sprint("kid", round), "p@x")
		m, ctx := b.mutation(g.ID, ""), b.Context()
		asks := make([]consent.Asking, 8)
		for i := range asks {
			asks[i] = b.wishing(g, consent.RightCorrection)
		}
		var opened, stale, broken atomic.Int32
		var heldYet atomic.Bool
		together(16, func(i int) {
			if i%2 == 0 {
				after := heldYet.Load()
				if _, err := b.Store.Release(ctx, m); err == nil && after {
					broken.Add(1)
				}
				return
			}
			switch _, _, err := b.Store.Ask(ctx, m, asks[i/2]); {
			case err == nil:
				heldYet.Store(true)
				opened.Add(1)
			case errors.Is(err, consent.ErrStale):
				stale.Add(1)
			}
		})
		if opened.Load() != 1 || stale.Load() != 7 || broken.Load() != 0 {
			b.Errorf("%d opened the hold, %d came late, %d releases after it", opened.Load(), stale.Load(), broken.Load())
		}
	}
}
