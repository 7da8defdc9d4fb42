package consent

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// ErrMoot is a letter that no longer serves: its request has ended, or a newer letter has replaced it. The outbox drops it.
var ErrMoot = &Error{Kind: KindConflict, Code: "moot", Detail: "the letter no longer serves"}

// Post writes and delivers the letter of a job, then notes how it fared. The outbox calls it, more than once when a
// worker dies between the two: the letter then goes out again with the same Message-ID.
//
// Errors: ErrMoot (drop the job); KindTooMany (the receiver's day is full; RetryAfter says when); *DeliveryError.
func (s *Service) Post(ctx context.Context, job Job) error {
	var l LetterJob
	if err := json.Unmarshal(job.Body, &l); err != nil {
		return err
	}
	if l.Letter == LetterPortal {
		return s.postLink(ctx, job.ID, l)
	}
	rec, err := s.Store.Get(ctx, l.App, l.Request)
	if errors.Is(err, ErrNotFound) {
		return ErrMoot
	}
	if err != nil {
		return err
	}
	app, ok := s.Book().Apps[l.App]
	if !ok || moot(rec, l) {
		return ErrMoot
	}
	letter, err := s.writeLetter(ctx, app, rec, l, job.ID)
	if err != nil {
		return err
	}
	if err := s.mayWrite(ctx, app, rec, l, letter); err != nil {
		return err
	}
	err = s.Courier.Deliver(ctx, letter)
	return s.noteDelivery(ctx, app, rec, l, letter.ID, err)
}

// moot reports whether the letter l no longer serves the request as it stands now.
func moot(rec Record, l LetterJob) bool {
	switch l.Letter {
	case LetterInvite:
		joined := rec.Status == Granted && l.Guardian > 0
		return rec.Gen != l.Gen || rec.Status != Pending && !joined
	case LetterRemind:
		return rec.Gen != l.Gen || rec.Status != Pending
	case LetterLocked:
		return rec.Gen != l.Gen || rec.Status != Pending || rec.LockedUntil.IsZero()
	case LetterGranted, LetterConfirm:
		return rec.Status != Granted
	case LetterDeclined:
		return rec.Status != Declined
	case LetterRightsReceived, LetterRightsAnswered:
		return l.Right == "" || rec.Status != Withdrawn && rec.Status != AgedOut && rec.Status != Granted
	case LetterWithdrawn, LetterErased:
		return rec.Status != Withdrawn && rec.Status != AgedOut && rec.Status != Granted
	case LetterProve, LetterAmended:
		return rec.Status != Granted
	case LetterAmending:
		return rec.Status != Granted || rec.Amend.No != l.Amend || rec.Amend.Guardian != l.Guardian
	case LetterReplaced:
		return rec.Status != Withdrawn && rec.Status != AgedOut && rec.Status != Granted
	}
	return true
}

// limited are the letters that somebody else can cause; results, withdrawals and rights are never limited.
func limited(k LetterKind) bool { return k == LetterInvite || k == LetterRemind || k == LetterLocked }

// mayWrite asks whether this letter's receiver wants it now.
func (s *Service) mayWrite(ctx context.Context, app *App, rec Record, l LetterJob, letter Letter) error {
	if !limited(l.Letter) {
		return nil
	}
	box, ok := ParseMailbox(letter.To.Reveal())
	if !ok {
		return ErrMoot
	}
	if err := s.mayRemind(rec, l, s.isPlayed(box)); err != nil {
		return err
	}
	digests := s.Vault.Digests(DigestEmail, box.Canonical.Reveal())
	quiet, err := s.Store.Quiet(ctx, s.appIDs(), digests)
	if err != nil {
		return err
	}
	if quiet {
		return s.noteQuiet(ctx, app, rec, l)
	}
	if err := s.mayAsk(ctx, rec, l, letter.ID); err != nil {
		return err
	}
	if s.isPlayed(box) {
		return nil
	}
	wait, err := s.Store.CountLetter(ctx, digests[0], letter.ID, s.Settings.GuardianDay)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &Error{Kind: KindTooMany, Code: "guardian_day", Detail: "the receiver's day is full", RetryAfter: wait}
	}
	return nil
}

