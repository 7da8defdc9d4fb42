package redisstore

import (
	"context"
	"strconv"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// File implements consent.DeskStore.
func (s *Store) File(ctx context.Context, m consent.Mutation, f consent.Filing) (consent.Record, error) {
	return s.step(ctx, consent.StepFile, m, strconv.Itoa(f.After), string(f.Method), []byte(f.Entry), []byte(f.Scan),
		strconv.Itoa(f.Rev))
}

// FiledEntry implements consent.DeskStore.
func (s *Store) FiledEntry(ctx context.Context, app, id string) (consent.Sealed, error) {
	entry, err := s.desk(ctx, app, id, "d")
	if err != nil {
		return nil, err
	}
	return entry[0], nil
}

// Filed implements consent.DeskStore.
func (s *Store) Filed(ctx context.Context, app, id string) (entry, scan consent.Sealed, err error) {
	both, err := s.desk(ctx, app, id, "d", "f")
	if err != nil {
		return nil, nil, err
	}
	return both[0], both[1], nil
}

// desk reads fields of what staff filed, all at one moment, nil for those that are not there.
func (s *Store) desk(ctx context.Context, app, id string, fields ...string) ([]consent.Sealed, error) {
	if !consent.IsID(consent.PrefixRequest, id) {
		return nil, consent.ErrNotFound
	}
	found, err := s.read.HMGet(ctx, s.space.names(app).desk(id), fields...).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]consent.Sealed, len(found))
	for i, one := range found {
		out[i] = blob(one)
	}
	return out, nil
}
