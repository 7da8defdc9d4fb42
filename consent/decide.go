package consent

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Decision is what a guardian answers. Values are part of the API.
type Decision string

// The decisions.
const (
	DecideGrant   Decision = "grant"
	DecideDecline Decision = "decline"
	DecideNotMine Decision = "not_mine"
)

// Relations of a guardian to the child.
var Relations = []string{"mother", "father", "legal_guardian"}

// Answers are the fields of the guardian's form, as typed.
type Answers struct {
	Decision Decision
	Purposes map[string]string // purpose → "yes" or "no"
	Name     string
	Code     string // the pairing code of the child's screen
	Year     string
	Month    string
	Day      string
	Relation string
	Declares bool
	Misnamed bool // "the name was entered differently"
}

// Checked is what the check page shows: nothing has been decided yet.
type Checked struct {
	View
	Decision Decision
	Granted  []Purpose
	Refused  []Purpose
	Name     string // as typed by the guardian on the page before
	Relation string
	Birth    Date // as understood; zero when the check page is shown again, since it is never kept
}

// Check takes the answers of the guardian's page and leads to the check page. For a grant it compares the second fact,
// which is charged before it is compared, so that many wrong answers at once consume exactly the tries there are.
//
// Errors: KindInvalid with a fault for each wrong field (codes too_fast, required_purpose, not_adult, name_mismatch, …);
// ErrLocked; ErrStale (show the page anew); those of Open. After an error the View is that of the page to show again.
func (s *Service) Check(ctx context.Context, token, form string, a Answers) (Checked, error) {
	v, err := s.Open(ctx, token)
	if err != nil || v.Proof == "" {
		return Checked{View: v}, err
	}
	out := Checked{View: v, Decision: a.Decision}
	p, err := s.unseal(v, stepPage, form)
	if err != nil {
		return out, err
	}
	if s.tooFast(p) {
		return out, ErrTooFast
	}
	if a.Misnamed {
		return out, s.misname(ctx, v)
	}
	p.Decision, p.Step = string(a.Decision), stepCheck
	switch a.Decision {
	case DecideGrant:
		err = s.checkGrant(ctx, &out, &p, a)
	case DecideDecline, DecideNotMine:
	default:
		err = &Error{Kind: KindInvalid, Code: "invalid", Detail: "an answer is missing", Fields: []FieldError{
			{Pointer: "/decision", Code: "required", Detail: "one of grant, decline, not_mine"},
		}}
	}
	if err != nil {
		return out, err
	}
	out.Proof, err = s.seal(ctx, v.Record, p)
	return out, err
}

// checkGrant checks every field of a yes, and then the second fact: a form that is wrong otherwise tests no name.
func (s *Service) checkGrant(ctx context.Context, out *Checked, p *proof, a Answers) error {
	var f faults
	checkChoices(&f, out, a)
	s.checkIdentity(&f, a)
	if err := f.err(); err != nil {
		return invalidAs(err)
	}
	fact, err := s.tryFact(ctx, &out.View, a.Name, a.Code)
	if err != nil {
		return err
	}
	out.Name, out.Relation = strings.TrimSpace(a.Name), a.Relation
	out.Birth, _ = readBirth(a) // checked above
	p.Name, p.Fact, p.Relation, p.Adult = out.Name, fact, a.Relation, true
	p.Granted, p.Refused = purposeIDs(out.Granted), purposeIDs(out.Refused)
	return nil
}

// checkChoices sorts the purposes into granted and refused (KR-08: each on its own; KR-11: refusing an optional one costs nothing).
func checkChoices(f *faults, out *Checked, a Answers) {
	for _, purpose := range out.Purposes {
		pointer := "/purpose." + purpose.ID
		switch choice := a.Purposes[purpose.ID]; {
		case choice == "yes":
			out.Granted = append(out.Granted, purpose)
		case choice == "no" && purpose.Required:
			f.add(pointer, "required_purpose", "this one is needed; to refuse it, do not agree at all")
		case choice == "no":
			out.Refused = append(out.Refused, purpose)
		default:
			f.add(pointer, "required", "yes or no")
		}
	}
}

// checkIdentity checks what the guardian says of themselves.
func (s *Service) checkIdentity(f *faults, a Answers) {
	if strings.TrimSpace(a.Name) == "" {
		f.add("/guardian_name", "required", "your name is needed")
	} else if len([]rune(a.Name)) > MaxName || hasResidentNumber(a.Name) {
		f.add("/guardian_name", "not_a_name", "a name has at most 64 characters and is not a number")
	}
	birth, err := readBirth(a)
	p := s.Book().Profile
	switch {
	case err != nil:
		f.add("/birth_year", "invalid_date", "year, month and day of your birth")
	case !p.IsAdult(birth, s.Clock()):
		f.add("/birth_year", "not_adult", "a guardian must be of age")
	}
	if !slices.Contains(Relations, a.Relation) {
		f.add("/relation", "required", "mother, father or legal_guardian")
	}
	if !a.Declares {
		f.add("/declares", "required", "say that you are this child's legal guardian")
	}
}

