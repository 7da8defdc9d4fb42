package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/web"
)

func TestRetirement(t *testing.T) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	(*retirement)(nil).headers(c, "https://x")
	if len(c.Writer.Header()) != 0 {
		t.Errorf("a call that stays says %v", c.Writer.Header())
	}
	since := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	(&retirement{since: since, sunset: since.AddDate(1, 0, 0).In(time.FixedZone("KST", 9*3600)), link: "/docs#call-show"}).headers(c, "https://x/base")
	for name, want := range map[string]string{
		"Deprecation": "@1803859200", "Sunset": "Wed, 01 Mar 2028 00:00:00 GMT",
		"Link": `<https://x/base/docs#call-show>; rel="deprecation"; type="text/html"`,
	} {
		if got := c.Writer.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// What goes is told by the document and by the table alike.
func TestRetirementsAreDocumented(t *testing.T) {
	a, err := New(Options{PublicURL: "https://x"})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(a.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.Deprecated {
				told++
			}
		}
	}
	if told != len(a.retired) {
		t.Errorf("%d calls go, and the document tells of %d", len(a.retired), told)
	}
}

// Every answer of such a call tells it, a refusal too, and no other call's does.
func TestRetiredCallSaysSo(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	a, err := New(Options{PublicURL: "https://x", Problems: &web.Problems{Log: slog.New(slog.DiscardHandler)}})
	if err != nil {
		t.Fatal(err)
	}
	a.retired = map[string]*retirement{"GET /v1/events": {since: time.Now(), link: "/docs"}}
	e := gin.New()
	a.Routes(e)
	for path, want := range map[string]bool{"/v1/events": true, "/v1/child-notice": false} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if got := w.Header().Get("Deprecation") != ""; got != want || w.Code != 401 {
			t.Errorf("%s: %d, says so: %v", path, w.Code, got)
		}
	}
}
