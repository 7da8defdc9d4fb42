package consent

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// RightAsked is a rights request as it reaches this service.
type RightAsked struct {
	Subject  string
	Kind     RightKind
	Channel  string
	Identity string // how the asker was identified (KR-19)
	Proxy    *Proxy
	Text     Private // what is asked for, in words; a correction says what is wrong and how it should read

	Key  string // Idempotency-Key; "" for none
	Body []byte // canonical form of the request, for comparing repeats
}

// Ask enters a rights request that reached the app, or staff, by telephone, letter, fax, mail or a proxy. It counts from
// now: ten days to the answer, and for a correction a hold on the data.
//
// Errors: KindInvalid; ErrNotFound for a subject that was never heard of; ErrNotGranted, ErrEnded when no consent of theirs
// was ever in force; ErrMismatch; rights_limit.
func (s *Service) Ask(ctx context.Context, app *App, by Actor, in RightAsked) (Right, error) {
	if err := checkRight(in); err != nil {
		return Right{}, err
	}
	rec, err := s.consentOf(ctx, app, in.Subject)
	if err != nil {
		return Right{}, err
	}
	r := Right{ID: NewID(PrefixRight, s.Clock()), App: app.ID, Request: rec.ID, Kind: in.Kind, Channel: in.Channel, Guardian: -1}
	var again *Idempotency
	if in.Key != "" {
		again = &Idempotency{
			Key:  s.Vault.Digest(DigestIdempotency, "rights\x00"+in.Key),
			Body: s.Vault.Digest(DigestBody, string(in.Body)),
		}
	}
	return s.ask(ctx, app, by, r, RightIdentity{in.Identity, in.Proxy}, in.Text, again)
}

// checkRight checks what an app entered. The portal's own channel is the portal's alone.
func checkRight(in RightAsked) error {
	var f faults
	if CheckSubject(in.Subject) != nil {
		f.add("/subject", "invalid", "1 to 64 characters of A-Z a-z 0-9 _ -")
	}
	if !slices.Contains(RightKinds, in.Kind) {
		f.add("/kind", "invalid", "one of these: access, correction, deletion")
	}
	if !slices.Contains(EnteredChannels, in.Channel) {
		f.add("/channel", "invalid", "one of these: "+strings.Join(EnteredChannels, ", "))
	}
	checkWords(&f, "/identity", in.Identity, maxText, true)
	checkShown(&f, "/identity", in.Identity)
	checkWords(&f, "/text", in.Text.Reveal(), MaxRightText, false)
	switch {
	case in.Proxy == nil && in.Channel == ChannelProxy:
		f.add("/proxy", "required", "who saw the statutory form of the proxy (Enforcement Decree 45)")
	case in.Proxy != nil && !in.Proxy.FormSeen:
		f.add("/proxy/form_seen", "required", "a proxy is heard only with the statutory form (Enforcement Decree 45)")
	}
	if in.Proxy != nil {
		checkWords(&f, "/proxy/seen_by", in.Proxy.SeenBy, maxText, true)
		checkShown(&f, "/proxy/seen_by", in.Proxy.SeenBy)
	}
	return f.err()
}

// checkWords checks a text that an app or a guardian wrote. Length is in runes.
func checkWords(f *faults, pointer, text string, most int, required bool) {
	switch {
	case strings.TrimSpace(text) == "":
		if required {
			f.add(pointer, "required", "a text")
		}
	case utf8.RuneCountInString(text) > most:
		f.add(pointer, "too_long", "characters at most: "+itoa(most))
	case hasResidentNumber(text):
		f.add(pointer, "resident_number", "this looks like a resident registration number, which may not be processed")
	}
}

// Readable is a text without what no reader of a page sees: control characters, save new lines and tabs, and those that turn the
// direction of what follows.
func Readable(text string) string {
	return strings.Map(func(r rune) rune {
		if unprintable(r) && !strings.ContainsRune("\n\r\t", r) {
			return -1
		}
		return r
	}, text)
}

// checkShown refuses an app's text that a page would show otherwise than it was written.
func checkShown(f *faults, pointer, text string) {
	if Readable(text) != text {
		f.add(pointer, "invalid", "a text without control characters")
	}
}