// readBirth reads a birth date from three fields, or from one into which the whole date was pasted, as 2015.03.04.
func readBirth(a Answers) (Date, error) {
	digits := func(s string) []string {
		return strings.FieldsFunc(norm.NFKC.String(s), func(r rune) bool { return r < '0' || r > '9' })
	}
	var parts []string
	for _, field := range []string{a.Year, a.Month, a.Day} {
		parts = append(parts, digits(field)...)
	}
	if len(parts) == 1 && len(parts[0]) == len("20150304") {
		parts = []string{parts[0][:4], parts[0][4:6], parts[0][6:]}
	}
	if len(parts) != 3 || len(parts[0]) != 4 || len(parts[1]) > 2 || len(parts[2]) > 2 {
		return Date{}, errDate
	}
	return ParseDate(parts[0] + "-" + pad2(parts[1]) + "-" + pad2(parts[2]))
}

func pad2(s string) string { return strings.Repeat("0", 2-len(s)) + s }

// invalidAs makes a page's error speak with the code of a refused required purpose, since the page turns on it.
func invalidAs(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	for _, one := range e.Fields {
		if one.Code == "required_purpose" {
			e.Code, e.Detail = one.Code, one.Detail
		}
	}
	return e
}

// tryFact compares the second fact: the guardian's name as the child gave it, or the pairing code. With a right code the
// name need not match; with a code that is wrong a right name does not help. It returns which fact held, and leaves the
// record as the try left it in v.
func (s *Service) tryFact(ctx context.Context, v *View, name, code string) (string, error) {
	fact := FactName
	if strings.TrimSpace(code) != "" {
		fact = FactCode
	}
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, "")
	rec, err := s.Store.Try(ctx, m, Trial{Gen: v.Record.Gen, Limit: MaxTries, Lock: LockFor, Code: fact == FactCode})
	if err != nil {
		return "", err
	}
	hit, err := s.factHolds(ctx, *v, fact, name, code)
	if err != nil {
		return "", err
	}
	if !hit {
		v.Record = rec
		return "", s.missed(rec, fact)
	}
	return fact, s.Store.Refund(ctx, m, fact == FactCode)
}

func (s *Service) factHolds(ctx context.Context, v View, fact, name, code string) (bool, error) {
	if fact == FactCode {
		return normalCode(code) == s.PairingCode(v.Record), nil
	}
	people, err := s.peopleOrExpire(ctx, v.App, v.Record)
	if err != nil {
		return false, err
	}
	return SameName(name, people.Guardians[v.Guardian].Name.Reveal()), nil
}

// missed says that the fact was wrong, never how wrong.
func (s *Service) missed(rec Record, fact string) error {
	if s.Clock().Before(rec.LockedUntil) {
		return ErrLocked
	}
	pointer := "/guardian_name"
	if fact == FactCode {
		pointer = "/pairing_code"
	}
	return &Error{Kind: KindInvalid, Code: "fact_mismatch", Detail: "this does not match", Fields: []FieldError{
		{Pointer: pointer, Code: "fact_mismatch", Detail: "this is not what the child entered"},
	}}
}

// misname tells the child and the app that the name was entered differently, so that they can set it anew while the link lives.
func (s *Service) misname(ctx context.Context, v View) error {
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, EventNameMismatch)
	if _, err := s.Store.Misname(ctx, m, v.Record.Gen); err != nil {
		return err
	}
	return ErrMisnamed
}

// ErrMisnamed is no fault: the child has been asked to set the name anew, and the page says so.
var ErrMisnamed = &Error{Kind: KindConflict, Code: "misnamed", Detail: "the child has been asked to enter the name again"}

// ErrBack is no fault: the guardian wants to go back to the page.
var ErrBack = &Error{Kind: KindInvalid, Code: "back", Detail: "nothing was decided"}

