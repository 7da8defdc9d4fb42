package embed

import (
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

// Bounds of signups without a client token: a school behind one address signs up a class, a program no town.
const (
	netBurst = 40
	netEvery = 15 * time.Second
	maxNets  = 4096 // networks remembered at most, twice
)

// limits count signups without a client token, by network and by app. Each process counts for itself. It is safe for
// concurrent use.
type limits struct {
	networks  *web.Networks
	perMinute int
	clock     func() time.Time

	mu        sync.Mutex
	apps      map[string]*rate.Limiter
	nets, old map[netip.Prefix]*rate.Limiter
}

func newLimits(o Options) *limits {
	return &limits{
		networks: o.Networks, perMinute: max(1, o.PerMinute), clock: o.Clock,
		apps: map[string]*rate.Limiter{}, nets: map[netip.Prefix]*rate.Limiter{},
	}
}

// take charges a signup. A network that is not known is not charged: then the app's limit stands alone. Errors: rate_limited.
func (l *limits) take(r *http.Request, app *consent.App) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.networks != nil {
		if n, ok := l.networks.Of(r); ok {
			if err := l.charge(l.network(n)); err != nil {
				return err
			}
		}
	}
	one, ok := l.apps[app.ID]
	if !ok {
		one = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
		l.apps[app.ID] = one
	}
	return l.charge(one)
}

func (l *limits) charge(one *rate.Limiter) error {
	now := l.clock()
	if one.AllowN(now, 1) {
		return nil
	}
	wait := (1 - one.TokensAt(now)) / float64(one.Limit())
	return &consent.Error{
		Kind: consent.KindTooMany, Code: "rate_limited", Detail: "too many signups without a client token",
		RetryAfter: time.Duration(math.Ceil(wait)) * time.Second,
	}
}

// network bounds what is remembered: when the young half is full it becomes the old half, and the old is forgotten.
func (l *limits) network(n netip.Prefix) *rate.Limiter {
	one, ok := l.nets[n]
	if ok {
		return one
	}
	if one, ok = l.old[n]; !ok {
		one = rate.NewLimiter(rate.Every(netEvery), netBurst)
	}
	if len(l.nets) >= maxNets {
		l.nets, l.old = map[netip.Prefix]*rate.Limiter{}, l.nets
	}
	l.nets[n] = one
	return one
}
