package api

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/netip"
	"slices"
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

// Bounds of failed keys by network.
const (
	failBurst = 20
	failEvery = 6 * time.Second
	failNets  = 4096 // networks remembered at most, twice
	failSame  = 4    // wrong keys of which a network is reminded only once
)

// failures counts wrong keys by network. The same wrong key counts once: a forgotten worker with a revoked key must not
// lock out its neighbours behind the same address, while whoever guesses sends ever other ones.
type failures struct {
	clock func() time.Time

	mu        sync.Mutex
	nets, old map[netip.Prefix]*failure
}

type failure struct {
	lim  *rate.Limiter
	seen [][sha256.Size]byte
}

func newFailures(clock func() time.Time) *failures {
	return &failures{clock: clock, nets: map[netip.Prefix]*failure{}}
}

// check refuses a network that has used up its tries. Errors: rate_limited.
func (f *failures) check(n netip.Prefix) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.get(n)
	if one == nil {
		return nil
	}
	left := one.lim.TokensAt(f.clock())
	if left >= 1 {
		return nil
	}
	return tooMany(time.Duration((1-left)*float64(failEvery)), "too many unknown keys came from this network")
}

// note charges a wrong key to its network.
func (f *failures) note(n netip.Prefix, sum [sha256.Size]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.get(n)
	if one == nil {
		one = &failure{lim: rate.NewLimiter(rate.Every(failEvery), failBurst)}
		f.put(n, one)
	}
	if slices.Contains(one.seen, sum) {
		return
	}
	one.seen = append(one.seen[max(0, len(one.seen)-failSame+1):], sum)
	one.lim.AllowN(f.clock(), 1)
}

func (f *failures) get(n netip.Prefix) *failure {
	if one, ok := f.nets[n]; ok {
		return one
	}
	one, ok := f.old[n]
	if ok {
		f.put(n, one)
	}
	return one
}

// put bounds what is remembered: when the young half is full it becomes the old half, and the old is forgotten.
func (f *failures) put(n netip.Prefix, one *failure) {
	if len(f.nets) >= failNets {
		f.nets, f.old = map[netip.Prefix]*failure{}, f.nets
	}
	f.nets[n] = one
}
