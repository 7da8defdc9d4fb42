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
)

// proof is what a form carries from one page to the next, sealed under the hour key and bound to request and revision by
// its label. It holds no birth date: that is compared and forgotten.
type proof struct {
	Step     string   `json:"s"`
	Gen      int      `json:"n"`
	Guardian int      `json:"g,omitempty"`
	Opened   int64    `json:"o"` // Unix milliseconds of the page on which the guardian read
	Decision string   `json:"d,omitempty"`
	Granted  []string `json:"y,omitempty"`
	Refused  []string `json:"r,omitempty"`
	Name     string   `json:"t,omitempty"` // as typed
	Fact     string   `json:"f,omitempty"`
	Relation string   `json:"l,omitempty"`
	Adult    bool     `json:"a,omitempty"`
	Purposes []string `json:"p,omitempty"` // withdrawing: which; empty means all
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

// unseal reads a form's hidden value for a step. Errors: ErrStale when it is not this request's, this revision's or this
// step's, so that the page is shown anew.
func (s *Service) unseal(rec Record, want, value string) (proof, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return proof{}, ErrStale
	}
	plain, err := s.Vault.Open(label(rec, FieldForm, rec.Rev), sealed)
	if err != nil {
		return proof{}, ErrStale
	}
	var p proof
	if json.Unmarshal(plain, &p) != nil || p.Step != want || p.Gen != rec.Gen {
		return proof{}, ErrStale
	}
	return p, nil
}

// tooFast reports whether the form came back sooner than a person reads.
func (s *Service) tooFast(p proof) bool {
	return s.Clock().Sub(time.UnixMilli(p.Opened)) < s.Settings.MinPage
}
