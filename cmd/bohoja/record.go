package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// newTide makes the mark by which a restored Redis is known.
func newTide(set *config.Settings, store *redisstore.Store) *audit.Tide {
	return &audit.Tide{
		Dir: filepath.Join(set.Keys.Dir, "short"), Files: audit.Files{Dir: set.Audit.Dir}, Source: store, Clock: time.Now,
	}
}

// admitted is what the store of a space asks before each step: in safe mode the live one makes none.
func (h *house) admitted(name redisstore.Space) func() error {
	if name == redisstore.Live {
		return h.tide.Admit
	}
	return nil
}

// working lists the apps whose outbox is worked: none while the store admits no step, as in safe mode, so that no letter goes out;
// and none by a process whose keys are not those in use, which could open no letter and would keep it from those that can.
func (h *house) working(s *space) func() []string {
	return func() []string {
		if s.store.Admits() != nil || s.vault.Occupies() != nil {
			return nil
		}
		return h.apps()
	}
}

// rowAudit names the keys that sign the audit log.
const rowAudit = "audit"

// newKeeper opens the signing key, making the first one, and the keeper of the live space's log. out gets the checkpoints.
func (h *house) newKeeper(out io.Writer) (*audit.Keeper, error) {
	keys, err := auditKeys(h.set.Keys.Dir, true)
	if err != nil {
		return nil, err
	}
	signer, verifier, err := audit.NewSigner(keyfile.Serving(keys, time.Now()).Secret)
	if err != nil {
		return nil, err
	}
	return audit.NewKeeper(audit.Options{
		Dir: h.set.Audit.Dir, Source: h.spaces[0].store, Signer: signer, Verifier: verifier, Clock: time.Now,
		Keep: h.set.Audit.Keep, Log: h.log, Out: out,
	}), nil
}

// auditKeys reads the keys that sign the log, the newest first. Where there are none, and it may, it makes one.
func auditKeys(dir string, make bool) ([]keyfile.Key, error) {
	if !make {
		return readKeysOf(dir, rowAudit)
	}
	folder, err := keyfile.OpenFolder(filepath.Join(dir, "long"))
	if err != nil {
		return nil, err
	}
	row, _, err := keyfile.OpenRow(folder, rowAudit, time.Now())
	if err != nil {
		return nil, err
	}
	return row.Keys(), nil
}

// readKeysOf reads the keys of a row and makes nothing, neither key nor folder.
func readKeysOf(dir, row string) ([]keyfile.Key, error) {
	long := filepath.Join(dir, "long")
	if !exists(long) {
		return nil, nil
	}
	folder, err := keyfile.OpenFolder(long)
	if err != nil {
		return nil, err
	}
	names, err := folder.Names()
	if err != nil {
		return nil, err
	}
	var keys []keyfile.Key
	for _, name := range names {
		if _, ok := keyfile.Number(row, name); !ok {
			continue
		}
		k, err := folder.Read(name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// record keeps a space's audit log: the live one's in files, with its mark; the test space's only as long as streams are kept.
func (h *house) record(ctx context.Context, s *space) {
	if s.name != redisstore.Live {
		every(ctx, h.log, "audit", time.Minute, s.trim)
		return
	}
	done := make(chan struct{})
	go func() { defer close(done); every(ctx, h.log, "tide", tideEvery, h.tide.RunOnce) }()
	every(ctx, h.log, "audit", auditEvery, h.keep)
	<-done
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := errors.Join(h.keep(last), h.keeper.Close(), h.tide.Last(last)); err != nil { // what the last requests did
		h.log.WarnContext(last, "the audit log was not closed in order", "error", err)
	}
}

// keep makes a pass of the keeper. In safe mode the files wait: they know more than Redis does.
func (h *house) keep(ctx context.Context) error {
	if h.tide.Admit() != nil {
		return nil //nolint:nilerr // there is nothing to do until doctor --restored
	}
	return h.keeper.RunOnce(ctx)
}

// trim shortens the streams of a space whose log nobody keeps.
func (s *space) trim(ctx context.Context) error {
	apps, err := s.store.Apps(ctx)
	if err != nil {
		return err
	}
	for _, app := range apps {
		end, err := s.store.Head(ctx, app)
		if err == nil {
			err = s.store.TrimAudit(ctx, app, end, audit.StreamKept)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
