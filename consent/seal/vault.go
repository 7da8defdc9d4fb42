package seal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// Fingerprints is the one place, shared by all processes, that remembers which key bears a name, and where the keys of the hours lie.
type Fingerprints interface {
	// Claim remembers fingerprint for name unless another is remembered already, and returns the one that is remembered.
	Claim(ctx context.Context, name, fingerprint string) (winner string, err error)
	// Claimed returns the fingerprints that are remembered for names, "" where there is none.
	Claimed(ctx context.Context, names []string) ([]string, error)
	// Occupy remembers the folder as the one in use, unless another is: one that was occupied within quiet, and not at
	// this very place by one that begins. It returns the identity of the folder in use. With quiet 0 it only asks, and "" is none.
	Occupy(ctx context.Context, f Folder, quiet time.Duration) (used string, err error)
}

// Folder is a folder of hours' keys as a process sees it. Its texts hold no space.
type Folder = consent.KeyFolder

// Options says what a Vault works with. All but Log are required.
type Options struct {
	Dir     string        // the folder with short and long; created when absent
	Prints  Fingerprints  // of this space
	Pending time.Duration // hard deadline of a request; an hour's key outlives its hour by this
	Window  time.Duration // how long granted data waits to be collected; likewise for release keys
	Clock   consent.Clock // of this space
	Looks   bool          // for a command that works beside the service: its folder never becomes the one in use
	Log     *slog.Logger  // nil: nothing is logged
}

// Folders under Options.Dir.
const (
	shortFolder = "short"
	longFolder  = "long"
)

// Rows of long-lived keys. consent/link keeps its own beside them.
const (
	rowEvidence = "evidence"
	rowDigest   = "digest"
	rowShort    = "siphash"
)

// Vault implements consent.Vault. It is safe for concurrent use.
type Vault struct {
	opt         Options
	short, long keyfile.Folder

	mu     sync.RWMutex
	keys   map[keyID]*sealer
	making sync.Mutex // one maker of hour keys at a time in this process

	rows     map[string]*keyfile.Row
	refresh  sync.Mutex      // one refresh of the long keys at a time
	claimed  map[string]bool // ids of long keys that hold their claim; guarded by refresh
	evidence atomic.Uint32
	digests  atomic.Pointer[digesters]
	differs  atomic.Bool // a claim found another key in use
	occupied occupancy
}

var _ consent.Vault = (*Vault)(nil)

// Open opens the folders, makes the long-lived keys when there are none yet, and claims the fingerprint of each.
// Errors: one that names the folder and how to mend it; ErrKeysDiffer when another folder's keys are in use with this
// store; ErrUnavailable when the store was not reached. Without the keys nothing may start.
func Open(ctx context.Context, opt Options) (*Vault, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	v := &Vault{opt: opt, keys: map[keyID]*sealer{}, rows: map[string]*keyfile.Row{}, claimed: map[string]bool{}}
	if err := v.openFolders(); err != nil {
		return nil, err
	}
	for _, row := range []string{rowEvidence, rowDigest, rowShort} {
		if err := v.openRow(ctx, row); err != nil {
			return nil, err
		}
	}
	if err := v.refreshLong(ctx); err != nil {
		return nil, err
	}
	return v, v.occupy(ctx, !opt.Looks)
}

func (o Options) check() error {
	switch {
	case o.Dir == "":
		return errors.New("seal: no key folder is named; set BOHOJA_KEYS__DIR")
	case o.Prints == nil || o.Clock == nil:
		return errors.New("seal: Prints and Clock are required")
	case o.Pending <= 0 || o.Window <= 0:
		return errors.New("seal: Pending and Window must be longer than nothing")
	}
	return nil
}

func (v *Vault) openFolders() (err error) {
	for name, f := range map[string]*keyfile.Folder{shortFolder: &v.short, longFolder: &v.long} {
		if *f, err = keyfile.OpenFolder(filepath.Join(v.opt.Dir, name)); err != nil {
			return err
		}
		if f.Loose() {
			v.opt.Log.Warn("others than the owner may enter the key folder; chmod 700 it", "folder", f.Path())
		}
	}
	return nil
}

// openRow reads or makes a row of long keys. A first key that loses its claim has sealed nothing and is taken back, so that
// the right keys can be put in its place.
func (v *Vault) openRow(ctx context.Context, name string) error {
	row, made, err := keyfile.OpenRow(v.long, name, v.opt.Clock())
	if err != nil {
		return err
	}
	v.rows[name] = row
	for _, k := range row.Keys() {
		err := v.claim(ctx, k)
		if made && errors.Is(err, consent.ErrKeysDiffer) {
			err = errors.Join(err, v.long.Remove(k.Name))
		}
		if err != nil {
			return err
		}
		v.claimed[k.ID] = true
	}
	return nil
}

// Seal implements consent.Vault. Beside ErrKeysDiffer and ErrUnavailable it returns ErrUnreadable for an hour whose key is
// gone: keys are made only for the hour of the clock and the ones next to it, never again for the past.
func (v *Vault) Seal(ctx context.Context, class consent.Class, at time.Time, l consent.Label, plain []byte) (consent.Sealed, error) {
	id, err := v.choose(class, at)
	if err != nil {
		return nil, err
	}
	k, err := v.forSealing(ctx, id)
	if err != nil {
		return nil, err
	}
	sealed, err := k.aead.Encrypt(plain, associated(id, l))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err) // only for a plaintext of 64 GiB
	}
	return append(append(make([]byte, 0, headerSize+len(sealed)), id[:]...), sealed...), nil
}

// choose names the key under which a value of this class is sealed at this time.
func (v *Vault) choose(class consent.Class, at time.Time) (keyID, error) {
	switch class {
	case consent.ClassHour, consent.ClassRelease:
		return hourKey(class, at), nil
	case consent.ClassEvidence:
		return newKeyID(class, v.evidence.Load()), nil
	}
	return keyID{}, fmt.Errorf("seal: there is no class %q of keys", rune(class))
}

// Open implements consent.Vault. Beside ErrUnreadable it returns ErrUnavailable when the key folder cannot be read, and
// ErrKeysDiffer when the keys of the hours in use lie elsewhere: a folder that is out of reach for a while, or the wrong one, must
// not end requests as though their keys were lost.
func (v *Vault) Open(l consent.Label, s consent.Sealed) ([]byte, error) {
	id, ok := keyOf(s)
	if !ok {
		return nil, consent.ErrUnreadable
	}
	k, err := v.find(id)
	if err != nil {
		return nil, v.lost(id, err)
	}
	if k.deadAt(v.opt.Clock()) {
		return nil, consent.ErrUnreadable
	}
	plain, err := k.aead.Decrypt(s[headerSize:], associated(id, l))
	if err != nil {
		return nil, v.lost(id, because(consent.ErrUnreadable, err))
	}
	return plain, nil
}

// KeyOf implements consent.Vault. When the key is gone, the death is reckoned from the settings.
func (v *Vault) KeyOf(s consent.Sealed) (hour, dies time.Time) {
	id, ok := keyOf(s)
	if !ok || id.class() == consent.ClassEvidence {
		return time.Time{}, time.Time{}
	}
	if k, err := v.find(id); err == nil {
		return id.hour(), k.dies
	}
	return id.hour(), v.deathOf(id)
}

// because returns a copy of base with its cause.
func because(base *consent.Error, cause error) error {
	e := *base
	e.Err = cause
	return &e
}

// isAbsent reports whether err says that a file or folder is not there.
func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
