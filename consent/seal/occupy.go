package seal

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// How long nobody must have worked with a folder of hours' keys before another one takes its place: ten passes of the standing role for one
// that lacks keys, so that a restart or an upgrade of the hosts that have them is over by then; a missed pass for one that has them all, as
// after a move to another host.
const (
	Quiet      = 10 * time.Minute
	QuietWhole = 90 * time.Second
)

// folderID is the name of the file that tells one folder of hours' keys from another. It is no key and needs no secrecy.
const folderID = "folder.id"

// occupancy is which folder this process works with, and whether it is the one in use.
type occupancy struct {
	mu    sync.Mutex
	was   string // identity of the folder at the last pass, "" before the first
	text  string // what folderID held then
	disk  string // the file system on which it lay at the first pass
	other atomic.Bool
	known atomic.Pointer[time.Time] // when that was last learnt, by the host's wall clock: the monotonic one stands while a host sleeps
}

// Occupies tells whether this folder is the one in use. Where another is, nothing new can be sealed, and what does not open here is
// not lost. It asks nobody. Error: ErrKeysDiffer.
func (v *Vault) Occupies() error {
	if v.occupied.other.Load() {
		return because(consent.ErrKeysDiffer, fmt.Errorf("the keys of the hours are not taken from %s", v.short.Path()))
	}
	return nil
}

// errUnknown is what a process answers that has not learnt lately which folder is in use: another may have taken the place of its own.
var errUnknown = because(consent.ErrUnavailable, errors.New("which folder of keys is in use was not learnt lately"))

// judges tells whether this process may take for lost what it cannot open. Errors: ErrKeysDiffer, ErrUnavailable.
func (v *Vault) judges() error {
	if err := v.Occupies(); err != nil {
		return err
	}
	if at := v.occupied.known.Load(); at == nil || time.Since(*at) >= QuietWhole {
		return errUnknown
	}
	return nil
}

// Attend says that the folder is in use, and learns whether it is; RunOnce does so too. Errors: ErrKeysDiffer, ErrUnavailable.
func (v *Vault) Attend(ctx context.Context) error { return v.occupy(ctx, false) }

// occupy says that this folder is in use, and learns whether it is. Keys that are missing in the folder in use are lost for good;
// those that are missing in another lie in the one in use. One that begins where the folder in use lay takes its place: the keys
// were lost there.
// Errors: ErrKeysDiffer where another folder is in use, unless it begins; ErrUnavailable.
func (v *Vault) occupy(ctx context.Context, begins bool) error {
	v.occupied.mu.Lock()
	defer v.occupied.mu.Unlock()
	is, err := v.identity()
	if err != nil {
		return because(consent.ErrUnavailable, err)
	}
	quiet, err := v.quiet(ctx)
	if err != nil {
		return err
	}
	used, err := v.opt.Prints.Occupy(ctx, Folder{Is: is, Was: v.occupied.was, Place: v.place(), Begins: begins}, quiet)
	if err != nil {
		return because(consent.ErrUnavailable, err)
	}
	now := time.Now().Round(0) // without the monotonic reading
	v.occupied.known.Store(&now)
	v.occupied.was = is
	v.occupied.other.Store(used != is && used != "")
	if begins || v.opt.Looks {
		return nil // Occupies tells; a host with the wrong folder still starts, says so, and can be mended while it runs
	}
	return v.Occupies()
}

// quiet is how long the folder in use must have been silent before this one takes its place, 0 for one that only looks.
func (v *Vault) quiet(ctx context.Context) (time.Duration, error) {
	if v.opt.Looks {
		return 0, nil
	}
	missing, err := v.missing(ctx)
	if len(missing) > 0 {
		return Quiet, err
	}
	return QuietWhole, err
}

