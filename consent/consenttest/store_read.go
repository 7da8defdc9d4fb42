package consenttest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var readTests = map[string]func(*bench){
	"read/unknown":                readUnknown,
	"steps/of an unknown request": stepsUnknown,
	"read/subject, newest first":  readSubject,
	"list/pages by status":        listPages,
	"list/moved on while paged":   listMoving,
	"list/bad cursors":            listBadCursors,
	"list/of a subject":           listSubject,
	"events/pages":                eventPages,
	"due/in order, with bound":    dueOrder,
	"apps/do not see each other":  appsApart,
	"code/unknown":                codeUnknown,
}

func readUnknown(b *bench) {
	b.gone(consent.NewID(consent.PrefixRequest, b.now()))
	b.gone("")
	b.gone("cr_}x:*")
	p, err := b.Store.List(b.Context(), consent.Query{App: "nobody", Limit: 10})
	if err != nil || len(p.Records) != 0 || p.Next != "" {
		b.Errorf("list of an unknown app: %+v, %v", p, err)
	}
}

// steps calls every step of a record but signup, with arguments that fit a fresh one.
func (b *bench) steps(r consent.Record) map[string]func(m consent.Mutation) error {
	ctx := b.Context()
	only := func(_ consent.Record, err error) error { return err }
	return map[string]func(m consent.Mutation) error{
		"invite":  func(m consent.Mutation) error { return only(b.Store.Invited(ctx, m, 1, consent.MailSent, "")) },
		"confirm": func(m consent.Mutation) error { return only(b.Store.Confirm(ctx, m)) },
		"try": func(m consent.Mutation) error {
			return only(b.Store.Try(ctx, m, consent.Trial{Gen: 1, Limit: 1, Lock: time.Hour})) // the try that locks leaves its letter
		},
		"refund":  func(m consent.Mutation) error { return b.Store.Refund(ctx, m, false) },
		"misname": func(m consent.Mutation) error { return only(b.Store.Misname(ctx, m, 1, 0)) },
		"grant": func(m consent.Mutation) error {
			return only(b.Store.Grant(ctx, asGuardian(m, "0"), b.granting(r, "account")))
		},
		"decline":     func(m consent.Mutation) error { return only(b.Store.Decline(ctx, m, consent.Declining{Gen: 1})) },
		"release":     func(m consent.Mutation) error { return only(b.Store.Release(ctx, m)) },
		"acknowledge": func(m consent.Mutation) error { return only(b.Store.Acknowledge(ctx, m)) },
		"cancel":      func(m consent.Mutation) error { return only(b.Store.Cancel(ctx, m, consent.ReasonApp)) },
		"expire":      func(m consent.Mutation) error { return only(b.Store.Expire(ctx, m, consent.ReasonUnreadable)) },
		"lapse":       func(m consent.Mutation) error { return only(b.Store.Lapse(ctx, m)) },
		"withdraw":    func(m consent.Mutation) error { return only(b.Store.Withdraw(ctx, m, b.withdrawing())) },
		"resend":      func(m consent.Mutation) error { return only(b.Store.Resend(ctx, m, 3)) },
		"correct":     func(m consent.Mutation) error { return only(b.Store.Correct(ctx, m, correction(r, "q@x", "x"))) },
		"join": func(m consent.Mutation) error {
			return only(b.Store.Join(ctx, m, consent.Correction{Rev: r.Rev, Guardians: 2}))
		},
		"erase":    func(m consent.Mutation) error { return only(b.Store.Erase(ctx, m, r.CreatedAt, nil)) },
		"overdue":  func(m consent.Mutation) error { return only(b.Store.Overdue(ctx, m)) },
		"disclose": func(m consent.Mutation) error { return b.Store.Disclose(ctx, m, "dis_1", consent.Sealed("x")) },
		"look":     func(m consent.Mutation) error { return only(b.Store.Look(ctx, m, consent.ActView)) },
		"pause":    func(m consent.Mutation) error { return only(b.Store.Pause(ctx, m, 0, time.Hour)) },
		"undo":     func(m consent.Mutation) error { return only(b.Store.Undo(ctx, m, 1, 0)) },
		"remind": func(m consent.Mutation) error {
			return only(b.Store.Remind(ctx, m, consent.Turn{Gen: 1, Letter: "job_1"}))
		},
		"prove":  func(m consent.Mutation) error { return only(b.Store.Prove(ctx, m, consent.Proving{PerDay: 1})) },
		"fade":   func(m consent.Mutation) error { return b.Store.Fade(ctx, m) },
		"forget": func(m consent.Mutation) error { return b.Store.Forget(ctx, m) },
	}
}

