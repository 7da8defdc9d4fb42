package handlers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/handlers/web"
)

// TestInstance: a challenge is answered, is kept by nobody, and what is none is not found.
func TestInstance(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	problems := &web.Problems{Log: log, Book: consenttest.Book}
	site := handlers.Site(handlers.Options{Log: log, Problems: problems}, handlers.Instance{Problems: problems, Prove: func(challenge string) (string, error) {
		if challenge != "good" {
			return "", consent.ErrNotFound
		}
		return "proof", nil
	}})
	for challenge, want := range map[string]int{"good": http.StatusOK, "bad": http.StatusNotFound, "": http.StatusNotFound} {
		res := httptest.NewRecorder()
		site.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodGet, handlers.InstancePath+challenge, http.NoBody))
		if res.Code != want || want == http.StatusOK && (res.Body.String() != "proof" || res.Header().Get("Cache-Control") != "no-store") {
			t.Errorf("%q: %d %s %v", challenge, res.Code, res.Body, res.Header())
		}
	}
}
