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
		for late := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
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
