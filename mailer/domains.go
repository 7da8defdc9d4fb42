package mailer

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// Bounds of what is remembered about domains, and of one look-up: somebody waits for it.
const (
	domainsKept   = 4096
	domainsFor    = 10 * time.Minute
	domainTimeout = 2 * time.Second
)

// Domains implements consent.Domains by asking the DNS. It is safe for concurrent use.
type Domains struct {
	Resolver *net.Resolver    // nil: the system's
	Clock    func() time.Time // nil: time.Now

	mu    sync.Mutex
	known map[string]domainAnswer
}

type domainAnswer struct {
	takesMail bool
	until     time.Time
}

// Deliverable is false only when the DNS says for certain that the domain takes no mail: it does not exist, has neither MX
// nor address, or says so with a null MX (RFC 7505). Whatever cannot be known counts as true, and is not remembered.
func (d *Domains) Deliverable(ctx context.Context, domain string) bool {
	now := d.now()
	d.mu.Lock()
	a, ok := d.known[domain]
	d.mu.Unlock()
	if ok && now.Before(a.until) {
		return a.takesMail
	}
	ctx, cancel := context.WithTimeout(ctx, domainTimeout)
	defer cancel()
	takes, certain := d.ask(ctx, domain)
	if certain {
		d.remember(domain, domainAnswer{takes, now.Add(domainsFor)})
	}
	return takes
}

func (d *Domains) now() time.Time {
	if d.Clock == nil {
		return time.Now()
	}
	return d.Clock()
}

// ask returns whether the domain takes mail, and whether that is certain.
func (d *Domains) ask(ctx context.Context, domain string) (takes, certain bool) {
	r := d.Resolver
	if r == nil {
		r = net.DefaultResolver
	}
	mx, err := r.LookupMX(ctx, domain+".")
	if len(mx) > 0 {
		return slices.ContainsFunc(mx, func(m *net.MX) bool { return m.Host != "." && m.Host != "" }), true
	}
	if err != nil && !absent(err) {
		return true, false
	}
	_, err = r.LookupNetIP(ctx, "ip", domain+".")
	if err == nil {
		return true, true
	}
	if absent(err) {
		return false, true
	}
	return true, false
}

// absent reports whether the DNS said that there is no such name or record, as opposed to not answering.
func absent(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound && !e.IsTimeout && !e.IsTemporary
}

// remember forgets everything when it is full: the map is a convenience, and must not grow with what strangers type.
func (d *Domains) remember(domain string, a domainAnswer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= domainsKept {
		d.known = map[string]domainAnswer{}
	}
	d.known[domain] = a
}
