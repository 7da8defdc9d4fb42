//go:build proof

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// soakFor names how long TestSoak goes on; unset: two minutes.
const soakFor = "BOHOJA_SOAK"

// What may have been added, from the first third to the end.
const (
	soakRoutines = 50       // goroutines: some requests are under way at any moment
	soakFiles    = 30       // descriptors, as goroutines
	soakMemory   = 48 << 20 // bytes of resident memory
	soakRecord   = 8 << 10  // bytes of the append-only file, once rewritten, for each request that is still kept
	soakHands    = 4        // clients at once
)

// TestSoak lets serve work for long, and holds what it needs at the end against what it needed once warm (P11): goroutines,
// descriptors, memory and the append-only file after a rewrite. When the time of all records is over, none is left.
func TestSoak(t *testing.T) {
	length := 2 * time.Minute
	if text := os.Getenv(soakFor); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		length = d
	}
	c := &tally{}
	t.Run("story", func(t *testing.T) {
		played(t, c, "../soak/soak", func(s *story) {
			ends := s.stage.ends
			s.stage.ends = func(s *story) { (&soak{t: t, s: s}).run(length); ends(s) }
		})
	})
	c.judge(t, "P11 soak")
}

// soak is one run.
type soak struct {
	t    *testing.T
	s    *story
	made atomic.Int64
	next atomic.Int64
}

// need is what serve needs at a moment.
type need struct {
	requests, routines, files, memory, aof int64
}

func (n need) String() string {
	return fmt.Sprintf("%d requests, %d goroutines, %d descriptors, %d MiB resident, append-only file %d KiB",
		n.requests, n.routines, n.files, n.memory>>20, n.aof>>10)
}

func (k *soak) run(length time.Duration) {
	ctx, stop := context.WithTimeout(k.t.Context(), length)
	defer stop()
	var hands sync.WaitGroup
	for range soakHands {
		hands.Go(func() { k.work(ctx) })
	}
	var warm, highest need
	looks := max(6, int(length/(30*time.Second)))
	for i := range looks {
		select {
		case <-ctx.Done():
		case <-time.After(length / time.Duration(looks+1)):
		}
		now := k.look()
		k.t.Logf("look %d of %d: %s", i+1, looks, now)
		if i < (looks+2)/3 {
			warm = most(warm, now)
		}
		highest = most(highest, now)
	}
	hands.Wait()
	k.judge(warm, highest)
	k.outlive()
}

// most is the larger of each.
func most(a, b need) need {
	return need{
		max(a.requests, b.requests), max(a.routines, b.routines), max(a.files, b.files), max(a.memory, b.memory), max(a.aof, b.aof),
	}
}

func (k *soak) judge(warm, highest need) {
	aof := (highest.aof - warm.aof) / max(1, highest.requests-warm.requests)
	for _, one := range []struct {
		what         string
		added, bound int64
	}{
		{"goroutines", highest.routines - warm.routines, soakRoutines}, {"descriptors", highest.files - warm.files, soakFiles},
		{"bytes of memory", highest.memory - warm.memory, soakMemory}, {"bytes of the append-only file a request", aof, soakRecord},
	} {
		if one.added > one.bound {
			k.t.Errorf("%d %s were added, more than %d", one.added, one.what, one.bound)
		}
	}
	consenttest.Figures{
		Suite: "P11 soak", Acknowledged: int(highest.requests),
		More: fmt.Sprintf("+%d goroutines, +%d descriptors, +%d KiB resident, %d bytes of append-only file a request that is kept",
			highest.routines-warm.routines, highest.files-warm.files, (highest.memory-warm.memory)>>10, aof),
	}.Tell(k.t)
}

// work walks one request after the other to its end: the guardian is a part that the test space plays.
func (k *soak) work(ctx context.Context) {
	for ctx.Err() == nil {
		n := k.next.Add(1)
		part := []string{"approve", "approve", "refuse", "approve"}[n%4]
		body := fmt.Sprintf(`{"subject":"soak-%d","child_notice":{"version":"n1"},"child":{"under_age":true,"name":"김하늘","locale":"ko"},
			"guardian":{"name":"김보호","email":"%s+%d@guardian.test"},"purposes":["account"],"data":{"nickname":"별똥별"}}`, n, part, n)
		a := k.ask(http.MethodPost, "/v1/consent-requests", body)
		if a.status != http.StatusCreated {
			k.t.Errorf("signup: %d %s", a.status, a.body)
			return
		}
		var made struct{ ID string }
		_ = json.Unmarshal([]byte(a.body), &made) // a made request has an id, or the next call fails
		k.follow("/v1/consent-requests/" + made.ID)
		k.made.Add(1)
	}
}

