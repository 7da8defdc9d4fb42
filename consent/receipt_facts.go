package consent

import (
	"encoding/json"
	"slices"
	"time"
)

// The receipt's members are those of ISO/IEC TS 27560:2023, its values terms of the W3C Data Privacy Vocabulary (dpv:) where
// there is one. What the specification has members for and this service has no word on (places of storage, say) is left out.
const (
	receiptSchema  = "https://w3id.org/dpv/schema/dpv-27560#receipt-record"
	dpvNamespace   = "https://w3id.org/dpv#"
	receiptGuarded = "dpv:GuardianOfDataSubject" // who decided: never a name, nor which parent
)

// States of a consent in the vocabulary.
const (
	dpvGiven     = "dpv:ConsentGiven"
	dpvWithdrawn = "dpv:ConsentWithdrawn"
	dpvExpired   = "dpv:ConsentExpired" // the child came of age
	dpvRefused   = "dpv:ConsentRefused"

	dpvCorrected = "dpv:Modify" // a guardian's name or address was corrected: what of it, and how it was proven, is in the log
)

type receiptFacts struct {
	Context    map[string]string   `json:"@context"`
	Schema     string              `json:"schema_version"`
	ID         string              `json:"record_id"`
	Principal  string              `json:"pii_principal_id"` // the app's own opaque reference
	Processing []receiptProcessing `json:"pii_processing"`
	Parties    []receiptParty      `json:"party_identification"`
	Events     []receiptEvent      `json:"events"`
}

type receiptProcessing struct {
	Notice   receiptNotice    `json:"privacy_notice"`
	Language string           `json:"language"`
	Child    string           `json:"child_notice"` // version (KR-03)
	Purposes []receiptPurpose `json:"purposes"`
}

// receiptNotice says which text was agreed to and where it can still be read.
type receiptNotice struct {
	Version string `json:"version"`
	URL     string `json:"url"`
}

type receiptPurpose struct {
	ID          string             `json:"purpose_id"`
	Purpose     string             `json:"purpose"`
	Required    bool               `json:"required"`
	State       string             `json:"consent_state"` // as of now
	Basis       string             `json:"lawful_basis"`
	Items       []receiptItem      `json:"pii_information"`
	Controllers []string           `json:"pii_controllers"`
	Collection  string             `json:"collection_method"`
	Retention   string             `json:"retention_period"`
	Recipients  []receiptRecipient `json:"recipient_third_parties"`
	Withdrawal  string             `json:"withdrawal_method"`
	Rights      string             `json:"privacy_rights"`
}

type receiptItem struct {
	ID        string `json:"pii_attribute_id"`
	Type      string `json:"pii_type"`
	Sensitive bool   `json:"sensitive_pii_category"`
}

type receiptRecipient struct {
	Name      string        `json:"party_name"`
	Purpose   string        `json:"purpose"`
	Items     []receiptItem `json:"pii_information"`
	Retention string        `json:"retention_period"`
}

type receiptParty struct {
	ID    string `json:"party_id"`
	Role  string `json:"party_role"`
	Name  string `json:"party_name"`
	Email string `json:"party_email"`
	Phone string `json:"party_phone"`
	URL   string `json:"party_url"`
}

type receiptEvent struct {
	At     time.Time `json:"event_time"`
	Type   string    `json:"event_type"`
	State  string    `json:"event_state"`
	Entity string    `json:"entity_id"`
	Method Method    `json:"consent_method,omitempty"`
	Clause string    `json:"consent_clause,omitempty"` // of Enforcement Decree 17-2(1), KR-04
}

// sign puts a receipt into its standard form and signs it.
func (s *Service) sign(r Receipt) (string, error) {
	facts, err := json.Marshal(s.facts(r))
	if err != nil {
		return "", err
	}
	return s.Receipts.Mint(ReceiptClaims{ID: r.Record.ID, App: r.Record.App, Issued: s.Clock().Truncate(time.Second), Facts: facts})
}

