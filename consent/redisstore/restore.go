package redisstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Restoring says how long what is brought up to date is kept.
type Restoring struct {
	EraseDue time.Duration // how long an app may take to confirm erasure
	Keep     time.Duration // evidence after the consent ended
}

// Restore brings a record of a restored backup to the state that the audit log tells. A record that the backup does not
// know is ErrNotFound. It may be called again.
func (s *Store) Restore(ctx context.Context, m consent.Mutation, f consent.Fate, o Restoring) (consent.Record, error) {
	granted := "-"
	if f.Granted != nil {
		granted = strings.Join(f.Granted, ",")
	}
	blocked := make([]string, len(f.Blocked))
	for i, n := range f.Blocked {
		blocked[i] = strconv.Itoa(n)
	}
	return s.step(ctx, consent.ActRestore, m, string(f.Status), f.Reason, millis(f.EndedAt), flag(f.Destroyed), granted, flag(f.Hold),
		ms(o.EraseDue), millis(f.ErasedAt), ms(o.Keep), ms(consent.BlockKept), strings.Join(blocked, ","))
}

// Continue makes the audit log of a restored backup go on behind the last number that was ever given, with an entry that
// says so. Nothing else may change the app before.
func (s *Store) Continue(ctx context.Context, m consent.Mutation, last int64) error {
	_, err := s.runAs(ctx, stepNote, consent.ActRestore, m, nil, strconv.FormatInt(last, 10))
	return err
}
