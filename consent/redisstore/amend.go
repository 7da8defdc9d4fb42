package redisstore

import (
	"context"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Amend implements consent.AmendStore.
func (s *Store) Amend(ctx context.Context, m consent.Mutation, a consent.Amending) (consent.Record, error) {
	return s.step(ctx, consent.StepAmend, m, strconv.Itoa(a.After), strconv.Itoa(a.Rev), strconv.Itoa(a.Guardian), string(a.What),
		a.Proof, a.Ref, []byte(a.Entry), strconv.Itoa(consent.MaxAmended))
}

// Endorse implements consent.AmendStore.
func (s *Store) Endorse(ctx context.Context, m consent.Mutation, no, rev int) (consent.Record, error) {
	return s.step(ctx, consent.StepEndorse, m, strconv.Itoa(no), strconv.Itoa(rev))
}

// Told implements consent.AmendStore.
func (s *Store) Told(ctx context.Context, m consent.Mutation, no int, wait time.Duration) (consent.Record, error) {
	return s.step(ctx, consent.StepTold, m, strconv.Itoa(no), ms(wait))
}

// Retract implements consent.AmendStore.
func (s *Store) Retract(ctx context.Context, m consent.Mutation, no int) (consent.Record, error) {
	return s.step(ctx, consent.StepRetract, m, strconv.Itoa(no))
}

// Enact implements consent.AmendStore.
func (s *Store) Enact(ctx context.Context, m consent.Mutation, e consent.Enacting) (consent.Record, error) {
	quiet := ""
	if e.Quiet != (consent.Digest{}) {
		quiet = string(e.Quiet[:])
	}
	return s.step(ctx, consent.StepEnact, m, strconv.Itoa(e.No), strconv.Itoa(e.Rev), []byte(e.People),
		joined(e.Look.Guardians), joined(e.Look.Codes), string(e.Look.Pair[:]), shorts(nil, e.Look.Shorts), quiet)
}

// AmendEntry implements consent.AmendStore.
func (s *Store) AmendEntry(ctx context.Context, app, id string) (consent.Sealed, error) {
	entry, err := s.desk(ctx, app, id, "a")
	if err != nil {
		return nil, err
	}
	return entry[0], nil
}
