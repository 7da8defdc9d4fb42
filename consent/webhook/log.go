package webhook

import (
	"slices"
	"sync"

	"github.com/bohoja/bohoja/consent"
)

// ring keeps the newest attempts of this process.
type ring struct {
	mu   sync.Mutex
	max  int
	kept []consent.Attempt // oldest first
}

func (r *ring) add(a consent.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) == r.max {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, a)
}

// list returns a copy, the newest first.
func (r *ring) list() []consent.Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.kept)
	slices.Reverse(out)
	return out
}
