//go:build proof

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// ways are how a Redis stops answering under three processes, and who takes its place. The first three are the short form.
var ways = []struct {
	name  string
	short bool
	place func(f *failover)
}{
	{"Cluster 3+3, primary killed", true, func(f *failover) { f.onCluster(2*time.Second, 3) }},
	{"Sentinel, primary killed", true, func(f *failover) { f.onSentinel(time.Second, true) }},
	{"one server, back after 5 s", true, func(f *failover) { f.onOne() }},
	{"Cluster 3+3, primary hangs", false, func(f *failover) { f.onCluster(2*time.Second, 3); f.fall = f.first.Sleep }},
	{"Cluster 3+3, primary back after 5 s", false, func(f *failover) { f.onCluster(time.Minute, 0); f.returns() }},
	{"Sentinel, primary hangs", false, func(f *failover) { f.onSentinel(time.Second, true); f.fall = f.first.Sleep }},
	{"Sentinel, primary back after 5 s", false, func(f *failover) { f.onSentinel(time.Minute, false); f.returns() }},
}

// TestFailover takes a Redis away while three processes sign children up on it, waits until its replica has taken over, or it is
// back itself, and counts what was acknowledged and is gone. Replication is asynchronous, so what a fail-over loses is printed and
// not judged; what comes back itself loses nothing. What is there must be whole, and no request may be there twice. How long the
// next signups took from the moment at which Redis took writes again is printed. The words that only this story needs:
//
//	many           children sign up at every process without end
//	node dies      the Redis of their app answers no more
//	goes on        children are signed up again
//	counted        what is there
func TestFailover(t *testing.T) {
	for _, way := range ways {
		if way.short || long() {
			t.Run(way.name, func(t *testing.T) { playFailover(t, way.name, way.place) })
		}
	}
}

func playFailover(t *testing.T, name string, place func(f *failover)) {
	f := &failover{t: t, rises: func() {}, named: func() bool { return true }}
	place(f)
	p := params("testdata/cluster", "")
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		err := setup(env)
		f.story = env.Values[storyKey{}].(*story)
		f.stage.redis = func(s *story, ts *testscript.TestScript, _ []string) {
			s.redis = f.first
			ts.Setenv("BOHOJA_REDIS__URL", f.url)
		}
		return err
	}
	for name, do := range map[string]func(ts *testscript.TestScript){"many": f.many, "node": f.node, "goes": f.goes, "counted": f.counted} {
		p.Cmds[name] = func(ts *testscript.TestScript, _ bool, _ []string) { do(ts) }
	}
	t.Run("story", func(t *testing.T) { testscript.Run(t, p) })
	told := consenttest.Figures{Suite: "P7 " + name, Recovery: f.after - f.over}
	more := fmt.Sprintf("%d processes, Redis took writes again after %.1f s, the next were signed up after %.1f s", len(processNames), f.over.Seconds(), f.after.Seconds())
	if f.first == f.heir {
		told.Acknowledged, told.Lost, told.Duplicates, told.More = f.acked, f.lost, f.twice, more
		told.Sound(t)
	} else {
		told.More = fmt.Sprintf("not in the sum: %d acknowledged, %d lost, %d there twice, ", f.acked, f.lost, f.twice) + more
	}
	told.Tell(t)
	if f.acked == 0 || f.twice > 0 {
		t.Errorf("%d acknowledged, %d there twice", f.acked, f.twice)
	}
}

var processNames = []string{"", "second", "third"}

// failover is the story of a Redis that is taken away.
type failover struct {
	*story
	t                  *testing.T
	first, heir        *consenttest.RedisServer // who falls, and who takes writes afterwards
	url                string
	fall, rises        func()
	named              func() bool // whoever asks is told of the heir
	acked, lost, twice int
	over, after        time.Duration // until Redis took writes again, and until the first were signed up
}

// onCluster puts the story on a cluster. timeout is how long a primary may be silent; heir is the node that comes after the first.
func (f *failover) onCluster(timeout time.Duration, heir int) {
	c := newCluster(f.t, timeout)
	f.first, f.heir, f.url = c.nodes[0], c.nodes[heir], c.urls()
	f.fall = f.first.Kill
}

