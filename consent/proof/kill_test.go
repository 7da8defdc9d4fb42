//go:build proof

package proof

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestKilledRedis kills Redis at random moments under load, while it rewrites its append-only file.
func TestKilledRedis(t *testing.T) {
	kills, total := amount(12, 480), consenttest.Figures{Suite: "P1 kill -9 of Redis"}
	for round := range amount(1, 24) {
		f := killRound(t, kills/amount(1, 24), uint64(round))
		t.Logf("round %d: %d acknowledged, %d lost", round, f.Acknowledged, f.Lost)
		total = sum(total, f)
	}
	total.More = fmt.Sprintf("%d kills, appendfsync always, rewrites forced", kills)
	total.Tell(t)
	total.Sound(t)
}

// killRound is one server's life.
func killRound(t *testing.T, kills int, seed uint64) consenttest.Figures {
	random := rand.New(rand.NewPCG(seed, 1))
	server, dir := consenttest.Redis(t), t.TempDir()
	c := startClient(t, server.URL(), dir, 32)
	var back []time.Time
	for range kills {
		c.grows(1 << 12)
		server.Command("BGREWRITEAOF")
		time.Sleep(time.Duration(random.IntN(amount(100, 4000))) * time.Millisecond)
		server.Restart()
		back = append(back, time.Now())
	}
	c.grows(1 << 12)
	lines := c.stop()
	a := newAudit(t, "P1", server.URL(), dir, lines)
	a.recovered(back, lines)
	f := a.all()
	a.surprised()
	server.Kill()
	return f
}

// sum adds figures up; of the recovery it keeps the longest.
func sum(a, b consenttest.Figures) consenttest.Figures {
	a.Acknowledged += b.Acknowledged
	a.Lost += b.Lost
	a.Raw += b.Raw
	a.Duplicates += b.Duplicates
	a.Ungranted += b.Ungranted
	a.Mails += b.Mails
	a.Recovery = max(a.Recovery, b.Recovery)
	return a
}
