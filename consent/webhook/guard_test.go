package webhook

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// Threat 14, the judgement itself: which address is refused, and which the setting opens.
func TestGuardAddresses(t *testing.T) {
	for want, addresses := range map[error][]string{
		nil: {
			"9.9.9.9", "93.184.216.34", "172.32.0.1", "11.0.0.1", "100.128.0.1", "192.169.0.1", "[2620:fe::fe]", "[2a00:1450::1]",
		},
		ErrPrivate: {
			"127.0.0.1", "127.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1",
			"100.64.0.1", "[::1]", "[fc00::1]", "[fd12:3456::1]",
		},
		ErrReserved: {
			"0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
			"192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
			"[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:9.9.9.9]",
			"[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001::1]",
			"[fe80::1]", "[fe80::1%eth0]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]",
			"[fd00:ec2::254]", "[fd00:ec2::254%eth0]", "[fd20:ce::254]", "[5f00::1]", "[fc00::1%eth0]",
		},
	} {
		for _, a := range addresses {
			network := "tcp4"
			if strings.HasPrefix(a, "[") {
				network = "tcp6"
			}
			if err := newGuard(false).control(network, a+":443", nil); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", a, err, want)
			}
			opened := want
			if errors.Is(want, ErrPrivate) {
				opened = nil
			}
			if err := newGuard(true).control(network, a+":443", nil); !errors.Is(err, opened) {
				t.Errorf("%s with the setting: got %v, want %v", a, err, opened)
			}
		}
	}
}

// What the guard cannot read is refused, and so is what is no TCP.
func TestGuardFailsClosed(t *testing.T) {
	for _, allow := range []bool{false, true} {
		for network, address := range map[string]string{
			"tcp4": "shop.example:443", "tcp6": "9.9.9.9", "unix": "/run/docker.sock", "udp4": "9.9.9.9:53", "": "",
		} {
			if err := newGuard(allow).control(network, address, nil); !errors.Is(err, ErrReserved) {
				t.Errorf("%s %q: %v", network, address, err)
			}
		}
	}
}

// Ports are the operator's choice.
func TestGuardPorts(t *testing.T) {
	for _, port := range []string{"80", "443", "8443", "3000"} {
		if err := newGuard(false).control("tcp4", "9.9.9.9:"+port, nil); err != nil {
			t.Errorf("port %s: %v", port, err)
		}
	}
}

func TestCheckURL(t *testing.T) {
	nobody := names(t, func(int) []netip.Addr { return nil })
	for target, want := range map[string]error{
		"https://shop.example/hooks":        nil,
		"http://shop.example:8080/a?b=c":    nil,
		"https://[2620:fe::fe]:8443/hooks":  nil,
		"":                                  ErrURL,
		"shop.example/hooks":                ErrURL,
		"//shop.example/hooks":              ErrURL,
		"https:///hooks":                    ErrURL,
		"https://:443/hooks":                ErrURL,
		"https://shop.example/#a":           ErrURL,
		"https://user:pass@shop.example/":   ErrURL,
		"ftp://shop.example/":               ErrURL,
		"file:///etc/passwd":                ErrURL,
		"gopher://127.0.0.1:6379/_FLUSHALL": ErrURL,
		"unix:///run/docker.sock":           ErrURL,
		"https://shop.example/\x00":         ErrURL,
		"https://shop.example\r\nX: y/":     ErrURL,
	} {
		if err := CheckURL(target); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", target, err, want)
		}
		if want == nil {
			continue
		}
		d := start(t, target, func(o *Options) { o.Resolver = nobody })
		offline(d)
		err := d.Deliver(t.Context(), granted(target), happened)
		if e := deliveryError(t, err); e.Class != consent.Never || e.Stage != "url" {
			t.Errorf("%q: %+v", target, e)
		}
	}
}

