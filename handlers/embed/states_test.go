package embed_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/handlers/embed"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// shows names the pages of each route, by the states that all tests of pages walk; none is an answer that is no page.
var shows = map[string][]string{
	"/embed/v1.js": {}, "/embed/:app/age": {}, "/embed/:app/answers": {}, "/embed/:app/words": {},
	"/start/:app":  {"child/start-age", "child/start-ask", "child/start-check", "child/start-unknown", "child/start-done", "child/start-taken", "child/start-end"},
	"/policy/:app": {"guardian/policy"}, "/why/:app": {"child/why"},
}

// TestEveryRouteHasAState: a route whose pages are not in the list would be looked at by no test.
func TestEveryRouteHasAState(t *testing.T) {
	problems := &web.Problems{Log: slog.New(slog.DiscardHandler)}
	e := web.NewEngine(web.Options{Log: problems.Log, Problems: problems})
	embed.New(embed.Options{Problems: problems}).Routes(e)
	met := map[string]bool{}
	for _, r := range e.Routes() {
		met[r.Path] = true
		if shows[r.Path] == nil {
			t.Errorf("%s %s has no page in the list", r.Method, r.Path)
		}
	}
	for path, names := range shows {
		if !met[path] {
			t.Errorf("%s is no route any more", path)
		}
		for _, name := range names {
			if !slices.ContainsFunc(templates.States(), func(s templates.State) bool { return strings.HasPrefix(s.Name+" ", name+" ") }) {
				t.Errorf("%s has no state", name)
			}
		}
	}
}
