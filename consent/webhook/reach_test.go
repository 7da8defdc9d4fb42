package webhook

import (
	"crypto/x509"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestReach: each stage that fails is named, the guard stands before it, and the target is asked nothing.
func TestReach(t *testing.T) {
	s := newShop(t, nil)
	safe := unstarted(nil)
	safe.StartTLS()
	t.Cleanup(safe.Close)
	roots := x509.NewCertPool()
	roots.AddCert(safe.Certificate())
	closed := func(o *Options) { o.AllowPrivate = false }
	trusting := func(o *Options) { o.Roots = roots }
	nowhere := func(o *Options) {
		o.Resolver = names(t, func(int) []netip.Addr { return nil })
		o.Timeout = 2 * time.Second
	}
	for _, c := range []struct {
		name, url, stage, hint string
		change                 func(*Options)
	}{
		{"plain", s.URL, "", "", nil},
		{"TLS", safe.URL, "", "", trusting},
		{"foreign certificate", safe.URL, "tls", "SSL_CERT_FILE", nil},
		{"another name", strings.Replace(safe.URL, "127.0.0.1", "localhost", 1), "tls", "", trusting},
		{"guarded", s.URL, "guard", "BOHOJA_WEBHOOKS__ALLOW_PRIVATE", closed},
		{"metadata", "http://169.254.169.254/", "guard", "no setting", nil},
		{"nobody", "https://127.0.0.1:1/", "connect", "", nil},
		{"no name", "https://shop.example/", "dns", "", nowhere},
		{"no URL", "ftp://shop.example/", "url", "http or https", nil},
		{"control", "https://a\x7fb/", "url", "http or https", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := start(t, s.URL, c.change).Reach(t.Context(), c.url)
			if Stage(err) != c.stage || !strings.Contains(Hint(err), c.hint) || (err == nil) != (c.stage == "") {
				t.Errorf("%v at %q, %q", err, Stage(err), Hint(err))
			}
		})
	}
	if n := len(s.requests()) + len(safe.requests()); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}
