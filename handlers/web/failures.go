package web

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bohoja/bohoja/consent"
)

// Bounds of failed guesses by network.
const (
	FailBurst = 20
	FailEvery = 6 * time.Second
	failNets  = 4096 // networks remembered at most, twice
	failSame  = 4    // wrong guesses of which a network is reminded only once
)

// Failures counts wrong guesses (of keys, of codes) by network. The same wrong one counts once: a forgotten worker with a
// revoked key must not lock out its neighbours behind the same address, while whoever guesses sends ever other ones.
// It is safe for concurrent use.
type Failures struct {
	networks *Networks
	clock    func() time.Time

	mu        sync.Mutex
	nets, old map[netip.Prefix]*failure
}

type failure struct {
	lim  *rate.Limiter
	seen [][sha256.Size]byte
}

// NewFailures counts by these networks; nil counts nothing, and so does a network that is not known.
func NewFailures(networks *Networks, clock func() time.Time) *Failures {
	return &Failures{networks: networks, clock: clock, nets: map[netip.Prefix]*failure{}}
}

// Check refuses whoever comes from a network that has used up its tries. Errors: rate_limited.
func (f *Failures) Check(r *http.Request) error {
	if n, ok := f.of(r); ok {
		return f.check(n)
	}
	return nil
}

// Note charges a wrong guess, by its digest, to the network it came from.
func (f *Failures) Note(r *http.Request, sum [sha256.Size]byte) {
	if n, ok := f.of(r); ok {
		f.note(n, sum)
	}
}

func (f *Failures) of(r *http.Request) (netip.Prefix, bool) {
	if f.networks == nil {
		return netip.Prefix{}, false
	}
	return f.networks.Of(r)
}

// check refuses a network that has used up its tries. Errors: rate_limited.
func (f *Failures) check(n netip.Prefix) error {
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
	return &consent.Error{
		Kind: consent.KindTooMany, Code: "rate_limited", Detail: "too many wrong guesses came from this network",
		RetryAfter: time.Duration((1 - left) * float64(FailEvery)),
	}
}

// note charges a wrong guess to its network.
func (f *Failures) note(n netip.Prefix, sum [sha256.Size]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.get(n)
	if one == nil {
		one = &failure{lim: rate.NewLimiter(rate.Every(FailEvery), FailBurst)}
		f.put(n, one)
	}
	if slices.Contains(one.seen, sum) {
		return
	}
	one.seen = append(one.seen[max(0, len(one.seen)-failSame+1):], sum)
	one.lim.AllowN(f.clock(), 1)
}

func (f *Failures) get(n netip.Prefix) *failure {
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
func (f *Failures) put(n netip.Prefix, one *failure) {
	if len(f.nets) >= failNets {
		f.nets, f.old = map[netip.Prefix]*failure{}, f.nets
	}
	f.nets[n] = one
}
