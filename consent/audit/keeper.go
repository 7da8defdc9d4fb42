package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bohoja/bohoja/consent"
)

// Source is where the entries come from.
type Source interface {
	Apps(ctx context.Context) ([]string, error)
	Entries(ctx context.Context, app string, after int64, limit int) ([]consent.Entry, error)
	Head(ctx context.Context, app string) (int64, error)
	TrimAudit(ctx context.Context, app string, upTo int64, kept time.Duration) error
}

// Options of a Keeper. All but Out and Gone are required.
type Options struct {
	Dir      string
	Source   Source
	Signer   note.Signer
	Verifier string // the signer's public key, put into the folder
	Clock    func() time.Time
	Keep     time.Duration // segments are removed when their last entry is older
	Log      *slog.Logger
	Out      io.Writer // each checkpoint goes here too, a line of JSON; nil: nowhere
}

// How the log is kept.
const (
	StreamKept      = 30 * 24 * time.Hour  // entries stay in the store's stream this long after they are in a file
	KeepFloor       = 365 * 24 * time.Hour // an access log is kept at least a year (KR-23)
	checkpointEvery = time.Minute
	quietEvery      = time.Hour // a log that does not grow is signed this often, so that it is known to stand still
	page            = 500       // entries in one reading
)

// Keeper is the standing role that moves entries from the streams into files. Of several processes with one folder, the one
// that holds the folder's lock works and the others stand by; folders of their own each get the whole log.
type Keeper struct {
	opt Options

	mu      sync.Mutex // held as long as a pass takes
	book    *book      // nil while another process works, and after a fault
	signed  Checkpoint
	trimmed time.Time
	state   State
	told    atomic.Pointer[State] // state after the last pass; nil before the first
}

// State is how the log stands, for metrics.
type State struct {
	Working bool // this process holds the folder
	Size    int64
	Signed  time.Time // of the last checkpoint; zero before the first
	Lag     int64     // entries that were not in files at the last pass
	Gaps    int64     // numbers found missing since the start
}

// NewKeeper makes a Keeper. It touches nothing before its first pass.
func NewKeeper(o Options) *Keeper { return &Keeper{opt: o} }

// State tells how the log stood after the last pass. It waits for nobody: a pass may wait for the store for long.
func (k *Keeper) State() State {
	if told := k.told.Load(); told != nil {
		return *told
	}
	return State{}
}

// tell makes known how the log stands.
func (k *Keeper) tell() {
	now := k.state
	k.told.Store(&now)
}

// ErrBehind is a store that knows fewer entries than the files: it was put back to an earlier state.
var ErrBehind = errors.New("the store's audit log ends before the files do")

// RunOnce takes over all new entries, signs a checkpoint when it is time, and trims streams and old segments. Where another
// process works it does nothing. Errors: ErrBehind, the store's, those of files; after each the next pass begins anew.
func (k *Keeper) RunOnce(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.tell()
	err := k.pass(ctx)
	if err != nil && k.book != nil {
		err = errors.Join(err, k.letGo())
	}
	return err
}

// Close lets another process take over. The Keeper may go on afterwards.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.tell()
	return k.letGo()
}

func (k *Keeper) letGo() error {
	k.state.Working = false
	if k.book == nil {
		return nil
	}
	err := k.book.close()
	k.book = nil
	return err
}

func (k *Keeper) pass(ctx context.Context) error {
	if err := k.begin(); err != nil || k.book == nil {
		return err
	}
	if err := k.collect(ctx); err != nil {
		return err
	}
	k.state.Size = k.book.n
	if err := k.sign(); err != nil {
		return err
	}
	return k.tidy(ctx)
}

// begin takes the folder unless it is ours already.
func (k *Keeper) begin() (err error) {
	if k.book != nil {
		return nil
	}
	if k.book, err = openBook(k.opt.Dir); err != nil || k.book == nil {
		return err
	}
	k.state.Working = true
	if err := place(filepath.Join(k.opt.Dir, verifierName), []byte(k.opt.Verifier+"\n")); err != nil {
		return err
	}
	keys, err := Verifiers(k.opt.Verifier)
	if err != nil {
		return err
	}
	all, _, err := k.book.files.checkpoints(keys)
	if err == nil && len(all) > 0 {
		k.signed = all[len(all)-1]
	}
	k.state.Signed = k.signed.Time
	return err
}

