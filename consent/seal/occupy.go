package seal

import (
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
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Quiet is how long nobody must have worked with a folder of hours' keys before another one, elsewhere, takes its place. Ten passes
// of the standing role: a restart or an upgrade of the hosts that have the keys is over by then.
const Quiet = 10 * time.Minute

// folderID is the name of the file that tells one folder of hours' keys from another. It is no key and needs no secrecy.
const folderID = "folder.id"

// occupancy is which folder this process works with, and whether it is the one in use.
type occupancy struct {
	id    atomic.Pointer[string]
	other atomic.Bool
}

// Occupies tells whether the keys of the hours in use lie in this folder. Where they lie elsewhere nothing can be sealed, and what
// does not open here is not lost. It asks nobody. Error: ErrKeysDiffer.
func (v *Vault) Occupies() error {
	if v.occupied.other.Load() {
		return because(consent.ErrKeysDiffer, fmt.Errorf("the keys of the hours are not taken from %s", v.short.Path()))
	}
	return nil
}

// occupy says that this folder is in use, and learns whether it is. Keys that are missing in the folder in use are lost for good;
// those that are missing in another lie in the one in use. One that begins where the folder in use lay takes its place: the keys
// were lost there.
// Errors: ErrKeysDiffer when it goes over into that state or stays in it, unless it begins; ErrUnavailable.
func (v *Vault) occupy(ctx context.Context, begins bool) error {
	id, err := v.folderID()
	if err != nil {
		return because(consent.ErrUnavailable, err)
	}
	quiet := Quiet
	if v.opt.Looks {
		quiet = 0
	}
	used, err := v.opt.Prints.Occupy(ctx, id, v.place(), begins, quiet)
	if err != nil {
		return because(consent.ErrUnavailable, err)
	}
	v.occupied.other.Store(used != id && used != "")
	if begins || v.opt.Looks {
		return nil // Occupies tells; a host with the wrong folder still starts, says so, and can be mended while it runs
	}
	return v.Occupies()
}

// folderID reads the folder's id, and gives one to a folder without. A folder that was emptied under this process keeps its id, and
// one that is not there has the last that was known.
func (v *Vault) folderID() (string, error) {
	name := filepath.Join(v.short.Path(), folderID)
	text, err := os.ReadFile(name)
	if isAbsent(err) {
		if err := v.short.Put(folderID, []byte(v.newFolderID()+"\n")); err != nil && !errors.Is(err, fs.ErrExist) && !isAbsent(err) {
			return "", err
		}
		text, err = os.ReadFile(name)
	}
	known := v.occupied.id.Load()
	switch id := strings.TrimSpace(string(text)); {
	case isAbsent(err) && known != nil:
		return *known, nil
	case err != nil:
		return "", err
	case len(id) != len(rand.Text()) || strings.ContainsAny(id, " \t\r\n"):
		return "", fmt.Errorf("%s is damaged; remove it", name)
	default:
		v.occupied.id.Store(&id)
		return id, nil
	}
}

func (v *Vault) newFolderID() string {
	if known := v.occupied.id.Load(); known != nil {
		return *known
	}
	return rand.Text()
}

// place tells one host's folder from another's: a digest of the host's name and the folder's path.
func (v *Vault) place() string {
	host, _ := os.Hostname()
	path, err := filepath.Abs(v.short.Path())
	if err != nil {
		path = v.short.Path()
	}
	sum := sha256.Sum256([]byte(host + "\x00" + path))
	return hex.EncodeToString(sum[:16])
}

// Lost lists the hours (their UTC start) whose requests nobody can open any more though they may still wait: their key was in use, should
// live, and is gone from the folder in use or was replaced there. Where this folder is not the one in use nothing is lost.
// Error: ErrUnavailable.
func (v *Vault) Lost(ctx context.Context) ([]time.Time, error) {
	if v.occupied.other.Load() {
		return nil, nil
	}
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
// its key lies in the folder in use, which is another.
func (v *Vault) lost(id keyID, err error) error {
	if !errors.Is(err, consent.ErrUnreadable) || id.class() == consent.ClassEvidence || !v.opt.Clock().Before(v.deathOf(id)) {
		return err
	}
	if differ := v.Occupies(); differ != nil {
		return differ
	}
	return err
}
