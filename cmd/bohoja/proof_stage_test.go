//go:build proof

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// journeysOn plays the stories of testdata/journeys on another stage: some in the short form, in the long form all.
func journeysOn(t *testing.T, c *tally, parallel bool, some []string, place func(s *story)) {
	files, err := filepath.Glob("testdata/journeys/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	for _, name := range some {
		if !slices.Contains(files, filepath.Join("testdata", "journeys", name+".txtar")) {
			t.Errorf("there is no story %s", name)
		}
	}
	t.Run("stories", func(t *testing.T) {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".txtar")
			if !long() && !slices.Contains(some, name) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				if parallel {
					t.Parallel()
				}
				played(t, c, "../journeys/"+name, place)
			})
		}
	})
}

// TestOnTLS plays the stories on a Redis that is reached by TLS alone, as a user who may do what `bohoja doctor acl` says.
func TestOnTLS(t *testing.T) {
	c := &tally{}
	journeysOn(t, c, true, []string{"grant", "decline", "later", "withdraw-link", "redis-restart", "rehearsal", "two", "kill"}, func(s *story) {
		s.stage.redis = func(s *story, ts *testscript.TestScript, settings []string) {
			cert, key := certificate(ts, s.dir)
			port := consenttest.FreePort(s.t)
			users := filepath.Join(s.dir, "users.acl")
			line := strings.Replace(redisstore.ACL(false), "PASSWORD", "stage-7731-secret", 1)
			ts.Check(os.WriteFile(users, []byte("user default on nopass ~* &* +@all\n"+line+"\n"), 0o600)) // the default user looks inside, for the story
			s.redis = consenttest.Redis(s.t, append([]string{
				"tls-port", port, "tls-cert-file", cert, "tls-key-file", key, "tls-ca-cert-file", cert, "tls-auth-clients", "no", "aclfile", users,
			}, settings...)...)
			s.hide("stage-7731-secret")
			ts.Setenv("SSL_CERT_FILE", cert)
			ts.Setenv("BOHOJA_REDIS__URL", "rediss://bohoja:stage-7731-secret@127.0.0.1:"+port)
		}
	})
	c.tell(t, "4 TLS and ACL", fmt.Sprintf("%d stories, user with %d commands", c.runs.Load(), strings.Count(redisstore.ACL(false), "+")))
}

// certificate writes a certificate for loopback, its own authority, and its key.
func certificate(ts *testscript.TestScript, dir string) (cert, key string) {
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "loopback"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &secret.PublicKey, secret)
	ts.Check(err)
	plain, err := x509.MarshalPKCS8PrivateKey(secret)
	ts.Check(err)
	cert, key = filepath.Join(dir, "redis.crt"), filepath.Join(dir, "redis.key")
	ts.Check(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	ts.Check(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: plain}), 0o600))
	return cert, key
}

// cluster is three primaries with a replica each, on loopback.
type cluster struct {
	t     testing.TB
	nodes []*consenttest.RedisServer // the primaries first, in the order of their slots
	buses []string                   // the ports by which they speak among themselves
	proxy *consenttest.Proxy         // before the first, which tells its clients to come through it
	apps  []string                   // an app for each primary's slots; the first is shop
}

// newCluster starts six nodes. timeout is how long a primary may be silent before its replica takes over.
func newCluster(t testing.TB, timeout time.Duration) *cluster {
	t.Helper()
	c := &cluster{t: t}
	front := consenttest.FreePort(t)
	for n := range 6 {
		c.buses = append(c.buses, consenttest.FreePort(t))
		settings := []string{
			"cluster-enabled", "yes", "cluster-node-timeout", fmt.Sprint(timeout.Milliseconds()), "cluster-require-full-coverage", "no",
			"cluster-port", c.buses[n], "repl-diskless-sync-delay", "0", "cluster-announce-ip", "127.0.0.1",
		}
		if n == 0 {
			settings = append(settings, "cluster-announce-port", front)
		}
		c.nodes = append(c.nodes, consenttest.Redis(t, settings...))
	}
	c.proxy = consenttest.NewProxyAt(t, "127.0.0.1:"+front, c.nodes[0].Addr)
	c.join()
	c.name()
	return c
}