// collect takes over every app's new entries, the staff's own log among them.
func (k *Keeper) collect(ctx context.Context) error {
	apps, err := k.opt.Source.Apps(ctx)
	if err != nil {
		return err
	}
	slices.Sort(apps)
	k.state.Lag = 0
	var failed []error
	for _, app := range append(apps, consent.StaffLedger) {
		failed = append(failed, k.take(ctx, app))
	}
	return errors.Join(failed...)
}

func (k *Keeper) take(ctx context.Context, app string) error {
	end, err := k.opt.Source.Head(ctx, app)
	if err != nil {
		return err
	}
	if end < k.book.heads[app] {
		return fmt.Errorf("app %s: %w (%d, %d)", app, ErrBehind, end, k.book.heads[app])
	}
	for k.book.heads[app] < end {
		some, err := k.opt.Source.Entries(ctx, app, k.book.heads[app], page)
		if err != nil {
			return err
		}
		if len(some) == 0 {
			return nil
		}
		k.notice(app, some)
		if err := k.book.append(k.opt.Clock(), some); err != nil {
			return err
		}
	}
	return nil
}

// notice counts numbers that are missing. The entries are kept all the same, and audit verify shows the gap for ever.
func (k *Keeper) notice(app string, some []consent.Entry) {
	last, known := k.book.heads[app]
	for _, e := range some {
		if known && e.Seq != last+1 {
			k.state.Gaps += e.Seq - last - 1
			k.opt.Log.Error("audit entries are missing", "app", app, "from", last+1, "to", e.Seq-1)
		}
		last, known = e.Seq, true
	}
}

// sign signs a checkpoint when there is something new and a minute has passed, or when an hour has.
func (k *Keeper) sign() error {
	if k.book.n == 0 {
		return nil
	}
	now := k.opt.Clock()
	since := now.Sub(k.signed.Time)
	if grown := k.book.n > k.signed.Size; since >= 0 && since < checkpointEvery || since >= 0 && !grown && since < quietEvery {
		return nil
	}
	root, err := tlog.TreeHash(k.book.n, k.book.hashes)
	if err != nil {
		return err
	}
	c := Checkpoint{Size: k.book.n, Root: root, Time: now, Heads: maps.Clone(k.book.heads)}
	signed, err := note.Sign(&note.Note{Text: c.text()}, k.opt.Signer)
	if err != nil {
		return err
	}
	line, err := json.Marshal(string(signed))
	if err != nil {
		return err
	}
	if err := extend(filepath.Join(k.opt.Dir, checkpointsName), append(line, '\n')); err != nil {
		return err
	}
	if k.opt.Out != nil {
		_, _ = fmt.Fprintf(k.opt.Out, "{\"checkpoint\":%s}\n", line)
	}
	k.signed, k.state.Signed = c, c.Time
	return nil
}

// extend appends to a file and syncs it.
func extend(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// tidyEvery is how often old entries are looked for.
const tidyEvery = time.Minute

// tidy trims the streams to 30 days and removes segments that are older than the log must be kept. Only what a checkpoint
// covers goes.
func (k *Keeper) tidy(ctx context.Context) error {
	now := k.opt.Clock()
	if since := now.Sub(k.trimmed); since >= 0 && since < tidyEvery {
		return nil
	}
	k.trimmed = now
	for app, n := range k.signed.Heads {
		if err := k.opt.Source.TrimAudit(ctx, app, n, StreamKept); err != nil {
			return err
		}
	}
	return k.expire(now)
}

// expire removes whole segments. The last one stays: it says where the log ends.
func (k *Keeper) expire(now time.Time) error {
	names, err := k.book.files.segments()
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(names); i++ {
		begun, err := time.Parse(day, strings.TrimSuffix(names[i+1], segmentEnd))
		if err != nil || now.Sub(begun) <= max(k.opt.Keep, KeepFloor) {
			return err
		}
		if err := os.Remove(filepath.Join(k.opt.Dir, names[i])); err != nil {
			return err
		}
		k.opt.Log.Info("an audit segment past its time was removed", "segment", names[i])
	}
	return nil
}
