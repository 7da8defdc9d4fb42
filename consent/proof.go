package consent

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"
)

// Steps of a form. A proof is good for one hop: what the page hands out does not pass as what the check page hands out.
const (
	stepPage          = "page"
	stepCheck         = "check"
	stepWithdraw      = "withdraw"
	stepWithdrawCheck = "withdraw-check"
	stepUndo          = "undo"
	stepUndoCheck     = "undo-check"

	stepPortalWithdraw = "portal-withdraw"
	stepPortalAsk      = "portal-ask"
)

// proof is what a form carries from one page to the next, sealed under the hour key and bound to request and revision by
// its label. It holds no birth date: that is compared and forgotten.
type proof struct {
	Step     string   `json:"s"`
	Gen      int      `json:"n"`
	Guardian int      `json:"g,omitempty"`
	Terms    string   `json:"v,omitempty"` // version of the purposes' text on the page
	Opened   int64    `json:"o"`           // Unix milliseconds of the page on which the guardian read
	Decision string   `json:"d,omitempty"`
	Granted  []string `json:"y,omitempty"`
	Refused  []string `json:"r,omitempty"`
	Name     string   `json:"t,omitempty"` // as typed
	Fact     string   `json:"f,omitempty"`
	Relation string   `json:"l,omitempty"`
	Adult    bool     `json:"a,omitempty"`
	Purposes []string `json:"p,omitempty"` // withdrawing: which; empty means all

	Right string    `json:"q,omitempty"` // asking in the portal: the rights request that the form makes, and its kind
	Kind  RightKind `json:"k,omitempty"`

	filed *filed    // of a consent on paper or by telephone; in no form
	by    [2]string // who filed and who confirmed it
}

// seal makes the hidden value of a form.
func (s *Service) seal(ctx context.Context, rec Record, p proof) (string, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sealed, err := s.Vault.Seal(ctx, ClassHour, s.Clock(), label(rec, FieldForm, rec.Rev), plain)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// unseal reads a form's hidden value for a step. Errors: ErrStale when it is not this request's, this revision's, this
// guardian's or this step's, or when the text to be agreed to has changed meanwhile, so that the page is shown anew.
func (s *Service) unseal(v View, want, value string) (proof, error) {
	p, err := s.readForm(v.Record, v.Record.Rev, value)
	if err != nil || p.Step != want || p.Guardian != v.Guardian || p.Terms != v.App.Terms() {
		return proof{}, ErrStale
	}
	return p, nil
}

// readForm opens a hidden value that was sealed for this revision. Errors: ErrStale.
func (s *Service) readForm(rec Record, rev int, value string) (p proof, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return p, ErrStale
	}
	plain, err := s.Vault.Open(label(rec, FieldForm, rev), sealed)
	if err != nil || json.Unmarshal(plain, &p) != nil || p.Gen != rec.Gen {
		return p, ErrStale
	}
	return p, nil
}

// form begins the proof of a page that is shown now.
func (s *Service) form(v View, step string) proof {
	return proof{Step: step, Gen: v.Record.Gen, Guardian: v.Guardian, Terms: v.App.Terms(), Opened: s.Clock().UnixMilli()}
}

// tooFast reports whether the form came back sooner than a person reads.
func (s *Service) tooFast(p proof) bool {
	return s.Clock().Sub(time.UnixMilli(p.Opened)) < s.Settings.MinPage
}
