//go:build proof

package proof

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestFailover measures what Redis' own replication may lose when a replica takes over: Sentinel and Cluster promise no more,
// and this program does not either. The figures are printed and not judged, save that a replica that was in step must lose
// little, and one that was behind must be seen to lose.
func TestFailover(t *testing.T) {
	for _, way := range []struct {
		name     string
		behind   bool
		settings []string
	}{
		{"in step", false, nil},
		{"behind", true, nil},
		{"behind, min-replicas-to-write 1", true, []string{"min-replicas-to-write", "1", "min-replicas-max-lag", "1"}},
	} {
		t.Run(way.name, func(t *testing.T) {
			var total consenttest.Figures
			times := amount(2, 20)
			for range times {
				total = sum(total, failover(t, way.behind, way.settings))
			}
			t.Logf("P7 fail-over, replica %s: %d acknowledged, %d lost in %d fail-overs: what asynchronous replication may lose",
				way.name, total.Acknowledged, total.Lost, times)
			told := consenttest.Figures{Suite: "P7 fail-over, " + way.name, More: fmt.Sprintf("not in the sum: %d acknowledged, %d lost in %d fail-overs",
				total.Acknowledged, total.Lost, times)}
			told.Tell(t)
			if way.behind && len(way.settings) == 0 && total.Lost == 0 {
				t.Error("a replica that was behind took over, and nothing is lost: nobody looked")
			}
			if !way.behind && total.Lost == total.Acknowledged {
				t.Error("a replica that was in step has nothing: it never was")
			}
		})
	}
}

// failover kills a primary under load and holds the ledger against its replica.
func failover(t *testing.T, behind bool, settings []string) consenttest.Figures {
	primary, replica, dir := consenttest.Redis(t, append(slices.Clone(settings), "repl-diskless-sync-delay", "0")...), consenttest.Redis(t), t.TempDir()
	host, port, _ := net.SplitHostPort(primary.Addr)
	replica.Command("REPLICAOF", host, port)
	wait(t, "a replica", func() bool { return settled(t, replica) && primary.Command("SET", "step", "1") == "+OK" })
	wait(t, "a replica in step", func() bool { return replica.Command("EXISTS", "step") == ":1" }) // what comes after its image is sent a second later
	c := startClient(t, primary.URL(), dir, 16)
	c.grows(1 << 13)
	if behind { // it hangs, or its link does
		replica.Sleep()
		time.Sleep(amountOf(300*time.Millisecond, 3*time.Second))
		c.grows(1 << 10) // on a busy host that is not to be taken for granted
	}
	primary.Kill()
	lines := c.kill()
	if behind { // what was on its way to it is gone as well
		replica.Restart()
	}
	replica.Command("REPLICAOF", "NO", "ONE")
	a := newAudit(t, "P7", replica.URL(), dir, lines)
	a.lossy = true
	return a.all()
}

// settled reports whether a replica is done with what it does at its start: a file that is still being rewritten has nothing
// for a restart.
func settled(t *testing.T, replica *consenttest.RedisServer) bool {
	client := redis.NewClient(&redis.Options{Addr: replica.Addr})
	defer client.Close()
	text := client.Info(t.Context()).Val()
	return strings.Contains(text, "master_link_status:up") && strings.Contains(text, "aof_rewrite_in_progress:0") &&
		strings.Contains(text, "aof_rewrite_scheduled:0")
}

func amountOf(d, many time.Duration) time.Duration {
	if long() {
		return many
	}
	return d
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("in vain: ", what)
		}
	}
}