// consentOf finds the request to which a subject's rights belong: the one in force, else the newest that ever was.
func (s *Service) consentOf(ctx context.Context, app *App, subject string) (Record, error) {
	recs, err := s.Store.Subject(ctx, app.ID, subject)
	if err != nil {
		return Record{}, err
	}
	if len(recs) == 0 {
		return Record{}, ErrNotFound
	}
	for _, want := range []func(Record) bool{
		func(r Record) bool { return r.Status == Granted },
		func(r Record) bool { return r.Status == Withdrawn || r.Status == AgedOut },
	} {
		if i := slices.IndexFunc(recs, want); i >= 0 {
			return recs[i], nil
		}
	}
	return recs[0], nil // which the script refuses in its own words
}

// ask seals a rights request and has the store open it, together with its hold, its timers, its letter and its events.
func (s *Service) ask(ctx context.Context, app *App, by Actor, r Right, who RightIdentity, text Private, again *Idempotency) (Right, error) {
	var err error
	if r.Identity, err = s.sealRight(ctx, r, "i", who); err != nil {
		return r, err
	}
	if !text.Empty() {
		if r.Text, err = s.sealRight(ctx, r, "t", text.Reveal()); err != nil {
			return r, err
		}
	}
	return untilStill(func() (Right, error) { return s.askOnce(ctx, app, by, r, again) })
}

func (s *Service) askOnce(ctx context.Context, app *App, by Actor, r Right, again *Idempotency) (Right, error) {
	rec, err := s.Find(ctx, app, r.Request)
	if err != nil {
		return r, err
	}
	a := Asking{Right: r, Idempotency: again, Nudge: rightNudges[0]}
	var jobs []Job
	if r.Kind == RightCorrection {
		if a.Hold, jobs, err = s.openHold(ctx, app, rec); err != nil {
			return r, err
		}
	}
	r.Status = RightOpen
	m := s.rightMutation(app, rec, r, by, EventAsked)
	m.Jobs = append(m.Jobs, jobs...)
	m.Jobs = append(m.Jobs, s.rightLetters(rec, r, LetterRightsReceived)...)
	out, _, err := s.Store.Ask(ctx, m, a)
	return out, err
}

// rightMutation is mutation for a step of a rights request: its event tells of it too, and the audit log names it.
func (s *Service) rightMutation(app *App, rec Record, r Right, by Actor, event EventType) Mutation {
	m := s.mutation(nil, rec, by, event)
	m.Note = r.ID
	if m.Event != nil {
		m.Event.Data.Right = &RightData{ID: r.ID, Kind: r.Kind, Status: r.Status}
		if app != nil {
			m.Jobs = s.hooks(app, *m.Event, time.Time{})
		}
	}
	return m
}

// rightLetters are letters about a rights request: to the guardian who asked in the portal, else to all.
func (s *Service) rightLetters(rec Record, r Right, kind LetterKind) []Job {
	var jobs []Job
	for g := range rec.Guardians {
		if r.Guardian < 0 || r.Guardian == g {
			jobs = append(jobs, s.letterJob(LetterJob{App: rec.App, Request: rec.ID, Letter: kind, Guardian: g, Gen: rec.Gen, Right: r.ID}, 0))
		}
	}
	return jobs
}

// sealRight seals a part of a rights request under the evidence key: it must outlive the ten days, and is deleted, not shredded.
func (s *Service) sealRight(ctx context.Context, r Right, part string, v any) (Sealed, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.Vault.Seal(ctx, ClassEvidence, s.Clock(), rightLabel(r, part), plain)
}

// rightLabel names a sealed part: i identity, t text, a answer, d data.
func rightLabel(r Right, part string) Label {
	return Label{App: r.App, ID: r.Request, Field: r.ID + ":" + part}
}

// unsealRight opens a part; nothing was sealed, nothing is read. Errors: ErrUnreadable.
func (s *Service) unsealRight(r Right, part string, sealed Sealed, into any) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := s.Vault.Open(rightLabel(r, part), sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}
