package webhook

import (
	"slices"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Attempt is one try to deliver one event to one target, as staff and `dev` may see it: no body, no path, no secret.
type Attempt struct {
	At    time.Time
	Took  time.Duration
	App   string
	Event string // "evt_…"
	Type  consent.EventType
	Host  string // host and port of the target; its path may hold a token of the receiver
	Code  int    // HTTP status; 0 when there was none
	Stage string // where it failed, "" when delivered: see Deliver
}

// ring keeps the newest attempts of this process.
type ring struct {
	mu   sync.Mutex
	max  int
	kept []Attempt // oldest first
}

func (r *ring) add(a Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) == r.max {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, a)
}

// list returns a copy, the newest first.
func (r *ring) list() []Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.kept)
	slices.Reverse(out)
	return out
}
