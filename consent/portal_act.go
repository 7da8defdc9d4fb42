package consent

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// PortalEnd is the check page of a withdrawal in the portal: the name was typed at its door, so one choice is left.
type PortalEnd struct {
	PortalDetail
	Purpose string // the one that ends; "" means all of the consent
	Proof   string
}

// PortalWithdraw shows what ends and what stays. It changes nothing. purpose names one optional purpose, "" all.
//
// Errors: KindInvalid, those of OpenVisit; ErrEnded when nothing is in force.
func (s *Service) PortalWithdraw(ctx context.Context, token, id, purpose string) (PortalEnd, error) {
	d, err := s.PortalDetail(ctx, token, id)
	out := PortalEnd{PortalDetail: d, Purpose: purpose}
	if err != nil {
		return out, err
	}
	if d.Record.Status != Granted {
		return out, ErrEnded
	}
	if err := checkPartial(d.Record, d.App, some(purpose)); err != nil {
		return out, err
	}
	p := s.form(View{App: d.App, Record: d.Record, Guardian: d.guardian}, stepPortalWithdraw)
	p.Purposes = some(purpose)
	out.Proof, err = s.seal(ctx, d.Record, p)
	return out, err
}

func some(purpose string) []string {
	if purpose == "" {
		return nil
	}
	return []string{purpose}
}

// EndInPortal withdraws what the check page showed, finally and at once (KR-17), and lets the visit last.
//
// Errors: ErrBack, ErrStale, KindInvalid without a choice, those of PortalWithdraw.
func (s *Service) EndInPortal(ctx context.Context, token, id, purpose, form, confirm string) (PortalEnd, error) {
	out, err := s.PortalWithdraw(ctx, token, id, purpose)
	if err != nil {
		return out, err
	}
	p, err := s.unseal(View{App: out.App, Record: out.Record, Guardian: out.guardian}, stepPortalWithdraw, form)
	if err != nil || !slices.Equal(p.Purposes, some(purpose)) {
		return out, ErrStale
	}
	if err := checkConfirm(confirm); err != nil {
		return out, err
	}
	by := Actor{Kind: ActorGuardian, Ref: itoa(out.guardian)}
	if out.Record, err = s.withdraw(ctx, out.App, out.Record, by, p.Purposes); err != nil {
		return out, err
	}
	return out, s.acted(ctx, out.Visit)
}

// acted lets a visit last after an act. That it was over meanwhile, or renewed, does not undo the act.
func (s *Service) acted(ctx context.Context, v Visiting) error {
	_, err := s.Store.Extend(ctx, v.Visit.ID, v.Visit.Gen, VisitLife, VisitKept)
	return ignore(err, ErrNotFound, ErrReplaced, ErrVisitOver)
}

// PortalWish is the page on which a guardian asks to see, correct or delete.
type PortalWish struct {
	PortalDetail
	Kind  RightKind
	Text  string // as typed before the visit was renewed
	Proof string
}

// wishDraft is what was typed when a visit was over.
type wishDraft struct {
	Request string    `json:"r"`
	Kind    RightKind `json:"k"`
	Text    string    `json:"t"`
}

// PortalAsk shows the page of a rights request, with what was kept of it. It changes nothing. The proof names the request
// that the form will make, so that pressing twice makes one.
//
// Errors: ErrNotFound for an unknown kind, those of OpenVisit.
func (s *Service) PortalAsk(ctx context.Context, token, id string, kind RightKind) (PortalWish, error) {
	d, err := s.PortalDetail(ctx, token, id)
	out := PortalWish{PortalDetail: d, Kind: kind}
	if err != nil {
		return out, err
	}
	if !slices.Contains(RightKinds, kind) {
		return out, ErrNotFound
	}
	if draft := s.draftOf(d.Visit); draft.Request == id && draft.Kind == kind {
		out.Text = draft.Text
	}
	p := s.form(View{App: d.App, Record: d.Record, Guardian: d.guardian}, stepPortalAsk)
	p.Right, p.Kind = NewID(PrefixRight, s.Clock()), kind
	out.Proof, err = s.sealWish(ctx, d.Record, p)
	return out, err
}

// sealWish is seal without the revision: whether people changed meanwhile is nothing to a rights request.
func (s *Service) sealWish(ctx context.Context, rec Record, p proof) (string, error) {
	rec.Rev = 0
	return s.seal(ctx, rec, p)
}

// draftOf opens what was kept of a visit; the zero value for nothing.
func (s *Service) draftOf(v Visiting) wishDraft {
	var d wishDraft
	if len(v.Visit.Draft) == 0 {
		return d
	}
	plain, err := s.Vault.Open(visitLabel(v.Visit.ID, "draft"), v.Visit.Draft)
	if err != nil || json.Unmarshal(plain, &d) != nil {
		return wishDraft{}
	}
	return d
}

// KeptWish names the page to which what was kept belongs: a request and a kind, both empty for nothing.
func (s *Service) KeptWish(v Visiting) (id string, kind RightKind) {
	d := s.draftOf(v)
	return d.Request, d.Kind
}

// AskInPortal opens the rights request of a form. When the visit is over it keeps what was typed, mails a new link and
// returns ErrVisitOver: nothing is lost but the way back.
//
// Errors: KindInvalid, ErrStale, rights_limit, those of PortalAsk.
func (s *Service) AskInPortal(ctx context.Context, token, id string, kind RightKind, form string, text Private) (Right, error) {
	w, err := s.PortalAsk(ctx, token, id, kind)
	if errors.Is(err, ErrVisitOver) {
		return Right{}, errors.Join(s.keepWish(ctx, token, w.Visit, wishDraft{id, kind, text.Reveal()}), err)
	}
	if err != nil {
		return Right{}, err
	}
	bare := w.Record
	bare.Rev = 0
	p, err := s.readForm(bare, 0, form)
	if err != nil || p.Step != stepPortalAsk || p.Guardian != w.guardian || p.Kind != kind {
		return Right{}, ErrStale
	}
	var f faults
	checkWords(&f, "/text", text.Reveal(), MaxRightText, kind == RightCorrection)
	if err := f.err(); err != nil {
		return Right{}, err
	}
	r := Right{ID: p.Right, App: w.App.ID, Request: id, Kind: kind, Channel: ChannelPortal, Guardian: w.guardian}
	r, err = s.ask(ctx, w.App, Actor{Kind: ActorGuardian, Ref: itoa(w.guardian)}, r, RightIdentity{How: "portal"}, Secret(strings.TrimSpace(text.Reveal())), nil)
	if err != nil {
		return r, err
	}
	if len(w.Visit.Visit.Draft) > 0 {
		if err := s.Store.Draft(ctx, w.Visit.Visit.ID, nil); ignore(err, ErrNotFound) != nil {
			return r, err
		}
	}
	return r, s.acted(ctx, w.Visit)
}

// keepWish keeps what was typed with the visit, and has its new link mailed.
func (s *Service) keepWish(ctx context.Context, token string, v Visiting, d wishDraft) error {
	if len([]rune(d.Text)) > MaxRightText {
		d.Text = string([]rune(d.Text)[:MaxRightText])
	}
	plain, err := json.Marshal(d)
	if err != nil {
		return err
	}
	sealed, err := s.Vault.Seal(ctx, ClassHour, s.Clock(), visitLabel(v.Visit.ID, "draft"), plain)
	if err != nil {
		return err
	}
	if err := s.Store.Draft(ctx, v.Visit.ID, sealed); err != nil {
		return err
	}
	return s.RenewVisit(ctx, LinkInside, token)
}
