//go:build proof

package main

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// allScripts is each script that goes to the server, by name.
func allScripts() map[string]*script.Script {
	all := redisstore.Scripts()
	maps.Copy(all, outbox.Scripts())
	return all
}

// TestKeySets listens to the store's suite, to the stories and to what no story sends: each call of each script has its keys in one slot and touches
// no other. A script that nobody called fails the test, since nothing is known of it.
func TestKeySets(t *testing.T) {
	trace := new(consenttest.Trace)
	t.Run("suite", func(t *testing.T) { storeSuite(t, trace) })
	for name, one := range alone {
		t.Run(name, func(t *testing.T) {
			o := newOwner(t, trace)
			o.prepare(one)
			o.must(one.call(o.owner))
			o.heard()
		})
	}
	c := &tally{}
	t.Run("stories", func(t *testing.T) {
		for _, file := range told(t) {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				played(t, c, file, func(s *story) { s.listen(trace) })
			})
		}
	})
	calls, names := 0, map[string]string{}
	for name, s := range allScripts() {
		_, sha := s.Source()
		n := trace.Calls(sha)
		if calls += n; n == 0 {
			t.Errorf("nobody called %s: nobody knows its keys", name)
		}
		names[sha] = name
	}
	for _, bad := range trace.Astray() {
		sha, rest, _ := strings.Cut(bad, ":")
		t.Errorf("%s:%s", cmp.Or(names[sha], sha), rest)
	}
	t.Logf("4 key sets: %d calls of %d scripts, %d keys astray, %d stories", calls, len(allScripts()), len(trace.Astray()), c.runs.Load())
}

// told are the stories to listen to, as played wants them.
func told(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, dir := range []string{"killed", "journeys"} {
		files, err := filepath.Glob("testdata/" + dir + "/*.txtar")
		if err != nil || len(files) < 3 {
			t.Fatal(files, err)
		}
		some, before := []string{"bounce", "hooks-down", "two"}, len(out)
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".txtar")
			if dir == "killed" || long() || slices.Contains(some, name) {
				out = append(out, "../"+dir+"/"+name)
			}
		}
		if dir == "journeys" && !long() && len(out)-before < len(some) {
			t.Fatalf("not all of %q are told: %q", some, out)
		}
	}
	return out
}

// listen gives the story a Redis that is listened to.
func (s *story) listen(trace *consenttest.Trace) {
	s.stage.redis = func(s *story, ts *testscript.TestScript, settings []string) {
		s.redis = consenttest.Redis(s.t, settings...)
		trace.Watch(s.t, s.redis.Addr)
		ts.Setenv("BOHOJA_REDIS__URL", s.redis.URL())
	}
}

// storeSuite is the suite that each store must pass, on a server that is listened to.
func storeSuite(t *testing.T, trace *consenttest.Trace) {
	server := consenttest.Redis(t, "enable-debug-command", "yes")
	trace.Watch(t, server.Addr)
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench {
		clients, err := redisstore.Dial(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = clients.Close() })
		server.Command("FLUSHALL")
		s := redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read, Space: redisstore.Test})
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		return consenttest.StoreBench{
			Store: s, Image: func() string { return server.Command("DEBUG", "DIGEST") },
			Advance: func(by time.Duration) { must(s.Advance(t.Context(), by)) },
			Check: func(app string) []string {
				found, err := s.Check(t.Context(), app)
				must(err)
				return found
			},
		}
	})
}
