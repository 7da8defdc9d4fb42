package consent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// DeskStore is the part of the store that keeps what staff enter and a colleague has to confirm.
type DeskStore interface {
	// File keeps what staff entered of a consent on paper or by telephone, in place of what was filed before it. It grants
	// nothing: Grant does, by another member of staff. Errors: ErrNotPending, ErrStale (another one was filed meanwhile, or
	// the people are others than those that were seen).
	File(ctx context.Context, m Mutation, f Filing) (Record, error)
	// FiledEntry reads the sealed entry without its scan, which may be large. Empty when there is none.
	FiledEntry(ctx context.Context, app, id string) (Sealed, error)
	// Filed reads the sealed entry and scan at one moment. Either is empty when there is none.
	Filed(ctx context.Context, app, id string) (entry, scan Sealed, err error)
}

// Filing is what staff entered, sealed and ready.
type Filing struct {
	After  int // number of the one that was read; 0: none
	Rev    int // Record.Rev that the one who entered it has seen
	Method Method
	Entry  Sealed
	Scan   Sealed // empty for none
}

// Filed is what a record notes of a consent that waits for its second person. The zero value: none.
type Filed struct {
	No     int    // counts up with each that is filed
	By     string // Actor.Ref of who filed it
	At     int64  // Unix milliseconds
	Method Method
	Rev    int // Record.Rev when it was filed: the grant of it is refused once the people are others
}

// Time is At in UTC.
func (f Filed) Time() time.Time { return time.UnixMilli(f.At).UTC() }

// FiledMethods are those that staff may enter (KR-04, numbers 4 and 6), where the app takes them.
var FiledMethods = []Method{MethodPaper, MethodPhone}

// MaxScan is the size of a scan in bytes.
const MaxScan = 2 << 20

// scanTypes are what a scan may be, by its first bytes.
var scanTypes = map[string]string{"%PDF-": "application/pdf", "\xff\xd8\xff": "image/jpeg", "\x89PNG\r\n\x1a\n": "image/png"}

// mediaOf is what a scan is, whatever its name says; "" for what it may not be.
func mediaOf(scan []byte) string {
	for begin, media := range scanTypes {
		if strings.HasPrefix(string(scan[:min(len(scan), len(begin))]), begin) {
			return media
		}
	}
	return ""
}

// OnPaper is a consent that a guardian signed, or said on the telephone, as staff enter it.
type OnPaper struct {
	Rev     int // Record.Rev of the form: what is entered is of the people whom it showed
	Method  Method
	Answers Answers // Purposes, Name, birth date, Relation and Declares, as the paper has them
	Ref     string  // where the paper lies, or the number of the call
	Scan    []byte  // of the paper; required for MethodPaper
}

// filed is what is sealed of OnPaper. The birth date is compared and not kept.
type filed struct {
	Name     string   `json:"n"`
	Relation string   `json:"l"`
	Granted  []string `json:"y"`
	Refused  []string `json:"r,omitempty"`
	Terms    string   `json:"v"`
	Ref      string   `json:"f"`
	Media    string   `json:"m,omitempty"` // of the scan
	AdultOn  string   `json:"a"`
}

// File enters a consent that was given on paper or by telephone. It counts for nothing until a colleague has confirmed it
// with GrantFiled. Entry and scan are sealed under the hour of the signup: unconfirmed they die with the request (KR-12).
//
// Errors: ErrNotFound, ErrNotPending, KindInvalid, ErrStale (another one was filed meanwhile, or the guardians are others than on
// the form).
func (s *Service) File(ctx context.Context, app *App, by Actor, id string, in OnPaper) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	if rec.Status == Pending && rec.Rev != in.Rev {
		return rec, ErrStale
	}
	entry, err := s.checkPaper(app, rec, in)
	if err != nil {
		return rec, err
	}
	f := Filing{After: rec.Filed.No, Rev: in.Rev, Method: in.Method}
	at, _ := s.Vault.KeyOf(rec.People)
	plain, err := json.Marshal(entry)
	if err != nil {
		return rec, err
	}
	if f.Entry, err = s.Vault.Seal(ctx, ClassHour, at, label(rec, FieldFiled, f.After+1), plain); err != nil {
		return rec, ignoreAs(err, ErrNotPending, ErrUnreadable)
	}
	if len(in.Scan) > 0 {
		if f.Scan, err = s.Vault.Seal(ctx, ClassHour, at, label(rec, FieldScan, f.After+1), in.Scan); err != nil {
			return rec, err
		}
	}
	m := s.mutation(app, rec, by, "")
	m.Note = string(in.Method)
	return s.Store.File(ctx, m, f)
}

