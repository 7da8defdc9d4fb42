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
	name      string // of the first guardian, as last set
	address   string
	misnamed  bool
	namesSet  int
	guardians int
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
			m.custody = consent.Destroyed
		}
	}
	if m.owes && !m.erased {
		if m.owed += d; m.owed >= set.EraseDue {
			m.eraseLate = true
		}
	}
}

// end moves to an end, where nothing is held.
func (m *model) end(to consent.Status) { m.status, m.custody, m.over = to, consent.Destroyed, 0 }

// grant moves on to a consent; the withdrawal has tries of its own.
func (m *model) grant(delivery bool) {
	m.status, m.delivery, m.waits = consent.Granted, delivery, 0
	m.tries, m.locked = 0, 0
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
	if all {
		m.end(consent.Withdrawn)
	}
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
