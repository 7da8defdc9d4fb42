package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/handlers/web"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// TestHeaders is the header table of the API reference.
func TestHeaders(t *testing.T) {
	returns := []string{"https://shop.example/welcome", "https://shop.example/other", "shopapp://done", "https://app.example:8443/x?y"}
	const page = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	const to = "form-action 'self' https://shop.example shopapp: https://app.example:8443"
	start := strings.Replace(page, "form-action 'self'", to, 1)
	for name, c := range map[string]struct {
		set                      func(http.Header)
		policy, referrer, caches string
	}{
		"guardian": {web.GuardianHeaders, page, "no-referrer", "no-store"},
		"staff":    {web.StaffHeaders, page, "same-origin", "no-store"},
		"docs": {web.DocsHeaders, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
			"form-action 'none'; base-uri 'none'; frame-ancestors 'none'", "no-referrer", "no-store"},
		"answer":                {web.AnswerHeaders, "default-src 'none'; frame-ancestors 'none'", "no-referrer", "no-store"},
		"asset":                 {web.AssetHeaders, "default-src 'none'; frame-ancestors 'none'", "no-referrer", "public, max-age=31536000, immutable"},
		"start":                 {func(h http.Header) { web.StartHeaders(h, returns) }, start, "no-referrer", "no-store"},
		"start without returns": {func(h http.Header) { web.StartHeaders(h, nil) }, page, "no-referrer", "no-store"},
		"frame": {
			func(h http.Header) {
				web.FrameHeaders(h, returns, []string{"https://shop.example", "https://m.shop.example"})
			},
			strings.Replace(start, "frame-ancestors 'none'", "frame-ancestors https://shop.example https://m.shop.example", 1) + "; script-src 'self'",
			"no-referrer", "no-store",
		},
		"frame of nobody": {func(h http.Header) { web.FrameHeaders(h, nil, nil) }, page + "; script-src 'self'", "no-referrer", "no-store"},
		"hostile returns": {
			func(h http.Header) {
				web.StartHeaders(h, []string{"https://a.example;script-src *", "https://a b", "//x.example", "x", "", "https://*.a.example, b"})
			}, page, "no-referrer", "no-store",
		},
	} {
		h := http.Header{}
		c.set(h)
		for header, want := range map[string]string{
			"Content-Security-Policy": c.policy, "Referrer-Policy": c.referrer, "Cache-Control": c.caches, "X-Content-Type-Options": "nosniff",
		} {
			if got := h.Get(header); got != want {
				t.Errorf("%s: %s\n got %q\nwant %q", name, header, got, want)
			}
		}
	}
}

