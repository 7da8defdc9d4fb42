package main

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/guardian"
	"github.com/bohoja/bohoja/handlers/web"
)

// TestNginxNamesEveryLink: the log of the nginx.conf that is shipped names each route that a link leads to, and nothing of the link.
func TestNginxNamesEveryLink(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	var rows []*regexp.Regexp
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^ +"~(\^\(\?<bohoja_head>\S+)" +"(\$bohoja_head[^"]*)";`).FindAllStringSubmatch(string(raw), -1) {
		rows, names = append(rows, regexp.MustCompile(m[1])), append(names, strings.Replace(m[2], "$bohoja_head", "${bohoja_head}", 1))
	}
	written := func(path string) string {
		for i, row := range rows {
			if at := row.FindStringSubmatchIndex(path); at != nil {
				return string(row.ExpandString(nil, names[i], path, at))
			}
		}
		return "[other]"
	}
	log := slog.New(slog.DiscardHandler)
	problems := &web.Problems{Log: log, Book: func() *consent.Book { return nil }}
	e := web.NewEngine(web.Options{Log: log, Problems: problems})
	guardian.New(guardian.Options{Problems: problems}).Routes(e)
	links := 0
	for _, r := range e.Routes() {
		head, _, isLink := strings.Cut(r.Path, "/:token")
		if !isLink {
			continue
		}
		links++
		for _, base := range []string{"", "/consent"} {
			if got := written(base + strings.ReplaceAll(r.Path, ":", "canary-")); got != base+head+"/[link]" {
				t.Errorf("%s below %q is written as %q", r.Path, base, got)
			}
		}
	}
	if links == 0 || len(rows) == 0 {
		t.Errorf("%d routes of links, %d rows of the map", links, len(rows))
	}
}