// isPlayed reports whether this guardian is one that the test space plays: nobody is there to be bothered.
func (s *Service) isPlayed(box Mailbox) bool {
	return s.Settings.Test && box.played()
}

// played reports whether the address is one of a guardian that the test space plays.
func (b Mailbox) played() bool { return strings.HasSuffix(b.Canonical.Reveal(), "@"+TestDomain) }

// mayRemind keeps a reminder that an outage held up out of the night, and drops one that would
// follow another letter too soon or come too late for an answer.
func (s *Service) mayRemind(rec Record, l LetterJob, played bool) error {
	if l.Letter != LetterRemind {
		return nil
	}
	now := s.Clock()
	if l.Guardian == 0 && now.Sub(rec.MailAt) < remindGap || s.decideBy(rec, l.Guardian).Sub(now) < remindLeft {
		return ErrMoot
	}
	if wait := s.decent(now).Sub(now); wait > 0 && !played {
		return &Error{Kind: KindTooMany, Code: "mail_hours", Detail: "reminders go out by day", RetryAfter: wait}
	}
	return nil
}

// heldUp is the age from which an invitation counts as one that an outage has held up: until then the first of a request
// is surely alone. arriveIn is how long a letter may take to arrive before the next has its turn.
const (
	heldUp   = 30 * time.Second
	arriveIn = 2 * time.Minute
)

// mayAsk lets one of the letters that ask the same guardian go out at a time, and drops the others when one has arrived since
// they were asked for: when mail comes back after an outage nobody gets the invitation, its repetitions and the reminders at once.
func (s *Service) mayAsk(ctx context.Context, rec Record, l LetterJob, job string) error {
	since, ok := TimeOf(PrefixJob, job)
	first := l.Letter == LetterInvite && !l.Again && l.Guardian == 0
	if l.Letter == LetterLocked || first && ok && s.Clock().Sub(since) < heldUp {
		return nil
	}
	t := Turn{Gen: l.Gen, Guardian: l.Guardian, Letter: job, Since: since, Lease: arriveIn}
	if l.Letter == LetterRemind {
		t.Since, t.Gap = s.Clock(), remindGap // it was planned long before
	}
	_, err := s.Store.Remind(ctx, s.mutation(nil, rec, Actor{Kind: ActorMail, Ref: itoa(l.Guardian)}, ""), t)
	return err
}

// noteQuiet notes that the guardian asked for no letters since this one was asked for, and drops it.
func (s *Service) noteQuiet(ctx context.Context, app *App, rec Record, l LetterJob) error {
	if l.Letter == LetterInvite && l.Guardian == 0 {
		m := s.mutation(app, rec, Actor{Kind: ActorMail}, "")
		m.Note = "quiet"
		if _, err := s.Store.Invited(ctx, m, l.Gen, MailNotSent, HintAnotherWay); err != nil {
			return err
		}
	}
	return ErrMoot
}

func (s *Service) appIDs() []string { return sortedKeys(s.Book().Apps) }

