package redisstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Signup implements consent.Store. The answer to a repeated call is read in a second round trip.
func (s *Store) Signup(ctx context.Context, d consent.Draft) (consent.Record, bool, error) {
	m := d.Mutation
	m.App, m.ID = d.Record.App, d.Record.ID
	if !consent.IsID(consent.PrefixRequest, m.ID) {
		return consent.Record{}, false, consent.ErrNotFound
	}
	var more []string
	body := ""
	if d.Idempotency != nil {
		more, body = []string{s.space.names(m.App).idempotency(d.Idempotency.Key)}, string(d.Idempotency.Body[:])
	}
	out, err := s.run(ctx, consent.StepSignup, m, more, draft(d, body)...)
	if err != nil {
		return consent.Record{}, false, err
	}
	if first, ok := out[1].(string); ok && out[0] == "replay" {
		if d.Once && len(out) > 2 {
			return consent.Record{}, false, consent.ErrEmbedUsed
		}
		rec, err := s.Get(ctx, m.App, first)
		return rec, err == nil, err
	}
	return accepted(d.Record, out), false, nil
}

// draft are the arguments of signup.lua.
func draft(d consent.Draft, body string) []any {
	r := d.Record
	args := []any{
		ms(d.TTL), millis(d.KeyHour), millis(d.KeyDies), body, []byte(r.People), []byte(r.Data), r.Subject,
		string(r.Look.Pair[:]), joined(r.Look.Guardians), joined(r.Look.Codes), string(r.Mail), r.MailHint, strconv.Itoa(r.Gen),
		strconv.Itoa(len(d.Flags)), shorts(d.Flags, r.Look.Shorts),
	}
	for _, f := range d.Flags {
		args = append(args, string(f.Look[:lookSize]), encodeFlag(f))
	}
	return append(args, fields(r)...)
}

// accepted is the drafted record with what the script decided: {"ok", created, expires, mail, hint}.
func accepted(r consent.Record, out []any) consent.Record {
	r.Look.Shorts = nil // nobody reads them back
	f := values{}
	for i, name := range []string{"", "C", "X", "M", "H"} {
		if i < len(out) {
			f[name], _ = out[i].(string)
		}
	}
	r.Status, r.Custody = consent.Pending, consent.Held
	r.CreatedAt, r.ExpiresAt, r.MailAt = f.time("C"), f.time("X"), f.time("C")
	r.Mail, r.MailHint = consent.MailState(f["M"]), f["H"]
	return r
}

// Invited implements consent.Store.
func (s *Store) Invited(ctx context.Context, m consent.Mutation, gen int, state consent.MailState, hint string) (consent.Record, error) {
	return s.step(ctx, consent.StepInvite, m, strconv.Itoa(gen), string(state), hint)
}

// Confirm implements consent.Store.
func (s *Store) Confirm(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	return s.step(ctx, consent.StepConfirm, m)
}

// Try implements consent.Store.
func (s *Store) Try(ctx context.Context, m consent.Mutation, t consent.Trial) (consent.Record, error) {
	return s.step(ctx, consent.StepTry, m, strconv.Itoa(t.Gen), strconv.Itoa(t.Limit), ms(t.Lock), flag(t.Code))
}

// Refund implements consent.Store.
func (s *Store) Refund(ctx context.Context, m consent.Mutation, code bool) error {
	_, err := s.step(ctx, stepRefund, m, flag(code))
	return err
}

// Misname implements consent.Store.
func (s *Store) Misname(ctx context.Context, m consent.Mutation, gen, misses int) (consent.Record, error) {
	return s.step(ctx, consent.StepMisname, m, strconv.Itoa(gen), strconv.Itoa(misses))
}

// Grant implements consent.Store.
func (s *Store) Grant(ctx context.Context, m consent.Mutation, g consent.Granting) (consent.Record, error) {
	return s.step(ctx, consent.StepGrant, m, strconv.Itoa(g.Gen), strconv.Itoa(g.Rev), string(g.Method),
		strings.Join(g.Purposes, ","), strings.Join(g.Refused, ","), []byte(g.People), []byte(g.Data), []byte(g.Evidence),
		millis(g.ReleaseDies), ms(g.Window), g.Terms, strconv.Itoa(g.Month), filedNo(g), []byte(g.Scan))
}

// filedNo is the number of what staff grant, "" when the guardian decides.
func filedNo(g consent.Granting) string {
	if g.Filed == 0 {
		return ""
	}
	return strconv.Itoa(g.Filed)
}

