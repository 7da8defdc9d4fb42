package consenttest

import (
	"bytes"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var visitTests = map[string]func(*bench){
	"visits/admitted once":     visitAdmitted,
	"visits/extended":          visitExtended,
	"visits/draft":             visitDraft,
	"visits/guesses":           visitGuesses,
	"visits/guesses at once":   visitGuessRace,
	"visits/found by guardian": visitFound,
	"visits/no such terms":     visitTerms,
}

func (b *bench) visit(gen int) consent.Visit {
	return consent.Visit{ID: consent.NewID(consent.PrefixVisit, b.now()), Gen: gen, Address: consent.Sealed("address")}
}

func (b *bench) admit(v consent.Visit) consent.Visit {
	b.Helper()
	got, err := b.Store.Admit(b.Context(), v, consent.VisitLife, consent.VisitKept)
	b.must(err)
	return got
}

func visitAdmitted(b *bench) {
	v := b.visit(1)
	got := b.admit(v)
	if got.ID != v.ID || got.Gen != 1 || !bytes.Equal(got.Address, v.Address) || got.Draft != nil || got.Expires.Sub(b.now()) > consent.VisitLife {
		b.Errorf("admitted %+v", got)
	}
	b.Advance(time.Minute)
	again := b.admit(v)
	if !again.Expires.Equal(got.Expires) {
		b.Error("the same generation was admitted twice")
	}
	next := v
	next.Gen, next.Address = 2, consent.Sealed("again")
	b.must(b.Store.Draft(b.Context(), v.ID, consent.Sealed("typed")))
	later := b.admit(next)
	if later.Gen != 2 || !later.Expires.After(got.Expires) || string(later.Draft) != "typed" {
		b.Errorf("the next generation: %+v", later)
	}
	if old := b.admit(v); old.Gen != 2 {
		b.Error("an old letter brought its generation back")
	}
	if read, err := b.Store.Visit(b.Context(), v.ID); err != nil || read.Gen != 2 {
		b.Errorf("read %+v, %v", read, err)
	}
	b.must(b.Store.EndVisit(b.Context(), v.ID))
	b.must(b.Store.EndVisit(b.Context(), v.ID))
	for _, id := range []string{v.ID, "my_x", ""} {
		if _, err := b.Store.Visit(b.Context(), id); !errors.Is(err, consent.ErrNotFound) {
			b.Errorf("%q: %v", id, err)
		}
	}
}

func visitExtended(b *bench) {
	extend := func(id string, gen int) error {
		_, err := b.Store.Extend(b.Context(), id, gen, consent.VisitLife, consent.VisitKept)
		return err
	}
	v := b.admit(b.visit(1))
	b.Advance(consent.VisitLife - time.Second)
	b.must(extend(v.ID, 1))
	b.Advance(consent.VisitLife - time.Second)
	b.must(extend(v.ID, 1))
	for want, err := range map[*consent.Error]error{
		consent.ErrReplaced: extend(v.ID, 2), consent.ErrNotFound: extend(consent.NewID(consent.PrefixVisit, b.now()), 1),
	} {
		if !errors.Is(err, want) {
			b.Errorf("%v, want %s", err, want.Code)
		}
	}
	b.Advance(consent.VisitLife)
	image := b.Image()
	if err := extend(v.ID, 1); !errors.Is(err, consent.ErrVisitOver) || b.Image() != image {
		b.Errorf("over: %v", err)
	}
}

func visitDraft(b *bench) {
	v := b.admit(b.visit(1))
	b.Advance(consent.VisitLife) // also when it is over
	for range 2 {
		b.must(b.Store.Draft(b.Context(), v.ID, consent.Sealed("typed")))
	}
	if got, err := b.Store.Visit(b.Context(), v.ID); err != nil || string(got.Draft) != "typed" {
		b.Errorf("%+v, %v", got, err)
	}
	b.must(b.Store.Draft(b.Context(), v.ID, nil))
	if got, err := b.Store.Visit(b.Context(), v.ID); err != nil || got.Draft != nil {
		b.Errorf("%+v, %v", got, err)
	}
	if err := b.Store.Draft(b.Context(), consent.NewID(consent.PrefixVisit, b.now()), consent.Sealed("x")); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("of nobody: %v", err)
	}
}

func visitGuesses(b *bench) {
	guess := func(of string) error { return b.Store.Guess(b.Context(), digest(of), 3, time.Hour) }
	for range 3 {
		b.must(guess("p@x"))
	}
	e, _ := errors.AsType[*consent.Error](guess("p@x"))
	if e == nil || e.Code != consent.ErrLocked.Code || e.RetryAfter <= 0 || e.RetryAfter > time.Hour {
		b.Fatalf("past the limit: %v", e)
	}
	b.must(guess("q@x"))
	b.must(b.Store.Spare(b.Context(), digest("p@x"))) // the third was a hit
	b.must(guess("p@x"))
	if err := guess("p@x"); !errors.Is(err, consent.ErrLocked) {
		b.Errorf("a hit gave back more than itself: %v", err)
	}
	b.Advance(time.Hour)
	b.must(guess("p@x"))
	b.must(b.Store.Spare(b.Context(), digest("nobody")))
}

func visitGuessRace(b *bench) {
	var charged atomic.Int32
	ctx := b.Context()
	together(100, func(int) {
		if b.Store.Guess(ctx, digest("p@x"), consent.MaxTries, time.Hour) == nil {
			charged.Add(1)
		}
	})
	if charged.Load() != consent.MaxTries {
		b.Errorf("%d of 100 guesses were charged", charged.Load())
	}
}

func visitFound(b *bench) {
	first, second := b.granted("kid", "p@x"), b.pending("kid2", "p@x")
	b.granted("kid3", "q@x")
	find := func(digests ...consent.Digest) []string {
		got, err := b.Store.ByGuardian(b.Context(), []string{"game", storeApp}, digests, 10)
		b.must(err)
		var ids []string
		for _, c := range got {
			if c.App != storeApp {
				b.Errorf("found in %s", c.App)
			}
			ids = append(ids, c.ID)
		}
		return ids
	}
	want := []string{first.ID, second.ID}
	slices.Sort(want)
	got := find(digest("p@x"), digest("another key's"))
	if slices.Sort(got); !slices.Equal(got, want) {
		b.Errorf("found %v, want %v", got, want)
	}
	if got := find(digest("nobody")); got != nil {
		b.Errorf("of nobody: %v", got)
	}
	if got, err := b.Store.ByGuardian(b.Context(), []string{storeApp}, []consent.Digest{digest("p@x")}, 1); err != nil || len(got) != 1 {
		b.Errorf("at most one: %v, %v", got, err)
	}
	if got, err := b.Store.ByGuardian(b.Context(), nil, []consent.Digest{digest("p@x")}, 1); err != nil || got != nil {
		b.Errorf("without apps: %v, %v", got, err)
	}
}

func visitTerms(b *bench) {
	if _, err := b.Store.Terms(b.Context(), storeApp, "t_0"); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("of no version: %v", err)
	}
}
