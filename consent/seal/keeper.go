package seal

import (
	"context"
	"errors"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// Ahead is how long before an hour begins its key is made.
const Ahead = 10 * time.Minute

// RunOnce is one pass of the standing role; once a minute is right. It says that the folder is in use, takes up and forgets
// long-lived keys that were added or destroyed elsewhere, destroys dead keys and forgets keys whose files are gone, and sees to the key of this hour and,
// ten minutes ahead, of the next, so that no request pays for it and a difference shows before the first one.
// Every part is tried whatever became of the others; the errors are joined.
// Errors: ErrKeysDiffer, ErrUnavailable, and those of the file system, which name the folder.
func (v *Vault) RunOnce(ctx context.Context) error {
	err := errors.Join(v.refreshLong(ctx), v.occupy(ctx, false), v.sweep(), v.lookAhead(ctx))
	if err == nil {
		v.differs.Store(false)
	}
	return err
}

// Agrees tells whether the keys of this folder are those in use, as far as is known: from a claim that found another's key until a pass
// without a fault. It asks nobody. Error: ErrKeysDiffer.
func (v *Vault) Agrees() error {
	if v.differs.Load() {
		return consent.ErrKeysDiffer
	}
	return v.Occupies()
}

// Check claims every living key anew and proves that both folders can be written. doctor asks it, and serve after the store
// was replaced or restored. Errors as of RunOnce.
func (v *Vault) Check(ctx context.Context) error {
	for _, f := range []keyfile.Folder{v.long, v.short} {
		if _, err := f.Sweep(); err != nil {
			return because(consent.ErrUnavailable, err)
		}
	}
	keys, err := v.List()
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Damaged || k.Dead {
			continue
		}
		if err := v.claim(ctx, k.file); err != nil {
			return err
		}
	}
	return nil
}

// refreshLong reads the rows of long keys, claims those that are new, and decides which serve from now on.
func (v *Vault) refreshLong(ctx context.Context) error {
	v.refresh.Lock()
	defer v.refresh.Unlock()
	for _, row := range v.rows {
		if err := row.Refresh(); err != nil {
			return because(consent.ErrUnavailable, err)
		}
		if len(row.Keys()) == 0 {
			return because(consent.ErrUnavailable, errors.New("the long-lived keys have gone from "+v.long.Path()))
		}
		if err := v.claimNew(ctx, row); err != nil {
			return err
		}
	}
	v.serve()
	return nil
}

func (v *Vault) claimNew(ctx context.Context, row *keyfile.Row) error {
	for _, k := range row.Keys() {
		if v.claimed[k.ID] {
			continue
		}
		if err := v.claim(ctx, k); err != nil {
			return err
		}
		v.claimed[k.ID] = true
	}
	return nil
}

// serve puts the rows' keys to use.
func (v *Vault) serve() {
	now := v.opt.Clock()
	n, _ := keyfile.Number(rowEvidence, v.rows[rowEvidence].Newest(now).Name)
	v.evidence.Store(uint32(n))
	v.digests.Store(newDigesters(v.rows[rowDigest].Keys(), v.rows[rowShort].Keys(), now))
}

// lookAhead sees to the key of this hour and, near its end, of the next.
func (v *Vault) lookAhead(ctx context.Context) error {
	now := v.opt.Clock()
	ids := []keyID{hourKey(consent.ClassHour, now)}
	if next := hourKey(consent.ClassHour, now.Add(Ahead)); next != ids[0] {
		ids = append(ids, next)
	}
	var errs []error
	for _, id := range ids {
		_, err := v.forSealing(ctx, id)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// sweep destroys dead keys, forgets those whose files are gone, and removes what crashes left half-made.
func (v *Vault) sweep() error {
	if err := v.onDisk(); err != nil {
		return because(consent.ErrUnavailable, err)
	}
	names, err := v.short.Names()
	if isAbsent(err) && v.long.Exists() {
		v.forget(nil) // the folder was destroyed: so are its keys
	}
	if err != nil {
		return because(consent.ErrUnavailable, err)
	}
	var errs []error
	living := map[keyID]bool{}
	for _, name := range names {
		id, ok := hourOfName(name)
		if !ok {
			continue
		}
		if v.opt.Clock().Before(v.deathByFile(id)) {
			living[id] = true
			continue
		}
		errs = append(errs, v.destroyDead(name))
	}
	v.forget(living)
	_, stale := v.short.Sweep()
	_, staleLong := v.long.Sweep()
	return errors.Join(append(errs, stale, staleLong)...)
}

// deathByFile is when the key's file says that it dies; for a file that cannot be read, what the settings say.
func (v *Vault) deathByFile(id keyID) time.Time {
	if k, err := v.find(id); err == nil {
		return k.dies
	}
	return v.deathOf(id)
}

func (v *Vault) destroyDead(name string) error {
	if err := v.short.Remove(name); err != nil {
		return because(consent.ErrUnavailable, err)
	}
	v.opt.Log.Info("sealing key destroyed", "key", name)
	return nil
}

// forget drops every key from memory that is not among the living. Evidence keys stay while their row has them.
func (v *Vault) forget(living map[keyID]bool) {
	evidence := map[string]bool{}
	for _, k := range v.rows[rowEvidence].Keys() {
		evidence[k.Name] = true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for id := range v.keys {
		if !living[id] && !evidence[id.name()] {
			delete(v.keys, id)
		}
	}
}
