package consent

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// AmendStore is the part of the store that corrects a guardian's name or address after a grant.
type AmendStore interface {
	// Amend keeps what staff entered, in place of what waited before it, confirmed or not. Errors: ErrNotGranted, ErrEnded,
	// ErrStale (another one was entered meanwhile, or the people are others), amend_limit (KindConflict).
	Amend(ctx context.Context, m Mutation, a Amending) (Record, error)
	// Endorse confirms it. It is still to be told, and nothing comes of it before Told. Errors: ErrNotGranted, ErrEnded,
	// ErrNotAmending, ErrStale, ErrSamePerson.
	Endorse(ctx context.Context, m Mutation, no, rev int) (Record, error)
	// Told lets it take effect so long from now. Told again, it stays as it was. Errors: ErrNotGranted, ErrEnded, ErrNotAmending
	// unless it was confirmed.
	Told(ctx context.Context, m Mutation, no int, wait time.Duration) (Record, error)
	// Retract ends it; what was entered is gone. One that has ended already stays so. A timer that is left without one that is to take
	// effect goes, whatever the record is; with the number 0 nothing else does. Errors: ErrNotGranted, ErrEnded, ErrNotAmending once it
	// took effect.
	Retract(ctx context.Context, m Mutation, no int) (Record, error)
	// Enact puts it into effect. Errors: ErrNotGranted, ErrEnded, ErrNotAmending, ErrNotDue, ErrStale, ErrNoLetters.
	Enact(ctx context.Context, m Mutation, e Enacting) (Record, error)
	// AmendEntry reads what was entered, sealed. Empty when there is none.
	AmendEntry(ctx context.Context, app, id string) (Sealed, error)
}

// Amending is what staff entered, sealed and ready.
type Amending struct {
	After    int // Record.Amends that was read
	Rev      int // Record.Rev that the one who entered it has seen
	Guardian int
	What     AmendWhat
	Proof    string
	Ref      string
	Entry    Sealed
}

// Enacting is an amendment that takes effect.
type Enacting struct {
	No     int
	Rev    int    // revision that was read; People is sealed for Rev + 1
	People Sealed // all, with the guardian as corrected
	Look   LookUps
	Quiet  Digest // of the new address, whose holder may have asked for no letters; zero: the address stays
}

// AmendWhat is what of a guardian is corrected.
type AmendWhat string

// What may be corrected.
const (
	AmendName    AmendWhat = "name"
	AmendAddress AmendWhat = "address"
	AmendBoth    AmendWhat = "both"
)

// Address reports whether the address is corrected, Name whether the name is.
func (w AmendWhat) Address() bool { return w == AmendAddress || w == AmendBoth }

// Name reports whether the name is corrected.
func (w AmendWhat) Name() bool { return w == AmendName || w == AmendBoth }

// AmendProofs are what staff may have seen of who asks for it (KR-19). What stands in it is not kept.
var AmendProofs = []string{"id_document", "call_back", "signed_letter", "register"}

// Amend is what a record notes of an amendment that waits. The zero value: none.
type Amend struct {
	No       int
	Guardian int
	What     AmendWhat
	By       string // Actor.Ref of who entered it
	At       time.Time
	Rev      int // Record.Rev when it was entered: once the people are others it can only be entered anew
	Proof    string
	Ref      string
	Endorser string    // Actor.Ref of who confirmed it; "" before
	Due      time.Time // when it takes effect; zero before the address that stands was told
}

// Amended is what a record notes of an amendment that took effect.
type Amended struct {
	No       int
	Guardian int
	What     AmendWhat
	At       time.Time
	Proof    string
	By       string // ids of the two members of staff
	Endorser string
	Ref      string
}

// MaxAmended is how many amendments of one consent may take effect. Who needs more gives the consent anew.
const MaxAmended = 12

// Renamed reports whether a guardian's name was corrected after the grant: then the one that was typed at the grant counts no more.
func (r Record) Renamed(guardian int) bool {
	return slices.ContainsFunc(r.Amended, func(a Amended) bool { return a.Guardian == guardian && a.What.Name() })
}

// amendWhat is what the amendment of this guardian under this number corrects, "" when the record knows of none. The number alone does
// not tell: after a restored backup it is given once more.
func (r Record) amendWhat(no, guardian int) AmendWhat {
	if no > 0 && r.Amend.No == no && r.Amend.Guardian == guardian {
		return r.Amend.What
	}
	for _, a := range r.Amended {
		if a.No == no && a.Guardian == guardian {
			return a.What
		}
	}
	return ""
}

// Amendment is a guardian's correction as staff enter it.
type Amendment struct {
	Rev      int // Record.Rev of the form: what is entered is of the people whom it showed
	Guardian int
	Name     Private // empty: as it is
	Email    Private // empty: as it is
	Proof    string  // one of AmendProofs
	Ref      string  // number of the call or ticket
}

// amended is what is sealed of Amendment.
type amended struct {
	Name  string `json:"n,omitempty"`
	Email string `json:"e,omitempty"`
}

