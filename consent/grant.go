package consent

import (
	"context"
	"encoding/json"
	"time"
)

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
	g.Terms, g.Month = p.Terms, v.Book.Profile.firstLook(people.Child)
	data, err := s.grantedData(v.App, rec, p.Granted)
	if err != nil {
		return g, err
	}
	people.Child.Phone = Private{} // it served the marketing flag; evidence keeps names and addresses
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

// evidenceRev is the revision of every evidence: it is written once and never again.
const evidenceRev = 1

func (s *Service) sealEvidence(ctx context.Context, v View, p proof, now time.Time) (Sealed, error) {
	book := v.Book
	e := Evidence{
		Method: v.Record.Method, Clause: Clauses[v.Record.Method], Guardian: v.Guardian, TypedName: p.Name, Fact: p.Fact,
		Relation: p.Relation, Declared: true, Adult: p.Adult, AdultOn: DateOf(now.In(book.Profile.Zone)).String(),
		Terms: p.Terms, Notice: v.Record.Notice, Granted: p.Granted, Refused: p.Refused, Locale: v.Locale,
		At: now.UnixMilli(), OperatorName: book.Operator.Name.In(v.Locale),
	}
	if p.filed != nil {
		e.Ref, e.AdultOn, e.FiledBy, e.ConfirmedBy = p.filed.Ref, p.filed.AdultOn, p.by[0], p.by[1]
	}
	plain, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return s.Vault.Seal(ctx, ClassEvidence, now, label(v.Record, FieldEvidence, evidenceRev), plain)
}
