package redisstore

import (
	"context"
	"strconv"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// File implements consent.DeskStore.
func (s *Store) File(ctx context.Context, m consent.Mutation, f consent.Filing) (consent.Record, error) {
	return s.step(ctx, consent.StepFile, m, strconv.Itoa(f.After), string(f.Method), []byte(f.Entry), []byte(f.Scan))
}

// Filed implements consent.DeskStore.
func (s *Store) Filed(ctx context.Context, app, id string) (entry, scan consent.Sealed, err error) {
	if !consent.IsID(consent.PrefixRequest, id) {
		return nil, nil, consent.ErrNotFound
	}
	found, err := s.read.HMGet(ctx, s.space.names(app).desk(id), "d", "f").Result()
	if err != nil {
		return nil, nil, script.Fault(err)
	}
	return blob(found[0]), blob(found[1]), nil
}
