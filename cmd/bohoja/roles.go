package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// How often the standing roles make their pass.
const (
	boardEvery  = time.Second      // the lists of staff lie at most so far behind
	sweepEvery  = time.Second      // a deadline is carried out at most this much late; the scripts keep it to the millisecond
	keysEvery   = 20 * time.Second // well below seal.QuietWhole: who says nothing for so long may be replaced
	clockEvery  = time.Second
	safetyEvery = time.Minute
	auditEvery  = 2 * time.Second
	fsckEvery   = 5 * time.Minute
	reviewEvery = time.Minute
	tideEvery   = time.Second
	ageEvery    = time.Minute     // birthdays begin at midnight; the pass looks once a day
	termsEvery  = 2 * time.Second // one value is read for each app, until its terms have changed
	liftEvery   = time.Hour       // flags end with a month; the pass looks once a month
	siftEvery   = time.Second     // what the gate's sieve learns by itself; each question lets it learn too
	tallyEvery  = 5 * time.Second // what the gate blocked; a process that dies loses as much of the sums
)

// maxSkew is how far this host's clock may be from the store's before keys are no longer destroyed by it.
const maxSkew = time.Minute

// roles runs everything that works without being asked, until ctx ends, and returns when all have finished.
func (h *house) roles(ctx context.Context) {
	var all sync.WaitGroup
	for _, s := range h.spaces {
		all.Go(func() { _ = s.relay.Run(ctx) })
		all.Go(func() { every(ctx, h.log, "sweep", sweepEvery, s.withKeys(s.sweep)) })
		all.Go(func() { every(ctx, h.log, "lift", liftEvery, s.service.Lift) })
		all.Go(func() { every(ctx, h.log, "sift", siftEvery, s.service.Sift) })
		all.Go(func() { every(ctx, h.log, "tally", tallyEvery, s.service.Tally) })
		all.Go(func() { every(ctx, h.log, "board", boardEvery, s.fold) })
		all.Go(func() { every(ctx, h.log, "ageout", ageEvery, s.daily(s.service.AgeOut)) })
		all.Go(func() { every(ctx, h.log, "outdate", termsEvery, s.service.Outdate) })
		all.Go(func() { every(ctx, h.log, "keys", keysEvery, s.keep) })
		all.Go(func() { every(ctx, h.log, "clock", clockEvery, s.tick) })
		all.Go(func() { h.record(ctx, s) })
	}
	all.Go(func() { every(ctx, h.log, "revoked", revokedEvery, h.learn) })
	all.Go(func() { every(ctx, h.log, "safety", safetyEvery, h.watch) })
	all.Go(func() { every(ctx, h.log, "fsck", fsckEvery, h.fsck) })
	all.Go(func() { every(ctx, h.log, "review", reviewEvery, h.review) })
	all.Wait()
}

// every makes a pass at once and then at each interval. A pass that fails is told and made again; it stops nothing else.
func every(ctx context.Context, log *slog.Logger, role string, interval time.Duration, pass func(context.Context) error) {
	t := time.NewTicker(interval)
	defer t.Stop()
	failing := false
	for {
		err := pass(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			log.ErrorContext(ctx, "a standing role fails", "role", role, "error", err)
		case err == nil && failing:
			log.InfoContext(ctx, "a standing role works again", "role", role)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// fold brings the work lists and figures of staff up to date.
func (s *space) fold(ctx context.Context) error {
	_, err := consent.Folder{Service: s.service}.RunOnce(ctx)
	return err
}

// daily makes a pass once a day by the profile's zone, and again after one that failed.
func (s *space) daily(pass func(context.Context) error) func(context.Context) error {
	var done consent.Date
	return func(ctx context.Context) error {
		today := s.service.Today()
		if today == done {
			return nil
		}
		err := pass(ctx)
		if err == nil {
			done = today
		}
		return err
	}
}

// withKeys makes a pass only while this process has the keys in use.
func (s *space) withKeys(pass func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.vault.Occupies(); err != nil {
			return err
		}
		return pass(ctx)
	}
}

// sweep carries out the deadlines that have come.
func (s *space) sweep(ctx context.Context) error {
	_, err := consent.Sweeper{Service: s.service}.RunOnce(ctx)
	return err
}

// keep makes and destroys keys. A clock that runs ahead would destroy them early, which nothing can undo, so it is held
// against the store's first. That the folder is in use is said in any case.
func (s *space) keep(ctx context.Context) error {
	here := s.vault.Attend(ctx)
	if err := s.sameTime(ctx); err != nil {
		return errors.Join(here, err)
	}
	if err := errors.Join(s.links.Refresh(), s.receipts.Refresh()); err != nil {
		return errors.Join(here, err)
	}
	return errors.Join(s.vault.RunOnce(ctx), s.mourn(ctx))
}

// mournTwice is how often the requests of a lost hour are looked through: one may have been sealed before the loss was seen, and stored
// after the first look.
const mournTwice = 2

// mourn ends what is sealed under keys that are lost.
func (s *space) mourn(ctx context.Context) error {
	s.mourning.Lock()
	defer s.mourning.Unlock()
	lost, err := s.vault.Lost(ctx)
	if err != nil {
		return err
	}
	lost = slices.DeleteFunc(lost, func(hour time.Time) bool { return s.mourned[hour] >= mournTwice })
	if err := s.service.Mourn(ctx, lost); err != nil {
		return err
	}
	for _, hour := range lost {
		s.mourned[hour]++
	}
	return nil
}

func (s *space) sameTime(ctx context.Context) error {
	there, err := s.store.Now(ctx)
	if err != nil {
		return err
	}
	if skew := s.store.Clock().Sub(there).Abs(); skew > maxSkew {
		return &consent.Error{Kind: consent.KindUnavailable, Code: "clock_skew", Detail: "this host's clock and Redis' differ by " + skew.Round(time.Second).String()}
	}
	return nil
}

// tick learns where the test space's clock stands; another process may have moved it.
func (s *space) tick(ctx context.Context) error {
	_, err := s.store.Offset(ctx)
	return errors.Join(err, s.store.Learn(ctx))
}

// review counts the months of the access log that nobody has signed off in time.
func (h *house) review(ctx context.Context) error {
	n, err := h.spaces[0].team.Unsigned(ctx, h.book.Load().Profile.Zone)
	if err == nil {
		h.unsigned.Store(&n)
	}
	return err
}

// watch tells of a Redis that may lose what it accepted.
func (h *house) watch(ctx context.Context) error {
	if h.set.Redis.AllowUnsafe {
		return nil
	}
	return h.safe(ctx)
}
