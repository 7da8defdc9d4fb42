package redisstore_test

import (
	"slices"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// beyond lets a server say that it listens beyond loopback: the address is nobody's, and the dash lets it be absent.
const beyond = "127.0.0.1 -192.0.2.1"

// TestAccess: who may speak with a real server.
func TestAccess(t *testing.T) {
	t.Parallel()
	limited := consenttest.Redis(t, "bind", beyond)
	limited.Command("ACL", "SETUSER", "few", "on", ">pw", "~*", "-@all", "+ping", "+config|get")
	limited.Command("CONFIG", "SET", "requirepass", "word")
	for name, c := range map[string]struct {
		url    string
		want   redisstore.Access
		says   []string
		silent bool
	}{
		"of this host":  {consenttest.Redis(t).URL(), redisstore.Access{Near: true, Open: true, User: "default"}, nil, false},
		"open":          {consenttest.Redis(t, "bind", beyond).URL(), redisstore.Access{Near: true, Exposed: true, Open: true, User: "default"}, []string{"requirepass"}, false},
		"all-mighty":    {"redis://:word@" + limited.Addr, redisstore.Access{Near: true, Exposed: true, User: "default"}, []string{"aclfile"}, false},
		"limited":       {"redis://few:pw@" + limited.Addr, redisstore.Access{Near: true, Exposed: true}, nil, false},
		"no login":      {"redis://few:no@" + limited.Addr, redisstore.Access{Near: true}, nil, true},
		"nobody there":  {"redis://127.0.0.1:1", redisstore.Access{Near: true}, nil, true},
		"TLS, nobody":   {"rediss://127.0.0.1:1", redisstore.Access{Near: true, TLS: true}, nil, true},
		"one elsewhere": {"redis://127.0.0.1:1,redis.invalid:1", redisstore.Access{}, []string{"tls-port"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := redisstore.AccessOf(t.Context(), c.url)
			if (err != nil) != c.silent || c.silent && consent.KindOf(err) != consent.KindUnavailable {
				t.Errorf("error %v", err)
			}
			var says []string
			for _, f := range got.Warnings() {
				says = append(says, f.Setting)
			}
			if got != c.want || !slices.Equal(says, c.says) {
				t.Errorf("%+v says %v", got, says)
			}
		})
	}
	if _, err := redisstore.AccessOf(t.Context(), "redis://"); err == nil {
		t.Error("no host is read")
	}
}
