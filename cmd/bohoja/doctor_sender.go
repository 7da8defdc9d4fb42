package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/mailer"
)

// resolver asks the server at an address, with or without a port; "" is what this host asks.
func resolver(server string) (*net.Resolver, error) {
	if server == "" {
		return net.DefaultResolver, nil
	}
	if ip, err := netip.ParseAddr(server); err == nil {
		server = netip.AddrPortFrom(ip, 53).String()
	}
	if _, err := netip.ParseAddrPort(server); err != nil {
		return nil, usage(errors.New("--dns: write the IP address of a DNS server, perhaps with a port"))
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}}, nil
}

// sender looks at what the DNS says about the domain from which letters come. Receivers throw letters away by it.
type sender struct {
	dns    *net.Resolver
	set    *config.Settings
	domain string
}

// reserved are names that no mail leaves to (RFC 2606, RFC 6761).
var reserved = []string{"example", "test", "invalid", "localhost", "internal"}

// examineSender looks at SPF, DKIM, DMARC and PTR.
func examineSender(dns *net.Resolver) examination {
	return func(ctx context.Context, s *config.Settings) []finding {
		domain, err := mailer.SignDomain(s.SMTP.From, "")
		if err != nil {
			return []finding{wrong("sender", "not looked at: smtp.from (BOHOJA_SMTP__FROM) is not set, or no address")}
		}
		if slices.Contains(reserved, domain[strings.LastIndexByte(domain, '.')+1:]) {
			return []finding{advice("sender", "%s is a name for examples and trials: no mail server of the world takes letters from it", domain)}
		}
		e := sender{dns, s, domain}
		return []finding{e.spf(ctx), e.dkim(ctx), e.dmarc(ctx), e.ptr(ctx)}
	}
}

// texts returns the TXT records of a name that begin so. An error is a DNS that does not answer, never an absence.
func (e sender) texts(ctx context.Context, name, beginning string) ([]string, error) {
	all, err := e.dns.LookupTXT(ctx, name+".")
	if missing, ok := errors.AsType[*net.DNSError](err); ok && missing.IsNotFound {
		return nil, nil
	}
	var out []string
	for _, one := range all {
		if strings.HasPrefix(strings.ToLower(one), beginning) {
			out = append(out, one)
		}
	}
	return out, err
}

func silent(check string) finding {
	return advice(check, "the DNS does not answer: look again later, or by another server with --dns")
}

// spf looks for one policy (RFC 7208).
func (e sender) spf(ctx context.Context) finding {
	got, err := e.texts(ctx, e.domain, "v=spf1")
	switch {
	case err != nil:
		return silent("spf")
	case len(got) == 0:
		return wrong("spf", "%s has no SPF record: add a TXT record such as \"v=spf1 a:%s -all\" that names the servers which send for it", e.domain, e.server())
	case len(got) > 1:
		return wrong("spf", "%s has %d SPF records, which counts as none (RFC 7208, 4.5): make one of them", e.domain, len(got))
	case slices.ContainsFunc(strings.Fields(got[0]), func(word string) bool { return word == "+all" || word == "all" }):
		return wrong("spf", "the SPF record of %s lets everybody send for it: end it with -all or ~all", e.domain)
	}
	return fine("spf", "%s says %s", e.domain, got[0])
}

// dkim holds the key on this host against the one that the world sees (RFC 6376).
func (e sender) dkim(ctx context.Context) finding {
	key, err := mailer.ReadDKIM(e.set.Keys.Dir, e.set.SMTP.DKIMSelector)
	if err != nil {
		return wrong("dkim", "%v", err)
	}
	if key == nil {
		return advice("dkim", "letters are not signed here: unless your mail server signs them, `bohoja keys dkim` makes a key")
	}
	name := mailer.DKIMName(e.set.SMTP.DKIMSelector, e.signs())
	got, err := e.texts(ctx, name, "")
	got = slices.DeleteFunc(got, func(text string) bool { return !strings.Contains(text, "p=") })
	switch {
	case err != nil:
		return silent("dkim")
	case len(got) == 0:
		return wrong("dkim", "letters are signed and nobody can check it: %s has no TXT record; `bohoja keys dkim` prints it", name)
	case len(got) > 1 || tag(got[0], "p") != tag(key.Record(), "p"):
		return wrong("dkim", "the TXT record of %s is not that of the key here, so signatures fail: put there what `bohoja keys dkim` prints", name)
	}
	return fine("dkim", "%s has the key that signs here", name)
}

// signs is the domain in signatures.
func (e sender) signs() string { return cmp.Or(e.set.SMTP.DKIMDomain, e.domain) }

// dmarc looks for one policy, of the domain or of the one above it that can be bought (RFC 7489, 6.6.3).
func (e sender) dmarc(ctx context.Context) finding {
	names := []string{e.domain}
	if above, err := publicsuffix.EffectiveTLDPlusOne(e.domain); err == nil && above != e.domain {
		names = append(names, above)
	}
	for _, name := range names {
		got, err := e.texts(ctx, "_dmarc."+name, "v=dmarc1")
		switch {
		case err != nil:
			return silent("dmarc")
		case len(got) > 1:
			return wrong("dmarc", "_dmarc.%s has %d policies, which counts as none: make one of them", name, len(got))
		case len(got) == 1 && !slices.Contains([]string{"none", "quarantine", "reject"}, tag(got[0], "p")):
			return wrong("dmarc", "the policy of _dmarc.%s has no p=none, p=quarantine or p=reject", name)
		case len(got) == 1:
			return fine("dmarc", "_dmarc.%s says %s", name, got[0])
		}
	}
	return wrong("dmarc", "%s has no DMARC policy, and large receivers ask for one: add the TXT record _dmarc.%s \"v=DMARC1; p=none\", and make it stricter later", e.domain, e.domain)
}

// tag returns the value of a tag of a list "a=b; c=d".
func tag(list, name string) string {
	for part := range strings.SplitSeq(list, ";") {
		key, value, _ := strings.Cut(part, "=")
		if strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}

func (e sender) server() string {
	u, err := url.Parse(e.set.SMTP.URL.Reveal())
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// ptr looks whether each address of the mail server has a name that leads back to it. A server on this host goes out by an
// address that cannot be seen from here: its name is that of the public URL or nothing is known.
func (e sender) ptr(ctx context.Context) finding {
	host := e.server()
	if loopback(host) || host == "" {
		return fine("ptr", "the mail server is on this host: look that the address by which it goes out has a name that leads back to it")
	}
	addrs, err := e.dns.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return silent("ptr")
	}
	for _, addr := range addrs {
		if !e.leadsBack(ctx, addr.Unmap()) {
			return advice("ptr", "%s has no name that leads back to it: if letters leave by this address, have its provider set one", addr)
		}
	}
	return fine("ptr", "the addresses of %s have names that lead back", host)
}

func (e sender) leadsBack(ctx context.Context, addr netip.Addr) bool {
	names, _ := e.dns.LookupAddr(ctx, addr.String())
	for _, name := range names {
		back, _ := e.dns.LookupNetIP(ctx, "ip", name)
		if slices.ContainsFunc(back, func(b netip.Addr) bool { return b.Unmap() == addr }) {
			return true
		}
	}
	return false
}
