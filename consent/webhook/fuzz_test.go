package webhook

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzGuard: of all addresses that there are, none that an independent judgement calls inner is let through, in any of the forms
// that carry an IPv4 address inside an IPv6 one (threat 14).
func FuzzGuard(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "9.9.9.9", "2620:fe::fe", "0.0.0.0"} {
		f.Add(netip.MustParseAddr(s).AsSlice())
	}
	inner := func(a netip.Addr) bool {
		return a.IsLoopback() || a.IsPrivate() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsInterfaceLocalMulticast()
	}
	nat64, sixToFour := netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16")
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		network, bad := "tcp6", inner(a) || inner(a.Unmap()) || a.Is4In6()
		b := a.As16()
		switch {
		case a.Is4():
			network = "tcp4"
		case nat64.Contains(a):
			bad = bad || inner(netip.AddrFrom4([4]byte(b[12:])))
		case sixToFour.Contains(a):
			bad = bad || inner(netip.AddrFrom4([4]byte(b[2:6])))
		}
		err := newGuard(false).control(network, netip.AddrPortFrom(a, 443).String(), nil)
		if bad && err == nil {
			t.Fatalf("%s is let through", a)
		}
		if err != nil && !errors.Is(err, ErrPrivate) && !errors.Is(err, ErrReserved) {
			t.Fatalf("%s: %v", a, err)
		}
		if errors.Is(err, ErrReserved) && newGuard(true).control(network, netip.AddrPortFrom(a, 443).String(), nil) == nil {
			t.Fatalf("%s is opened by a setting", a)
		}
	})
}

// FuzzTarget: a target that is taken has one scheme of two, a host, and nobody's password.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"https://shop.example/hooks", "http://a@b", "https://[::1", "HTTPS://x", "https:shop", "https://x#y", "https://x\r\nHost: y/", "//x", "https://x:99999/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		if CheckURL(target) != nil {
			return
		}
		u, err := url.Parse(target)
		if err != nil || u.User != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Fatalf("%q passes", target)
		}
		if strings.ContainsAny(target, "\r\n\x00") {
			t.Fatalf("%q breaks a line", target)
		}
	})
}

// FuzzVerify: nothing but what was signed verifies, whatever stands in the three headers and the body.
func FuzzVerify(f *testing.F) {
	const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
	now := time.Unix(1_800_000_000, 0)
	stamp, body := strconv.FormatInt(now.Unix(), 10), `{"type":"test.ping"}`
	k, err := key(secret)
	if err != nil {
		f.Fatal(err)
	}
	good := version + base64.StdEncoding.EncodeToString(mac(k, "evt_1", stamp, []byte(body)))
	f.Add("evt_1", stamp, good, body)
	f.Add("evt_1", stamp, "v1,", body)
	f.Add("evt_1", stamp, "v2,x "+good, body)
	f.Add("evt_1."+stamp, "", good, body)
	f.Add("evt_1", "+"+stamp, good, body)
	f.Fuzz(func(t *testing.T, id, at, signature, content string) {
		h := http.Header{HeaderID: {id}, HeaderTimestamp: {at}, HeaderSignature: {signature}}
		genuine := id == "evt_1" && at == stamp && content == body
		if err := Verify(secret, h, []byte(content), now, 0); err == nil && !genuine {
			t.Fatalf("%q %q %q %q verifies", id, at, signature, content)
		} else if err != nil && genuine && signature == good {
			t.Fatalf("what was signed is refused: %v", err)
		}
	})
}
