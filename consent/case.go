package consent

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Case is a request as staff see it: every person masked, in the one way in which names and addresses are masked.
type Case struct {
	App       *App
	Record    Record
	Child     string // masked; "" when nothing of a person is held any more
	Guardians []MaskedGuardian
	Trail     []Entry    // what the store still holds of it, the oldest first
	Rights    []Right    // without what is sealed, the oldest first
	Filed     *FiledView // a consent on paper or by telephone that waits for its second person
	Amend     *AmendView // a correction of a guardian after the grant that waits
}

// MaskedGuardian is one whom staff see.
type MaskedGuardian struct {
	Name, Email, Phone string // masked; Phone is "" when none is held
	Locale             string
}

// Case shows a request to staff, and notes that it was looked at. What is sealed and cannot be read any more is left out.
//
// Errors: ErrNotFound, ErrUnavailable.
func (s *Service) Case(ctx context.Context, app *App, by Actor, id string) (Case, error) {
	rec, err := s.Store.Look(ctx, Mutation{App: app.ID, ID: id, Actor: by}, ActView)
	if err != nil {
		return Case{}, err
	}
	c := Case{App: app, Record: s.asOfNow(rec)}
	if c.Trail, err = s.Store.Trail(ctx, app.ID, id); err != nil {
		return Case{}, err
	}
	if c.Rights, err = s.rightsOf(ctx, app, id); err != nil {
		return Case{}, err
	}
	if c.Filed, err = s.filedView(ctx, c.Record); err != nil {
		return Case{}, err
	}
	if c.Amend, err = s.amendView(ctx, c.Record); err != nil {
		return Case{}, err
	}
	people, err := s.people(rec)
	if err != nil || c.Record.Status.Ended() && len(rec.People) == 0 {
		return c, ignore(err, ErrUnreadable)
	}
	c.Child = MaskName(people.Child.Name.Reveal())
	for _, g := range people.Guardians {
		m := MaskedGuardian{Name: MaskName(g.Name.Reveal()), Locale: g.Locale, Phone: maskPhone(g.Phone.Reveal())}
		if !g.Email.Empty() {
			m.Email = MaskEmail(g.Email.Reveal())
		}
		c.Guardians = append(c.Guardians, m)
	}
	return c, nil
}

// maskPhone keeps the last two digits, enough for a caller to be asked for them.
func maskPhone(number string) string {
	if len(number) < 4 {
		return ""
	}
	return strings.Repeat("*", len(number)-2) + number[len(number)-2:]
}

// Reopen lifts the lock of wrong tries for a caller who was made sure of (KR-19). Again: the same answer.
//
// Errors: ErrNotFound, ErrNotPending.
func (s *Service) Reopen(ctx context.Context, app *App, by Actor, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	return s.Store.Reopen(ctx, s.mutation(app, rec, by, ""))
}

// LiftBlock takes back, at its holder's wish, what a refusal left behind: the wish for no more letters, and the pause before
// the same child may ask again. Data that was destroyed does not come back. Again: the same answer.
//
// Errors: ErrNotFound, not_declined, ErrEnded once the address can no longer be found.
func (s *Service) LiftBlock(ctx context.Context, app *App, by Actor, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	return s.Store.Undo(ctx, s.mutation(app, rec, by, ""), rec.Gen, rec.DecidedBy)
}

// Destroy ends a request whatever its state and destroys what is held of it: a pending one is cancelled, a granted one
// withdrawn. typed must be its id, so that nobody destroys by a slip. One that has ended stays as it is.
//
// Errors: ErrNotFound, ErrTyped, those of Cancel and Withdraw.
func (s *Service) Destroy(ctx context.Context, app *App, by Actor, id, typed string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	switch {
	case err != nil:
		return rec, err
	case strings.TrimSpace(typed) != id:
		return rec, ErrTyped
	case rec.Status == Granted:
		return s.Withdraw(ctx, app, by, id, nil)
	case rec.Status == Pending:
		return s.Cancel(ctx, app, by, id)
	}
	return rec, nil
}

// ErrTyped is an id that was typed again and is another one.
var ErrTyped = &Error{Kind: KindInvalid, Code: "typed", Detail: "the id was not typed as it is", Fields: []FieldError{
	{Pointer: "/typed", Code: "typed", Detail: "type the id of the request"},
}}

// searchMost bounds what a search finds.
const searchMost = 50

