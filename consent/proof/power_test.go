//go:build proof

package proof

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestPowerCuts takes the power away under load, again and again: of each file only what was synced is left.
func TestPowerCuts(t *testing.T) {
	cuts, rounds := amount(10, 120), amount(1, 8)
	total := consenttest.Figures{Suite: "P2 power cuts"}
	gone := int64(0)
	for round := range rounds {
		f, bytes := cutRound(t, "always", cuts/rounds, uint64(round))
		total, gone = sum(total, f), gone+bytes
	}
	total.More = fmt.Sprintf("%d cuts, appendfsync always, rewrites forced, %d bytes were written and not synced", cuts, gone)
	total.Tell(t)
	total.Sound(t)
}

// TestPowerCutsLose are the controls: settings that are known to lose must be seen to lose, or this house is blind.
func TestPowerCutsLose(t *testing.T) {
	for name, settings := range map[string][]string{
		"everysec": {"appendfsync", "everysec"},
		// A rewrite goes on for seconds, and nothing is synced meanwhile.
		"always, no-appendfsync-on-rewrite": {"no-appendfsync-on-rewrite", "yes", "rdb-key-save-delay", "1000"},
	} {
		t.Run(name, func(t *testing.T) {
			lost, cuts := 0, amount(3, 10)
			acked := 0
			for round := range cuts {
				f, _ := cutRound(t, "", 1, uint64(round), settings...)
				lost, acked = lost+f.Lost, acked+f.Acknowledged
			}
			t.Logf("P2 control %s: %d acknowledged, %d lost, as they must be, in %d cuts", name, acked, lost, cuts)
			if lost == 0 {
				t.Errorf("%d cuts, and nothing is lost: the cuts cut nothing", cuts)
			}
		})
	}
}

// cutRound is one server's life. With a sync of "" the settings say what is synced, and loss is expected.
func cutRound(t *testing.T, sync string, cuts int, seed uint64, settings ...string) (consenttest.Figures, int64) {
	random := rand.New(rand.NewPCG(seed, 2))
	d := newDisk(t)
	if sync != "" {
		settings = append(settings, "appendfsync", sync)
	}
	slow := "BOHOJA_DISK_SLOW_US=" + strconv.FormatUint(500*((seed+1)%2), 10) // so that some cuts fall between write and sync
	server := consenttest.RedisBy(t, consenttest.RedisWay{Env: d.env(slow)}, settings...)
	dir := t.TempDir()
	c := startClient(t, server.URL(), dir, 32)
	var back []time.Time
	var gone int64
	for cut := range cuts {
		c.grows(1 << 13)
		server.Command("BGREWRITEAOF")
		time.Sleep(time.Duration(random.IntN(amount(100, 1000))) * time.Millisecond)
		server.Kill()
		var torn *rand.Rand
		if cut%2 == 1 {
			torn = random
		}
		gone += d.cut(filepath.Join(server.Dir, "appendonlydir"), torn)
		server.Restart()
		back = append(back, time.Now())
	}
	c.grows(1 << 10)
	lines := c.stop()
	a := newAudit(t, "P2", server.URL(), dir, lines)
	if sync != "" {
		a.recovered(back, lines)
	}
	a.lossy = sync == ""
	f := a.all()
	if !a.lossy {
		a.surprised()
	}
	server.Kill()
	return f, gone
}
