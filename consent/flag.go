package consent

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// flags are the identities of the child that must get no advertising from the moment of acceptance until the last day on
// which the child can come of age (policy 9-3-라). No consent of a guardian lifts them.
func (s *Service) flags(app *App, in Signup, id string, now time.Time) []Flag {
	claim := AgeClaim{UnderAge: in.UnderAge, Age: in.AgeGiven}
	if d, err := ParseDate(in.Child.BirthDate.Reveal()); err == nil {
		claim.BirthDate = &d
	}
	texts := []CanonicalText{{DigestFlagSubject, Secret(app.ID + "\x00" + in.Subject)}}
	if box, ok := ParseMailbox(in.Child.Email.Reveal()); ok {
		texts = append(texts, CanonicalText{DigestFlagEmail, box.Canonical})
	}
	if !in.Child.Phone.Empty() { // in E.164 since it was checked
		texts = append(texts, CanonicalText{DigestFlagPhone, in.Child.Phone})
	}
	return s.flagsOf(texts, id, FlagPending, s.Book().Profile.FlagEnds(claim, now))
}

// flagsOf makes both digests of each text: one for this server, one for offline filters.
func (s *Service) flagsOf(texts []CanonicalText, source, reason string, ends Date) []Flag {
	out := make([]Flag, len(texts))
	for i, t := range texts {
		text := t.Text.Reveal()
		out[i] = Flag{
			Kind: t.Kind, Look: s.Vault.Digest(t.Kind, text), Short: s.Vault.Short(t.Kind, text), Ends: ends, Reason: reason, Source: source,
		}
	}
	return out
}

// Minor is somebody whom an app knows as a child without asking for a consent.
type Minor struct {
	Who   Identity
	Claim AgeClaim // empty: a child of unknown age
}

// FlagSet answers Flag.
type FlagSet struct {
	ID   string
	Ends Date // last day on which it holds, rounded up to the month
}

// Flag marks somebody as a child by hand. It holds beside what requests say, until it ends or is taken back.
//
// Errors: KindInvalid (not_under_age among them), flag_limit, ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) Flag(ctx context.Context, app *App, by Actor, in Minor) (FlagSet, error) {
	now := s.Clock()
	profile := s.Book().Profile
	texts, err := s.checkMinor(app, in, now)
	if err != nil {
		return FlagSet{}, err
	}
	set := FlagSet{ID: NewID(PrefixFlag, now), Ends: profile.FlagEnds(in.Claim, now)}
	m := s.flagMutation(app, app.ID, by, set.ID, in.Who.Subject, EventSuppressed)
	return set, s.Store.Flag(ctx, m, s.flagsOf(texts, set.ID, FlagPolicy, set.Ends))
}

func (s *Service) checkMinor(app *App, in Minor, now time.Time) ([]CanonicalText, error) {
	var f faults
	q := AgeCheck{Claim: in.Claim, Email: in.Who.Email, Phone: in.Who.Phone, Subject: in.Who.Subject}
	s.identities(&f, app, q)
	profile := s.Book().Profile
	checkClaim(&f, in.Claim, profile, now)
	if given := in.Claim != (AgeClaim{}); given && len(f) == 0 && !profile.Judge(in.Claim, now).UnderAge {
		f.add("", "not_under_age", "by what was given this is not a child")
	}
	texts, ok := s.Canonical(app, in.Who)
	if !ok && len(f) == 0 {
		f.add("", "required", "an email, a phone or a subject is required")
	}
	return texts, f.err()
}

// flagMutation is what a change of flags leaves behind. Its event tells of no request, so it has no status.
func (s *Service) flagMutation(app *App, id string, by Actor, source, subject string, event EventType) Mutation {
	m := Mutation{App: id, ID: source, Subject: subject, Actor: by}
	m.Event = &Event{ID: NewID(PrefixEvent, s.Clock()), Type: event, Data: EventData{
		ID: source, Subject: subject, Status: StatusNone, Custody: CustodyNone, Test: s.Settings.Test,
	}}
	if app != nil {
		m.Jobs = s.hooks(app, *m.Event, time.Time{})
	}
	return m
}

// ErrNoFlag is a flag that this app did not set by hand, or that is gone.
var ErrNoFlag = &Error{Kind: KindNotFound, Code: "not_found", Detail: "there is no such flag of this app"}

// maxReason bounds why a flag is taken back, in runes.
const maxReason = 200

// Unflag takes back a flag that this app set by hand. Flags of requests end by age alone.
//
// Errors: KindInvalid, ErrNoFlag, ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) Unflag(ctx context.Context, app *App, by Actor, id, reason string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	if !IsID(PrefixFlag, id) {
		return ErrNoFlag
	}
	m := s.flagMutation(app, app.ID, by, id, "", EventUnsuppressed)
	m.Note = reason
	if err := s.Store.Unflag(ctx, m); !errors.Is(err, ErrNotFound) {
		return err
	}
	return ErrNoFlag
}

// checkReason takes a few words for the audit log, and nothing that could name a person.
func checkReason(reason string) error {
	var f faults
	switch {
	case strings.TrimSpace(reason) == "":
		f.add("/reason", "required", "why the flag is taken back, in a few words, for the audit log")
	case utf8.RuneCountInString(reason) > maxReason:
		f.add("/reason", "too_long", "at most 200 characters")
	case strings.ContainsAny(reason, "@\r\n") || digitsIn(reason) >= 7:
		f.add("/reason", "personal", "the audit log holds no address and no number of a person")
	}
	return f.err()
}

func digitsIn(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' || r >= '０' && r <= '９' {
			n++
		}
	}
	return n
}

// Lift removes flags that have ended. They block nobody any more; removing them destroys what still tells that somebody was
// once a child here. It walks through an app once a month.
//
// Errors: ErrUnavailable, ErrOutcomeUnknown; the next pass goes on.
func (s *Service) Lift(ctx context.Context) error {
	apps, err := s.EverApps(ctx)
	if err != nil {
		return err
	}
	today := s.today()
	for _, app := range apps {
		done, err := s.Store.Lifted(ctx, app)
		if err != nil {
			return err
		}
		if done >= today.MonthNumber() {
			continue
		}
		if err := s.liftApp(ctx, app, today); err != nil {
			return err
		}
		if err := s.Store.SetLifted(ctx, app, today.MonthNumber()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) liftApp(ctx context.Context, app string, today Date) error {
	ended := map[string][]Digest{}
	for cursor := uint64(0); ; {
		page, next, err := s.Store.Walk(ctx, app, cursor)
		if err != nil {
			return err
		}
		for _, m := range page {
			for _, r := range m.Reports {
				if r.Month < today.MonthNumber() {
					ended[r.Source] = append(ended[r.Source], m.Look)
				}
			}
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	declared := s.Book().Apps[app]
	for source, look := range ended {
		m := s.flagMutation(declared, app, Actor{Kind: ActorClock}, source, "", EventUnsuppressed)
		if err := ignore(s.Store.Lift(ctx, m, look, today), ErrNotDue); err != nil {
			return err
		}
	}
	return nil
}