// Threat 14 on the wire: a receiver listens on every loopback address, and no spelling of one reaches it.
func TestRefusesLoopbackInEverySpelling(t *testing.T) {
	s := newShop(t, nil)
	everywhere := names(t, func(int) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} })
	for host, stage := range map[string]string{
		"127.0.0.1":          "guard",
		"127.1.2.3":          "guard",
		"0.0.0.0":            "guard",
		"[::ffff:127.0.0.1]": "guard",
		"localhost":          "guard",
		"LOCALHOST":          "guard",
		"１２７.0.0.1":          "guard", // full-width digits, folded by IDNA
		"①②⑦.0.0.1":          "guard",
		"0x7f000001":         "guard", // a name to Go, an address to getaddrinfo: the DNS here answers as that would
		"0x7f.0.0.1":         "guard",
		"shop.test":          "guard", // a good name that leads inside
		"127.0.0.1.nip.test": "guard",
		"169.254.169.254":    "guard",
		"10.0.0.1":           "guard",
		"192.168.0.1":        "guard",
		"2130706433":         "dns", // decimal, octal and short forms are neither address nor name
		"0177.0.0.1":         "dns",
		"127.1":              "dns",
	} {
		t.Run(host, func(t *testing.T) {
			target := "http://" + host + ":" + s.port(t) + "/"
			d := start(t, target, func(o *Options) { o.AllowPrivate, o.Resolver = false, everywhere })
			offline(d)
			err := d.Deliver(t.Context(), granted(target), happened)
			if e := deliveryError(t, err); e.Stage != stage || e.Class != consent.Again || e.Code != 0 {
				t.Errorf("%+v: %v", e, e.Err)
			}
		})
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

// IPv6 needs no listener: the address is refused before anything leaves. Where the host has no IPv6 the socket is.
func TestRefusesLoopbackIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Logf("this host has no IPv6 loopback, the table of addresses stands alone: %v", err)
		return
	}
	defer func() { _ = l.Close() }()
	target := "http://" + l.Addr().String()
	err = start(t, target, func(o *Options) { o.AllowPrivate = false }).Deliver(t.Context(), granted(target), happened)
	if !errors.Is(err, ErrPrivate) {
		t.Error(err)
	}
}

// The error tells the operator what to do, or that nothing is to be done.
func TestRefusalNamesTheSetting(t *testing.T) {
	s := newShop(t, nil)
	err := start(t, s.URL, func(o *Options) { o.AllowPrivate = false }).Deliver(t.Context(), granted(s.URL), happened)
	if !errors.Is(err, ErrPrivate) || !strings.Contains(err.Error(), "BOHOJA_WEBHOOKS__ALLOW_PRIVATE") {
		t.Error(err)
	}
	target := "http://169.254.169.254/latest/meta-data/"
	d := start(t, target, nil)
	offline(d)
	err = d.Deliver(t.Context(), granted(target), happened)
	if !errors.Is(err, ErrReserved) || strings.Contains(err.Error(), "BOHOJA") {
		t.Errorf("the metadata service, with the setting on: %v", err)
	}
}

// offline lets the guard judge first; what it lets through is noted, and stopped unless it is loopback, so that no test
// speaks to the internet.
func offline(d *Deliverer) func() []string {
	var mu sync.Mutex
	var passed []string
	judge := d.dialer.Control
	d.dialer.Control = func(network, address string, c syscall.RawConn) error {
		if judge != nil {
			if err := judge(network, address, c); err != nil {
				return err
			}
		}
		mu.Lock()
		defer mu.Unlock()
		passed = append(passed, address)
		if netip.MustParseAddrPort(address).Addr().IsLoopback() {
			return nil
		}
		return errors.New("stopped by the test")
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return passed
	}
}

// DNS rebinding: the name is public when it is first asked for and private from then on.
func TestRebinding(t *testing.T) {
	s := newShop(t, nil)
	public, loopback := netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("127.0.0.1")
	resolver := names(t, func(earlier int) []netip.Addr {
		if earlier == 0 {
			return []netip.Addr{public}
		}
		return []netip.Addr{loopback}
	})
	target := "http://rebind.test:" + s.port(t)
	d := start(t, target, func(o *Options) { o.AllowPrivate, o.Resolver = false, resolver })
	passed := offline(d)

	err := d.Deliver(t.Context(), granted(target), happened)
	if got := passed(); len(got) != 1 || got[0] != "9.9.9.9:"+s.port(t) {
		t.Fatalf("the public address should be dialled: %v, %v", got, err)
	}
	if err := d.Deliver(t.Context(), granted(target), happened); !errors.Is(err, ErrPrivate) {
		t.Errorf("second attempt: %v", err)
	}
	if got := passed(); len(got) != 1 || len(s.requests()) != 0 {
		t.Errorf("came through: %v", got)
	}
}

// A name with a public address and a private one: the second must not be a way in when the first does not answer.
func TestMixedAddresses(t *testing.T) {
	s := newShop(t, nil)
	both := []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("127.0.0.1")}
	target := "http://both.test:" + s.port(t)
	d := start(t, target, func(o *Options) {
		o.AllowPrivate, o.Resolver = false, names(t, func(int) []netip.Addr { return both })
	})
	passed := offline(d)
	if err := d.Deliver(t.Context(), granted(target), happened); err == nil {
		t.Error("delivered")
	}
	if got := passed(); len(got) != 1 || len(s.requests()) != 0 {
		t.Errorf("came through: %v", got)
	}
}