// EnterAmendment enters a guardian's new name or address after a grant. It counts for nothing until a colleague has confirmed
// it with Endorse and the wait is over. What waited before it is dropped.
//
// Errors: ErrNotFound, ErrNotGranted, ErrEnded, KindInvalid, ErrStale, ErrUnreadable, ErrNobodyToTell, amend_limit (KindConflict).
func (s *Service) EnterAmendment(ctx context.Context, app *App, by Actor, id string, in Amendment) (Record, error) {
	rec, err := s.findGranted(ctx, app, id)
	if err != nil {
		return rec, err
	}
	if rec.Rev != in.Rev {
		return rec, ErrStale
	}
	people, err := s.people(rec)
	if err != nil {
		return rec, err
	}
	if in.Guardian >= 0 && in.Guardian < len(people.Guardians) && people.Guardians[in.Guardian].Email.Empty() {
		return rec, ErrNobodyToTell
	}
	entry, what, err := s.checkAmendment(ctx, rec, people, in)
	if err != nil {
		return rec, err
	}
	a := Amending{After: rec.Amends, Rev: rec.Rev, Guardian: in.Guardian, What: what, Proof: in.Proof, Ref: in.Ref}
	plain, err := json.Marshal(entry)
	if err != nil {
		return rec, err
	}
	if a.Entry, err = s.Vault.Seal(ctx, ClassEvidence, s.Clock(), label(rec, FieldAmend, a.After+1), plain); err != nil {
		return rec, err
	}
	m := s.mutation(app, rec, by, "")
	m.Note = amendNote(what, in.Proof, in.Ref)
	return s.Store.Amend(ctx, m, a)
}

// amendNote is what the log has of an amendment: codes and a reference.
func amendNote(what AmendWhat, proof, ref string) string {
	return string(what) + " " + proof + " " + ref
}

// findGranted finds a consent in force.
func (s *Service) findGranted(ctx context.Context, app *App, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	switch {
	case err != nil:
		return rec, err
	case rec.Status == Pending:
		return rec, ErrNotGranted
	case rec.Status != Granted:
		return rec, ErrEnded
	}
	return rec, nil
}

// checkAmendment checks what was entered as a signup's guardian is checked, and tells what of it is new.
func (s *Service) checkAmendment(ctx context.Context, rec Record, people People, in Amendment) (amended, AmendWhat, error) {
	var f faults
	if !slices.Contains(AmendProofs, in.Proof) {
		f.add("/proof", "proof", "what was seen of who asks for it")
	}
	if !ticketForm.MatchString(in.Ref) {
		f.add("/ref", "ref", "the number of the call or ticket: letters, digits, # _ -")
	}
	if in.Guardian < 0 || in.Guardian >= len(people.Guardians) {
		f.add("/guardian", "guardian", "one of the guardians of this consent")
		return amended{}, "", f.err()
	}
	old := people.Guardians[in.Guardian]
	var out amended
	var what AmendWhat
	if name := strings.TrimSpace(in.Name.Reveal()); name != "" && name != old.Name.Reveal() {
		checkNewName(&f, name)
		out.Name, what = name, AmendName
	}
	if email := strings.TrimSpace(in.Email.Reveal()); email != "" && !sameBox(old.Email, Secret(email)) {
		box, err := s.checkAmendedAddress(ctx, &f, rec, people, in.Guardian, Secret(email))
		if err != nil {
			return out, "", err
		}
		out.Email, what = box.Address.Reveal(), joinWhat(what)
	}
	if what == "" {
		f.add("/name", "unchanged", "a name or an address that is another than before")
	}
	return out, what, f.err()
}

// joinWhat adds the address to what is corrected.
func joinWhat(what AmendWhat) AmendWhat {
	if what == AmendName {
		return AmendBoth
	}
	return AmendAddress
}

// checkAmendedAddress checks a new address: nobody else's in this consent, and nobody's who asked for no letters.
func (s *Service) checkAmendedAddress(ctx context.Context, f *faults, rec Record, people People, guardian int, email Private) (Mailbox, error) {
	box := s.checkNewAddress(ctx, f, rec, people, email)
	if box.Address.Empty() {
		return box, nil
	}
	for i, other := range boxesOf(people) {
		if i != guardian && other.Canonical.Reveal() == box.Canonical.Reveal() {
			f.add("/email", "guardian_known", "another guardian of this consent has this address")
		}
	}
	quiet, err := s.Store.Quiet(ctx, s.appIDs(), s.Vault.Digests(DigestEmail, box.Canonical.Reveal()))
	if quiet {
		f.add("/email", ErrNoLetters.Code, ErrNoLetters.Detail)
	}
	return box, err
}

