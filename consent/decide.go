package consent

import (
	"context"
	"slices"
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

// RelationOther is whoever else has care of the child, as a grandparent: the page tells who can answer, and nothing is decided.
const RelationOther = "other"

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
		if err == nil {
			v.Receipt, err = s.receiptLink(v.Record, v.Guardian)
		}
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
		return nil //nolint:nilerr // see above: such a form asks for nothing
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
