package guardian_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/handlers/guardian"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// shows names the pages of each route, by the states that all tests of pages walk; "" is an answer that is no page.
var shows = map[string][]string{
	"/c/:token":            {"guardian/open", "guardian/check", "guardian/misnamed", "guardian/paused", "guardian/result", "guardian/undo", "guardian/dead"},
	"/c/:token/stop":       {"guardian/stop", "guardian/stop-check", "guardian/stopped", "guardian/objected"},
	"/a/:token":            {"guardian/object", "guardian/object-check", "guardian/objected"},
	"/w/:token":            {"guardian/withdraw", "guardian/withdraw-check", "guardian/withdrawn", "guardian/paused", "guardian/dead"},
	"/k/:token":            {"child/wait", "child/dead"},
	"/code":                {"guardian/code"},
	"/my":                  {"guardian/my-knock", "guardian/my-sent"},
	"/my/:token":           {"guardian/my-name", "guardian/my-over"},
	"/r/:token":            {"guardian/receipt"},
	"/r/:token/signed":     {""},
	"/terms/:app/:version": {"guardian/terms"},

	"/my/:token/children":                       {"guardian/my-children"},
	"/my/:token/children/:id":                   {"guardian/my-child"},
	"/my/:token/children/:id/ask/:kind":         {"guardian/my-ask"},
	"/my/:token/children/:id/withdraw":          {"guardian/my-withdraw"},
	"/my/:token/children/:id/withdraw/:purpose": {"guardian/my-withdraw"},
}

// TestEveryRouteHasAState: a route whose pages are not in the list would be looked at by no test.
func TestEveryRouteHasAState(t *testing.T) {
	s := open(t)
	e := web.NewEngine(web.Options{Log: slog.New(slog.DiscardHandler), Problems: s.options.Problems})
	guardian.New(s.options).Routes(e)
	met := map[string]bool{}
	for _, r := range e.Routes() {
		met[r.Path] = true
		if shows[r.Path] == nil {
			t.Errorf("%s %s has no page in the list", r.Method, r.Path)
		}
		if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost}, r.Method) {
			t.Errorf("%s %s: pages are read and sent", r.Method, r.Path)
		}
	}
	for path, names := range shows {
		if !met[path] {
			t.Errorf("%s is no route any more", path)
		}
		for _, name := range names {
			if name != "" && !slices.ContainsFunc(templates.States(), func(s templates.State) bool { return strings.HasPrefix(s.Name+" ", name+" ") }) {
				t.Errorf("%s has no state", name)
			}
		}
	}
}
