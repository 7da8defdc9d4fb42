package seal

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
)

const (
	pending = 119 * time.Hour
	window  = 168 * time.Hour
)

var start = time.Date(2026, 11, 23, 15, 20, 0, 0, time.UTC)

var label = consent.Label{App: "shop", ID: "cr_01", Field: consent.FieldPeople, Rev: 1}

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// prints is the register of fingerprints, as the store keeps it, in memory.
type prints struct {
	mu     sync.Mutex
	held   map[string]string
	err    error
	claims int
	folder string // the one in use, at the last question
	clock  func() time.Time
	redis  *miniredis.Miniredis
	store  *redisstore.Store
}

func (p *prints) Claimed(_ context.Context, names []string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = p.held[name]
	}
	return out, p.err
}

// Occupy is the store's own, at the time of the test's clock.
func (p *prints) Occupy(ctx context.Context, f Folder, quiet time.Duration) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return "", p.err
	}
	if p.store == nil {
		p.redis = miniredis.NewMiniRedis()
		if err := p.redis.Start(); err != nil {
			return "", err
		}
		clients, err := redisstore.Dial("redis://" + p.redis.Addr())
		if err != nil {
			return "", err
		}
		p.store = redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read})
	}
	p.redis.SetTime(p.clock())
	used, err := p.store.Occupy(ctx, f, quiet)
	p.folder = used
	return used, err
}

func (p *prints) Claim(_ context.Context, name, fingerprint string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims++
	if p.err != nil {
		return "", p.err
	}
	if _, taken := p.held[name]; !taken {
		p.held[name] = fingerprint
	}
	return p.held[name], nil
}

func (p *prints) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *prints) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.claims
}

// world is one key folder, one register and one clock, which several vaults share as processes would.
type world struct {
	dir    string
	clock  *clock
	prints *prints
}

func newWorld(t testing.TB) *world {
	c := &clock{at: start}
	return &world{dir: filepath.Join(t.TempDir(), "keys"), clock: c, prints: &prints{held: map[string]string{}, clock: c.now}}
}

func (w *world) options() Options {
	return Options{Dir: w.dir, Prints: w.prints, Pending: pending, Window: window, Clock: w.clock.now, Log: slog.New(slog.DiscardHandler)}
}

func (w *world) open(t testing.TB) *Vault {
	t.Helper()
	v, err := Open(t.Context(), w.options())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) has(name string) bool {
	for _, folder := range []string{shortFolder, longFolder} {
		if _, err := os.Stat(filepath.Join(w.dir, folder, name)); err == nil {
			return true
		}
	}
	return false
}

func mustSeal(t testing.TB, v *Vault, class consent.Class, at time.Time, plain string) consent.Sealed {
	t.Helper()
	s, err := v.Seal(t.Context(), class, at, label, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func opens(t testing.TB, v *Vault, s consent.Sealed, want string) {
	t.Helper()
	plain, err := v.Open(label, s)
	if err != nil || string(plain) != want {
		t.Errorf("opened %q with %v, want %q", plain, err, want)
	}
}

func refuses(t testing.TB, v *Vault, s consent.Sealed, want *consent.Error) {
	t.Helper()
	if plain, err := v.Open(label, s); !errors.Is(err, want) || plain != nil {
		t.Errorf("opened %q with %v, want %v", plain, err, want)
	}
}

func mustRun(t testing.TB, v *Vault) {
	t.Helper()
	if err := v.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
}