func stepsUnknown(b *bench) {
	r := b.pending("kid", "p@x")
	for _, id := range []string{consent.NewID(consent.PrefixRequest, b.now()), "cr_}x:*", ""} {
		for name, step := range b.steps(r) {
			err := step(b.mutation(id, consent.EventCancelled))
			if done := (name == "fade" || name == "forget") && consent.IsID(consent.PrefixRequest, id); done {
				b.must(err) // what is gone already is no error
			} else if !errors.Is(err, consent.ErrNotFound) {
				b.Errorf("%s of %q: %v", name, id, err)
			}
			if b.Image() != b.before {
				b.Errorf("%s of %q has written something", name, id)
			}
		}
	}
}

func readSubject(b *bench) {
	var ids []string
	for range 3 {
		r := b.pending("kid", "p@x")
		_, err := b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
		b.must(err)
		b.Advance(10 * time.Millisecond)
		ids = append([]string{r.ID}, ids...)
	}
	b.pending("kid2", "p@x")
	b.pending("ki", "p@x")
	all, err := b.Store.Subject(b.Context(), storeApp, "kid")
	b.must(err)
	if !slices.Equal(idsOf(all), ids) {
		b.Errorf("%v, want %v", idsOf(all), ids)
	}
}

func idsOf(all []consent.Record) []string {
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

// pages lists everything page by page and calls between after each.
func (b *bench) pages(q consent.Query, between func()) []consent.Record {
	b.Helper()
	var all []consent.Record
	for range 100 {
		p, err := b.Store.List(b.Context(), q)
		b.must(err)
		all = append(all, p.Records...)
		if p.Next == "" {
			return all
		}
		q.After = p.Next
		between()
	}
	b.Fatal("the list has no end")
	return nil
}

func listPages(b *bench) {
	for i := range 7 {
		b.pending(fmt.Sprint("kid", i), "p@x")
	}
	b.ended()
	b.granted("granted", "p@x")
	nothing := func() {}
	for _, limit := range []int{1, 2, 3, 7, 50} {
		all := b.pages(consent.Query{App: storeApp, Limit: limit}, nothing)
		if len(all) != 12 {
			b.Errorf("pages of %d: %d records", limit, len(all))
		}
		order := func(r consent.Record) int { return slices.Index(consent.Statuses, r.Status) }
		if !slices.IsSortedFunc(all, func(x, y consent.Record) int { return order(x) - order(y) }) {
			b.Errorf("pages of %d are not in the order of the statuses", limit)
		}
		pending := b.pages(consent.Query{App: storeApp, Status: consent.Pending, Limit: limit}, nothing)
		if len(pending) != 7 || !slices.IsSortedFunc(pending, func(x, y consent.Record) int { return x.ExpiresAt.Compare(y.ExpiresAt) }) {
			b.Errorf("pages of %d: %d pending, or not by deadline", limit, len(pending))
		}
	}
}

// Records are decided while the list is paged through; every one that stays pending is seen, once. All have the same
// deadline, so their ids alone give the order, and the cursor's own record leaves the list.
func listMoving(b *bench) {
	var ids []string
	dies := b.now().Add(time.Hour)
	for i := range 9 {
		d := b.draft(fmt.Sprint("kid", i), "p@x")
		d.KeyDies = dies
		r, _, err := b.Store.Signup(b.Context(), d)
		b.must(err)
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	next := 0
	all := b.pages(consent.Query{App: storeApp, Status: consent.Pending, Limit: 2}, func() {
		next += 2
		_, err := b.Store.Cancel(b.Context(), b.mutation(ids[next-1], ""), consent.ReasonApp) // the cursor's own
		b.must(err)
		if next == 2 {
			_, err := b.Store.Cancel(b.Context(), b.mutation(ids[8], ""), consent.ReasonApp) // not seen yet
			b.must(err)
		}
	})
	if !slices.Equal(idsOf(all), ids[:8]) {
		b.Errorf("listed %v of %v", idsOf(all), ids)
	}
}

func listBadCursors(b *bench) {
	b.pending("kid", "p@x")
	for _, after := range []string{"x", "????", "cGVuZGluZyAxIGNyXw", "cGVuZGluZyB4IGNyXzA"} {
		_, err := b.Store.List(b.Context(), consent.Query{App: storeApp, Limit: 5, After: after})
		if e, ok := errors.AsType[*consent.Error](err); !ok || e.Kind != consent.KindInvalid {
			b.Errorf("cursor %q: %v", after, err)
		}
	}
	if _, err := b.Store.List(b.Context(), consent.Query{App: storeApp, Limit: 0}); err == nil {
		b.Error("a page of nothing")
	}
}

func listSubject(b *bench) {
	for range 5 {
		r := b.pending("kid", "p@x")
		_, err := b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
		b.must(err)
	}
	b.pending("kid", "p@x")
	if all := b.pages(consent.Query{App: storeApp, Subject: "kid", Limit: 2}, func() {}); len(all) != 6 {
		b.Errorf("%d of 6", len(all))
	}
	if all := b.pages(consent.Query{App: storeApp, Subject: "kid", Status: consent.Pending, Limit: 2}, func() {}); len(all) != 1 {
		b.Errorf("%d of 1", len(all))
	}
}

func eventPages(b *bench) {
	for i := range 5 {
		b.pending(fmt.Sprint("kid", i), "p@x")
	}
	var seen []string
	after := ""
	for {
		some, err := b.Store.Events(b.Context(), storeApp, after, 2)
		b.must(err)
		if len(some) == 0 {
			break
		}
		for _, e := range some {
			seen = append(seen, e.ID)
		}
		after = seen[len(seen)-1]
	}
	if len(seen) != 5 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 5 {
		b.Errorf("events: %v", seen)
	}
	if _, err := b.Store.Events(b.Context(), storeApp, "nonsense", 2); consent.KindOf(err) != consent.KindInvalid {
		b.Errorf("after nonsense: %v", err)
	}
	long := consent.NewID(consent.PrefixEvent, b.now().Add(-60*24*time.Hour))
	if some, err := b.Store.Events(b.Context(), storeApp, long, 10); err != nil || len(some) != 5 {
		b.Errorf("after one that is no longer kept: %d, %v", len(some), err)
	}
}

func dueOrder(b *bench) {
	r := b.pending("kid", "p@x")
	g := b.granted("kid2", "p@x")
	due := func(n int) []consent.Due {
		all, err := b.Store.Due(b.Context(), storeApp, n)
		b.must(err)
		return all
	}
	if all := due(10); len(all) != 0 {
		b.Fatalf("due at once: %v", all)
	}
	b.Advance(169 * time.Hour)
	want := []consent.Due{{Step: consent.StepExpire, ID: r.ID}, {Step: consent.StepLapse, ID: g.ID}}
	if all := due(10); !slices.Equal(all, want) {
		b.Errorf("due %v, want %v", all, want)
	}
	if all := due(1); !slices.Equal(all, want[:1]) {
		b.Errorf("one due: %v", all)
	}
	_, err := b.Store.Expire(b.Context(), b.mutation(r.ID, ""), consent.ReasonDeadline)
	b.must(err)
	_, err = b.Store.Lapse(b.Context(), b.mutation(g.ID, ""))
	b.must(err)
	if all := due(10); len(all) != 0 {
		b.Errorf("still due: %v", all)
	}
	b.Advance(consent.LookUpsKept)
	if all := due(10); !slices.Equal(all, []consent.Due{{Step: consent.StepFade, ID: r.ID}}) {
		b.Errorf("due after the look-ups: %v", all)
	}
}

func appsApart(b *bench) {
	r := b.granted("kid", "p@x")
	m := b.mutation(r.ID, "")
	m.App = "other"
	if _, err := b.Store.Get(b.Context(), "other", r.ID); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("get: %v", err)
	}
	_, err := b.Store.Release(b.Context(), m)
	b.refused(err, consent.ErrNotFound, r)
	_, err = b.Store.Withdraw(b.Context(), m, b.withdrawing())
	b.refused(err, consent.ErrNotFound, r)
	if c, err := b.Store.ByCode(b.Context(), []string{"other"}, r.Look.Codes); err == nil {
		b.Errorf("another app's code leads to %+v", c)
	}
}

func codeUnknown(b *bench) {
	for _, apps := range [][]string{nil, {storeApp}, {"other", storeApp}} {
		if _, err := b.Store.ByCode(b.Context(), apps, []consent.Digest{digest("x"), digest("y")}); !errors.Is(err, consent.ErrNotFound) {
			b.Errorf("unknown code over %v: %v", apps, err)
		}
	}
}
