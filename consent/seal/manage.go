package seal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// settle is how long after its making a rotated key begins to serve. By then every process has taken it up, so that no
// process writes a digest which another cannot look up.
const settle = 10 * time.Minute

// Key is what can be told of a key. It holds no secret that can be reached.
type Key struct {
	Name    string    // of its file: "h-2026112315", "evidence-1"
	Class   string    // the name's first part: h, r, evidence, digest, siphash, link, receipt
	Made    time.Time // zero when damaged
	From    time.Time // it serves for writing from then on
	Dies    time.Time // zero: it lives until it is destroyed
	Dead    bool      // past its death; the next pass removes it
	Damaged bool      // the file cannot be read

	file keyfile.Key
}

// Format implements fmt.Formatter with the name, so that the key behind it is never printed.
func (k Key) Format(s fmt.State, verb rune) { k.file.Format(s, verb) }

// Fingerprint tells whether two processes have the same key, and nothing of the key itself; "" when it is damaged.
func (k Key) Fingerprint() string {
	if k.Damaged {
		return ""
	}
	return k.file.Fingerprint()
}

// List tells all keys in both folders, the short-lived first, by name. Error: ErrUnavailable.
func (v *Vault) List() ([]Key, error) {
	var keys []Key
	for _, f := range []keyfile.Folder{v.short, v.long} {
		names, err := f.Names()
		if err != nil {
			return nil, because(consent.ErrUnavailable, err)
		}
		for _, name := range names {
			file, err := f.Read(name)
			if isAbsent(err) {
				continue // destroyed since the listing
			}
			keys = append(keys, v.describe(name, file, err))
		}
	}
	return keys, nil
}

func (v *Vault) describe(name string, file keyfile.Key, err error) Key {
	class, _, _ := strings.Cut(name, "-")
	k := Key{Name: name, Class: class, Made: file.Made, From: file.From, Dies: file.Dies, Damaged: err != nil, file: file}
	k.file.Name = name
	k.Dead = !k.Dies.IsZero() && !v.opt.Clock().Before(k.Dies)
	return k
}

// Rotate adds a key to what, "evidence" or "digest". It serves for writing ten minutes later; older keys go on opening and
// finding. The filters' key cannot be rotated: what was made under it cannot be made again, since the identities are gone.
// Errors: ErrKeysDiffer, ErrUnavailable, or one that says what can be rotated.
func (v *Vault) Rotate(ctx context.Context, what string) (Key, error) {
	if what != rowEvidence && what != rowDigest {
		return Key{}, fmt.Errorf("seal: %q cannot be rotated; %s and %s can", what, rowEvidence, rowDigest)
	}
	now := v.opt.Clock()
	file, err := v.rows[what].Rotate(now, now.Add(settle))
	if err != nil {
		return Key{}, because(consent.ErrUnavailable, err)
	}
	if err := v.claim(ctx, file); err != nil {
		return Key{}, err
	}
	v.opt.Log.Info("key added", "key", file.Name, "from", file.From)
	return v.describe(file.Name, file, nil), v.refreshLong(ctx)
}

// ErrNewest refuses to destroy the key of a row that serves or will serve next.
var ErrNewest = errors.New("seal: the newest key of a row is never destroyed; rotate first")

// Destroy destroys the key of this name and with it all that is sealed under it. Other processes forget it within a pass of
// theirs. Destroying this hour's key stops new requests until the next hour begins, because its name stays claimed.
// Errors: ErrNotFound, ErrNewest, ErrUnavailable.
func (v *Vault) Destroy(name string) error {
	folder, keep, err := v.locate(name)
	if err != nil {
		return err
	}
	if keep {
		return ErrNewest
	}
	if err := folder.Remove(name); err != nil {
		return because(consent.ErrUnavailable, err)
	}
	v.opt.Log.Warn("key destroyed by hand", "key", name)
	return errors.Join(v.forgetRow(name), v.sweep())
}

// locate finds the folder of a key, and whether it is one that must stay: the newest of its row, or, while a newer one does
// not serve yet, the one that serves.
func (v *Vault) locate(name string) (f keyfile.Folder, keep bool, err error) {
	if _, ok := hourOfName(name); ok {
		_, err = v.short.Read(name)
		return v.short, false, absentIsNotFound(err)
	}
	if _, err = v.long.Read(name); absentIsNotFound(err) != nil {
		return v.long, false, absentIsNotFound(err)
	}
	names, err := v.long.Names()
	if err != nil {
		return v.long, false, because(consent.ErrUnavailable, err)
	}
	return v.long, v.needed(name, names), nil
}

// absentIsNotFound turns a missing file into ErrNotFound and lets a damaged one be destroyed.
func absentIsNotFound(err error) error {
	switch {
	case err == nil || errors.Is(err, keyfile.ErrCorrupt):
		return nil
	case isAbsent(err):
		return consent.ErrNotFound
	}
	return because(consent.ErrUnavailable, err)
}

// needed reports whether no newer key of the row serves already.
func (v *Vault) needed(name string, names []string) bool {
	row, _, _ := strings.Cut(name, "-")
	mine, _ := keyfile.Number(row, name)
	for _, other := range names {
		n, ok := keyfile.Number(row, other)
		if !ok || n <= mine {
			continue
		}
		if k, err := v.long.Read(other); err == nil && !k.From.After(v.opt.Clock()) {
			return false
		}
	}
	return true
}

// forgetRow lets go of a destroyed long-lived key at once.
func (v *Vault) forgetRow(name string) error {
	class, _, _ := strings.Cut(name, "-")
	row, ok := v.rows[class]
	if !ok {
		return nil
	}
	if err := row.Refresh(); err != nil {
		return because(consent.ErrUnavailable, err)
	}
	v.serve()
	return nil
}
