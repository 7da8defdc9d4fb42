package api

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/bohoja/bohoja/consent"
)

// rates counts requests by key in this process: N processes allow N times as much. A key that was silent for a minute may
// send its whole minute at once.
type rates struct {
	perMinute int
	clock     func() time.Time

	mu   sync.Mutex
	keys map[rateKey]*rate.Limiter
}

type rateKey struct {
	space    *space
	app, key string
}

func newRates(perMinute int, clock func() time.Time) *rates {
	return &rates{perMinute: max(1, perMinute), clock: clock, keys: map[rateKey]*rate.Limiter{}}
}

// take charges a request to its key, and tells in the answer's headers how many are left
// (draft-ietf-httpapi-ratelimit-headers). Errors: rate_limited.
func (r *rates) take(c *gin.Context, q *ask) error {
	now := r.clock()
	lim := r.of(q.space, q.app.ID, q.key.ID)
	allowed := lim.AllowN(now, 1)
	left := lim.TokensAt(now)
	full := math.Ceil((float64(r.perMinute) - left) / float64(lim.Limit()))
	c.Header("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=60`, r.perMinute))
	c.Header("RateLimit", fmt.Sprintf(`"key";r=%d;t=%.0f`, int(math.Max(0, left)), full))
	if allowed {
		return nil
	}
	wait := time.Duration((1 - left) / float64(lim.Limit()) * float64(time.Second))
	return tooMany(wait, "this key has asked too often; RateLimit tells when it may go on")
}

// of finds the limiter of a key. There are as many as keys were ever known to this process, so none is thrown away.
func (r *rates) of(s *space, app, key string) *rate.Limiter {
	name := rateKey{s, app, key}
	r.mu.Lock()
	defer r.mu.Unlock()
	lim, ok := r.keys[name]
	if !ok {
		lim = rate.NewLimiter(rate.Limit(float64(r.perMinute)/60), r.perMinute)
		r.keys[name] = lim
	}
	return lim
}

func tooMany(wait time.Duration, detail string) error {
	return &consent.Error{Kind: consent.KindTooMany, Code: "rate_limited", Detail: detail, RetryAfter: wait}
}
