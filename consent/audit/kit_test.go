package audit

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/bohoja/bohoja/consent"
)

// shelf is a source in memory, with a clock of its own.
type shelf struct {
	now     time.Time
	streams map[string][]consent.Entry
	trims   map[string]int64
	err     error
	entered chan struct{} // where Head says that it was asked, and waits for held; nil: it answers
	held    chan struct{}
}

func newShelf() *shelf {
	return &shelf{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), streams: map[string][]consent.Entry{}, trims: map[string]int64{}}
}

func (s *shelf) clock() time.Time { return s.now }

func (s *shelf) Apps(context.Context) ([]string, error) {
	var apps []string
	for app := range s.streams {
		if app != consent.StaffLedger {
			apps = append(apps, app)
		}
	}
	return apps, s.err
}

func (s *shelf) Entries(_ context.Context, app string, after int64, limit int) ([]consent.Entry, error) {
	var out []consent.Entry
	for _, e := range s.streams[app] {
		if e.Seq > after && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, s.err
}

func (s *shelf) Head(_ context.Context, app string) (int64, error) {
	if s.entered != nil {
		s.entered <- struct{}{}
		<-s.held
	}
	if all := s.streams[app]; len(all) > 0 {
		return all[len(all)-1].Seq, s.err
	}
	return 0, s.err
}

func (s *shelf) TrimAudit(_ context.Context, app string, upTo int64, _ time.Duration) error {
	s.trims[app] = upTo
	return s.err
}

// act appends an entry with the next number.
func (s *shelf) act(app string, e consent.Entry) consent.Entry {
	e.App, e.At, e.Seq = app, s.now, 1
	if all := s.streams[app]; len(all) > 0 {
		e.Seq = all[len(all)-1].Seq + 1
	}
	s.streams[app] = append(s.streams[app], e)
	return e
}

// acts appends n plain entries.
func (s *shelf) acts(app string, n int) {
	for range n {
		s.act(app, consent.Entry{Step: consent.StepSignup, ID: consent.NewID(consent.PrefixRequest, s.now), By: consent.ActorApp, Status: consent.Pending})
	}
}

type bench struct {
	*testing.T
	*shelf
	dir      string
	keeper   *Keeper
	verifier note.Verifiers
	out, log bytes.Buffer
}

func open(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, shelf: newShelf(), dir: filepath.Join(t.TempDir(), "audit")}
	b.keeper = b.another(b.dir)
	_, text, err := NewSigner(bytes.Repeat([]byte{7}, 32))
	b.must(err)
	b.verifier, err = Verifiers(text)
	b.must(err)
	return b
}

// another is a keeper of a process of its own.
func (b *bench) another(dir string) *Keeper {
	signer, text, err := NewSigner(bytes.Repeat([]byte{7}, 32))
	b.must(err)
	k := NewKeeper(Options{
		Dir: dir, Source: b.shelf, Signer: signer, Verifier: text, Clock: b.clock, Keep: 3 * KeepFloor,
		Log: slog.New(slog.NewTextHandler(&b.log, nil)), Out: &b.out,
	})
	b.Cleanup(func() { _ = k.Close() })
	return k
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// pass makes a pass, a minute after the last.
func (b *bench) pass() {
	b.Helper()
	b.now = b.now.Add(time.Minute)
	b.must(b.keeper.RunOnce(b.Context()))
}

func (b *bench) verify(s Stream) *Verdict {
	b.Helper()
	v, err := Verify(b.Context(), b.dir, b.verifier, s)
	b.must(err)
	return v
}

// sound fails unless the whole log verifies.
func (b *bench) sound(entries int64) *Verdict {
	b.Helper()
	v := b.verify(b.shelf)
	if !v.Sound() || v.Entries != entries {
		b.Fatalf("%+v, want %d entries", v, entries)
	}
	return v
}

// amiss fails unless there is such a fault.
func (b *bench) amiss(v *Verdict, kind, text string) {
	b.Helper()
	if !slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Kind == kind && strings.Contains(f.Detail, text) }) {
		b.Errorf("no %s with %q in %+v", kind, text, v.Faults)
	}
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// change rewrites a file.
func (b *bench) change(name string, f func(text string) string) {
	b.Helper()
	text, err := os.ReadFile(b.path(name))
	b.must(err)
	b.must(os.WriteFile(b.path(name), []byte(f(string(text))), 0o600))
}
