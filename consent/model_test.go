//go:build proof

package consent_test

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

// model is what one request should be, kept without a store: the state-and-call table of the API, its limits and its
// deadlines. Times are durations since something, as far as the test has moved the clock.
type model struct {
	status   consent.Status
	custody  consent.Custody
	age      time.Duration // since signup
	waits    time.Duration // granted data: since its window began
	over     time.Duration // since the end
	asked    bool          // the data was asked for
	acked    bool
	delivery bool // the optional purpose is in force

	gen       int
	people    []keeper // the guardians, as last set
	former    []string // addresses that were somebody's before
	misnamed  bool
	namesSet  int
	tries     int
	locked    time.Duration // left
	paused    time.Duration // left, for the first guardian
	resends   map[int]int   // by UTC day
	addresses map[int]int   // likewise, set anew by the app
	disclosed int
	lifted    bool

	owes      bool // the app has to confirm an erasure
	owed      time.Duration
	erased    bool
	eraseLate bool

	rights []right // the open ones

	amends    int     // guardians' corrections that were ever entered
	waiting   *change // the one that waits
	corrected []change
	tried     []change // those whose letter was handed in, in that order

	bag     []post         // letters that wait to be handed in
	letters map[string]int // those that were, by kind and address
	events  map[consent.EventType]int
}

// keeper is a guardian.
type keeper struct {
	name, address string
	typed         string // the name at the grant, of who gave it
	moved         int    // addresses that were corrected since
}

// right is an open rights request.
type right struct {
	id   string
	kind consent.RightKind
	held bool
}

const (
	modelLock  = time.Hour
	modelMonth = 30 * 24 * time.Hour
)

// newModel is a request that was just made.
func newModel(address string) model {
	return model{
		status: consent.Pending, custody: consent.Held, gen: 1, people: []keeper{{name: guardianName, address: address}},
		resends: map[int]int{}, addresses: map[int]int{}, letters: map[string]int{}, events: map[consent.EventType]int{consent.EventPending: 1},
	}
}

// pass lets time go by: an unanswered request ends at its deadline, uncollected data when its window is over.
func (m *model) pass(d time.Duration, set consent.Settings) {
	m.age += d
	if m.status.Ended() {
		m.over += d
	}
	m.locked, m.paused = max(0, m.locked-d), max(0, m.paused-d)
	if m.status == consent.Pending && m.age >= set.Pending {
		m.end(consent.Expired)
		m.over = m.age - set.Pending
	}
	if m.status == consent.Granted {
		if m.waits += d; m.waits >= set.Window {
			m.destroy()
		}
	}
	if m.owes && !m.erased {
		if m.owed += d; m.owed >= set.EraseDue && !m.eraseLate {
			m.eraseLate = true
			m.tell(consent.EventEraseOverdue)
		}
	}
	m.passCorrection(d)
	m.deliver(d, set)
}

// end moves to an end, where nothing is held and nothing waits.
func (m *model) end(to consent.Status) {
	m.status, m.custody, m.over, m.waiting = to, consent.Destroyed, 0, nil
	m.tell(consent.EventType("consent." + to))
}

// destroy ends what is held of a consent that goes on.
func (m *model) destroy() {
	if m.custody != consent.Destroyed {
		m.tell(consent.EventDestroyed)
	}
	m.custody = consent.Destroyed
}

// grant moves on to a consent; the withdrawal has tries of its own.
func (m *model) grant(delivery bool, set consent.Settings) {
	m.status, m.delivery, m.waits = consent.Granted, delivery, 0
	m.tries, m.locked = 0, 0
	m.people[0].typed = m.people[0].name
	m.tell(consent.EventGranted)
	m.post(post{kind: consent.LetterGranted})
	m.post(post{kind: consent.LetterConfirm, left: set.Confirm})
}

// miss is a wrong second fact, and what is said.
func (m *model) miss() string {
	if m.locked > 0 {
		return "locked"
	}
	if m.tries == consent.MaxTries {
		m.tries = 0 // a lock that is over takes its misses with it
	}
	if m.tries++; m.tries == consent.MaxTries {
		m.locked = modelLock
		return "locked"
	}
	return "fact_mismatch"
}

// hit is a right second fact: what is said, "" for yes.
func (m *model) hit() string {
	if m.locked > 0 {
		return "locked"
	}
	if m.tries == consent.MaxTries {
		m.tries = 0
	}
	return ""
}

// take takes a consent back, all of it or the optional purpose.
func (m *model) take(all bool) {
	m.owes, m.owed, m.erased, m.eraseLate = true, 0, false, false
	m.delivery = false
	m.postAll(consent.LetterWithdrawn)
	if all {
		m.end(consent.Withdrawn)
		return
	}
	m.tell(consent.EventWithdrawn)
}

// needsConsent is what a call says that a consent in force is for.
func (m *model) needsConsent() string {
	switch m.status {
	case consent.Granted:
		return ""
	case consent.Pending:
		return "not_granted"
	}
	return "ended"
}

// release is what asking for the data says.
func (m *model) release() string {
	switch {
	case m.status == consent.Pending:
		return "not_granted"
	case m.custody == consent.Destroyed:
		return "destroyed"
	case m.holds() > 0:
		return "on_hold"
	}
	return ""
}

func (m *model) acknowledge() string {
	switch {
	case m.acked:
		return ""
	case m.status == consent.Pending:
		return "not_granted"
	case m.custody == consent.Destroyed:
		return "destroyed"
	case !m.asked:
		return "not_released"
	}
	return ""
}

// holds is how many corrections are open.
func (m *model) holds() int {
	n := 0
	for _, r := range m.rights {
		if r.held {
			n++
		}
	}
	return n
}

// anew begins the window again, as the first hold and the end of the last one do.
func (m *model) anew() {
	if m.custody != consent.Destroyed {
		m.waits = 0
	}
}