// TestNetworks: whose word counts about where a request comes from (threat 29).
func TestNetworks(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48")}
	for name, c := range map[string]struct {
		trusted []netip.Prefix
		peer    string
		xff     []string
		want    string // "" for not known
	}{
		"nobody trusted, public peer":      {nil, "203.0.113.7:99", []string{"198.51.100.1"}, "203.0.113.7/32"},
		"nobody trusted, loopback peer":    {nil, "127.0.0.1:99", []string{"198.51.100.1"}, ""},
		"nobody trusted, private peer":     {nil, "192.168.1.2:99", nil, ""},
		"nobody trusted, private IPv6":     {nil, "[fd00::1]:99", nil, ""},
		"trusted proxy":                    {trusted, "10.1.2.3:99", []string{"198.51.100.1"}, "198.51.100.1/32"},
		"trusted proxy, forged beginning":  {trusted, "10.1.2.3:99", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1/32"},
		"two trusted proxies":              {trusted, "10.1.2.3:99", []string{"1.1.1.1, 198.51.100.1, 10.9.9.9"}, "198.51.100.1/32"},
		"two lines":                        {trusted, "10.1.2.3:99", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1/32"},
		"not a trusted peer":               {trusted, "203.0.113.7:99", []string{"10.1.1.1, 198.51.100.1"}, "203.0.113.7/32"},
		"private and not trusted":          {trusted, "192.168.1.2:99", []string{"198.51.100.1"}, "192.168.1.2/32"},
		"garbage next to the proxy":        {trusted, "10.1.2.3:99", []string{"198.51.100.1, unknown"}, "10.1.2.3/32"},
		"trusted proxy says nothing":       {trusted, "10.1.2.3:99", nil, "10.1.2.3/32"},
		"with a port":                      {trusted, "10.1.2.3:99", []string{"198.51.100.1:4711"}, "198.51.100.1/32"},
		"IPv6 is taken by its /64":         {trusted, "[2001:db8:ffff::1]:99", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"},
		"IPv4 in IPv6":                     {trusted, "[::ffff:10.1.2.3]:99", []string{"::ffff:198.51.100.1"}, "198.51.100.1/32"},
		"a zone":                           {nil, "[fe80::1%eth0]:99", nil, "fe80::/64"},
		"no peer":                          {trusted, "@", nil, ""},
		"only trusted ones all the way up": {trusted, "10.1.2.3:99", []string{"10.0.0.1, 10.0.0.2"}, "10.0.0.1/32"},
	} {
		n := &web.Networks{Trusted: c.trusted, Log: quiet()}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, line := range c.xff {
			r.Header.Add("X-Forwarded-For", line)
		}
		got, ok := n.Of(r)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: %v %v", name, got, ok)
		}
	}
}

func TestNetworksWarnOnce(t *testing.T) {
	var b strings.Builder
	n := &web.Networks{Log: slog.New(slog.NewTextHandler(&b, nil))}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "127.0.0.1:1"
	n.Of(r)
	n.Of(r)
	if strings.Count(b.String(), "BOHOJA_TRUSTED_PROXIES") != 1 {
		t.Errorf("log %q", b.String())
	}
}

// TestBase: with and without the path of the public URL.
func TestBase(t *testing.T) {
	for _, c := range []struct{ base, path, want string }{
		{"", "/c/x", "/c/x"}, {"/consent", "/c/x", "/c/x"}, {"/consent", "/consent/c/x", "/c/x"}, {"/consent", "/consent", "/"},
		{"/consent", "/consent/", "/"}, {"/consent", "/consents/x", "/consents/x"}, {"/a/b", "/a/b/c", "/c"}, {"/a/b", "/a/c", "/a/c"},
		{"/consent", "/consent/c/a%2Fb", "/c/a%2Fb"}, {"/consent", "/%63onsent/c/a%2Fb", "/%63onsent/c/a%2Fb"},
	} {
		var got string
		h := web.Base(c.base, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.EscapedPath() }))
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want || r.URL.EscapedPath() != c.path {
			t.Errorf("%s under %q became %s, the request itself %s", c.path, c.base, got, r.URL.EscapedPath())
		}
	}
	for public, want := range map[string]string{"https://a.example": "", "https://a.example/": "", "https://a.example/consent/": "/consent", "://": ""} {
		if got := web.BasePath(public); got != want {
			t.Errorf("BasePath(%q) = %q", public, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	offered := []string{"ko", "en"}
	for _, c := range []struct{ query, accept, want string }{
		{"", "", "ko"}, {"", "en-US,en;q=0.9,ko;q=0.1", "en"}, {"", "fr", "ko"}, {"", "ko-KR", "ko"}, {"?locale=en", "ko", "en"},
		{"?locale=xx", "en", "en"}, {"", "*", "ko"}, {"", ";;;;q=", "ko"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/"+c.query, nil)
		r.Header.Set("Accept-Language", c.accept)
		if got := web.Language(r, offered); got != c.want {
			t.Errorf("%q %q: %s", c.query, c.accept, got)
		}
	}
	if got := web.Language(httptest.NewRequest(http.MethodGet, "/", nil), nil); got != "" {
		t.Errorf("nothing offered: %q", got)
	}
}
