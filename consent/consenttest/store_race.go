package consenttest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var raceTests = map[string]func(*bench){
	"race/one decision wins":          raceDecisions,
	"race/tries cost exactly a limit": raceTries,
	"race/one signup of a subject":    raceSignups,
	"race/withdraw against release":   raceWithdraw,
}

// together runs n goroutines at once.
func together(n int, run func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			run(i)
		})
	}
	close(start)
	wg.Wait()
}

func raceDecisions(b *bench) {
	for round := range 10 {
		r := b.pending(fmt.Sprint("kid", round), "p@x")
		g, ctx := b.granting(r, "account"), b.Context()
		var grants, declines, cancels, expires atomic.Int32
		m := make([]consent.Mutation, 32)
		for i := range m {
			m[i] = b.mutation(r.ID, consent.EventGranted)
		}
		together(len(m), func(i int) {
			var err error
			won := []*atomic.Int32{&grants, &declines, &cancels, &expires}[i%4]
			switch i % 4 {
			case 0:
				_, err = b.Store.Grant(ctx, asGuardian(m[i], "0"), g)
			case 1:
				_, err = b.Store.Decline(ctx, m[i], consent.Declining{Gen: 1, Reason: consent.ReasonRefused})
			case 2:
				_, err = b.Store.Cancel(ctx, m[i], consent.ReasonApp)
			case 3:
				_, err = b.Store.Expire(ctx, m[i], consent.ReasonUnreadable)
			}
			if err == nil {
				won.Add(1)
			}
		})
		winners := 0
		for _, w := range []*atomic.Int32{&grants, &declines, &cancels, &expires} {
			if n := w.Load(); n == 8 { // all of the same wish get the same answer
				winners++
			} else if n != 0 {
				b.Errorf("%d of 8 equal decisions won", n)
			}
		}
		if winners != 1 {
			b.Errorf("grant %d, decline %d, cancel %d, expire %d", grants.Load(), declines.Load(), cancels.Load(), expires.Load())
		}
	}
	if n := len(b.events()); n != 20 { // a pending and one end each
		b.Errorf("%d events of 10 requests", n)
	}
}

func raceTries(b *bench) {
	r := b.pending("kid", "p@x")
	m, ctx := b.mutation(r.ID, ""), b.Context()
	var charged, locked atomic.Int32
	together(100, func(int) {
		switch _, err := b.Store.Try(ctx, m, consent.Trial{Gen: 1, Limit: consent.MaxTries, Lock: consent.LockFor}); consent.CodeOf(err) {
		case consent.ErrLocked.Code:
			locked.Add(1)
		default:
			if err == nil {
				charged.Add(1)
			}
		}
	})
	if charged.Load() != consent.MaxTries || locked.Load() != 100-consent.MaxTries {
		b.Errorf("%d tries charged, %d refused", charged.Load(), locked.Load())
	}
}

func raceSignups(b *bench) {
	drafts := make([]consent.Draft, 20)
	for i := range drafts {
		drafts[i] = b.draft("kid", "p@x")
	}
	var accepted, refused atomic.Int32
	ctx := b.Context()
	together(len(drafts), func(i int) {
		_, _, err := b.Store.Signup(ctx, drafts[i])
		switch {
		case err == nil:
			accepted.Add(1)
		case consent.CodeOf(err) == "already_pending":
			refused.Add(1)
		}
	})
	if accepted.Load() != 1 || refused.Load() != 19 {
		b.Errorf("%d accepted, %d refused", accepted.Load(), refused.Load())
	}
}

// After a withdrawal was answered, no release succeeds.
func raceWithdraw(b *bench) {
	for round := range 5 {
		g := b.granted(fmt.Sprint("kid", round), "p@x")
		m, ctx, w := b.mutation(g.ID, ""), b.Context(), b.withdrawing()
		var gone atomic.Bool
		together(16, func(i int) {
			if i == 7 {
				if _, err := b.Store.Withdraw(ctx, m, w); err != nil {
					b.Error(err)
				}
				gone.Store(true)
				return
			}
			after := gone.Load()
			if r, err := b.Store.Release(ctx, m); after && err == nil {
				b.Errorf("released after the withdrawal: %s", r.Status)
			}
		})
		if r := b.get(g.ID); r.Status != consent.Withdrawn || r.Data != nil {
			b.Errorf("%s, data %d bytes", r.Status, len(r.Data))
		}
		b.Advance(time.Millisecond)
	}
}
