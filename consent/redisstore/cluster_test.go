package redisstore_test

import (
	"net"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// pair is a cluster of two primaries without replicas. When one is away, the slots of the other go on.
func pair(t *testing.T) (*redisstore.Store, [2]*consenttest.RedisServer) {
	t.Helper()
	var nodes [2]*consenttest.RedisServer
	for i, slots := range [][2]string{{"0", "8191"}, {"8192", "16383"}} {
		bus := consenttest.FreePort(t)
		nodes[i] = consenttest.Redis(t, "cluster-enabled", "yes", "cluster-port", bus, "cluster-require-full-coverage", "no")
		nodes[i].Command("CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1])
		_, port, _ := net.SplitHostPort(nodes[i].Addr)
		nodes[0].Command("CLUSTER", "MEET", "127.0.0.1", port, bus)
	}
	clients, err := redisstore.Dial("redis://" + nodes[0].Addr + "," + nodes[1].Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clients.Close() })
	for i, key := range []string{"{b}", "{a}"} { // 3300 and 15495
		for late := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			if nodes[i].Command("SET", key, "1") == "+OK" && nodes[1-i].Command("GET", key) != "" &&
				clients.Write.Get(t.Context(), key).Err() == nil {
				break
			}
			if time.Now().After(late) {
				t.Fatal("no cluster")
			}
		}
	}
	return redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read}), nodes
}

// A primary that is away says nothing of the others: they are asked all the same, and the worst of them is told.
func TestSafetyWithOneAway(t *testing.T) {
	t.Parallel()
	store, nodes := pair(t)
	got, err := store.Safety(t.Context())
	if err != nil || len(got.Faults()) > 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, node := range nodes { // whichever is asked first
		node.Command("CONFIG", "SET", "aof-load-truncated", "yes")
		if got, err = store.Safety(t.Context()); err != nil || len(got.Warnings()) != 1 {
			t.Errorf("one of two could be set better: %+v, %v", got, err)
		}
		node.Command("CONFIG", "SET", "aof-load-truncated", "no")
	}
	nodes[1].Command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	if got, err = store.Safety(t.Context()); err != nil || got.Policy != "allkeys-lru" {
		t.Errorf("one of two is unsafe: %+v, %v", got, err)
	}
	nodes[0].Kill()
	if got, err = store.Safety(t.Context()); err != nil || got.Policy != "allkeys-lru" {
		t.Errorf("one of two is away: %+v, %v", got, err)
	}
	nodes[1].Kill()
	if got, err = store.Safety(t.Context()); consent.KindOf(err) != consent.KindUnavailable {
		t.Errorf("all are away: %+v, %v", got, err)
	}
}

// A primary that is gone for good says nothing of who came after it: once its replica has taken over, a few tries find it, by
// either client. Without follower it is the library's minute, of which this is a part: tries decide, and not the time.
func TestReplicaTakesOver(t *testing.T) {
	t.Parallel()
	bus, other := consenttest.FreePort(t), consenttest.FreePort(t)
	settings := []string{"cluster-enabled", "yes", "cluster-node-timeout", "60000", "repl-diskless-sync-delay", "0", "cluster-port"}
	first := consenttest.Redis(t, append(settings, bus)...)
	second := consenttest.Redis(t, append(settings, other)...)
	first.Command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	_, port, _ := net.SplitHostPort(first.Addr)
	second.Command("CLUSTER", "MEET", "127.0.0.1", port, bus)
	within(t, "a replica", func() bool { return second.Command("CLUSTER", "REPLICATE", first.Command("CLUSTER", "MYID")) == "+OK" })
	clients, err := redisstore.Dial("redis://" + first.Addr + "," + second.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clients.Close() })
	pipe := func() error {
		p := clients.Read.Pipeline()
		p.Get(t.Context(), "n")
		_, err := p.Exec(t.Context())
		return err
	}
	within(t, "a cluster", func() bool {
		return clients.Write.Set(t.Context(), "n", "1", 0).Err() == nil && pipe() == nil && first.Command("WAIT", "1", "100") == ":1"
	})
	first.Kill()
	within(t, "the replica to take over", func() bool {
		return second.Command("CLUSTER", "FAILOVER", "TAKEOVER") == "+OK" && second.Command("SET", "n", "2") == "+OK"
	})
	for name, try := range map[string]func() error{
		"writing": func() error { return clients.Write.Set(t.Context(), "n", "3", 0).Err() }, "reading": pipe,
	} {
		tries := 1
		for ; tries < 40 && try() != nil; tries++ {
			time.Sleep(250 * time.Millisecond)
		}
		if tries == 40 {
			t.Errorf("%s: nobody has asked who took over", name)
		}
	}
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("in vain: ", what)
		}
	}
}