// Decline implements consent.Store.
func (s *Store) Decline(ctx context.Context, m consent.Mutation, d consent.Declining) (consent.Record, error) {
	return s.step(ctx, consent.StepDecline, m, strconv.Itoa(d.Gen), d.Reason, ms(d.Pause), ms(d.Block), strconv.Itoa(d.Index),
		string(d.Pair[:]))
}

// Release implements consent.Store.
func (s *Store) Release(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	return s.step(ctx, consent.StepRelease, m)
}

// Acknowledge implements consent.Store.
func (s *Store) Acknowledge(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	return s.step(ctx, consent.StepAcknowledge, m)
}

// Cancel implements consent.Store.
func (s *Store) Cancel(ctx context.Context, m consent.Mutation, reason string) (consent.Record, error) {
	return s.step(ctx, consent.StepCancel, m, reason)
}

// Expire implements consent.Store.
func (s *Store) Expire(ctx context.Context, m consent.Mutation, reason string) (consent.Record, error) {
	return s.step(ctx, consent.StepExpire, m, reason)
}

// Lapse implements consent.Store.
func (s *Store) Lapse(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	return s.step(ctx, consent.StepLapse, m)
}

// Withdraw implements consent.Store.
func (s *Store) Withdraw(ctx context.Context, m consent.Mutation, w consent.Withdrawing) (consent.Record, error) {
	return s.step(ctx, consent.StepWithdraw, m, strings.Join(w.Purposes, ","), []byte(w.Data), w.Reason,
		ms(w.EraseDue), ms(w.Keep), strconv.Itoa(w.DataRev))
}

// Reopen implements consent.Store.
func (s *Store) Reopen(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	return s.step(ctx, consent.StepReopen, m)
}

// Resend implements consent.Store.
func (s *Store) Resend(ctx context.Context, m consent.Mutation, perDay int) (consent.Record, error) {
	return s.step(ctx, consent.StepResend, m, strconv.Itoa(perDay))
}

// Correct implements consent.Store.
func (s *Store) Correct(ctx context.Context, m consent.Mutation, c consent.Correction) (consent.Record, error) {
	return s.step(ctx, consent.StepCorrect, m, strconv.Itoa(c.Rev), flag(c.NewAddress), flag(c.NewName), strconv.Itoa(c.Guardians),
		joined(c.Look.Guardians), joined(c.Look.Codes), string(c.Look.Pair[:]), []byte(c.People), strconv.Itoa(consent.MaxNamesSet),
		flag(c.ByChild), strconv.Itoa(consent.MaxAddressSet), shorts(nil, c.Look.Shorts),
		flag(c.ByApp), strconv.Itoa(c.PerDay))
}

// Join implements consent.Store.
func (s *Store) Join(ctx context.Context, m consent.Mutation, c consent.Correction) (consent.Record, error) {
	return s.step(ctx, consent.StepJoin, m, strconv.Itoa(c.Rev), strconv.Itoa(c.Guardians),
		joined(c.Look.Guardians), joined(c.Look.Codes), []byte(c.People), shorts(nil, c.Look.Shorts))
}

// Erase implements consent.Store. The purposes are noted in the audit entry, unless m has a note of its own.
func (s *Store) Erase(ctx context.Context, m consent.Mutation, at time.Time, purposes []string) (consent.Record, error) {
	if m.Note == "" {
		m.Note = strings.Join(purposes, ",")
	}
	return s.step(ctx, consent.StepErase, m, millis(at))
}

// Overdue implements consent.Store.
func (s *Store) Overdue(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	return s.step(ctx, consent.StepOverdue, m)
}

// Disclose implements consent.Store.
func (s *Store) Disclose(ctx context.Context, m consent.Mutation, id string, sealed consent.Sealed) error {
	_, err := s.step(ctx, consent.StepDisclose, m, id, []byte(sealed))
	return err
}

// Fade implements consent.Store.
func (s *Store) Fade(ctx context.Context, m consent.Mutation) error {
	_, err := s.step(ctx, consent.StepFade, m)
	return err
}

// Forget implements consent.Store.
func (s *Store) Forget(ctx context.Context, m consent.Mutation) error {
	_, err := s.step(ctx, consent.StepForget, m)
	return err
}

// CountLetter implements consent.Store.
func (s *Store) CountLetter(ctx context.Context, guardian consent.Digest, letter string, perDay int) (time.Duration, error) {
	offset, err := s.offset(ctx)
	if err != nil {
		return 0, err
	}
	val, err := s.scripts["count"].Run(ctx, s.write, []string{s.space.day(guardian)}, strconv.FormatInt(offset, 10), letter, strconv.Itoa(perDay))
	if err != nil {
		return 0, err
	}
	text, _ := val.(string)
	wait, err := strconv.ParseInt(text, 10, 64)
	return time.Duration(wait) * time.Millisecond, err
}
