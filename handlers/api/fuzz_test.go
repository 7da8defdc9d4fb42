package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// FuzzQuery: a query that is taken holds known names, each once; limits and cursors lie in their bounds.
func FuzzQuery(f *testing.F) {
	known := []string{"after", "limit", "status", "subject"}
	for _, s := range []string{"limit=10&after=cr_1", "limit=0", "limit=1&limit=2", "a[]=1", "%6cimit=1&limit=2", "after=%00", "limit=+5", "a;b", "limit=9223372036854775808", "status=%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = &http.Request{URL: &url.URL{RawQuery: raw}}
		q, err := readQuery(c, known...)
		if err != nil {
			checkRefusalKind(t, err)
			return
		}
		for name, values := range q {
			if !slices.Contains(known, name) || len(values) != 1 {
				t.Fatalf("%q holds %q %d times", raw, name, len(values))
			}
		}
		if n, err := limitOf(q); err == nil && (n < 1 || n > maxPageSize) {
			t.Fatalf("%q: limit %d", raw, n)
		}
		if after, err := cursorOf(q); err == nil && after != "" && (len(after) > maxCursor || !visible(after)) {
			t.Fatalf("%q: after %q", raw, after)
		}
	})
}

// FuzzBearer: a key that is read is one visible word of bounded length, and stands in one header alone.
func FuzzBearer(f *testing.F) {
	for _, s := range []string{"Bearer bhj_live_x", "bearer x", "Bearer  x", "Bearer x y", "Basic x", "Bearer \x00", "Bearer é", "Bearer " + strings.Repeat("a", 300)} {
		f.Add(s, "")
	}
	f.Add("Bearer a", "Bearer b")
	f.Fuzz(func(t *testing.T, one, two string) {
		h := http.Header{"Authorization": {one}}
		key, ok := bearer(h)
		if ok && (len(key) > maxKey || !visible(key) || !strings.HasSuffix(one, " "+key) || len(one) != len("Bearer ")+len(key)) {
			t.Fatalf("%q is read as %q", one, key)
		}
		h.Add("Authorization", two)
		if key, ok := bearer(h); ok {
			t.Fatalf("of %q and %q came %q", one, two, key)
		}
	})
}
