package consent

import (
	"context"
	"time"
)

// decline destroys. For a plain no, a closing letter takes the address along, sealed under its hour; for "not my child"
// nothing is taken along.
func (s *Service) decline(ctx context.Context, v View, p proof, block bool) (Record, error) {
	d := Declining{Gen: v.Record.Gen, Reason: ReasonRefused, Pause: s.Settings.Reask, Index: v.Guardian}
	people, err := s.people(v.Record)
	if err != nil {
		return v.Record, err
	}
	if box, ok := ParseMailbox(people.Guardians[v.Guardian].Email.Reveal()); ok {
		d.Pair = s.pair(v.Record, box)
	}
	if Decision(p.Decision) == DecideNotMine {
		d.Reason = ReasonNotMine
		if block {
			d.Block = BlockKept
		}
	}
	after := v.Record
	after.Status, after.Custody, after.Reason = Declined, Destroyed, d.Reason
	m := s.mutation(v.App, after, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, EventDeclined)
	if d.Block > 0 {
		m.Note = blockNote + itoa(v.Guardian)
	}
	if d.Reason == ReasonRefused {
		job, err := s.closing(ctx, v, people)
		if err != nil {
			return v.Record, err
		}
		m.Jobs = append(m.Jobs, job)
	}
	return s.Store.Decline(ctx, m, d)
}

// closing seals the closing letter's address under the hour in which the request came, so that it dies with the rest.
func (s *Service) closing(ctx context.Context, v View, people People) (Job, error) {
	hour, _ := s.Vault.KeyOf(v.Record.People)
	return s.closingJob(v.Record, people, v.Guardian, func(l Label, plain []byte) (Sealed, error) {
		return s.Vault.Seal(ctx, ClassHour, hour.Add(time.Minute), l, plain)
	})
}
