//go:build proof

package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// trouble is something that befalls a Redis that works. The client goes on all the while; what it is refused was surely not
// done, and it asks again.
type trouble struct {
	way      func(t *testing.T) consenttest.RedisWay
	settings []string
	strike   func(t *testing.T, s *consenttest.RedisServer, c *client)
}

var troubles = map[string]trouble{
	"full disk": {way: smallDisk, strike: fillDisk},
	"full memory": {strike: func(t *testing.T, s *consenttest.RedisServer, c *client) {
		set(t, s, "maxmemory", "1mb") // less than it has
		c.rests()
		set(t, s, "maxmemory", "0")
	}},
	"read-only replica": {strike: func(t *testing.T, s *consenttest.RedisServer, c *client) {
		if got := s.Command("REPLICAOF", "127.0.0.1", consenttest.FreePort(t)); got != "+OK" {
			t.Fatal(got)
		}
		c.rests()
		s.Command("REPLICAOF", "NO", "ONE")
	}},
	"loading": {settings: []string{"key-load-delay", "500"}, strike: func(_ *testing.T, s *consenttest.RedisServer, _ *client) {
		s.Restart()
	}},
	"scripts forgotten": {strike: func(t *testing.T, s *consenttest.RedisServer, c *client) {
		for range 20 {
			if got := s.Command("SCRIPT", "FLUSH"); got != "+OK" {
				t.Fatal(got)
			}
			c.grows(1 << 9)
		}
	}},
	"slow syncs": {way: func(t *testing.T) consenttest.RedisWay {
		return consenttest.RedisWay{Env: newDisk(t).env("BOHOJA_DISK_SLOW_US=30000")}
	}, strike: func(_ *testing.T, s *consenttest.RedisServer, c *client) {
		c.grows(1 << 12)
		s.Restart()
	}},
	"asleep": {strike: func(_ *testing.T, s *consenttest.RedisServer, c *client) {
		s.Sleep()
		c.rests()
		s.Wake()
	}},
}

func TestTrouble(t *testing.T) {
	for name, what := range troubles {
		t.Run(name, func(t *testing.T) {
			way := consenttest.RedisWay{}
			if what.way != nil {
				way = what.way(t)
			}
			server, dir := consenttest.RedisBy(t, way, what.settings...), t.TempDir()
			c := startClient(t, server.URL(), dir, 16)
			var back []time.Time
			for range amount(1, 10) {
				c.grows(1 << 12)
				what.strike(t, server, c)
				back = append(back, time.Now())
				c.grows(1 << 12)
			}
			lines := c.stop()
			a := newAudit(t, "P5 "+name, server.URL(), dir, lines)
			a.recovered(back, lines)
			f := a.all()
			a.surprised()
			f.More = fmt.Sprintf("%d times", len(back))
			f.Tell(t)
			f.Sound(t)
		})
	}
}

// rests waits until nothing more is acknowledged.
func (c *client) rests() {
	c.t.Helper()
	late := time.Now().Add(time.Minute)
	for before := int64(-1); before != c.size(); time.Sleep(100 * time.Millisecond) {
		if before = c.size(); time.Now().After(late) {
			c.t.Fatal("it is in trouble, and goes on")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func set(t *testing.T, s *consenttest.RedisServer, name, value string) {
	t.Helper()
	if got := s.Command("CONFIG", "SET", name, value); got != "+OK" {
		t.Fatal(got)
	}
}

// The small disk: a tmpfs where one may be mounted, elsewhere a limit on the length of files, which Redis meets alike.
const (
	smallSize = 3 << 20
	limitFile = "limit" // in the server's folder; kibibytes of the longest file
)

func smallDisk(t *testing.T) consenttest.RedisWay {
	t.Helper()
	dir := t.TempDir()
	if exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size="+strconv.Itoa(smallSize), "tmpfs", dir).Run() == nil {
		t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
		return consenttest.RedisWay{Dir: dir}
	}
	limit(t, dir, smallSize>>10)
	return consenttest.RedisWay{Dir: dir, Before: []string{
		"bash", "-c", `trap "" XFSZ; ulimit -f "$(cat ` + filepath.Join(dir, limitFile) + `)"; exec "$@"`, "bash",
	}}
}

func limit(t *testing.T, dir string, kib int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, limitFile), []byte(strconv.Itoa(kib)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fillDisk waits until Redis, which cannot keep its word any more, has ended, and gives it room.
func fillDisk(t *testing.T, s *consenttest.RedisServer, c *client) {
	if s.Ended() {
		t.Fatal("Redis has ended before there was trouble")
	}
	for late := time.Now().Add(2 * time.Minute); !s.Ended(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("the disk does not fill up: %d bytes of ledger", c.size())
		}
		if strings.HasPrefix(s.Command("PING"), "-MISCONF") {
			t.Fatal("Redis goes on although it cannot write")
		}
	}
	more := smallSize + int(c.size())*40 // as much again as was written, and some
	if _, err := os.Stat(filepath.Join(s.Dir, limitFile)); err == nil {
		limit(t, s.Dir, more>>10)
	} else if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,size="+strconv.Itoa(more), s.Dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.Restart()
}
