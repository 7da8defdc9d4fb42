package redisstore_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// restricted gives the server a user with ACL's line and more, and returns the URL by which it comes.
func restricted(t *testing.T, s *consenttest.RedisServer, more ...string) string {
	t.Helper()
	line := append(strings.Fields(redisstore.ACL(true)), more...)
	if got := s.Command(append([]string{"ACL", "SETUSER"}, line[1:]...)...); got != "+OK" {
		t.Fatal(got)
	}
	return "redis://bohoja:PASSWORD@" + s.Addr
}

// The store's suite passes for a user who may do nothing else, on one server and on a cluster.
func TestStoreOnRedisRestricted(t *testing.T) {
	server := consenttest.Redis(t, "enable-debug-command", "yes")
	url := restricted(t, server, "+flushall") // the suite begins with an empty store
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench {
		return bench(t, url, func() string { return server.Command("DEBUG", "DIGEST") })
	})
}

func TestStoreOnClusterRestricted(t *testing.T) {
	server := cluster(t)
	url := restricted(t, server, "+flushall") // the suite begins with an empty store
	consenttest.RunStore(t, func(t *testing.T) consenttest.StoreBench {
		return bench(t, url+"?cluster=true", func() string { return server.Command("DEBUG", "DIGEST") })
	})
}

var called = regexp.MustCompile(`redis\.p?call\('([A-Z]+)'(?:, *'(STREAM)')?`)

// Scripts use what the line allows; and what it allows for them, some script uses.
func TestACLFitsScripts(t *testing.T) {
	allowed := strings.Fields(redisstore.ScriptCommands())
	all := redisstore.Scripts()
	for name, s := range outbox.Scripts() {
		all[name] = s
	}
	used := map[string]bool{}
	for name, s := range all {
		source, _ := s.Source()
		for _, m := range called.FindAllStringSubmatch(source, -1) {
			command := strings.ToLower(m[1])
			if m[2] != "" {
				command += "|" + strings.ToLower(m[2])
			}
			if used[command] = true; !slices.Contains(allowed, command) {
				t.Errorf("script %s calls %s, which ACL does not allow", name, command)
			}
		}
	}
	for _, command := range allowed {
		if !used[command] {
			t.Errorf("ACL allows scripts %s, and none calls it", command)
		}
	}
}

// What nobody needs is refused: other people's keys, and commands that look around, change settings or throw things away.
func TestACLRefuses(t *testing.T) {
	server := consenttest.Redis(t)
	c, err := redisstore.Dial(restricted(t, server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, command := range [][]any{
		{"set", "other", "1"}, {"get", "other"}, {"keys", "*"}, {"flushall"}, {"config", "set", "appendonly", "no"}, {"shutdown"}, {"acl", "list"},
		{"script", "flush"}, {"replicaof", "no", "one"}, {"subscribe", "x"}, {"eval", "return redis.call('GET', 'other')", "0"},
	} {
		if err := c.Write.Do(t.Context(), command...).Err(); err == nil || !strings.Contains(err.Error(), "NOPERM") && !strings.Contains(err.Error(), "permission") && !strings.Contains(err.Error(), "can't access") {
			t.Errorf("%v: %v", command, err)
		}
	}
}