// join deals the slots out and makes the last three nodes replicas of the first three.
func (c *cluster) join() {
	first := c.nodes[0]
	for n, s := range c.nodes {
		_, port, _ := net.SplitHostPort(s.Addr)
		if n < 3 {
			s.Command("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(n+1))
			s.Command("CLUSTER", "ADDSLOTSRANGE", []string{"0", "5461", "10923"}[n], []string{"5460", "10922", "16383"}[n])
		}
		if n > 0 {
			first.Command("CLUSTER", "MEET", "127.0.0.1", port, c.buses[n])
		}
	}
	for n, s := range c.nodes[3:] {
		id := c.nodes[n].Command("CLUSTER", "MYID")
		c.until("a replica", func() bool { return s.Command("CLUSTER", "REPLICATE", id) == "+OK" })
	}
	for n, s := range c.nodes {
		c.until("a cluster", func() bool {
			return strings.Contains(c.info(s), "cluster_known_nodes:6") && strings.Contains(c.info(s), "cluster_state:ok")
		})
		if n < 3 {
			c.until("its replica", func() bool {
				return strings.Contains(infoOf(c.t, c.nodes[n+3], "replication"), "master_link_status:up")
			})
		}
	}
}

// info is what a node says of the cluster.
func (c *cluster) info(s *consenttest.RedisServer) string {
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer client.Close()
	return client.ClusterInfo(c.t.Context()).Val()
}

// infoOf is what a server says of itself.
func infoOf(t testing.TB, s *consenttest.RedisServer, section string) string {
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer client.Close()
	return client.Info(t.Context(), section).Val()
}

func (c *cluster) until(what string, ok func() bool) {
	c.t.Helper()
	until(c.t, what, ok)
}

// until waits for something that Redis does by itself.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("in vain: ", what)
		}
	}
}

// name finds an app for the slots of each primary.
func (c *cluster) name() {
	c.apps = []string{"shop"}
	for _, s := range c.nodes[1:3] {
		for n := 0; ; n++ {
			id := fmt.Sprintf("shop%d", n)
			if s.Command("EXISTS", "{"+id+"}") == ":0" {
				c.apps = append(c.apps, id)
				break
			}
		}
	}
}

// clear makes the cluster new for the next story: whoever was killed is back, and there is nothing in it.
func (c *cluster) clear() {
	for _, s := range c.nodes {
		if s.Ended() {
			s.Restart()
		}
	}
	c.proxy.Lose(0, "\x00")
	for _, s := range c.nodes[:3] {
		for name, value := range map[string]string{"appendonly": "yes", "maxmemory-policy": "noeviction"} {
			s.Command("CONFIG", "SET", name, value)
		}
		c.until("an empty node", func() bool { return s.Command("FLUSHALL") == "+OK" && s.Command("WAIT", "1", "100") == ":1" })
	}
	c.works()
}

// dies kills all primaries: to the others one that is away is no reason not to be ready.
func (c *cluster) dies() {
	for _, s := range c.nodes[:3] {
		s.Kill()
	}
}

// works waits until every primary takes what is for it. One that comes back does so after two seconds.
func (c *cluster) works() {
	for n, s := range c.nodes[:3] {
		if s.Ended() {
			s.Restart()
		}
		c.until("a primary", func() bool { return s.Command("DEL", "{"+c.apps[n]+"}") == ":0" })
	}
}

// urls names three nodes, as an operator would.
func (c *cluster) urls() string {
	var all []string
	for _, s := range c.nodes[:3] {
		all = append(all, s.URL())
	}
	return strings.Join(all, ",")
}

// TestOnCluster plays the stories on a cluster, with an app on each primary. One story after the other, since all of them are
// about shop.
func TestOnCluster(t *testing.T) {
	c := &tally{}
	var once sync.Once
	var nodes *cluster
	journeysOn(t, c, false, []string{"grant", "withdraw-link", "late", "redis-restart", "refused", "reload", "schema", "two", "kill"}, func(s *story) {
		once.Do(func() { nodes = newCluster(t, time.Minute) })
		s.apps, s.stage.away, s.stage.back = nodes.apps[1:], nodes.dies, nodes.works
		s.stage.servers = nodes.nodes[:3]
		if err := s.declareApps(); err != nil {
			t.Fatal(err)
		}
		s.stage.redis = func(s *story, ts *testscript.TestScript, settings []string) {
			nodes.clear()
			s.redis, s.proxy = nodes.nodes[0], nodes.proxy
			for i := 0; i+1 < len(settings); i += 2 {
				for _, node := range nodes.nodes[:3] {
					node.Command("CONFIG", "SET", settings[i], settings[i+1])
				}
			}
			ts.Setenv("BOHOJA_REDIS__URL", nodes.urls())
		}
	})
	c.tell(t, "4 Redis Cluster 3+3", fmt.Sprintf("%d stories, apps on %d primaries", c.runs.Load(), len(nodes.apps)))
}