// onSentinel puts it on a primary with a replica, and a Sentinel that watches both.
func (f *failover) onSentinel(timeout time.Duration, goes bool) {
	f.first, f.heir = consenttest.Redis(f.t), consenttest.Redis(f.t, "repl-diskless-sync-delay", "0")
	host, port, _ := net.SplitHostPort(f.first.Addr)
	f.heir.Command("REPLICAOF", host, port)
	until(f.t, "a replica", func() bool { return strings.Contains(infoOf(f.t, f.heir, "replication"), "master_link_status:up") })
	f.first.Command("SET", "step", "1") // what comes after the replica's image is sent a second later
	until(f.t, "a replica in step", func() bool { return f.heir.Command("EXISTS", "step") == ":1" })
	addr, sentinel := watched(f.t, f.first, timeout)
	f.url = "redis+sentinel://" + addr + "?master=main"
	f.named = func() bool {
		at, err := sentinel.GetMasterAddrByName(f.t.Context(), "main").Result()
		return err == nil && net.JoinHostPort(at[0], at[1]) == f.heir.Addr
	}
	if f.fall = f.first.Kill; !goes {
		f.heir = f.first
	}
}

// watched starts a Sentinel and waits until it knows the replica, and returns its address and a client.
func watched(t *testing.T, primary *consenttest.RedisServer, timeout time.Duration) (string, *redis.SentinelClient) {
	t.Helper()
	host, port, _ := net.SplitHostPort(primary.Addr)
	own, conf := consenttest.FreePort(t), filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main %s %s 1\nsentinel down-after-milliseconds main %d\n", own, host, port, timeout.Milliseconds())
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("redis-server", conf, "--sentinel")
	consenttest.Tie(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	client := redis.NewSentinelClient(&redis.Options{Addr: "127.0.0.1:" + own})
	t.Cleanup(func() { _ = client.Close() })
	until(t, "a Sentinel that knows the replica", func() bool {
		all, err := client.Replicas(t.Context(), "main").Result()
		return err == nil && len(all) == 1 && all[0]["master-link-status"] == "ok"
	})
	return "127.0.0.1:" + own, client
}

// onOne puts it on one server, which comes back.
func (f *failover) onOne() {
	f.first = consenttest.Redis(f.t)
	f.heir, f.url = f.first, f.first.URL()
	f.fall = f.first.Kill
	f.returns()
}

// returns lets the one who fell come back, late enough for every client to have lost patience.
func (f *failover) returns() {
	f.rises = func() {
		time.Sleep(5 * time.Second)
		f.first.Restart()
	}
}

func (f *failover) many(ts *testscript.TestScript) {
	f.crowd = &crowd{stop: make(chan struct{}), ids: map[string]string{}}
	for n, name := range processNames {
		for hand := range 4 {
			f.crowd.all.Go(func() { f.sign("http://"+f.processes[name].public, 4*n+hand) })
		}
	}
	f.grows(ts)
}

// grows waits until as many again are signed up.
func (f *failover) grows(ts *testscript.TestScript) {
	from := f.crowd.count()
	for late := time.Now().Add(4 * patience); f.crowd.count() < from+100; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			ts.Fatalf("nobody is signed up any more")
		}
	}
}

func (f *failover) node(*testscript.TestScript) { f.fall() }

func (f *failover) goes(ts *testscript.TestScript) {
	began := time.Now()
	f.rises()
	until(f.t, "a Redis that takes writes", func() bool { return f.heir.Command("DEL", "{shop}") == ":0" })
	until(f.t, "a Sentinel that names it", f.named)
	f.over = time.Since(began)
	from := f.crowd.count()
	for late := time.Now().Add(4 * patience); f.crowd.count() < from+len(processNames)*4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			ts.Fatalf("nobody is signed up any more")
		}
	}
	f.after = time.Since(began)
	f.redis = f.heir
	f.grows(ts)
}

// counted asks for each request that was acknowledged, and for each subject's.
func (f *failover) counted(ts *testscript.TestScript) {
	f.patient = true
	bySubject := map[string]int{}
	for id, subject := range f.crowd.ids {
		f.acked++
		bySubject[subject]++
		if a := f.ask(ts, f.keys[f.key], http.MethodGet, "/v1/consent-requests/"+id, ""); a.status == http.StatusNotFound {
			f.lost++
			bySubject[subject]--
		} else {
			a.want(ts, http.StatusOK)
		}
	}
	for _, n := range bySubject {
		f.twice += max(0, n-1)
	}
}
