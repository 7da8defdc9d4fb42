package outbox

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Rule is how one kind of jobs is worked and tried again.
type Rule struct {
	Hands   int           // how many of the kind this process works at once
	Timeout time.Duration // of one try; the lease is longer by LeaseMargin
	Backoff []time.Duration
	Ends    bool          // dead after the last step of Backoff; else the last step is repeated
	Life    time.Duration // a failure that counts, this long after the job was put, is the last; 0: no such end
	Peer    []string      // stages at which the failure says nothing of the job: nobody answered, or not as they should
}

// LeaseMargin is how much longer a lease is than the worker's own time: for the way to the store and back, tried again.
const LeaseMargin = 15 * time.Second

// Lease is how long a claimed job stays away from other workers.
func (r Rule) Lease() time.Duration { return r.Timeout + LeaseMargin }

// Rules returns the rules of the known kinds; change what you like in the map, it is yours.
//
// A letter is tried for as long as its request wants it (its worker says when it does not), or for the five days of
// RFC 5321 4.5.4.1 and the day that a confirming letter waits. Only a 5xx code that concerns the letter kills it sooner:
// while the mail server is away nothing is counted and nothing grows. A webhook keeps the schedule of Standard Webhooks, about 75 h.
func Rules() map[consent.JobKind]Rule {
	return map[consent.JobKind]Rule{
		consent.JobLetter: {
			Hands: 8, Timeout: time.Minute, Life: 6 * 24 * time.Hour,
			Backoff: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour},
			Peer:    []string{"dial", "connect", "hello", "tls", "auth"},
		},
		consent.JobWebhook: {
			Hands: 16, Timeout: 30 * time.Second, Ends: true,
			Backoff: []time.Duration{
				5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
				14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
			},
		},
	}
}

// other is the rule of a kind that has none.
func other() Rule {
	return Rule{Hands: 4, Timeout: time.Minute, Backoff: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}}
}

// step returns the pause after the (attempts+1)th counted failure, and whether there is one.
func (r Rule) step(attempts int) (time.Duration, bool) {
	last := len(r.Backoff) - 1
	if attempts <= last {
		return r.Backoff[attempts], true
	}
	if r.Ends || last < 0 {
		return 0, false
	}
	return r.Backoff[last], true
}