// checkPaper checks what was entered as the guardian's own page checks it, save the second fact: the paper is the proof.
func (s *Service) checkPaper(app *App, rec Record, in OnPaper) (filed, error) {
	var f faults
	if !slices.Contains(FiledMethods, in.Method) || !app.Allows(in.Method) {
		f.add("/method", "method_not_accepted", "paper or phone, where the app takes it")
	}
	out := Checked{View: View{Purposes: app.Chosen(rec.Asked)}}
	checkChoices(&f, &out, in.Answers)
	s.checkIdentity(&f, in.Answers)
	if !ticketForm.MatchString(in.Ref) {
		f.add("/ref", "ref", "where the paper lies, or the number of the call: letters, digits, # _ -")
	}
	media := checkScan(&f, in)
	return filed{
		Name: strings.TrimSpace(in.Answers.Name), Relation: in.Answers.Relation, Granted: purposeIDs(out.Granted), Refused: purposeIDs(out.Refused),
		Terms: app.Terms(), Ref: in.Ref, Media: media, AdultOn: DateOf(s.Clock().In(s.Book().Profile.Zone)).String(),
	}, f.err()
}

// checkScan checks a scan by its first bytes, whatever its name says, and returns what it is.
func checkScan(f *faults, in OnPaper) string {
	media := mediaOf(in.Scan)
	switch {
	case len(in.Scan) == 0 && in.Method == MethodPaper:
		f.add("/scan", "required", "the scan of the paper")
	case len(in.Scan) == 0:
		return ""
	case len(in.Scan) > MaxScan:
		f.add("/scan", "too_large", "at most 2 MiB")
	case media == "":
		f.add("/scan", "type", "a PDF, JPEG or PNG file")
	}
	return media
}

// FiledView is what the second person compares with the paper.
type FiledView struct {
	Filed
	Name     string // masked
	Relation string
	Clause   string // number in Enforcement Decree 17-2(1) (KR-04)
	Granted  []string
	Refused  []string
	Ref      string
	Media    string // of the scan; "" for none
	Other    bool   // the people are others than when it was filed: it can only be filed anew
}

// filedView opens what waits for a second person; nil when nothing does, or it cannot be read any more.
func (s *Service) filedView(ctx context.Context, rec Record) (*FiledView, error) {
	if rec.Filed.No == 0 || rec.Status != Pending {
		return nil, nil
	}
	entry, err := s.Store.FiledEntry(ctx, rec.App, rec.ID)
	if err != nil {
		return nil, err
	}
	f, err := s.openFiled(rec, entry)
	if err != nil {
		return nil, ignore(err, ErrUnreadable)
	}
	return &FiledView{
		Filed: rec.Filed, Name: MaskName(f.Name), Relation: f.Relation, Clause: Clauses[rec.Filed.Method], Granted: f.Granted, Refused: f.Refused, Ref: f.Ref, Media: f.Media,
		Other: rec.Filed.Rev != rec.Rev,
	}, nil
}

func (s *Service) openFiled(rec Record, entry Sealed) (f filed, err error) {
	if len(entry) == 0 {
		return f, ErrUnreadable
	}
	plain, err := s.Vault.Open(label(rec, FieldFiled, rec.Filed.No), entry)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(plain, &f)
}