// Endorse confirms what a colleague entered under the number no, as it stood beside the people of revision rev. The address that
// stands is told at once, with a link that stops it; the wait (Settings.Amend) begins when a mail server took that letter or
// refused it for good.
//
// Errors: ErrNotFound, ErrNotGranted, ErrEnded, ErrNotAmending, ErrStale, ErrSamePerson, ErrUnreadable, ErrNobodyToTell.
func (s *Service) Endorse(ctx context.Context, app *App, by Actor, id string, no, rev int) (Record, error) {
	rec, err := s.findGranted(ctx, app, id)
	if err != nil {
		return rec, err
	}
	if rec.Amend.No == 0 {
		return rec, ErrNotAmending
	}
	if rec.Amend.No != no { // the letter below is about the one that was read
		return rec, ErrStale
	}
	m := s.mutation(app, rec, by, "")
	m.Note = amendNote(rec.Amend.What, rec.Amend.Proof, rec.Amend.Ref)
	people, err := s.people(rec)
	switch {
	case err != nil:
		return rec, err
	case rec.Rev != rev || rec.Amend.Guardian >= len(people.Guardians): // whether there is an address is asked of those people
		return rec, ErrStale
	case people.Guardians[rec.Amend.Guardian].Email.Empty():
		return rec, ErrNobodyToTell
	}
	m.Jobs = append(m.Jobs, s.amendLetter(rec, LetterAmending, no))
	return s.Store.Endorse(ctx, m, no, rev)
}

// told begins the wait of an amendment whose letter a mail server took, or refused for good with this note. One that ended meanwhile
// stays so.
func (s *Service) told(ctx context.Context, rec Record, l LetterJob, note string) error {
	m := s.mutation(nil, rec, Actor{Kind: ActorMail, Ref: itoa(l.Guardian)}, "")
	m.Note = note
	_, err := s.Store.Told(ctx, m, l.Amend, s.Settings.Amend)
	return ignore(err, ErrNotAmending, ErrEnded)
}

// amendDue is when the amendment that waits takes effect; as long as that is not known, the earliest that it can be.
func (s *Service) amendDue(rec Record) time.Time {
	if rec.Amend.Due.IsZero() {
		return s.Clock().Add(s.Settings.Amend)
	}
	return rec.Amend.Due
}

// amendLetter is the job of a letter about the amendment under this number.
func (s *Service) amendLetter(rec Record, kind LetterKind, no int) Job {
	return s.letterJob(LetterJob{App: rec.App, Request: rec.ID, Letter: kind, Guardian: rec.Amend.Guardian, Gen: rec.Gen, Amend: no}, 0)
}

// Retract takes back what was entered under the number no, confirmed or not. Again: the same answer.
//
// Errors: ErrNotFound, ErrNotGranted, ErrEnded, ErrNotAmending once it took effect.
func (s *Service) Retract(ctx context.Context, app *App, by Actor, id string, no int) (Record, error) {
	rec, err := s.findGranted(ctx, app, id)
	if err != nil {
		return rec, err
	}
	return s.Store.Retract(ctx, s.mutation(app, rec, by, ""), no)
}

// AmendWait is how long a confirmed amendment waits before it takes effect.
func (s *Service) AmendWait() time.Duration { return s.Settings.Amend }

// AmendView is what staff see of an amendment that waits.
type AmendView struct {
	Amend
	Name  string // masked; "" when it stays
	Email string // masked; "" when it stays
	Other bool   // the people are others than when it was entered: it can only be entered anew
}

// amendView opens what waits, masked; nil when nothing does.
func (s *Service) amendView(ctx context.Context, rec Record) (*AmendView, error) {
	if rec.Status != Granted || rec.Amend.No == 0 {
		return nil, nil
	}
	entry, err := s.openAmend(ctx, rec)
	if err != nil {
		return nil, ignore(err, ErrUnreadable)
	}
	v := &AmendView{Amend: rec.Amend, Other: rec.Amend.Rev != rec.Rev}
	if entry.Name != "" {
		v.Name = MaskName(entry.Name)
	}
	if entry.Email != "" {
		v.Email = MaskEmail(entry.Email)
	}
	return v, nil
}

// openAmend opens what was entered. Errors: ErrUnreadable also when it is gone.
func (s *Service) openAmend(ctx context.Context, rec Record) (out amended, err error) {
	sealed, err := s.Store.AmendEntry(ctx, rec.App, rec.ID)
	if err != nil {
		return out, err
	}
	if len(sealed) == 0 {
		return out, ErrUnreadable
	}
	plain, err := s.Vault.Open(label(rec, FieldAmend, rec.Amend.No), sealed)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(plain, &out)
}

// Errors of amendments.
var (
	ErrNotAmending = &Error{Kind: KindConflict, Code: "not_amending", Detail: "no correction of a guardian waits"}
	// ErrNobodyToTell is of a guardian without an address: nobody could stop a correction.
	ErrNobodyToTell = &Error{Kind: KindConflict, Code: "nobody_to_tell", Detail: "this guardian has no address to be told at, so nothing is corrected; the consent has to be given anew"}
	ErrNoLetters    = &Error{Kind: KindConflict, Code: "no_letters", Detail: "the holder of this address asked for no letters"}
)
