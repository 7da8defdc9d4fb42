package consent

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Signup is what an app asks when a child signs up.
type Signup struct {
	Subject   string
	Notice    string // version of the child's notice that was shown
	Child     Child
	UnderAge  *bool
	AgeGiven  *int
	Guardian  Guardian
	Method    Method   // "" means the app's first
	Purposes  []string // empty means all of the app's
	Data      map[string]json.RawMessage
	ReturnURL string
	Embed     string // token of Embed, in place of Notice, Child and Guardian; "" for none

	Key  string // Idempotency-Key; "" for none
	Body []byte // canonical form of the request, for comparing repeats

	once string // id of the request that an embed token becomes
}

// Ticket answers a signup.
type Ticket struct {
	Record      Record
	ChildPage   string // URL of the child's waiting page
	PairingCode string
	Warnings    []Warning
	Replayed    bool
}

// Warning is something that is not wrong, but probably not meant.
type Warning struct {
	Code       string `json:"code"`
	Pointer    string `json:"pointer"`
	Suggestion string `json:"suggestion,omitempty"`
}

// Signup takes a child's request into custody: checks it, seals it, and has the store accept it together with the
// marketing flag, the deadline and the invitation. It returns when the store has answered, never before.
//
// Errors: KindInvalid with every fault; already_pending, recently_refused, ErrEmbedUsed (KindConflict); ErrMismatch; ErrBusy;
// ErrUnavailable and ErrOutcomeUnknown; ErrKeysDiffer; ErrHour.
func (s *Service) Signup(ctx context.Context, app *App, by Actor, in Signup) (Ticket, error) {
	if !s.Settings.Accepting {
		return Ticket{}, &Error{Kind: KindBusy, Code: ErrBusy.Code, Detail: ErrBusy.Detail, RetryAfter: time.Minute}
	}
	now := s.Clock()
	if in.Embed != "" {
		var err error
		if in, err = s.unembed(app, in); err != nil {
			return Ticket{}, err
		}
	}
	box, warnings, err := s.checkSignup(ctx, app, &in, now)
	if err != nil {
		return Ticket{}, err
	}
	d, err := s.draft(ctx, app, by, in, box, now)
	if err != nil {
		return Ticket{}, ignoreAs(err, ErrHour, ErrUnreadable) // no key is made for an hour that is not the store's
	}
	rec, replayed, err := s.Store.Signup(ctx, d)
	if in.once != "" && in.Key == "" {
		err = ignoreAs(err, ErrEmbedUsed, ErrMismatch)
	}
	if err != nil {
		return Ticket{}, err
	}
	page, err := s.childPage(rec)
	if err != nil {
		return Ticket{}, err
	}
	return Ticket{rec, page, s.PairingCode(rec), warnings, replayed}, nil
}

// draft seals what was checked.
func (s *Service) draft(ctx context.Context, app *App, by Actor, in Signup, box Mailbox, now time.Time) (Draft, error) {
	id := cmp.Or(in.once, NewID(PrefixRequest, now))
	if !box.Address.Empty() {
		in.Guardian.Email = box.Address
	}
	in.Guardian.Locale = app.Language(in.Guardian.Locale)
	in.Child.Locale = app.Language(in.Child.Locale)
	people, err := People{in.Child, []Guardian{in.Guardian}}.encode()
	if err != nil {
		return Draft{}, err
	}
	data, err := json.Marshal(in.Data)
	if err != nil {
		return Draft{}, err
	}
	rec := Record{
		App: app.ID, ID: id, Subject: in.Subject, Status: Pending, Custody: Held, Method: in.Method, Locale: in.Guardian.Locale,
		Gen: 1, Rev: 1, DataRev: 1, Asked: purposeIDs(app.Chosen(in.Purposes)), Terms: app.Terms(), Notice: in.Notice, Guardians: 1,
	}
	if rec.People, err = s.Vault.Seal(ctx, ClassHour, now, label(rec, FieldPeople, rec.Rev), people); err != nil {
		return Draft{}, err
	}
	if rec.Data, err = s.Vault.Seal(ctx, ClassHour, now, label(rec, FieldData, rec.DataRev), data); err != nil {
		return Draft{}, err
	}
	rec.Look = s.lookUps(rec, []Mailbox{box})
	d := Draft{Record: rec, TTL: s.Settings.Pending, Flags: s.flags(app, in, id, now)}
	d.KeyHour, d.KeyDies = s.Vault.KeyOf(rec.People)
	d.Once = in.once != ""
	if key := in.repeatKey(); key != "" {
		d.Idempotency = &Idempotency{
			Key:  s.Vault.Digest(DigestIdempotency, key),
			Body: s.Vault.Digest(DigestBody, string(in.Body)),
		}
	}
	return s.queueInvitation(ctx, app, by, d, box)
}

