package redisstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Clients are the two clients of one server: Write sends nothing twice, Read may.
type Clients struct {
	Write, Read redis.UniversalClient
}

// Close closes both.
func (c Clients) Close() error { return errors.Join(c.Write.Close(), c.Read.Close()) }

// errURL never repeats the URL: it may hold a password.
var errURL = errors.New("not a Redis URL: redis://[user:password@]host[:port][/db], rediss://…, " +
	"several comma-separated hosts or ?cluster=true for a cluster, redis+sentinel://host[,host…][/db]?master=name")

// As the client's own dialer has them.
const dialTimeout, keepAlive = 5 * time.Second, 5 * time.Minute

// Dial makes the clients for a URL. It connects to nothing yet.
//
//	redis://[user:password@]host[:port][/db]        one server; rediss:// with TLS
//	redis://host,host,…  or  redis://host?cluster=true   a cluster
//	redis+sentinel://host,host[/db]?master=name     a primary found by Sentinels; rediss+sentinel:// with TLS
//
// With TLS a certificate is good for the name in the URL; that of a node of a cluster, or of a server that a Sentinel names, for the
// name under which it is announced, or for the first in the URL.
//
// Errors name what is wrong without repeating the URL.
func Dial(text string) (Clients, error) {
	o, err := options(text)
	if err != nil {
		return Clients{}, err
	}
	write, read := *o, *o
	write.MaxRetries = -1
	read.MaxRetries = 2
	return Clients{Write: newClient(write), Read: newClient(read)}, nil
}

// options reads the URL.
func options(text string) (*redis.UniversalOptions, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return nil, errURL
	}
	parts := strings.Split(rest, ",")
	for i := range parts { // "redis://a,redis://b" is meant like "redis://a,b"
		parts[i] = strings.TrimPrefix(strings.TrimSpace(parts[i]), scheme+"://")
	}
	// Go's URLs take one host, so the others are put aside: they stand before the path.
	last := parts[len(parts)-1]
	login, _, _ := cutLogin(parts[0])
	if len(parts) > 1 {
		last = login + last
	}
	u, err := url.Parse("redis://" + last)
	if err != nil || u.Host == "" {
		return nil, errURL
	}
	o := &redis.UniversalOptions{ContextTimeoutEnabled: true, Protocol: 2}
	for _, p := range parts[:len(parts)-1] {
		_, host, _ := cutLogin(p)
		o.Addrs = append(o.Addrs, host)
	}
	o.Addrs = append(o.Addrs, u.Host)
	return o, apply(o, scheme, u)
}

// cutLogin splits "user:password@host" behind the @.
func cutLogin(s string) (login, host string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	return s[:i+1], s[i+1:], i >= 0
}

// apply sets what the scheme, the login, the path and the query say.
func apply(o *redis.UniversalOptions, scheme string, u *url.URL) error {
	port := "6379"
	base, sentinel := strings.CutSuffix(scheme, "+sentinel")
	if sentinel {
		port = "26379"
		if o.MasterName = u.Query().Get("master"); o.MasterName == "" {
			return errors.New("a redis+sentinel URL names its primary: ?master=name")
		}
	}
	for i, a := range o.Addrs {
		if a == "" {
			return errURL
		}
		o.Addrs[i] = withPort(a, port)
	}
	switch base {
	case "redis":
	case "rediss":
		host, _, _ := net.SplitHostPort(o.Addrs[0])
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	default:
		return errURL
	}
	if u.User != nil {
		o.Username = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	o.IsClusterMode = !sentinel && (len(o.Addrs) > 1 || u.Query().Get("cluster") == "true")
	if o.TLSConfig != nil && (sentinel || o.IsClusterMode) {
		o.Dialer = dialNode(o.TLSConfig)
	}
	return applyDB(o, strings.Trim(u.Path, "/"))
}

// dialNode speaks TLS with one of many servers, each by the name under which it was announced. One whose certificate has another
// name is asked for the name that the settings have, the first of the URL: servers that share a certificate are often announced by
// their numbers.
func dialNode(set *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		own := set.Clone()
		own.ServerName = host
		plain := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
		conn, err := (&tls.Dialer{NetDialer: plain, Config: own}).DialContext(ctx, network, addr)
		if _, other := errors.AsType[x509.HostnameError](err); !other {
			return conn, err
		}
		return (&tls.Dialer{NetDialer: plain, Config: set}).DialContext(ctx, network, addr)
	}
}

func applyDB(o *redis.UniversalOptions, path string) error {
	if path == "" {
		return nil
	}
	db, err := strconv.Atoi(path)
	if err != nil || db < 0 {
		return errURL
	}
	if o.IsClusterMode && db != 0 {
		return errors.New("a Redis Cluster has the database 0 only")
	}
	o.DB = db
	return nil
}

func withPort(addr, port string) string {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr
	}
	return net.JoinHostPort(strings.Trim(addr, "[]"), port)
}