// noteDelivery records what came of a letter. A letter that surely failed is noted and its error returned.
func (s *Service) noteDelivery(ctx context.Context, app *App, rec Record, l LetterJob, job string, failed error) error {
	d, isDelivery := errors.AsType[*DeliveryError](failed)
	switch {
	case failed == nil && l.Letter == LetterInvite && l.Guardian == 0:
		return s.invited(ctx, app, rec, l)
	case failed == nil && (l.Letter == LetterInvite || l.Letter == LetterRemind):
		m := s.mutation(nil, rec, Actor{Kind: ActorMail, Ref: itoa(l.Guardian)}, "")
		_, err := s.Store.Remind(ctx, m, Turn{Gen: l.Gen, Guardian: l.Guardian, Letter: job, Arrived: true})
		return err
	case failed == nil && l.Letter == LetterConfirm:
		_, err := s.Store.Confirm(ctx, s.mutation(app, rec, Actor{Kind: ActorMail}, EventConfirmed))
		return ignore(err, ErrNotGranted, ErrEnded)
	case failed == nil && l.Letter == LetterAmending:
		return s.told(ctx, rec, l, "")
	case isDelivery && d.Class == Never && l.Letter == LetterAmending:
		if err := s.told(ctx, rec, l, itoa(d.Code)); err != nil {
			return err
		}
	case isDelivery && d.Class == Never && l.Guardian == 0 && (l.Letter == LetterInvite || l.Letter == LetterRemind):
		m := s.mutation(app, rec, Actor{Kind: ActorMail}, EventBounced)
		m.Note = itoa(d.Code)
		if _, err := s.Store.Invited(ctx, m, l.Gen, MailBounced, HintCheckAddress); err != nil {
			return err
		}
	case isDelivery && l.Letter == LetterInvite && l.Guardian == 0 && s.late(rec):
		if _, err := s.Store.Invited(ctx, s.mutation(app, rec, Actor{Kind: ActorMail}, ""), l.Gen, MailQueued, HintDelayed); err != nil {
			return err
		}
	}
	return failed
}

// lateAfter is how long an invitation may be on its way before child and app are told that letters are late.
const lateAfter = 2 * time.Minute

// late reports whether the invitation is overdue and nobody was told yet.
func (s *Service) late(rec Record) bool {
	return rec.Mail == MailQueued && rec.MailHint == "" && s.Clock().Sub(rec.MailAt) >= lateAfter
}

// invitation is the letter that invites a guardian. The reminders of the first follow when it was accepted; those of a
// further one are planned with it, since the record notes the first's alone (and any that bounced).
func (s *Service) invitation(rec Record, guardian int) []Job {
	jobs := []Job{s.letter(rec, LetterInvite, guardian, 0)}
	if guardian > 0 && rec.Status == Pending {
		jobs = append(jobs, s.reminders(rec, guardian)...)
	}
	return jobs
}

// invited notes the accepted invitation and plans its reminders.
func (s *Service) invited(ctx context.Context, app *App, rec Record, l LetterJob) error {
	m := s.mutation(app, rec, Actor{Kind: ActorMail, Ref: itoa(l.Guardian)}, EventInvited)
	if rec.Status == Pending && rec.Mail != MailSent && !l.Again {
		m.Jobs = append(m.Jobs, s.reminders(rec, l.Guardian)...)
	}
	_, err := s.Store.Invited(ctx, m, l.Gen, MailSent, "")
	return err
}

// ignore returns nil for the errors that do not matter here.
func ignore(err error, these ...error) error {
	for _, t := range these {
		if errors.Is(err, t) {
			return nil
		}
	}
	return err
}

// remindGap is the least time between two letters that ask; remindLeft what a reminder must leave for an answer.
const (
	remindGap  = 12 * time.Hour
	remindLeft = time.Hour
)

// reminders plans the letters that ask again, at decent hours, as long as they leave time to answer.
func (s *Service) reminders(rec Record, guardian int) []Job {
	now := s.Clock()
	last := now
	rec.MailAt = now // the acceptance that is being noted
	var jobs []Job
	for _, after := range s.Settings.Remind {
		at := s.decent(now.Add(after))
		if at.Sub(last) < remindGap || s.decideBy(rec, guardian).Sub(at) < remindLeft {
			continue
		}
		jobs = append(jobs, s.letter(rec, LetterRemind, guardian, at.Sub(now)))
		last = at
	}
	return jobs
}

// decent moves a time forward into the hours in which reminders go out, by the profile's zone.
func (s *Service) decent(t time.Time) time.Time {
	local := t.In(s.Book().Profile.Zone)
	day := func(d, hour int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+d, hour, 0, 0, 0, local.Location())
	}
	switch {
	case s.Settings.MailUntil <= s.Settings.MailFrom, local.Hour() >= s.Settings.MailFrom && local.Hour() < s.Settings.MailUntil:
		return t
	case local.Hour() < s.Settings.MailFrom:
		return day(0, s.Settings.MailFrom)
	}
	return day(1, s.Settings.MailFrom)
}
