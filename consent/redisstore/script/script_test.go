package script_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// count adds one to a counter: its value tells how often the script was executed.
func count() *script.Script {
	return script.New("count", "#!lua\nreturn redis.call('INCR', KEYS[1])")
}

func dial(t *testing.T, url string) redisstore.Clients {
	t.Helper()
	c, err := redisstore.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A lost answer: the script was executed, nobody knows, and nobody tries again. Each kind of client.
func TestExecutedOnce(t *testing.T) {
	for name, start := range map[string]func(*testing.T) (url string, p *consenttest.Proxy, s *consenttest.RedisServer){
		"single": single, "sentinel": sentinel, "cluster": cluster,
	} {
		t.Run(name, func(t *testing.T) {
			url, proxy, server := start(t)
			c, s := dial(t, url), count()
			if _, err := s.Run(t.Context(), c.Write, []string{"{x}n"}); err != nil {
				t.Fatal(err)
			}
			for round := 1; round <= 3; round++ {
				proxy.Lose(1, "evalsha")
				_, err := s.Run(t.Context(), c.Write, []string{"{x}n"})
				if !errors.Is(err, consent.ErrOutcomeUnknown) || consent.KindOf(err) != consent.KindOutcomeUnknown {
					t.Fatalf("lost answer: %v", err)
				}
				if n := proxy.Seen(); n != 1 {
					t.Errorf("the script was sent %d times", n)
				}
			}
			if got := server.Command("GET", "{x}n"); got != "4" {
				t.Errorf("4 calls, executed %s times", got)
			}
		})
	}
}

// The negative control: go-redis' own command is repeated by its cluster client although MaxRetries forbids it. When this
// test fails, the library has changed, and NoRetry may be needless.
func TestLibraryRepeats(t *testing.T) {
	url, proxy, server := cluster(t)
	c := dial(t, url)
	sha, err := c.Write.ScriptLoad(t.Context(), "return redis.call('INCR', KEYS[1])").Result()
	if err != nil {
		t.Fatal(err)
	}
	proxy.Lose(1, "evalsha")
	if err := c.Write.EvalSha(t.Context(), sha, []string{"{x}n"}).Err(); err != nil {
		t.Fatal(err)
	}
	if got := server.Command("GET", "{x}n"); got != "2" {
		t.Errorf("executed %s times, the library used to do it twice", got)
	}
}

func single(t *testing.T) (string, *consenttest.Proxy, *consenttest.RedisServer) {
	s := consenttest.Redis(t)
	p := consenttest.NewProxy(t, s.Addr)
	return "redis://" + p.Addr, p, s
}

// cluster is one primary with every slot, which tells its clients to come through the proxy.
func cluster(t *testing.T) (string, *consenttest.Proxy, *consenttest.RedisServer) {
	front := consenttest.FreePort(t)
	s := consenttest.Redis(t, "cluster-enabled", "yes", "cluster-announce-ip", "127.0.0.1", "cluster-announce-port", front)
	p := consenttest.NewProxyAt(t, "127.0.0.1:"+front, s.Addr)
	if got := s.Command("CLUSTER", "ADDSLOTSRANGE", "0", "16383"); got != "+OK" {
		t.Fatal(got)
	}
	wait(t, "a cluster that works", func() bool { return s.Command("SET", "ready", "1") == "+OK" })
	return "redis://" + p.Addr + "?cluster=true", p, s
}

// sentinel watches a primary that it knows by the proxy's address.
func sentinel(t *testing.T) (string, *consenttest.Proxy, *consenttest.RedisServer) {
	s := consenttest.Redis(t)
	p := consenttest.NewProxy(t, s.Addr)
	host, port, _ := net.SplitHostPort(p.Addr)
	own := consenttest.FreePort(t)
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	text := "port " + own + "\nbind 127.0.0.1\nsentinel monitor main " + host + " " + port + " 1\nsentinel down-after-milliseconds main 60000\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("redis-server", conf, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	wait(t, "a sentinel", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+own)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return "redis+sentinel://127.0.0.1:" + own + "?master=main", p, s
}

func wait(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !ready(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("no " + what + " within a minute")
		}
	}
}

func TestNotReached(t *testing.T) {
	server := consenttest.Redis(t)
	c, s := dial(t, server.URL()), count()
	server.Kill()
	_, err := s.Run(t.Context(), c.Write, []string{"n"})
	if !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("nobody listens: %v", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Run(done, c.Write, []string{"n"}); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("cancelled before: %v", err)
	}
	server.Restart()
	if v, err := s.Run(t.Context(), c.Write, []string{"n"}); err != nil || v != int64(1) {
		t.Errorf("after the restart: %v, %v", v, err)
	}
}