func (s *Service) facts(r Receipt) receiptFacts {
	return receiptFacts{
		Context: map[string]string{"dpv": dpvNamespace}, Schema: receiptSchema, ID: r.Record.ID, Principal: r.Record.Subject,
		Processing: []receiptProcessing{{
			Notice:   receiptNotice{r.Terms, s.Settings.PublicURL + TermsPath(r.Record.App, r.Terms)},
			Language: r.Language, Child: r.Notice, Purposes: s.receiptPurposes(r),
		}},
		Parties: []receiptParty{{
			ID: r.Record.App, Role: "dpv:DataController", Name: r.Operator.Name.In(r.Language), Email: r.Operator.Email,
			Phone: r.Operator.Phone, URL: r.Operator.PolicyURL,
		}},
		Events: r.events(),
	}
}

// TermsPath is where a version of an app's terms can be read, below the public URL.
func TermsPath(app, version string) string { return "/terms/" + app + "/" + version }

// KeysPath is where the public keys of receipts lie, below the public URL. Those of the test space stand apart, so that no
// receipt of a test is ever taken for a genuine one.
func KeysPath(test bool) string {
	if test {
		return "/.well-known/jwks-test.json"
	}
	return "/.well-known/jwks.json"
}

func (s *Service) receiptPurposes(r Receipt) []receiptPurpose {
	out := []receiptPurpose{}
	for _, p := range r.App.Chosen(slices.Concat(r.Granted, r.Refused)) {
		one := receiptPurpose{
			ID: p.ID, Purpose: p.Why.In(r.Language), Required: p.Required, State: r.stateOf(p.ID), Basis: "dpv:Consent",
			Items: r.items(p, p.Items), Controllers: []string{r.Record.App}, Collection: "dpv:DirectDataCollectionMethod",
			Retention: p.Keep.In(r.Language), Recipients: []receiptRecipient{},
			Withdrawal: s.Settings.PublicURL + "/my", Rights: s.Settings.PublicURL + "/policy/" + r.Record.App,
		}
		for _, to := range p.Recipients {
			one.Recipients = append(one.Recipients, receiptRecipient{
				to.Name.In(r.Language), to.Why.In(r.Language), r.items(p, to.Items), to.Keep.In(r.Language),
			})
		}
		out = append(out, one)
	}
	return out
}

func (r Receipt) items(p Purpose, ids []string) []receiptItem {
	out := []receiptItem{}
	for _, id := range ids {
		out = append(out, receiptItem{id, ItemLabel(r.App, id, r.Language), p.Sensitive != nil})
	}
	return out
}

// stateOf is where the consent to one purpose stands now.
func (r Receipt) stateOf(purpose string) string {
	switch {
	case slices.Contains(r.Refused, purpose):
		return dpvRefused
	case r.Record.Status == AgedOut:
		return dpvExpired
	case slices.Contains(r.Record.InForce(), purpose):
		return dpvGiven
	}
	return dpvWithdrawn
}

func (r Receipt) events() []receiptEvent {
	const kind = "dpv:ExpressedConsent"
	out := []receiptEvent{{At: r.Agreed, Type: kind, State: dpvGiven, Entity: receiptGuarded, Method: r.Method, Clause: r.Clause}}
	for _, a := range r.Record.Amended { // which leaves the consent, and who gave it then, as it is
		out = append(out, receiptEvent{At: a.At, Type: dpvCorrected, State: dpvGiven, Entity: r.Record.App})
	}
	at := r.Record.EndedAt.UTC()
	switch {
	case r.Record.Status == AgedOut:
		out = append(out, receiptEvent{At: at, Type: kind, State: dpvExpired, Entity: r.Record.App})
	case r.Record.Status == Withdrawn && r.Record.Reason == ReasonGuardian:
		out = append(out, receiptEvent{At: at, Type: kind, State: dpvWithdrawn, Entity: receiptGuarded})
	case r.Record.Status == Withdrawn:
		out = append(out, receiptEvent{At: at, Type: kind, State: dpvWithdrawn, Entity: r.Record.App})
	}
	return out
}
