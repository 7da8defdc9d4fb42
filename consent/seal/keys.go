package seal

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// sealer is a key that is ready for use.
type sealer struct {
	aead    tink.AEAD
	file    keyfile.Key
	dies    time.Time   // zero: it does not die by time
	claimed atomic.Bool // its fingerprint is the one that the store remembers; needed for sealing, not for opening
}

// deadAt reports whether the key may no longer be used. Its last instant is the one before dies.
func (k *sealer) deadAt(now time.Time) bool { return !k.dies.IsZero() && !now.Before(k.dies) }

// newSealer makes the AEAD of a key: AES-256-GCM, random nonce, without Tink's prefix, whose place the header takes.
// Random nonces of 96 bits allow 2^32 values under one key (NIST SP 800-38D); an evidence key is rotated long before.
func newSealer(file keyfile.Key) (*sealer, error) {
	params, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: keyfile.SecretSize, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantNoPrefix,
	})
	if err != nil {
		return nil, err
	}
	key, err := aesgcm.NewKey(secretdata.NewBytesFromData(file.Secret, insecuresecretdataaccess.Token{}), 0, params)
	if err != nil {
		return nil, err
	}
	aead, err := aesgcm.NewAEAD(key)
	if err != nil {
		return nil, err
	}
	return &sealer{aead: aead, file: file, dies: file.Dies}, nil
}

// folder is where keys of this name's class lie.
func (v *Vault) folder(id keyID) keyfile.Folder {
	if id.class() == consent.ClassEvidence {
		return v.long
	}
	return v.short
}

func (v *Vault) cached(id keyID) *sealer {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.keys[id]
}

// find returns the key from memory or, when another process made it, from its file.
// Errors: ErrUnreadable when it is gone or damaged, ErrUnavailable when the folder cannot be read.
func (v *Vault) find(id keyID) (*sealer, error) {
	if k := v.cached(id); k != nil {
		return k, nil
	}
	file, err := v.folder(id).Read(id.name())
	if err != nil {
		return nil, v.readError(err)
	}
	return v.keep(id, file)
}

// readError tells a lost key from a folder that is out of reach. When the folder of all keys has gone, a mount is missing,
// and what is sealed can be read again once it is back.
func (v *Vault) readError(err error) error {
	if errors.Is(err, keyfile.ErrCorrupt) || isAbsent(err) && v.long.Exists() {
		return because(consent.ErrUnreadable, err)
	}
	return because(consent.ErrUnavailable, err)
}

// keep puts a key into memory, unless it is there already.
func (v *Vault) keep(id keyID, file keyfile.Key) (*sealer, error) {
	k, err := newSealer(file)
	if err != nil {
		return nil, because(consent.ErrUnreadable, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if there := v.keys[id]; there != nil {
		return there, nil
	}
	v.keys[id] = k
	return k, nil
}

// forSealing returns the living, claimed key of this name and makes it if it may be made.
// Errors: ErrKeysDiffer, ErrUnavailable, ErrUnreadable.
func (v *Vault) forSealing(ctx context.Context, id keyID) (*sealer, error) {
	if id.class() != consent.ClassEvidence {
		if err := v.Occupies(); err != nil {
			return nil, err
		}
	}
	k, err := v.findOrMake(id)
	if err != nil {
		return nil, err
	}
	if k.deadAt(v.opt.Clock()) {
		return nil, consent.ErrUnreadable
	}
	if k.claimed.Load() {
		return k, nil
	}
	if err := v.claim(ctx, k.file); err != nil {
		return nil, err
	}
	k.claimed.Store(true)
	return k, nil
}

func (v *Vault) findOrMake(id keyID) (*sealer, error) {
	k, err := v.find(id)
	if err == nil || !errors.Is(err, consent.ErrUnreadable) || !v.mayMake(id) {
		return k, err
	}
	v.making.Lock() // without it every caller of a new hour would write and fsync a file of its own
	defer v.making.Unlock()
	if k := v.cached(id); k != nil {
		return k, nil
	}
	if err := v.onDisk(); err != nil {
		return nil, because(consent.ErrUnavailable, err)
	}
	file, made, err := v.short.Make(keyfile.New(id.name(), v.opt.Clock(), v.deathOf(id)))
	if err != nil {
		return nil, because(consent.ErrUnavailable, err)
	}
	if made {
		v.opt.Log.Info("sealing key made", "key", file.Name, "dies", file.Dies)
	}
	return v.keep(id, file)
}

// mayMake reports whether the key is of the clock's hour or of one next to it: the store's clock may be a little off this
// one's, and the next hour's key is made ahead. A key of any other hour that is absent is lost; a new one under its name
// would seal what nobody else can open.
func (v *Vault) mayMake(id keyID) bool {
	if id.class() == consent.ClassEvidence {
		return false
	}
	now := v.opt.Clock()
	for _, near := range [...]time.Duration{0, -time.Hour, time.Hour} {
		if hourKey(id.class(), now.Add(near)) == id {
			return true
		}
	}
	return false
}

// deathOf is when an hour's key dies: at the hour's end plus the time for which its values may be needed.
func (v *Vault) deathOf(id keyID) time.Time {
	life := v.opt.Pending
	if id.class() == consent.ClassRelease {
		life = v.opt.Window
	}
	return id.hour().Add(time.Hour + life)
}

// claim makes sure that this key is the one that all processes mean by its name.
// Errors: ErrKeysDiffer; ErrUnavailable when the store was not reached.
func (v *Vault) claim(ctx context.Context, file keyfile.Key) error {
	mine := file.Fingerprint()
	winner, err := v.opt.Prints.Claim(ctx, file.Name, mine)
	if err != nil {
		return because(consent.ErrUnavailable, err)
	}
	if winner != mine {
		v.differs.Store(true)
		return because(consent.ErrKeysDiffer, fmt.Errorf("key %s in %s is not the one in use", file.Name, v.opt.Dir))
	}
	return nil
}