// A server that hangs: sent, and no answer in time.
func TestAsleep(t *testing.T) {
	server := consenttest.Redis(t)
	c, s := dial(t, server.URL()), count()
	if _, err := s.Run(t.Context(), c.Write, []string{"n"}); err != nil {
		t.Fatal(err)
	}
	server.Sleep()
	var err error
	for patience := 50 * time.Millisecond; err == nil || errors.Is(err, consent.ErrUnavailable); patience *= 2 { // a busy host may not come to send it in time
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err = s.Run(ctx, c.Write, []string{"n"})
		cancel()
	}
	server.Wake()
	if !errors.Is(err, consent.ErrOutcomeUnknown) {
		t.Errorf("no answer: %v", err)
	}
	wait(t, "end of what was sent", func() bool { return server.Command("GET", "n") == "2" })
}

// What the server refuses before it begins is known not to have happened.
func TestRefusedByServer(t *testing.T) {
	for name, set := range map[string][]string{
		"OOM":        {"maxmemory", "1"},
		"NOREPLICAS": {"min-replicas-to-write", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			server := consenttest.Redis(t)
			c, s := dial(t, server.URL()), count()
			if got := server.Command("CONFIG", "SET", set[0], set[1]); got != "+OK" {
				t.Fatal(got)
			}
			_, err := s.Run(t.Context(), c.Write, []string{"n"})
			if !errors.Is(err, consent.ErrUnavailable) || !strings.Contains(err.Error(), name) {
				t.Errorf("%v", err)
			}
			if got := server.Command("EXISTS", "n"); got != ":0" {
				t.Errorf("exists: %s", got)
			}
		})
	}
	t.Run("READONLY", func(t *testing.T) {
		server := consenttest.Redis(t)
		c, s := dial(t, server.URL()), count()
		server.Command("REPLICAOF", "127.0.0.1", consenttest.FreePort(t))
		if _, err := s.Run(t.Context(), c.Write, []string{"n"}); !errors.Is(err, consent.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	})
}

// A server that forgot its scripts gets them again, and the step is still executed once.
func TestScriptForgotten(t *testing.T) {
	server := consenttest.Redis(t)
	c, s := dial(t, server.URL()), count()
	for i := int64(1); i <= 3; i++ {
		if v, err := s.Run(t.Context(), c.Write, []string{"n"}); err != nil || v != i {
			t.Fatalf("%v, %v", v, err)
		}
		server.Command("SCRIPT", "FLUSH")
	}
}

// One Script serves miniredis, which does not know "#!lua", and Redis, which is never given anything else.
func TestPlainForm(t *testing.T) {
	mini, server := miniredis.RunT(t), consenttest.Redis(t)
	s := count()
	for range 2 {
		for _, url := range []string{"redis://" + mini.Addr(), server.URL()} {
			if _, err := s.Run(t.Context(), dial(t, url).Write, []string{"n"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	server.Command("CONFIG", "SET", "maxmemory", "1")
	if _, err := s.Run(t.Context(), dial(t, server.URL()).Write, []string{"n"}); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("Redis was given the form that begins in full memory: %v", err)
	}
}

func TestFaultsOfScripts(t *testing.T) {
	server := consenttest.Redis(t)
	c := dial(t, server.URL())
	for name, src := range map[string]string{"runs": "#!lua\nreturn nothing.here", "compiles": "#!lua\nreturn ("} {
		_, err := script.New(name, src).Run(t.Context(), c.Write, nil)
		if err == nil || consent.KindOf(err) != consent.KindInternal || !strings.Contains(err.Error(), name) {
			t.Errorf("script that hardly %s: %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a script without its first line was taken")
		}
	}()
	script.New("bare", "return 1")
}

func TestReadMayBeRepeated(t *testing.T) {
	server := consenttest.Redis(t)
	proxy := consenttest.NewProxy(t, server.Addr)
	c := dial(t, "redis://"+proxy.Addr)
	s := script.New("time", "#!lua flags=no-writes\nreturn 1")
	if _, err := s.Read(t.Context(), c.Read, []string{"n"}); err != nil {
		t.Fatal(err)
	}
	proxy.Lose(1, "evalsha")
	if v, err := s.Read(t.Context(), c.Read, []string{"n"}); err != nil || v != int64(1) {
		t.Errorf("%v, %v", v, err)
	}
	server.Kill()
	if _, err := s.Read(t.Context(), c.Read, []string{"n"}); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if err := script.Fault(redis.Nil); !errors.Is(err, redis.Nil) {
		t.Errorf("nothing there: %v", err)
	}
}
