package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Text is one text in several languages, by language tag: {"ko": …, "en": …}.
type Text map[string]string

// In returns the text in the language, else in Korean, else in English, else in any.
func (t Text) In(lang string) string {
	for _, l := range []string{lang, "ko", "en"} {
		if s, ok := t[l]; ok {
			return s
		}
	}
	for _, s := range t {
		return s
	}
	return ""
}

// Book is all that the operator has declared: who they are, and the apps with their purposes. It is never changed in
// place: a reload makes a new one, so a step that holds a Book sees one state of it.
type Book struct {
	Profile  Profile
	Operator Operator
	Gate     Gate
	Apps     map[string]*App
}

// Operator is the company that answers for the data (the personal information controller).
type Operator struct {
	Name      Text   `yaml:"name" json:"name"`
	Phone     string `yaml:"phone" json:"phone"`
	Email     string `yaml:"email" json:"email"`
	SiteURL   string `yaml:"site_url" json:"site_url"`
	Officer   Text   `yaml:"officer" json:"officer"`
	PolicyURL string `yaml:"policy_url" json:"policy_url"`
}

// Gate says for whom a marketing flag holds.
type Gate struct {
	Scope string `yaml:"scope" json:"scope"` // GateOperator or GateApp
	// PlainSHA256 lets holders of ScopeMarketingExport ask for digests without a key. Such a digest tells whoever has the address
	// who is a child: handing it out is a disclosure (adr/0012).
	PlainSHA256 bool `yaml:"plain_sha256" json:"plain_sha256"`
}

// Scopes of the gate.
const (
	GateOperator = "operator" // a child flagged by one app is blocked for all
	GateApp      = "app"
)

// App is one signup flow that embeds the service.
type App struct {
	ID          string          `yaml:"id"`
	Name        Text            `yaml:"name"`
	Languages   []string        `yaml:"languages"`
	Methods     []Method        `yaml:"methods"`
	Keys        []Key           `yaml:"keys"`
	Origins     []string        `yaml:"origins"`
	ReturnURLs  []string        `yaml:"return_urls"`
	ContinueURL string          `yaml:"continue_url"`
	Webhooks    []Webhook       `yaml:"webhooks"`
	Items       map[string]Text `yaml:"items"`
	Purposes    []Purpose       `yaml:"purposes"`

	terms string // computed once by NewBook
}

// Key is an app's API key: only its SHA-256 is known here.
type Key struct {
	ID     string   `yaml:"id"`
	SHA256 string   `yaml:"sha256"` // hex
	Scopes []string `yaml:"scopes"`
}

// Scopes of a key.
const (
	ScopeRequests          = "requests"
	ScopeRelease           = "release"
	ScopeMarketing         = "marketing"
	ScopeMarketingSnapshot = "marketing_snapshot"
	ScopeMarketingExport   = "marketing_export"
	ScopeMarketingReasons  = "marketing_reasons"
	ScopeRights            = "rights"
	ScopeEvents            = "events"
)

// Scopes lists every scope a key may have.
var Scopes = []string{
	ScopeRequests, ScopeRelease, ScopeMarketing, ScopeMarketingSnapshot, ScopeMarketingExport, ScopeMarketingReasons, ScopeRights, ScopeEvents,
}

// Webhook is one address of the app that hears of its events.
type Webhook struct {
	URL        string  `yaml:"url"`
	Secret     Private `yaml:"secret"`      // "whsec_…", resolved from secret, secret_env or secret_file
	OldSecret  Private `yaml:"old_secret"`  // during a rotation both sign
	TestSecret Private `yaml:"test_secret"` // signs the events of the test space in place of the others; "": they do
}

// Purpose is one reason to use data, consented to on its own (KR-06, KR-08).
type Purpose struct {
	ID         string      `yaml:"id" json:"id"`
	Kind       string      `yaml:"kind" json:"kind,omitempty"` // "" or a kind; marketing kinds are refused
	Required   bool        `yaml:"required" json:"required"`
	Items      []string    `yaml:"items" json:"items"`
	Why        Text        `yaml:"why" json:"why"`
	Child      Text        `yaml:"child" json:"child"` // the same, for the child to read (KR-03)
	Keep       Text        `yaml:"keep" json:"keep"`
	Refuse     Text        `yaml:"refuse" json:"refuse"` // what follows when it is refused
	Sensitive  *Sensitive  `yaml:"sensitive" json:"sensitive,omitempty"`
	Recipients []Recipient `yaml:"recipients" json:"recipients,omitempty"`
}

// Sensitive is the ground on which items of a sensitive kind may be asked.
type Sensitive struct {
	Law string `yaml:"law" json:"law"`
	Why Text   `yaml:"why" json:"why"`
}

// Recipient is a third party to whom data goes (KR-07: five fields, the right to refuse being the choice itself).
type Recipient struct {
	Name  Text     `yaml:"name" json:"name"`
	Why   Text     `yaml:"why" json:"why"`
	Items []string `yaml:"items" json:"items"`
	Keep  Text     `yaml:"keep" json:"keep"`
}

// Purpose returns the purpose with this id.
func (a *App) Purpose(id string) (Purpose, bool) {
	i := slices.IndexFunc(a.Purposes, func(p Purpose) bool { return p.ID == id })
	if i < 0 {
		return Purpose{}, false
	}
	return a.Purposes[i], true
}

// Chosen returns the purposes with these ids, in the app's own order.
func (a *App) Chosen(ids []string) []Purpose {
	var out []Purpose
	for _, p := range a.Purposes {
		if slices.Contains(ids, p.ID) {
			out = append(out, p)
		}
	}
	return out
}

// Allows reports whether the app takes consents by this method.
func (a *App) Allows(m Method) bool { return slices.Contains(a.Methods, m) }

// Language returns lang if the app speaks it, else the app's first language.
func (a *App) Language(lang string) string {
	if slices.Contains(a.Languages, lang) || len(a.Languages) == 0 {
		return lang
	}
	return a.Languages[0]
}

// Terms is the version of the app's purposes: it changes with every word that a guardian agrees to, and with nothing else.
func (a *App) Terms() string { return a.terms }

// TermsText is the canonical JSON of which Terms is the digest; it is kept by version, so that what was agreed stays readable.
func (a *App) TermsText() ([]byte, error) {
	return json.Marshal(struct {
		Items    map[string]Text `json:"items"`
		Purposes []Purpose       `json:"purposes"`
	}{a.Items, a.Purposes})
}

// NewBook computes what is derived from the declarations. Check them first: a Book is taken as sound.
func NewBook(p Profile, op Operator, g Gate, apps []App) (*Book, error) {
	b := &Book{Profile: p, Operator: op, Gate: g, Apps: make(map[string]*App, len(apps))}
	for i := range apps {
		a := apps[i]
		text, err := a.TermsText()
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		a.terms = "t_" + hex.EncodeToString(sum[:8])
		b.Apps[a.ID] = &a
	}
	return b, nil
}
