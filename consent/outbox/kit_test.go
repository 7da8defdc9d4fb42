package outbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest/ports"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(workerEnv); addr != "" {
		os.Exit(workerProcess(addr))
	}
	redis.SetLogger(quiet{}) // these tests kill servers, and the client tells each failed dial
	goleak.VerifyTestMain(m)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

const app = "shop"

func testKeys(app string) Keys {
	return Keys{Due: "{" + app + "}:due", Jobs: "{" + app + "}:jobs", Dead: "{" + app + "}:dead"}
}

// rig is a queue on a server of its own, with a clock that can be moved.
type rig struct {
	*Queue
	t      *testing.T
	client *redis.Client
	clock  atomic.Int64
	put    *script.Script
}

func newRig(t *testing.T, addr string) *rig {
	t.Helper()
	r := &rig{t: t, client: redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1})}
	t.Cleanup(func() { _ = r.client.Close() })
	r.Queue = NewQueue(Config{Client: r.client, Keys: testKeys, Offset: func() time.Duration { return time.Duration(r.clock.Load()) }})
	r.put = script.New("put", "#!lua\n"+PutLua+`
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) + tonumber(ARGV[1])
for i = 2, #ARGV, 4 do
  outbox_put(KEYS[1], KEYS[2], now, ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3])
end
return 1`)
	return r
}

// each runs a test on miniredis and on a real server.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Run("miniredis", func(t *testing.T) { test(t, newRig(t, miniredis.RunT(t).Addr())) })
	t.Run("redis", func(t *testing.T) { test(t, newRig(t, startServer(t).addr)) })
}

func (r *rig) move(d time.Duration) { r.clock.Add(int64(d)) }

// leave puts a job that is due after a time.
func (r *rig) leave(app, id string, kind consent.JobKind, after time.Duration, body string) {
	r.t.Helper()
	k := testKeys(app)
	if _, err := r.put.Run(r.t.Context(), r.client, []string{k.Due, k.Jobs}, r.offsetMS(), id, after.Milliseconds(), string(kind), body); err != nil {
		r.t.Fatal(err)
	}
}

// leaveMany puts n jobs named by prefix and number.
func (r *rig) leaveMany(app, prefix string, kind consent.JobKind, n int) {
	r.t.Helper()
	k := testKeys(app)
	for from := 0; from < n; from += 500 {
		args := []any{r.offsetMS()}
		for i := from; i < min(n, from+500); i++ {
			args = append(args, fmt.Sprintf("%s%05d", prefix, i), 0, string(kind), "body")
		}
		if _, err := r.put.Run(r.t.Context(), r.client, []string{k.Due, k.Jobs}, args...); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) claim(kind consent.JobKind, n int) []Job {
	r.t.Helper()
	jobs, err := r.Claim(r.t.Context(), app, kind, n, time.Minute)
	if err != nil {
		r.t.Fatal(err)
	}
	return jobs
}

// one claims the one job that is due.
func (r *rig) one() Job {
	r.t.Helper()
	jobs := r.claim(consent.JobLetter, 10)
	if len(jobs) != 1 {
		r.t.Fatalf("claimed %d jobs, want 1", len(jobs))
	}
	return jobs[0]
}

func (r *rig) dead(app string) int {
	r.t.Helper()
	n, err := r.Dead(r.t.Context(), app)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// sound checks the promise of the package: each job in due xor in dead, and nothing there without a job.
func (r *rig) sound(app string) {
	r.t.Helper()
	k, ctx := testKeys(app), r.t.Context()
	seen := map[string]int{}
	for _, key := range []string{k.Due, k.Dead} {
		for _, id := range r.client.ZRange(ctx, key, 0, -1).Val() {
			seen[id]++
		}
	}
	ids := r.client.HKeys(ctx, k.Jobs).Val()
	for _, id := range ids {
		if seen[id] != 1 {
			r.t.Errorf("job %s is in %d of due and dead", id, seen[id])
		}
	}
	if len(ids) != len(seen) {
		r.t.Errorf("%d jobs, but %d in due and dead", len(ids), len(seen))
	}
}

// empty checks that nothing is left.
func (r *rig) empty(app string) {
	r.t.Helper()
	k := testKeys(app)
	if n := r.client.Exists(r.t.Context(), k.Due, k.Jobs, k.Dead).Val(); n != 0 {
		r.t.Errorf("%d keys of %s are left", n, app)
	}
}

// tally counts deliveries by job.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func newTally() *tally { return &tally{n: map[string]int{}} }

func (c *tally) add(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[id]++
	return c.n[id]
}

func (c *tally) jobs() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.n)
}

func (c *tally) work(_ context.Context, j Job) error {
	c.add(j.ID)
	return nil
}

// check demands each of n jobs exactly once.
func (c *tally) check(t *testing.T, n int) {
	t.Helper()
	if len(c.n) != n {
		t.Errorf("%d of %d jobs delivered", len(c.n), n)
	}
	for id, times := range c.n {
		if times != 1 {
			t.Errorf("job %s delivered %d times", id, times)
		}
	}
}

// until polls; it fails after a time that only a fault reaches.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never came: %s", what)
		}
	}
}

// server is a real redis-server that loses nothing it acknowledged.
type server struct {
	t    *testing.T
	addr string
	dir  string
	cmd  *exec.Cmd
}

func startServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, addr: "127.0.0.1:" + ports.Free(t), dir: t.TempDir()}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	_, port, _ := strings.Cut(s.addr, ":")
	s.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", s.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--loglevel", "warning")
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("redis-server is needed (apt-get install redis-server): %v", err)
	}
	c := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = c.Close() }()
	until(s.t, "redis-server answers", func() bool { return c.Ping(context.WithoutCancel(s.t.Context())).Err() == nil })
}

// kill ends it as a power switch would the process.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}