// Search finds requests by an exact address, an id, a short code of a letter, or a subject, over all apps. Nothing of what
// was asked for is kept: the log notes that somebody searched, and by which kind.
//
// Errors: KindInvalid for a text that is none of them, ErrUnavailable.
func (s *Service) Search(ctx context.Context, by Actor, text string) ([]Record, error) {
	text = strings.TrimSpace(text)
	kind, refs, err := s.search(ctx, text)
	if err != nil {
		return nil, err
	}
	if err := s.Store.Note(ctx, Mutation{App: StaffLedger, Actor: by, Note: kind}, ActSearch); err != nil {
		return nil, err
	}
	var out []Record
	for _, app := range s.appIDs() {
		var ids []string
		for _, r := range refs {
			if r.App == app && !slices.Contains(ids, r.ID) {
				ids = append(ids, r.ID)
			}
		}
		found, err := s.Boards.Records(ctx, app, ids)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	for i := range out {
		out[i] = s.asOfNow(out[i])
	}
	slices.SortFunc(out, func(a, b Record) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return out, nil
}

// search tells what a text is and whom it finds.
func (s *Service) search(ctx context.Context, text string) (kind string, refs []Claims, err error) {
	switch {
	case IsID(PrefixRequest, text):
		for _, app := range s.appIDs() {
			refs = append(refs, Claims{App: app, ID: text})
		}
		return "id", refs, nil
	case strings.Contains(text, "@"):
		box, ok := ParseMailbox(text)
		if !ok {
			return "", nil, errSearch
		}
		refs, err = s.Store.ByGuardian(ctx, s.appIDs(), s.Vault.Digests(DigestEmail, box.Canonical.Reveal()), searchMost)
		return "address", refs, err
	case len(normalCode(text)) == shortLength && shortForm.MatchString(normalCode(text)):
		c, err := s.Store.ByCode(ctx, s.appIDs(), s.Vault.Digests(DigestCode, normalCode(text)))
		if err == nil {
			return "code", []Claims{c}, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return "", nil, err
		}
	}
	if CheckSubject(text) != nil {
		return "", nil, errSearch
	}
	return s.searchSubject(ctx, text)
}

// Exported notes that staff take a list with them as a file. What could not be noted is not to be given.
func (s *Service) Exported(ctx context.Context, app *App, by Actor, l Listing) error {
	return s.Store.Note(ctx, Mutation{App: app.ID, Actor: by, Note: l.String()}, ActExport)
}

// shortForm is what a short code is made of.
var shortForm = regexp.MustCompile(`^[` + codeLetters + `]+$`)

func (s *Service) searchSubject(ctx context.Context, subject string) (string, []Claims, error) {
	var refs []Claims
	for _, app := range s.appIDs() {
		some, err := s.Store.Subject(ctx, app, subject)
		if err != nil {
			return "", nil, err
		}
		for _, r := range some[:min(len(some), searchMost)] {
			refs = append(refs, Claims{App: app, ID: r.ID})
		}
	}
	return "subject", refs, nil
}

var errSearch = &Error{Kind: KindInvalid, Code: "search", Detail: "an address, an id, a code or a subject", Fields: []FieldError{
	{Pointer: "/text", Code: "search", Detail: "write a whole address, an id, a code of a letter, or a subject"},
}}

// Shown is a field that staff may see in clear, one at a time.
type Shown string

// The fields. The child's data, the codes and the links are none of them.
const (
	ShownChild   Shown = "child_name"
	ShownName    Shown = "guardian_name"
	ShownAddress Shown = "guardian_email"
	ShownPhone   Shown = "guardian_phone"
	ShownNewName Shown = "new_name"  // of a correction that waits: its second person compares it
	ShownNewMail Shown = "new_email" // the same
)

// ShownFields lists them.
var ShownFields = []Shown{ShownChild, ShownName, ShownAddress, ShownPhone, ShownNewName, ShownNewMail}

// RevealReasons are why a field may be shown.
var RevealReasons = []string{"caller", "letter", "rights", "confirm", "incident"}

// ticketForm keeps a ticket to a reference: a log entry holds no text.
var ticketForm = regexp.MustCompile(`^[A-Za-z0-9#_-]{1,32}$`)

// Unmask shows one field of a request's people in clear, or, with the id of one of its rights requests as the field, what was
// asked for in words. It notes who looked, at which field, why, and for which ticket, in the
// script that reads it: what could not be noted is not shown. (Reveal is the word for values.)
//
// Errors: ErrNotFound, KindInvalid, ErrUnreadable, ErrUnavailable.
func (s *Service) Unmask(ctx context.Context, app *App, by Actor, id string, field Shown, reason, ticket string) (Private, error) {
	var f faults
	if !slices.Contains(ShownFields, field) && !IsID(PrefixRight, string(field)) {
		f.add("/field", "field", "one of the fields of the page")
	}
	if !slices.Contains(RevealReasons, reason) {
		f.add("/reason", "reason", "why it has to be seen")
	}
	if !ticketForm.MatchString(ticket) {
		f.add("/ticket", "ticket", "the number of the call or ticket: letters, digits, # _ -")
	}
	if err := f.err(); err != nil {
		return Private{}, err
	}
	rec, err := s.Store.Look(ctx, Mutation{App: app.ID, ID: id, Actor: by, Note: string(field) + " " + reason + " " + ticket}, ActReveal)
	if err != nil {
		return Private{}, err
	}
	if IsID(PrefixRight, string(field)) {
		return s.wordsOf(ctx, rec, string(field))
	}
	if field == ShownNewName || field == ShownNewMail {
		entry, err := s.openAmend(ctx, rec)
		return map[Shown]Private{ShownNewName: Secret(entry.Name), ShownNewMail: Secret(entry.Email)}[field], err
	}
	if len(rec.People) == 0 {
		return Private{}, ErrUnreadable
	}
	people, err := s.people(rec)
	if err != nil {
		return Private{}, err
	}
	g := people.Guardians[0]
	return map[Shown]Private{
		ShownChild: people.Child.Name, ShownName: g.Name, ShownAddress: g.Email, ShownPhone: g.Phone,
	}[field], nil
}
