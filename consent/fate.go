package consent

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fate is what became of a request after a moment, as the audit log tells it.
type Fate struct {
	ID        string
	Begun     bool // it was asked for after the moment: a backup of then does not know it
	Status    Status
	Reason    string
	EndedAt   time.Time // of the last change of status
	Destroyed bool      // the held data
	Granted   []string  // purposes in force; nil: not told
	Hold      bool
	ErasedAt  time.Time
	Corrected bool  // address or name were set anew
	Amended   bool  // the same after the grant
	Blocked   []int // numbers of the guardians who asked for no more letters
}

// blockNote begins the note of a refusal with the wish for no more letters; the guardian's number follows.
const blockNote = "block="

// Follow takes an entry into a fate. Entries come in their order.
func (f *Fate) Follow(e Entry) {
	f.ID, f.Status, f.Hold = e.ID, e.Status, e.Hold
	f.Begun = f.Begun || e.Step == StepSignup
	f.Destroyed = f.Destroyed || e.Custody == Destroyed
	f.Corrected = f.Corrected || e.Step == StepCorrect || e.Step == StepJoin
	if e.Method != "" || e.Terms != "" {
		f.Reason, f.EndedAt = e.Reason, e.At
	}
	f.Amended = f.Amended || e.Step == StepEnact
	if e.Step == StepWithdraw || e.Step == StepGrant {
		f.Granted = append([]string{}, e.Granted...)
	}
	if e.Step == StepErase {
		f.ErasedAt = e.At
	}
	if n, ok := strings.CutPrefix(e.Note, blockNote); ok {
		if i, err := strconv.Atoi(n); err == nil && !slices.Contains(f.Blocked, i) {
			f.Blocked = append(f.Blocked, i)
		}
	}
}

// Renew voids the links of a pending request and writes to its guardians anew, as after a changed address. It is for a
// restored backup, in which links may live again that had been replaced. With write false nobody is written to: the address
// was corrected since, and nobody knows the new one any more; app and child are told to give it again.
//
// A request that is not pending, or past its deadline, is left alone. Errors: those of the store and the keys.
func (s *Service) Renew(ctx context.Context, app *App, by Actor, rec Record, write bool) error {
	people, err := s.peopleOrExpire(ctx, app, rec)
	if err != nil {
		return ignore(err, ErrUnreadable, ErrNotPending, ErrNotDue, ErrNotFound)
	}
	after := rec
	after.Gen++
	c := Correction{Rev: rec.Rev, Guardians: len(people.Guardians), NewAddress: true, Look: s.lookUps(after, boxesOf(people))}
	if c.People, err = s.resealPeople(ctx, rec, people); err != nil {
		return ignore(err, ErrUnreadable)
	}
	m := s.mutation(app, after, by, "")
	for g := range people.Guardians {
		if write && rec.Method.ByMail() {
			m.Jobs = append(m.Jobs, s.invitation(after, g)...)
		}
	}
	if _, err := s.Store.Correct(ctx, m, c); err != nil {
		return ignore(err, ErrNotPending, ErrNotFound)
	}
	if write {
		return nil
	}
	_, err = s.Store.Invited(ctx, s.mutation(app, after, by, EventBounced), after.Gen, MailBounced, HintCheckAddress)
	return ignore(err, ErrNotFound)
}