// follow waits for the answer, and uses up what comes of it.
func (k *soak) follow(path string) {
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		a := k.ask(http.MethodGet, path, "")
		if strings.Contains(a.body, `"status":"declined"`) {
			return
		}
		if strings.Contains(a.body, `"status":"granted"`) {
			for _, call := range []string{"/release", "/release/ack", "/withdraw"} {
				if a := k.ask(http.MethodPost, path+call, ""); a.status >= 300 {
					k.t.Errorf("%s: %d %s", call, a.status, a.body)
				}
			}
			return
		}
	}
	k.t.Errorf("%s: nobody answered", path)
}

func (k *soak) ask(method, path, body string) answer {
	a, err := k.s.tryAsk("http://"+k.s.processes[""].public, k.s.keys["test"], method, path, body)
	if err != nil {
		k.t.Error(err)
	}
	return a
}

// look rewrites the append-only file and reads what is needed now.
func (k *soak) look() need {
	n := need{requests: k.made.Load(), aof: k.rewritten()}
	a, err := k.s.tryAsk("http://"+k.s.processes[""].ops, "", http.MethodGet, "/metrics", "")
	if err != nil {
		k.t.Error(err)
	}
	for line := range strings.Lines(a.body) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		f, _ := strconv.ParseFloat(value, 64) // other lines are of no interest
		switch name {
		case "go_goroutines":
			n.routines = int64(f)
		case "process_open_fds":
			n.files = int64(f)
		case "process_resident_memory_bytes":
			n.memory = int64(f)
		}
	}
	if n.routines == 0 || n.files == 0 || n.memory == 0 || n.aof == 0 {
		k.t.Errorf("the metrics and the files say %+v", n)
	}
	return n
}

// rewritten is how long the append-only file is after a rewrite.
func (k *soak) rewritten() (size int64) {
	ctx := context.WithoutCancel(k.t.Context())
	c := redis.NewClient(&redis.Options{Addr: k.s.redis.Addr, Protocol: 2})
	defer func() { _ = c.Close() }()
	_ = c.BgRewriteAOF(ctx).Err() // one that runs already is as good
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		info, err := c.Info(ctx, "persistence").Result()
		if err == nil && strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") {
			break
		}
	}
	_ = filepath.WalkDir(filepath.Join(k.s.redis.Dir, "appendonlydir"), func(_ string, d fs.DirEntry, _ error) error {
		if info, err := d.Info(); err == nil && !d.IsDir() {
			size += info.Size()
		}
		return nil
	})
	return size
}

// outlive lets the time of all records pass: none is left then.
func (k *soak) outlive() {
	before := k.rewritten()
	if n := k.left(); n == 0 {
		k.t.Fatalf("of %d records none is found before its time is over", k.made.Load())
	}
	if a := k.ask(http.MethodPost, "/v1/test/clock/advance", `{"by":"35000h"}`); a.status != http.StatusOK {
		k.t.Fatalf("the clock: %d %s", a.status, a.body)
	}
	for late := time.Now().Add(5 * patience); k.left() > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(late) {
			k.t.Fatalf("%d records outlive their time", k.left())
		}
	}
	k.t.Logf("once the time of all %d records is over, none is left; the append-only file has %d KiB of %d: flags, the log and events",
		k.made.Load(), k.rewritten()>>10, before>>10)
}

// left is how many records there are.
func (k *soak) left() (n int) {
	c := redis.NewClient(&redis.Options{Addr: k.s.redis.Addr, Protocol: 2})
	defer func() { _ = c.Close() }()
	for cursor := uint64(0); ; {
		keys, next, err := c.Scan(context.WithoutCancel(k.t.Context()), cursor, "bt:{shop}:r:*", 1000).Result()
		if err != nil {
			k.t.Fatal(err)
		}
		if n, cursor = n+len(keys), next; cursor == 0 {
			return n
		}
	}
}
