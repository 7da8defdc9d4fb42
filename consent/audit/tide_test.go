package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func (b *bench) tide() *Tide {
	dir := filepath.Join(b.dir, "short")
	b.must(os.MkdirAll(dir, 0o700))
	return &Tide{Dir: dir, Files: Files{b.dir}, Source: b.shelf, Clock: b.clock}
}

// The mark rises every ten seconds; a store that ends below it admits nothing until it has caught up.
func TestTide(t *testing.T) {
	b := open(t)
	tide := b.tide()
	look := func() {
		b.Helper()
		b.must(tide.RunOnce(t.Context()))
	}
	marks := func(want int64) {
		b.Helper()
		if got, err := tide.Marks(); err != nil || got["shop"] != want {
			t.Errorf("%v, %v, want %d", got, err, want)
		}
	}
	look()
	b.acts("shop", 5)
	b.now = b.now.Add(MarkEvery - 1)
	look()
	marks(0)
	b.now = b.now.Add(1)
	look()
	marks(5)
	before := b.streams["shop"]
	b.streams["shop"] = before[:4]
	if tide.Admit() != nil {
		t.Error("nobody looked yet")
	}
	look()
	if err := tide.Check(t.Context()); !errors.Is(tide.Admit(), consent.ErrRestored) || !errors.Is(err, consent.ErrRestored) {
		t.Errorf("a restored store is admitted: %v", err)
	}
	b.now = b.now.Add(time.Hour)
	look()
	marks(5) // never lowered
	if low, err := b.tide().Below(t.Context()); err != nil || low["shop"] != (Low{4, 5}) {
		t.Errorf("another process: %v, %v", low, err)
	}
	b.streams["shop"] = before
	look()
	if tide.Admit() != nil || tide.Check(t.Context()) != nil {
		t.Error("it has caught up")
	}
	b.acts("shop", 2)
	look()
	marks(5)
	b.must(tide.Last(t.Context()))
	marks(7) // a process that ends in order leaves nothing unmarked
	b.streams["shop"] = before
	b.must(tide.Last(t.Context()))
	marks(7)
}

// The ends of the files are marks too: a lost folder of keys makes nobody blind. An emptied store is below every mark.
func TestFilesAreMarks(t *testing.T) {
	b := open(t)
	b.acts("shop", 5)
	b.act(consent.StaffLedger, consent.Entry{Step: consent.ActSignIn})
	b.pass()
	delete(b.streams, "shop")
	tide := b.tide()
	b.must(tide.RunOnce(t.Context()))
	if low, err := tide.Below(t.Context()); err != nil || len(low) != 1 || low["shop"] != (Low{0, 5}) || tide.Admit() == nil {
		t.Errorf("%v, %v", low, err)
	}
}

// A mark that cannot be read is no reason to go on without one; a store that is away is neither.
func TestTideFaults(t *testing.T) {
	b := open(t)
	tide := b.tide()
	b.acts("shop", 5)
	b.must(tide.RunOnce(t.Context()))
	b.err = consent.ErrUnavailable
	if err := tide.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) || tide.Admit() != nil {
		t.Error(err)
	}
	b.err = nil
	b.must(os.WriteFile(filepath.Join(tide.Dir, tideName), []byte("{"), 0o600))
	if err := tide.RunOnce(t.Context()); err == nil {
		t.Error("a mark that cannot be read is passed over")
	}
}

// While the store hangs, a pass waits for it, and neither a step nor a scrape waits for the pass.
func TestNobodyWaitsForAPass(t *testing.T) {
	b := open(t)
	tide := b.tide()
	b.acts("shop", 5)
	b.must(b.keeper.RunOnce(t.Context()))
	for name, one := range map[string]struct {
		pass func(context.Context) error
		asks func()
	}{
		"mark": {tide.RunOnce, func() { b.must(errors.Join(tide.Admit(), tide.Check(t.Context()))) }},
		"files": {b.keeper.RunOnce, func() {
			if b.keeper.State().Size != 5 {
				t.Errorf("%+v", b.keeper.State())
			}
		}},
	} {
		b.entered, b.held = make(chan struct{}), make(chan struct{})
		ended := make(chan error)
		go func() { ended <- one.pass(t.Context()) }()
		asked := 0
		for more := true; more; { // each question of the pass hangs until somebody else was answered
			select {
			case <-b.entered:
				asked++
				answered := make(chan struct{})
				go func() { one.asks(); close(answered) }()
				select {
				case <-answered:
				case <-time.After(time.Minute):
					t.Errorf("%s: whoever asks waits for the pass", name)
				}
				b.held <- struct{}{}
			case err := <-ended:
				b.must(err)
				more = false
			}
		}
		if asked == 0 {
			t.Errorf("%s: the pass asked nothing", name)
		}
	}
}
