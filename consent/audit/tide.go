package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// tideName is the mark's file. It lies with the keys that belong in no backup, so that nobody restores it along with the store.
const tideName = "tide"

// MarkEvery is how often the mark is raised: what ended so shortly before a loss may be unknown to it and to the files.
const MarkEvery = 10 * time.Second

// Tide is the mark of how far each app's audit log has come. A store whose log ends below it was put back to an earlier
// state: what ended since would be alive in it again.
type Tide struct {
	Dir    string // keys/short
	Files  Files  // their ends count as marks too
	Source Source
	Clock  func() time.Time

	pass   sync.Mutex // held as long as a pass takes, which may be long while the store is away
	marked time.Time

	mu  sync.Mutex     // held by every step for a moment (Admit), so never while somebody is asked
	low map[string]Low // apps below their mark at the last look
}

// Low is an app whose log ends below its mark.
type Low struct {
	Head int64 `json:"head"`
	Mark int64 `json:"mark"`
}

// Marks are the highest numbers ever seen, by app. Errors: a mark that cannot be read, which is no reason to go on without.
func (t *Tide) Marks() (map[string]int64, error) {
	marks := map[string]int64{}
	text, err := os.ReadFile(filepath.Join(t.Dir, tideName))
	if err == nil {
		err = json.Unmarshal(text, &marks)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the tide mark in %s cannot be read: %w", t.Dir, err)
	}
	return marks, nil
}

// highest are the marks together with the ends of the files.
func (t *Tide) highest() (map[string]int64, error) {
	marks, err := t.Marks()
	if err != nil {
		return nil, err
	}
	heads, err := t.Files.Heads()
	if err != nil {
		return nil, err
	}
	for app, n := range heads {
		marks[app] = max(marks[app], n)
	}
	return marks, nil
}

// Below lists the apps of a restored store.
func (t *Tide) Below(ctx context.Context) (map[string]Low, error) {
	marks, err := t.highest()
	if err != nil {
		return nil, err
	}
	low, err := t.under(ctx, marks)
	if err != nil {
		return nil, err
	}
	begun, err := t.Begun()
	maps.Copy(low, begun)
	return low, err
}

// under compares the store's heads with marks.
func (t *Tide) under(ctx context.Context, marks map[string]int64) (map[string]Low, error) {
	low := map[string]Low{}
	for app, mark := range marks {
		end, err := t.Source.Head(ctx, app)
		if err != nil {
			return nil, err
		}
		if end < mark {
			low[app] = Low{end, mark}
		}
	}
	return low, nil
}

// begunName is there while a restored store is being brought up to date. What it says is how the store was found, so that
// whoever is interrupted goes on with that.
const begunName = "restoring"

// Begun is what was found when the bringing up to date began; nothing when it has ended, or never began.
func (t *Tide) Begun() (map[string]Low, error) {
	low := map[string]Low{}
	text, err := os.ReadFile(filepath.Join(t.Dir, begunName))
	if errors.Is(err, fs.ErrNotExist) {
		return low, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &low)
	}
	return low, err
}

// Begin notes what was found; until End the store counts as restored, whatever its log says meanwhile.
func (t *Tide) Begin(low map[string]Low) error {
	text, err := json.Marshal(low)
	if err != nil {
		return err
	}
	return place(filepath.Join(t.Dir, begunName), text)
}

// End says that the store is up to date.
func (t *Tide) End() error {
	if err := os.Remove(filepath.Join(t.Dir, begunName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(t.Dir)
}

// Look looks at the store and raises nothing: for programs that make a few steps and end.
func (t *Tide) Look(ctx context.Context) error {
	low, err := t.Below(ctx)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.low = low
	return nil
}

// RunOnce looks at the store once more and, every MarkEvery, raises the mark. While an app is low nothing is raised.
func (t *Tide) RunOnce(ctx context.Context) error {
	t.pass.Lock()
	defer t.pass.Unlock()
	marks, err := t.Marks()
	if err != nil {
		return err
	}
	low, err := t.look(ctx, marks)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.low = low
	t.mu.Unlock()
	now := t.Clock()
	if len(low) > 0 || !t.marked.IsZero() && now.Sub(t.marked).Abs() < MarkEvery {
		return nil
	}
	if err := t.raise(ctx, marks); err != nil {
		return err
	}
	t.marked = now
	return nil
}

// Last raises the mark whatever the time: for a process that ends in order, so that nothing it did is unknown to the mark.
func (t *Tide) Last(ctx context.Context) error {
	t.pass.Lock()
	t.marked = time.Time{}
	t.pass.Unlock()
	return t.RunOnce(ctx)
}

// look compares the heads with the marks, and at the first time with the files too: reading them each second would be much.
func (t *Tide) look(ctx context.Context, marks map[string]int64) (map[string]Low, error) {
	t.mu.Lock()
	first := t.low == nil || len(t.low) > 0
	t.mu.Unlock()
	if first {
		return t.Below(ctx)
	}
	return t.under(ctx, marks)
}

func (t *Tide) raise(ctx context.Context, marks map[string]int64) error {
	apps, err := t.Source.Apps(ctx)
	if err != nil {
		return err
	}
	for _, app := range append(apps, consent.StaffLedger) {
		end, err := t.Source.Head(ctx, app)
		if err != nil {
			return err
		}
		if end > 0 {
			marks[app] = max(marks[app], end)
		}
	}
	text, err := json.Marshal(marks)
	if err != nil {
		return err
	}
	return place(filepath.Join(t.Dir, tideName), text)
}

// Admit refuses what changes anything while the store is a restored one. It asks nobody: RunOnce has looked.
func (t *Tide) Admit() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.low) == 0 {
		return nil
	}
	return consent.ErrRestored
}

// Check is nil unless the store is a restored one, and says of which apps.
func (t *Tide) Check(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.low) == 0 {
		return nil
	}
	e := *consent.ErrRestored
	e.Detail += " (" + strings.Join(slices.Sorted(maps.Keys(t.low)), ", ") + ")"
	return &e
}
