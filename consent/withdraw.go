package consent

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// OpenWithdraw shows the page of a withdraw link. Errors: as Open.
func (s *Service) OpenWithdraw(ctx context.Context, token string) (View, error) {
	return s.open(ctx, LinkWithdraw, token)
}

// Withdrawal is what the check page of a withdrawal shows.
type Withdrawal struct {
	View
	Purposes []Purpose // that end; empty means all
}

// Wish is what a guardian asks on the page of a withdrawal.
type Wish struct {
	Name     string   // as at the grant
	Code     string   // the mailed one; with it the name need not match
	Purposes []string // the optional ones to end; none means all of the consent
}

// CheckWithdraw takes the typed name, or the mailed code, and the choice.
//
// Errors: KindInvalid, ErrLocked, ErrCodeSpent, ErrStale, those of Open.
func (s *Service) CheckWithdraw(ctx context.Context, token, form string, w Wish) (Withdrawal, error) {
	v, err := s.OpenWithdraw(ctx, token)
	if err != nil || v.Record.Status != Granted {
		return Withdrawal{View: v}, err
	}
	purposes := w.Purposes
	out := Withdrawal{View: v, Purposes: v.App.Chosen(purposes)}
	p, err := s.unseal(v, stepWithdraw, form)
	if err != nil {
		return out, err
	}
	if err := checkPartial(v.Record, v.App, purposes); err != nil {
		return out, err
	}
	if err := s.tryWithdraw(ctx, &out.View, w); err != nil {
		return out, err
	}
	p.Step, p.Purposes, p.Name = stepWithdrawCheck, purposes, w.Name
	out.Proof, err = s.seal(ctx, v.Record, p)
	return out, err
}

// tryWithdraw compares the name as at the grant, or the mailed code, charged before it is compared like every second fact.
// It leaves the record as the try left it in v.
func (s *Service) tryWithdraw(ctx context.Context, v *View, w Wish) error {
	mailed := strings.TrimSpace(w.Code) != ""
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, "")
	rec, err := s.Store.Try(ctx, m, Trial{Gen: v.Record.Gen, Limit: MaxTries, Lock: LockFor, Code: mailed})
	if err != nil {
		return err
	}
	hit := mailed && s.knowsCode(*v, w.Code)
	if !mailed {
		if hit, err = s.knowsName(*v, w.Name); err != nil {
			return err
		}
	}
	if hit {
		return s.Store.Refund(ctx, m, mailed)
	}
	v.Record = rec
	if mailed {
		return &Error{Kind: KindInvalid, Code: "fact_mismatch", Detail: "this does not match", Fields: []FieldError{
			{Pointer: "/mail_code", Code: "fact_mismatch", Detail: "this is not the code that was mailed, or it is too old"},
		}}
	}
	return s.missed(rec, FactName)
}

// knowsName compares with the name typed at the grant, unless it was corrected since, and with the one that the record has.
func (s *Service) knowsName(v View, name string) (bool, error) {
	people, err := s.people(v.Record)
	if err != nil {
		return false, err
	}
	if SameName(name, people.Guardians[v.Guardian].Name.Reveal()) {
		return true, nil
	}
	e, err := s.evidence(v.Record)
	if err != nil {
		return false, err
	}
	return e.Guardian == v.Guardian && !v.Record.Renamed(v.Guardian) && SameName(name, e.TypedName), nil
}

func (s *Service) evidence(rec Record) (Evidence, error) {
	var e Evidence
	plain, err := s.Vault.Open(label(rec, FieldEvidence, evidenceRev), rec.Evidence)
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal(plain, &e)
}

// checkPartial refuses to take a required purpose alone out of a consent: without it there is nothing to consent to.
func checkPartial(rec Record, app *App, purposes []string) error {
	var f faults
	for i, id := range purposes {
		p, ok := app.Purpose(id)
		switch {
		case !ok || !slices.Contains(rec.Granted, id):
			f.add("/purposes/"+itoa(i), "unknown_purpose", "no consent is in force for this purpose")
		case p.Required && !allRequired(rec, purposes):
			f.add("/purposes/"+itoa(i), "required_purpose", "a required purpose ends with the whole consent only: name no purposes")
		}
	}
	return f.err()
}