// repeatKey is the key by which a repeated call is known. An embed token is one by itself: the same call again gets the same
// answer, another with the same token none.
func (in Signup) repeatKey() string {
	if in.Key == "" && in.once != "" {
		return "\x00embed\x00" + in.once // no header can hold it
	}
	return in.Key
}

// queueInvitation adds the event and the first letter, unless the guardian asked for none.
func (s *Service) queueInvitation(ctx context.Context, app *App, by Actor, d Draft, box Mailbox) (Draft, error) {
	d.Record.Mail = MailNotSent
	d.Mutation = s.mutation(app, d.Record, by, EventPending)
	if !d.Record.Method.ByMail() {
		return d, nil
	}
	quiet, err := s.quietElsewhere(ctx, app, box)
	if err != nil {
		return d, err
	}
	if quiet {
		d.Record.MailHint = HintAnotherWay
		return d, nil
	}
	d.Record.Mail = MailQueued
	d.Jobs = append(d.Jobs, s.letter(d.Record, LetterInvite, 0, 0))
	return d, nil
}

// quietElsewhere asks the operator's other apps whether this guardian wants no letters; the app's own list is read by
// the script that accepts the request. An app whose part of the store is away must not stop the others: then it is false,
// and no letter goes out before mayWrite has asked again and was answered.
func (s *Service) quietElsewhere(ctx context.Context, app *App, box Mailbox) (bool, error) {
	var others []string
	for id := range s.Book().Apps {
		if id != app.ID {
			others = append(others, id)
		}
	}
	if len(others) == 0 || box.Address.Empty() {
		return false, nil
	}
	slices.Sort(others)
	short, stop := context.WithTimeout(ctx, elsewherePatience)
	defer stop()
	quiet, err := s.Store.Quiet(short, others, s.Vault.Digests(DigestEmail, box.Canonical.Reveal()))
	if KindOf(err) == KindUnavailable && ctx.Err() == nil {
		return false, nil
	}
	return quiet, err
}

// elsewherePatience bounds how long a signup waits for what other apps know.
const elsewherePatience = 500 * time.Millisecond

// lookUps digests what finds the request.
func (s *Service) lookUps(rec Record, boxes []Mailbox) LookUps {
	var l LookUps
	for i, b := range boxes {
		var g Digest
		var short [8]byte
		if !b.Address.Empty() {
			g = s.Vault.Digest(DigestEmail, b.Canonical.Reveal())
			short = s.Vault.Short(DigestFlagEmail, b.Canonical.Reveal())
		}
		l.Guardians, l.Shorts = append(l.Guardians, g), append(l.Shorts, short)
		l.Codes = append(l.Codes, s.Vault.Digest(DigestCode, normalCode(s.shortCode(rec, i))))
	}
	if len(boxes) > 0 && !boxes[0].Address.Empty() {
		l.Pair = s.pair(rec, boxes[0])
	}
	return l
}

// pair digests a subject and a guardian together, for the pause after a refusal.
func (s *Service) pair(rec Record, box Mailbox) Digest {
	return s.Vault.Digest(DigestPair, rec.Subject+"\x00"+box.Canonical.Reveal())
}
