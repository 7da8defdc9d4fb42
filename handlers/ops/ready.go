package ops

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Check is one condition of readiness. Func returns nil when it holds; it must give up when ctx ends.
// Of a *consent.Error code and detail are told; of another error only that there was one, and the log has the rest.
type Check struct {
	Name string // a word, such as "redis"
	Func func(ctx context.Context) error
}

// Reason is why the service is not ready.
type Reason struct {
	Check  string `json:"check"`
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

const (
	readyKept = time.Second     // results are used this long, so that many balancers cost as much as one
	checkTime = 2 * time.Second // for all checks together
)

// readiness runs the checks, one round at a time, and remembers the last one.
type readiness struct {
	checks []Check
	clock  func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	at   time.Time // of the last round; zero before the first
	last []Reason
}

// reasons is empty when every check holds. A caller who hangs up does not spoil the round for the others.
func (r *readiness) reasons(ctx context.Context) []Reason {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock()
	if age := now.Sub(r.at); !r.at.IsZero() && age >= 0 && age < readyKept {
		return r.last
	}
	r.last = r.round(context.WithoutCancel(ctx))
	r.at = r.clock()
	return r.last
}

// round runs all checks at once.
func (r *readiness) round(ctx context.Context) []Reason {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	errs := make([]error, len(r.checks))
	var all sync.WaitGroup
	for i, check := range r.checks {
		all.Go(func() { errs[i] = check.Func(ctx) })
	}
	all.Wait()
	var out []Reason
	for i, err := range errs {
		if err != nil {
			out = append(out, r.reason(ctx, r.checks[i].Name, err))
		}
	}
	return out
}

func (r *readiness) reason(ctx context.Context, name string, err error) Reason {
	if e, ok := errors.AsType[*consent.Error](err); ok {
		return Reason{Check: name, Code: e.Code, Detail: e.Detail}
	}
	r.log.WarnContext(ctx, "not ready", "check", name, "error", err)
	return Reason{Check: name, Code: "failed", Detail: "see the log"}
}