// allRequired reports whether purposes are everything that is in force, which is the whole consent.
func allRequired(rec Record, purposes []string) bool {
	return len(purposes) > 0 && !slices.ContainsFunc(rec.Granted, func(id string) bool { return !slices.Contains(purposes, id) })
}

// ConfirmWithdraw carries out what the check page asked to confirm: final, immediate, without a reason (KR-17).
//
// Errors: ErrStale, ErrBack, KindInvalid without a choice, ErrEnded, those of Open.
func (s *Service) ConfirmWithdraw(ctx context.Context, token, form, confirm string) (View, error) {
	v, err := s.OpenWithdraw(ctx, token)
	if err != nil || v.Record.Status != Granted {
		return v, err
	}
	p, err := s.unseal(v, stepWithdrawCheck, form)
	if err != nil {
		return v, err
	}
	if err := checkConfirm(confirm); err != nil {
		return v, err
	}
	v.Record, err = s.withdraw(ctx, v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, p.Purposes)
	v.Proof = ""
	return v, err
}

// RecheckWithdraw shows the check page of a withdrawal again. Errors: ErrStale, those of Open.
func (s *Service) RecheckWithdraw(ctx context.Context, token, form string) (Withdrawal, error) {
	v, err := s.OpenWithdraw(ctx, token)
	if err != nil || v.Record.Status != Granted {
		return Withdrawal{View: v}, err
	}
	p, err := s.unseal(v, stepWithdrawCheck, form)
	if err != nil {
		return Withdrawal{View: v}, err
	}
	v.Proof = form
	return Withdrawal{View: v, Purposes: v.App.Chosen(p.Purposes)}, nil
}

// Withdraw ends a consent, or purposes of it, for the app: a guardian may also tell the app. Again: the same answer.
//
// Errors: ErrNotFound, ErrNotGranted, ErrEnded, KindInvalid; ErrStale when another withdrawal came between (ask again).
func (s *Service) Withdraw(ctx context.Context, app *App, by Actor, id string, purposes []string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	if rec.Status == Granted {
		left := slices.DeleteFunc(slices.Clone(purposes), func(id string) bool {
			return slices.Contains(rec.Asked, id) && !slices.Contains(rec.Granted, id)
		})
		if len(left) == 0 && len(purposes) > 0 {
			return rec, nil // none of them is in force; naming none would mean all
		}
		purposes = left
		if err := checkPartial(rec, app, purposes); err != nil {
			return rec, err
		}
	}
	return s.withdraw(ctx, app, rec, by, purposes)
}

func (s *Service) withdraw(ctx context.Context, app *App, rec Record, by Actor, purposes []string) (Record, error) {
	w := Withdrawing{Purposes: purposes, Reason: by.Kind, EraseDue: s.Settings.EraseDue, Keep: s.Settings.Keep}
	if allRequired(rec, purposes) {
		w.Purposes = nil
	}
	after := rec
	if len(w.Purposes) == 0 {
		after.Status, after.Custody, after.Reason = Withdrawn, Destroyed, w.Reason
	} else {
		after.Granted = slices.DeleteFunc(slices.Clone(rec.Granted), func(id string) bool { return slices.Contains(purposes, id) })
		if err := s.resealRest(ctx, app, rec, after.Granted, &w); err != nil {
			return rec, err
		}
	}
	m := s.mutation(app, after, by, EventWithdrawn)
	for g := range rec.Guardians {
		m.Jobs = append(m.Jobs, s.letter(rec, LetterWithdrawn, g, 0))
	}
	return s.Store.Withdraw(ctx, m, w)
}

// resealRest seals held data anew without the items that no remaining purpose names.
func (s *Service) resealRest(ctx context.Context, app *App, rec Record, rest []string, w *Withdrawing) error {
	if rec.Custody == Destroyed || len(rec.Data) == 0 {
		return nil
	}
	data, err := s.grantedData(app, rec, rest)
	if err != nil {
		return ignore(err, ErrUnreadable)
	}
	w.DataRev = rec.DataRev
	hour, _ := s.Vault.KeyOf(rec.Data)
	w.Data, err = s.Vault.Seal(ctx, ClassRelease, hour, label(rec, FieldData, rec.DataRev+1), data)
	return ignore(err, ErrUnreadable)
}