// Decide carries out what the check page asked to confirm. It is final: the same decision again gets the same answer,
// another one ErrNotPending.
//
// Errors: ErrStale (show the page anew), ErrBack, KindInvalid without a choice, ErrNotPending, ErrReplaced, ErrLocked,
// those of Open.
func (s *Service) Decide(ctx context.Context, token, form, confirm string, block bool) (View, error) {
	v, err := s.Open(ctx, token)
	if err != nil {
		return v, err
	}
	if v.Proof == "" {
		return v, s.decidedOtherwise(v, form)
	}
	p, err := s.unseal(v, stepCheck, form)
	if err != nil {
		return v, err
	}
	if err := checkConfirm(confirm); err != nil {
		return v, err
	}
	if s.tooFast(p) {
		return v, ErrTooFast
	}
	if Decision(p.Decision) == DecideGrant {
		v.Record, err = s.grant(ctx, v, p)
	} else {
		v.Record, err = s.decline(ctx, v, p, block)
	}
	if err == nil && v.Record.Status == Granted {
		v.Withdraw, err = s.withdrawLink(v.Record, v.Guardian)
	}
	v.Proof = ""
	return v, err
}

// decidedOtherwise returns ErrNotPending when the form asks for another answer than the one that stands. A grant raised the
// revision by one, so its form was sealed for the one before; a form that cannot be read any more asks for nothing.
func (s *Service) decidedOtherwise(v View, form string) error {
	p, err := s.readForm(v.Record, v.Record.Rev, form)
	if err != nil {
		p, err = s.readForm(v.Record, v.Record.Rev-1, form)
	}
	if err != nil || p.Step != stepCheck {
		return nil
	}
	var same bool
	switch Decision(p.Decision) {
	case DecideGrant:
		same = v.Record.Status == Granted && slices.Equal(p.Granted, v.Record.Granted)
	case DecideDecline:
		same = v.Record.Status == Declined && v.Record.Reason == ReasonRefused
	case DecideNotMine:
		same = v.Record.Status == Declined && v.Record.Reason == ReasonNotMine
	}
	if same {
		return nil
	}
	return ErrNotPending
}

func checkConfirm(confirm string) error {
	switch confirm {
	case "yes":
		return nil
	case "back":
		return ErrBack
	}
	return &Error{Kind: KindInvalid, Code: "invalid", Detail: "an answer is missing", Fields: []FieldError{
		{Pointer: "/confirm", Code: "required", Detail: "yes or back"},
	}}
}

// Recheck shows the check page again for a form that came from it without a choice. Errors: ErrStale, those of Open.
func (s *Service) Recheck(ctx context.Context, token, form string) (Checked, error) {
	v, err := s.Open(ctx, token)
	if err != nil || v.Proof == "" {
		return Checked{View: v}, err
	}
	p, err := s.unseal(v, stepCheck, form)
	if err != nil {
		return Checked{View: v}, err
	}
	v.Proof = form
	return Checked{
		View: v, Decision: Decision(p.Decision), Name: p.Name, Relation: p.Relation,
		Granted: v.App.Chosen(p.Granted), Refused: v.App.Chosen(p.Refused),
	}, nil
}

// grant re-seals what was granted under the release key, the people and the proof under the evidence key, and leaves
// everything that was refused to die with its hour.
func (s *Service) grant(ctx context.Context, v View, p proof) (Record, error) {
	g, err := s.sealGrant(ctx, v, p)
	if err != nil {
		return v.Record, err
	}
	after := v.Record
	after.Status, after.Granted = Granted, g.Purposes
	m := s.mutation(v.App, after, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, EventGranted)
	m.Jobs = append(m.Jobs, s.letter(v.Record, LetterGranted, v.Guardian, 0), s.letter(v.Record, LetterConfirm, v.Guardian, s.Settings.Confirm))
	return s.Store.Grant(ctx, m, g)
}

func (s *Service) sealGrant(ctx context.Context, v View, p proof) (Granting, error) {
	rec, now := v.Record, s.Clock()
	g := Granting{
		Gen: rec.Gen, Rev: rec.Rev, Method: rec.Method, Purposes: p.Granted, Refused: p.Refused, Window: s.Settings.Window,
	}
	people, err := s.people(rec)
	if err != nil {
		return g, err
	}
	data, err := s.grantedData(v.App, rec, p.Granted)
	if err != nil {
		return g, err
	}
	plain, err := people.encode()
	if err != nil {
		return g, err
	}
	if g.People, err = s.Vault.Seal(ctx, ClassEvidence, now, label(rec, FieldPeople, rec.Rev+1), plain); err != nil {
		return g, err
	}
	if g.Data, err = s.Vault.Seal(ctx, ClassRelease, now, label(rec, FieldData, rec.DataRev+1), data); err != nil {
		return g, err
	}
	_, g.ReleaseDies = s.Vault.KeyOf(g.Data)
	g.Evidence, err = s.sealEvidence(ctx, v, p, now)
	return g, err
}

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
