package redisstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
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

// Amending lists the requests of which a correction of a guardian was confirmed and waits, by the timers of their effect.
func (s *Store) Amending(ctx context.Context, app string) (ids []string, err error) {
	c := s.checker(ctx, app, 0)
	c.walk(c.n.timers(), func(m string, _ float64) {
		if id, ok := strings.CutPrefix(m, string(consent.StepEnact)+":"); ok {
			ids = append(ids, id)
		}
	})
	return ids, script.Fault(c.err)
}

// Continue makes the audit log of a restored backup go on behind the last number that was ever given, with an entry that
// says so. Nothing else may change the app before.
func (s *Store) Continue(ctx context.Context, m consent.Mutation, last int64) error {
	_, err := s.runAs(ctx, stepNote, consent.ActRestore, m, nil, strconv.FormatInt(last, 10))
	return err
}
