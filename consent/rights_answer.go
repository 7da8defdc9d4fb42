package consent

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// RightAnswer is what the app says to a rights request.
type RightAnswer struct {
	Outcome   RightStatus                // RightDone or RightRefused
	Data      map[string]json.RawMessage // to access: what the app holds
	Corrected map[string]json.RawMessage // to a correction: the items as they read now
	Told      bool                       // recipients of disclosures were told of the correction
	Reason    string                     // of a refusal (KR-15)
	Objection string                     // how to object to a refusal
}

// AnswerRight closes a rights request. Deletion that is done also withdraws the consent, which destroys what is held here;
// the answer to a correction replaces what is held here and, when no other is open, ends the hold. The same outcome again
// changes nothing.
//
// Errors: ErrNoRight; KindInvalid; ErrAnswered (another outcome stands); ErrNotTold.
func (s *Service) AnswerRight(ctx context.Context, app *App, by Actor, id string, in RightAnswer) (Right, error) {
	r, err := s.Store.Right(ctx, app.ID, id)
	if err != nil {
		return r, err
	}
	if err := checkAnswer(app, r, in); err != nil {
		return r, err
	}
	if r.Status != RightOpen {
		if r.Status != in.Outcome {
			return r, ErrAnswered
		}
		return r, nil
	}
	if r.Kind == RightDeletion && in.Outcome == RightDone {
		if _, err := s.Withdraw(ctx, app, by, r.Request, nil); ignore(err, ErrEnded, ErrNotFound) != nil {
			return r, err
		}
	}
	return untilStill(func() (Right, error) { return s.answerOnce(ctx, app, by, r, in) })
}

// checkAnswer checks that an answer fits its request and names only items that somebody declared.
func checkAnswer(app *App, r Right, in RightAnswer) error {
	var f faults
	refused := in.Outcome == RightRefused
	if !refused && in.Outcome != RightDone {
		f.add("/outcome", "invalid", "done or refused")
	}
	checkWords(&f, "/reason", in.Reason, MaxRightText, refused)
	checkWords(&f, "/objection", in.Objection, MaxRightText, refused)
	checkShown(&f, "/reason", in.Reason)
	checkShown(&f, "/objection", in.Objection)
	for _, one := range []struct {
		name string
		data map[string]json.RawMessage
		kind RightKind
	}{{"data", in.Data, RightAccess}, {"corrected_data", in.Corrected, RightCorrection}} {
		if len(one.data) > 0 && (refused || r.Kind != one.kind) {
			f.add("/"+one.name, "unexpected_field", "only with the outcome done of a request of this kind: "+string(one.kind))
		}
		checkItems(&f, app, "/"+one.name+"/", one.data)
	}
	return f.err()
}

func checkItems(f *faults, app *App, pointer string, data map[string]json.RawMessage) {
	declared := itemsOf(app.Purposes)
	for _, name := range sortedKeys(data) {
		at := pointer + escapePointer(name)
		if !slices.Contains(declared, name) {
			f.add(at, "undeclared_item", "no purpose of this app names this item")
		}
		if hasResidentNumber(string(data[name])) || residentIn(data[name]) { // the halves may be two values of a list
			f.add(at, "resident_number", "this looks like a resident registration number, which may not be processed")
		}
	}
}

func (s *Service) answerOnce(ctx context.Context, app *App, by Actor, r Right, in RightAnswer) (Right, error) {
	rec, err := s.Find(ctx, app, r.Request)
	if err != nil {
		return r, err
	}
	a := Answering{Right: r.ID, Outcome: in.Outcome, Told: in.Told}
	if a.Answer, err = s.sealRight(ctx, r, "a", RightReply{in.Reason, in.Objection}); err != nil {
		return r, err
	}
	if a.Data, err = s.sealReplyData(ctx, r, in); err != nil {
		return r, err
	}
	var jobs []Job
	mine := keepItems(in.Corrected, itemsOf(app.Chosen(rec.Granted))) // what is held is of granted purposes alone
	if a.Hold, a.Ends, jobs, err = s.endHold(ctx, app, rec, r, mine); err != nil {
		return r, err
	}
	r.Status = in.Outcome
	m := s.rightMutation(app, rec, r, by, EventAnswered)
	m.Jobs = append(m.Jobs, jobs...)
	m.Jobs = append(m.Jobs, s.rightLetters(rec, r, LetterRightsAnswered)...)
	return s.Store.Answer(ctx, m, a)
}

// sealReplyData seals the items of an answer under the release key of this hour, which dies on its own.
func (s *Service) sealReplyData(ctx context.Context, r Right, in RightAnswer) (Sealed, error) {
	data := in.Data
	if r.Kind == RightCorrection {
		data = in.Corrected
	}
	if len(data) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	return s.Vault.Seal(ctx, ClassRelease, s.Clock(), rightLabel(r, "d"), plain)
}

// RightView is a rights request, opened for whoever may read it.
type RightView struct {
	Right
	Subject  string
	Identity RightIdentity
	Text     Private
	Reply    RightReply
	Data     map[string]json.RawMessage
	Until    time.Time // how long Data can be seen; zero when there is none
}

// ShowRight reads a rights request with what was asked for: the app has to carry it out. The data of an answer is left out.
//
// Errors: ErrNoRight, ErrUnavailable.
func (s *Service) ShowRight(ctx context.Context, app *App, id string) (RightView, error) {
	r, err := s.Store.Right(ctx, app.ID, id)
	if err != nil {
		return RightView{}, err
	}
	v := RightView{Right: r}
	if err := s.readRight(&v); err != nil {
		return v, err
	}
	rec, err := s.Store.Get(ctx, app.ID, r.Request)
	v.Subject = rec.Subject
	return v, ignoreAs(err, ErrNoRight, ErrNotFound)
}

// readRight opens identity, words and reply. What cannot be read any more is left out.
func (s *Service) readRight(v *RightView) error {
	text := ""
	for _, part := range []struct {
		name   string
		sealed Sealed
		into   any
	}{{"i", v.Right.Identity, &v.Identity}, {"t", v.Right.Text, &text}, {"a", v.Answer, &v.Reply}} {
		if err := s.unsealRight(v.Right, part.name, part.sealed, part.into); err != nil && !errors.Is(err, ErrUnreadable) {
			return err
		}
	}
	v.Text = Secret(text)
	return nil
}

// readRightData opens the items of an answer, as long as they are kept.
func (s *Service) readRightData(v *RightView) error {
	if len(v.Right.Data) == 0 || !s.Clock().Before(v.AnsweredAt.Add(RightKept)) {
		return nil
	}
	err := s.unsealRight(v.Right, "d", v.Right.Data, &v.Data)
	if err != nil {
		return ignore(err, ErrUnreadable)
	}
	v.Until = v.AnsweredAt.Add(RightKept)
	if _, dies := s.Vault.KeyOf(v.Right.Data); dies.Before(v.Until) {
		v.Until = dies
	}
	return nil
}

// ListRights pages through an app's rights requests, without what was asked for. Errors: KindInvalid, ErrUnavailable.
func (s *Service) ListRights(ctx context.Context, app *App, q RightQuery) (RightPage, error) {
	q.App = app.ID
	return s.Store.ListRights(ctx, q)
}
