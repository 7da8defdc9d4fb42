package shop

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"sync"
)

// The states of an account. Those of the page have the page's words.
const (
	stateNew     = "new"     // the form for the guardian was shown, nothing was sent
	stateWaiting = "waiting" // the guardian was asked
	stateOpen    = "open"    // granted: the data is here
	stateRefused = "refused" // ended without a yes: there never was any data here
	stateEnded   = "ended"   // it was open, and is erased
)

// account is all that the shop knows of a child. Until the grant that is a random name and a state.
type account struct {
	turn sync.Mutex // held by whoever settles it, so that two pieces of news do not work at once

	mu       sync.Mutex // guards the rest
	subject  string     // "acc_…": made here, tells nothing of anybody
	request  string     // id of the consent request; "" before it was made
	state    string
	purposes []string                   // in force, once open
	data     map[string]json.RawMessage // granted items alone, once open
	owes     bool                       // an erasure that the service has not heard of yet
	acked    bool
}

// view is what an account looks like at one moment.
type view struct {
	subject, request, state string
	purposes                []string
	data                    map[string]json.RawMessage
	owes, acked             bool
}

func (a *account) look() view {
	a.mu.Lock()
	defer a.mu.Unlock()
	return view{a.subject, a.request, a.state, a.purposes, a.data, a.owes, a.acked}
}

func (a *account) change(f func(*account)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(a)
}

// settled reports whether no news can change the account any more.
func (v view) settled() bool {
	return v.state == stateNew || v.state == stateRefused || v.state == stateEnded && !v.owes
}

// maxAccounts bounds the memory of the show; the oldest go first.
const maxAccounts = 10_000

// accounts are all accounts, by their random names.
type accounts struct {
	mu    sync.Mutex
	known map[string]*account
	order []string
}

// open makes an account for a form that is about to be shown.
func (as *accounts) open() *account {
	a := &account{subject: "acc_" + rand.Text(), state: stateNew}
	as.mu.Lock()
	defer as.mu.Unlock()
	if as.known == nil {
		as.known = map[string]*account{}
	}
	as.known[a.subject], as.order = a, append(as.order, a.subject)
	if len(as.order) > maxAccounts {
		delete(as.known, as.order[0])
		as.order = slices.Delete(as.order, 0, 1)
	}
	return a
}

func (as *accounts) find(subject string) (*account, bool) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a, ok := as.known[subject]
	return a, ok
}

// newest is the last account for which a guardian was asked.
func (as *accounts) newest() (*account, bool) {
	all := as.all()
	for _, a := range slices.Backward(all) {
		if a.look().state != stateNew {
			return a, true
		}
	}
	return nil, false
}

func (as *accounts) all() []*account {
	as.mu.Lock()
	defer as.mu.Unlock()
	out := make([]*account, 0, len(as.order))
	for _, subject := range as.order {
		out = append(out, as.known[subject])
	}
	return out
}
