package redisstore

import (
	"context"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Pause implements consent.GuardianStore.
func (s *Store) Pause(ctx context.Context, m consent.Mutation, guardian int, d time.Duration) (consent.Record, error) {
	return s.step(ctx, consent.StepPause, m, strconv.Itoa(guardian), ms(d))
}

// Undo implements consent.GuardianStore.
func (s *Store) Undo(ctx context.Context, m consent.Mutation, gen, guardian int) (consent.Record, error) {
	return s.step(ctx, consent.StepUndo, m, strconv.Itoa(gen), strconv.Itoa(guardian))
}

// Remind implements consent.GuardianStore.
func (s *Store) Remind(ctx context.Context, m consent.Mutation, t consent.Turn) (consent.Record, error) {
	return s.step(ctx, consent.StepRemind, m, strconv.Itoa(t.Gen), strconv.Itoa(t.Guardian), t.Letter, flag(t.Arrived),
		millis(t.Since), ms(t.Gap), ms(t.Lease))
}

// Prove implements consent.GuardianStore.
func (s *Store) Prove(ctx context.Context, m consent.Mutation, p consent.Proving) (consent.Record, error) {
	return s.step(ctx, consent.StepProve, m, strconv.Itoa(p.Guardian), ms(p.Fresh), strconv.Itoa(p.PerDay))
}
