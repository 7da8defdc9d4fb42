package redisstore

import (
	"context"
	"net"
	"net/netip"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Access is who may speak with a server, and how. doctor looks at it.
type Access struct {
	TLS     bool   // the URL asks for it
	Near    bool   // the URL leads to loopback alone
	Exposed bool   // the server listens on more than loopback, as far as it tells
	Open    bool   // it answers whoever asks, without a password
	User    string // as whom the URL's login acts; "" when the server does not tell, as one with few rights is not told
}

// AccessOf asks the server at the URL, once by its login and once without one. Errors: a URL that cannot be read,
// consent.ErrUnavailable.
func AccessOf(ctx context.Context, text string) (Access, error) {
	o, err := options(text)
	if err != nil {
		return Access{}, err
	}
	a := Access{TLS: o.TLSConfig != nil, Near: near(o.Addrs)}
	o.MaxRetries = -1
	known := redis.NewUniversalClient(o)
	defer func() { _ = known.Close() }()
	if err := known.Ping(ctx).Err(); err != nil {
		return a, script.Fault(err)
	}
	bind, _ := known.ConfigGet(ctx, "bind").Result() // one who may not ask learns nothing here; Safety tells of it
	a.Exposed = wide(bind["bind"])
	if who, err := known.Do(ctx, "ACL", "WHOAMI").Text(); err == nil {
		a.User = who
	}
	a.Open = answersAnybody(ctx, *o)
	return a, nil
}

// answersAnybody tries it without a login.
func answersAnybody(ctx context.Context, o redis.UniversalOptions) bool {
	o.Username, o.Password = "", ""
	stranger := redis.NewUniversalClient(&o)
	defer func() { _ = stranger.Close() }()
	return stranger.Ping(ctx).Err() == nil
}

// near reports whether all addresses are of this host.
func near(addrs []string) bool {
	for _, a := range addrs {
		host, _, err := net.SplitHostPort(a)
		if err != nil || !onLoopback(host) {
			return false
		}
	}
	return true
}

func onLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// wide reports whether a server's bind setting goes beyond loopback. A dash before an address lets it be absent.
func wide(bind string) bool {
	for one := range strings.FieldsSeq(bind) {
		if !onLoopback(strings.TrimPrefix(one, "-")) {
			return true
		}
	}
	return false
}

// Warnings lists what lets others than this program at the data, or listen. On a server that only this host reaches there
// is nothing to say.
func (a Access) Warnings() []Fault {
	if a.Near && !a.Exposed {
		return nil
	}
	var out []Fault
	add := func(setting, detail string) { out = append(out, Fault{setting, detail}) }
	if a.Open {
		add("requirepass", "Redis answers whoever reaches its port, without a password: set requirepass, or a user of `bohoja doctor acl` and `user default off`")
	}
	if !a.Open && a.User == "default" {
		add("aclfile", "redis.url logs in as the default user, who may do everything: `bohoja doctor acl` prints a user who may do what is needed")
	}
	if !a.TLS && !a.Near {
		add("tls-port", "what goes to Redis and back is not encrypted: use rediss:// unless the network between is yours alone")
	}
	return out
}
