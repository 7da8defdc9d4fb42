package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// Networks tells from which network a request comes, for limits alone: it is neither stored nor logged.
// The zero value trusts no proxy. It must not be copied after its first use.
type Networks struct {
	// Trusted are the proxies whose X-Forwarded-For counts (BOHOJA_TRUSTED_PROXIES).
	Trusted []netip.Prefix
	// Log hears once when limits are off; nil: nobody does.
	Log *slog.Logger

	warned sync.Once
}

// Lengths of what counts as one network: a single IPv4 address, and the smallest IPv6 network that a customer gets.
const (
	bits4 = 32
	bits6 = 64
)

// Of returns the network of whoever asks. It is false when that cannot be known, and limits by network are off: no proxy
// is trusted, and the peer is a loopback or private address, so most likely a proxy behind which all look alike.
//
// A forwarding header counts only from a trusted proxy, and is read from its end, where the nearest proxy wrote: the first
// address that is no trusted proxy is the client. What stands before it anybody can have written (threat 29).
func (n *Networks) Of(r *http.Request) (netip.Prefix, bool) {
	peer, ok := address(r.RemoteAddr)
	if !ok {
		return netip.Prefix{}, false
	}
	if len(n.Trusted) == 0 && (peer.IsLoopback() || peer.IsPrivate()) {
		n.warn()
		return netip.Prefix{}, false
	}
	client := peer
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && n.trusts(client); i-- {
		hop, ok := address(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		client = hop
	}
	return networkOf(client), true
}

func (n *Networks) trusts(a netip.Addr) bool {
	for _, p := range n.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (n *Networks) warn() {
	if n.Log == nil {
		return
	}
	n.warned.Do(func() {
		n.Log.Warn("limits by network are off: requests come from a private address and BOHOJA_TRUSTED_PROXIES names no proxy")
	})
}

// address reads an address with or without a port.
func address(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		ap, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		a = ap.Addr()
	}
	return a.Unmap().WithZone(""), true
}

func networkOf(a netip.Addr) netip.Prefix {
	bits := bits6
	if a.Is4() {
		bits = bits4
	}
	p, _ := a.Prefix(bits) // the lengths fit their families
	return p
}