// identity is what no other folder has, not even a copy of this one: the file folderID, where its file system keeps it, and since when. A folder
// without the file gets one. One that was emptied or taken away under this process keeps its identity (Folder.Was).
func (v *Vault) identity() (string, error) {
	if err := v.mounted(); err != nil {
		return "", err
	}
	name := filepath.Join(v.short.Path(), folderID)
	text, err := os.ReadFile(name)
	if isAbsent(err) && v.opt.Looks {
		return "", nil
	}
	if isAbsent(err) {
		if err := v.short.Put(folderID, []byte(cmp.Or(v.occupied.text, rand.Text()+"\n"))); err != nil && !errors.Is(err, fs.ErrExist) && !isAbsent(err) {
			return "", err
		}
		text, err = os.ReadFile(name)
	}
	switch {
	case isAbsent(err) && v.occupied.was != "":
		return v.occupied.was, nil
	case err != nil:
		return "", err
	case len(strings.TrimSpace(string(text))) != len(rand.Text()):
		return "", fmt.Errorf("%s is damaged; remove it", name)
	}
	v.occupied.text = string(text)
	stamp, err := stampOf(name)
	return short(string(text) + "\x00" + stamp), err
}

// mounted makes sure that the folder lies on the file system on which it lay when this process began: a mount that went away leaves an empty
// folder behind, in which nothing is lost. Error: one that names the folder; none for a folder that is not there.
func (v *Vault) mounted() error {
	disk, err := diskOf(v.short.Path())
	if isAbsent(err) {
		return nil
	}
	if known := v.occupied.disk; known != "" && err == nil && disk != known {
		return fmt.Errorf("%s lies on another file system than when this process began; mount what was mounted there", v.short.Path())
	}
	v.occupied.disk = disk
	return err
}

// onDisk is mounted for those that are not at a pass.
func (v *Vault) onDisk() error {
	v.occupied.mu.Lock()
	defer v.occupied.mu.Unlock()
	return v.mounted()
}

// place tells one host's folder from another's: a digest of the host's name and id and the folder's path.
func (v *Vault) place() string {
	host, _ := os.Hostname()
	id, _ := os.ReadFile("/etc/machine-id") // one per host where there is one; clones of a host share its name
	path, err := filepath.Abs(v.short.Path())
	if err != nil {
		path = v.short.Path()
	}
	return short(host + "\x00" + string(id) + "\x00" + path)
}

func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// Lost lists the hours (their UTC start) whose requests nobody can open any more though they may still wait. It asks first whether this
// folder is still the one in use; where it is not, nothing is lost. Errors: ErrKeysDiffer, ErrUnavailable.
func (v *Vault) Lost(ctx context.Context) ([]time.Time, error) {
	if err := v.occupy(ctx, false); err != nil {
		return nil, err
	}
	return v.missing(ctx)
}

// missing lists the hours whose key was in use and should live, and is not in this folder, or another one is in its place.
func (v *Vault) missing(ctx context.Context) ([]time.Time, error) {
	var ids []keyID
	var names []string
	now := v.opt.Clock()
	for at := now.Add(Ahead); v.opt.Pending > now.Sub(at.Truncate(time.Hour).Add(time.Hour)); at = at.Add(-time.Hour) {
		id := hourKey(consent.ClassHour, at)
		ids, names = append(ids, id), append(names, id.name())
	}
	claimed, err := v.opt.Prints.Claimed(ctx, names)
	if err != nil {
		return nil, because(consent.ErrUnavailable, err)
	}
	var lost []time.Time
	for i, id := range ids {
		there, err := v.has(id, claimed[i])
		if err != nil {
			return nil, err
		}
		if !there {
			lost = append(lost, id.hour())
		}
	}
	return lost, nil
}

// has reports whether what was sealed under a key of this name and fingerprint can be opened; without a fingerprint there is nothing.
func (v *Vault) has(id keyID, fingerprint string) (bool, error) {
	if fingerprint == "" {
		return true, nil
	}
	k, err := v.find(id)
	if errors.Is(err, consent.ErrUnreadable) {
		return false, nil
	}
	return err == nil && k.file.Fingerprint() == fingerprint, err
}

// lost is why a value under this key does not open: err when it is lost, or could not be read by anybody any more; ErrKeysDiffer when
// its key lies in the folder in use, which is another, and ErrUnavailable when that is not known.
func (v *Vault) lost(id keyID, err error) error {
	if !errors.Is(err, consent.ErrUnreadable) || id.class() == consent.ClassEvidence || !v.opt.Clock().Before(v.deathOf(id)) {
		return err
	}
	if differ := v.judges(); differ != nil {
		return differ
	}
	return err
}
