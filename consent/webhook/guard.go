package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"
)

// Reasons to refuse a target.
var (
	ErrURL = errors.New("webhook: a target is an http or https URL with a host, without user, password or fragment")

	ErrPrivate = errors.New("the webhook target's address is on loopback or a private network; BOHOJA_WEBHOOKS__ALLOW_PRIVATE=true allows such targets")

	ErrReserved = errors.New("the webhook target's address is link-local, reserved or a cloud's metadata service; no setting allows such targets")
)

// private are the ranges that AllowPrivate opens: loopback, RFC 1918, RFC 6598, RFC 4193.
var private = struct{ v4, v6 []netip.Prefix }{
	v4: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"),
	},
	v6: []netip.Prefix{
		netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("fc00::/7"),
	},
}

// metadata are services of clouds that answer any caller on the host with its credentials and that lie outside the
// link-local ranges, which are refused as a whole.
var metadata = []netip.Addr{
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("168.63.129.16"),   // Azure, a public address
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google Cloud
}

// guard judges an address at the moment it is dialled, when names are resolved and nothing lies between the look and the
// connection (threat 14, DNS rebinding). It fails closed: an address that it cannot read is refused.
//
// Ports are free: the URL with its port stands in the operator's own file, and since no redirect is followed nobody else
// can choose one. A public address of this very host is let through, for it cannot be told from any other public address.
type guard struct {
	allowPrivate bool
	public       *ssrf.Guardian // the internet only
	wide         *ssrf.Guardian // the internet and the private ranges
}

func newGuard(allowPrivate bool) *guard {
	return &guard{
		allowPrivate: allowPrivate,
		public:       ssrf.New(ssrf.WithAnyPort()),
		wide: ssrf.New(ssrf.WithAnyPort(),
			ssrf.WithAllowedV4Prefixes(private.v4...), ssrf.WithAllowedV6Prefixes(private.v6...)),
	}
}

// control is a net.Dialer's Control: address is an IP address and a port. Errors: ErrPrivate, ErrReserved.
func (g *guard) control(network, address string, c syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrReserved, err)
	}
	if slices.Contains(metadata, at.Addr().Unmap().WithZone("")) {
		return ErrReserved
	}
	if err := g.wide.Safe(network, address, c); err != nil {
		return fmt.Errorf("%w: %w", ErrReserved, err)
	}
	if g.allowPrivate {
		return nil
	}
	if err := g.public.Safe(network, address, c); err != nil {
		return fmt.Errorf("%w: %w", ErrPrivate, err)
	}
	return nil
}

// CheckURL tells whether a declared target can be called at all; where it leads is judged when it is dialled. A user or
// password is refused since the signature is the proof, and since URLs are shown to staff. Error: ErrURL.
func CheckURL(target string) error {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return ErrURL
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return ErrURL
	}
	return nil
}
