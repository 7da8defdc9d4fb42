package handlers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// echo is a part with one route.
type echo struct{}

func (echo) Routes(r gin.IRouter) {
	r.GET("/echo", func(c *gin.Context) { c.String(http.StatusOK, "here") })
}

func TestSite(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	counted := 0
	site := handlers.Site(handlers.Options{
		Log: log, Problems: &web.Problems{Log: log, Book: consenttest.Book, Base: "/consent"}, Base: "/consent",
		Count: func(*gin.Context) { counted++ },
	}, echo{}, handlers.Assets{})
	for path, want := range map[string]int{
		"/echo": http.StatusOK, "/consent/echo": http.StatusOK, "/consents/echo": http.StatusNotFound, "/nothing": http.StatusNotFound,
		templates.StaticPath("bohoja.css"): http.StatusOK, "/consent" + templates.StaticPath("bohoja.css"): http.StatusOK, "/static/x.css": http.StatusNotFound,
	} {
		res := httptest.NewRecorder()
		site.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		if res.Code != want {
			t.Errorf("GET %s: %d, want %d", path, res.Code, want)
		}
		if res.Header().Get("X-Request-Id") == "" {
			t.Errorf("GET %s did not pass the middleware", path)
		}
	}
	if counted == 0 {
		t.Error("nothing was counted")
	}
}
