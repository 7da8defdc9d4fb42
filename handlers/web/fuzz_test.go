package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/handlers/web"
)

// FuzzForm: a form that is taken says each thing once, in the one form that pages send, and says the same to a second reader.
func FuzzForm(f *testing.F) {
	const kind = "application/x-www-form-urlencoded"
	for _, s := range []string{"a=1&b=2", "a=1&a=2", "a=%zz", "a=1;b=2", "=&=", "%61=1&a=2", "a[]=1", "\x00=\xff", "confirm=yes"} {
		f.Add(kind, s)
	}
	f.Add(kind+"; charset=utf-8", "a=1")
	f.Add("text/plain", "a=1")
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nyes\r\n--b--\r\n")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		if err := web.CheckForm(r); err != nil {
			return
		}
		if !strings.Contains(strings.ToLower(contentType), kind) {
			t.Fatalf("%q is taken for a form", contentType)
		}
		if r.MultipartForm != nil || strings.Contains(body, ";") && strings.Contains(strings.SplitN(body, "=", 2)[0], ";") {
			t.Fatalf("%q is read in two ways", body)
		}
		for name, values := range r.PostForm {
			if len(values) != 1 {
				t.Fatalf("%q stands %d times", name, len(values))
			}
		}
		again := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(r.PostForm.Encode()))
		again.Header.Set("Content-Type", kind)
		if err := web.CheckForm(again); err != nil || again.PostForm.Encode() != r.PostForm.Encode() {
			t.Fatalf("%q is %v and then %v, %v", body, r.PostForm, again.PostForm, err)
		}
	})
}

// FuzzNetworks: what a stranger writes into X-Forwarded-For never counts, and never hides the address that the proxy saw (threat 29).
func FuzzNetworks(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "10.0.0.1", "1.2.3.4, 10.0.0.9", "::ffff:1.2.3.4", "[2001:db8::1]:80", "unknown", ",,,", "1.2.3.4\x00"} {
		f.Add(s)
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, forwarded string) {
		ask := func(n *web.Networks, peer string, lines ...string) (netip.Prefix, bool) {
			r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			r.RemoteAddr = peer
			r.Header["X-Forwarded-For"] = lines
			return n.Of(r)
		}
		for _, n := range []*web.Networks{{}, {Trusted: proxies}} {
			if got, ok := ask(n, "9.9.9.9:1", forwarded); !ok || got.String() != "9.9.9.9/32" {
				t.Fatalf("a stranger is %v, %v by %q", got, ok, forwarded)
			}
		}
		n := &web.Networks{Trusted: proxies}
		for _, lines := range [][]string{{forwarded + ", 8.8.8.8"}, {forwarded, "8.8.8.8"}} {
			if got, ok := ask(n, "10.1.1.1:1", lines...); !ok || got.String() != "8.8.8.8/32" {
				t.Fatalf("behind a proxy it is %v, %v by %q", got, ok, lines)
			}
		}
	})
}

// FuzzLanguage: whatever is wished, the answer is one of the offered.
func FuzzLanguage(f *testing.F) {
	for _, s := range []string{"ko", "en-US,en;q=0.9", "*", "x-klingon;q=1e9", strings.Repeat("a-", 400), "zh-Hant-TW;q=0.1,ko;q=0"} {
		f.Add("", s)
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, wish, accept string) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		q := r.URL.Query()
		q.Set("locale", wish)
		r.URL.RawQuery = q.Encode()
		r.Header.Set("Accept-Language", accept)
		if got := web.Language(r, []string{"ko", "en"}); !slices.Contains([]string{"ko", "en"}, got) {
			t.Fatalf("%q, %q: %q", wish, accept, got)
		}
	})
}
