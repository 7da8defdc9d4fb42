package shop

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bohoja/bohoja/handlers/api/client"
)

// settle makes an account what its consent request says: it asks, and does one thing. Called again it does nothing more.
// An error means that something is left to do; the next news or poll does it.
func (s *Shop) settle(ctx context.Context, a *account) error {
	a.turn.Lock()
	defer a.turn.Unlock()
	v := a.look()
	if v.request == "" || v.settled() {
		return nil
	}
	truth, err := s.opt.API.Get(ctx, v.request)
	if client.IsCode(err, "not_found") {
		a.change(forget)
		return nil
	}
	if err != nil {
		return err
	}
	switch truth.Status {
	case "granted":
		return s.receive(ctx, a, truth)
	case "declined", "expired", "cancelled":
		a.change(func(a *account) { a.state = stateRefused })
	case "withdrawn", "aged_out":
		a.change(erase)
		return s.tellErased(ctx, a)
	}
	return nil
}

// receive stores the data, then acknowledges it. What a guardian took back later is erased.
func (s *Shop) receive(ctx context.Context, a *account, truth client.Consent) error {
	if a.look().state != stateOpen {
		if err := s.store(ctx, a, truth.ID); err != nil {
			return err
		}
	}
	if v := a.look(); v.state == stateOpen && !v.acked {
		if err := s.opt.API.Ack(ctx, truth.ID); err != nil && !client.IsCode(err, "destroyed") {
			return err
		}
		a.change(func(a *account) { a.acked = true })
	}
	if len(truth.Purposes) < len(a.look().purposes) {
		a.change(func(a *account) { reduce(a, truth.Purposes) })
	}
	return s.tellErased(ctx, a)
}

// store fetches what was granted. Data that nobody fetched in time is destroyed; then there is nothing to open.
func (s *Shop) store(ctx context.Context, a *account, id string) error {
	got, err := s.opt.API.Release(ctx, id)
	if client.IsCode(err, "destroyed") {
		a.change(func(a *account) { a.state = stateRefused })
		return nil
	}
	if err != nil {
		return err
	}
	a.change(func(a *account) { a.state, a.purposes, a.data = stateOpen, got.Purposes, got.Data })
	return nil
}

// erase deletes everything; the service is owed the word of it.
func erase(a *account) {
	if a.state != stateEnded {
		a.state, a.data, a.purposes, a.owes = stateEnded, nil, nil, true
	}
}

// forget is for a request that nobody knows any more: without a consent there is no data, and nobody waits for a word.
func forget(a *account) {
	if a.state == stateWaiting {
		a.state = stateRefused
		return
	}
	erase(a)
	a.owes = false
}

// reduce deletes the items that no purpose in force needs.
func reduce(a *account, purposes []string) {
	a.purposes, a.owes = purposes, true
	var keep []string
	for _, p := range purposes {
		keep = append(keep, items[p]...)
	}
	kept := maps.Clone(a.data)
	maps.DeleteFunc(kept, func(item string, _ jsonText) bool { return !slices.Contains(keep, item) })
	a.data = kept
}

// tellErased pays what is owed. A refusal is an answer, too: nobody waits for the word.
func (s *Shop) tellErased(ctx context.Context, a *account) error {
	v := a.look()
	if !v.owes {
		return nil
	}
	err := s.opt.API.Erased(ctx, v.request, s.opt.Clock())
	if err != nil && !client.IsCode(err, "not_withdrawn") {
		return err
	}
	a.change(func(a *account) { a.owes = false })
	return nil
}

// RunOnce looks after every account for which news may be missing: the way that works when webhooks do not arrive.
func (s *Shop) RunOnce(ctx context.Context) error {
	var faults []error
	for _, a := range s.accounts.all() {
		faults = append(faults, s.settle(ctx, a))
	}
	return errors.Join(faults...)
}

// Run calls RunOnce again and again until ctx ends.
func (s *Shop) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.RunOnce(ctx); err != nil && ctx.Err() == nil {
				s.opt.Log.WarnContext(ctx, "accounts are not settled", "error", err)
			}
		}
	}
}