// GrantFiled makes a grant of what a colleague filed under the number no, with its method and clause (KR-04). It is the only
// way by which staff reach a grant, and nobody goes it alone: the script refuses who has filed it.
//
// Errors: ErrNotFound, ErrNotPending, ErrNotFiled, ErrSamePerson, ErrStale (something else was filed meanwhile, or the guardian
// was corrected), ErrUnreadable, method_not_accepted (KindConflict).
func (s *Service) GrantFiled(ctx context.Context, app *App, by Actor, id string, no int) (Record, error) {
	rec, err := s.findFiled(ctx, app, id, no)
	if err != nil {
		return rec, err
	}
	entry, scan, err := s.Store.Filed(ctx, rec.App, rec.ID)
	if err != nil {
		return rec, err
	}
	f, err := s.openFiled(rec, entry)
	if errors.Is(err, ErrUnreadable) { // or another one came, and went, since the record was read
		_, changed := s.findFiled(ctx, app, id, no)
		return rec, cmp.Or(changed, err)
	}
	if err != nil {
		return rec, err
	}
	rec.Method = rec.Filed.Method
	v := View{App: app, Book: s.Book(), Record: rec, Locale: rec.Locale}
	g, err := s.sealGrant(ctx, v, proof{
		Name: f.Name, Fact: FactFiled, Relation: f.Relation, Adult: true, Terms: f.Terms, Granted: f.Granted, Refused: f.Refused,
		filed: &f, by: [2]string{rec.Filed.By, by.Ref},
	})
	if err != nil {
		return rec, err
	}
	if g.Scan, err = s.keepScan(ctx, rec, scan); err != nil {
		return rec, err
	}
	g.Filed = no
	after := rec
	after.Status, after.Granted = Granted, g.Purposes
	m := s.mutation(app, after, by, EventGranted)
	m.Note = rec.Filed.By
	m.Jobs = append(m.Jobs, s.letter(rec, LetterGranted, 0, 0), s.letter(rec, LetterConfirm, 0, s.Settings.Confirm))
	return s.Store.Grant(ctx, m, g)
}

// findFiled finds a request for which what was filed under the number no may be granted.
func (s *Service) findFiled(ctx context.Context, app *App, id string, no int) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	switch {
	case err != nil:
		return rec, err
	case rec.Status != Pending:
		return rec, ErrNotPending
	case rec.Filed.No == 0:
		return rec, ErrNotFiled
	case rec.Filed.No != no, rec.Filed.Rev != rec.Rev:
		return rec, ErrStale
	case !app.Allows(rec.Filed.Method): // no longer, since it was entered
		return rec, &Error{Kind: KindConflict, Code: "method_not_accepted", Detail: "this app does not accept consents by this method"}
	}
	return rec, nil
}

// keepScan seals a scan anew under the evidence key, with which it lives as long as the consent's other evidence.
func (s *Service) keepScan(ctx context.Context, rec Record, scan Sealed) (Sealed, error) {
	if len(scan) == 0 {
		return nil, nil
	}
	plain, err := s.Vault.Open(label(rec, FieldScan, rec.Filed.No), scan)
	if err != nil {
		return nil, err
	}
	return s.Vault.Seal(ctx, ClassEvidence, s.Clock(), label(rec, FieldScan, 0), plain)
}

// Scan shows the scan of a paper, waiting or agreed to, and notes who looked at it and for which ticket.
//
// Errors: ErrNotFound (also when there is none), KindInvalid, ErrUnreadable.
func (s *Service) Scan(ctx context.Context, app *App, by Actor, id, ticket string) (data []byte, media string, err error) {
	if !ticketForm.MatchString(ticket) {
		var f faults
		f.add("/ticket", "ticket", "the number of the call or ticket: letters, digits, # _ -")
		return nil, "", f.err()
	}
	rec, err := s.Store.Look(ctx, Mutation{App: app.ID, ID: id, Actor: by, Note: "scan " + ticket}, ActReveal)
	if err != nil {
		return nil, "", err
	}
	_, scan, err := s.Store.Filed(ctx, app.ID, id)
	if err == nil && len(scan) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, "", err
	}
	data, err = s.Vault.Open(label(rec, FieldScan, rec.Filed.No), scan) // 0 once it is evidence
	return data, mediaOf(data), err
}

// Errors of what staff file.
var (
	ErrNotFiled   = &Error{Kind: KindConflict, Code: "not_filed", Detail: "nobody has entered a consent on paper or by telephone"}
	ErrSamePerson = &Error{Kind: KindForbidden, Code: "same_person", Detail: "a colleague has to confirm what you entered"}
)
