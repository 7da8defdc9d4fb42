package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

// PortalKnock is /my: an address, to which a link is mailed. Form field: email.
type PortalKnock struct {
	Frame
	Action string
	Email  string // as typed before
}

func (PortalKnock) template() string { return "guardian/my-knock" }

// Title implements Page.
func (p PortalKnock) Title() (string, error) { return p.T("portal.knock.title") }

// PortalSent is the answer to every address alike: it never tells whether anybody is known there.
type PortalSent struct {
	Frame
	Again string // path of PortalKnock
	Kept  bool   // what was typed is kept for the new link
}

func (PortalSent) template() string { return "guardian/my-sent" }

// Title implements Page.
func (p PortalSent) Title() (string, error) { return p.T("portal.sent.title") }

// PortalName asks for the name as at the grant. Form field: guardian_name.
type PortalName struct {
	Frame
	Action string
	Name   string // as typed before
	Until  time.Time
}

func (PortalName) template() string { return "guardian/my-name" }

// Title implements Page.
func (p PortalName) Title() (string, error) { return p.T("portal.name.title") }

// PortalOver is the page of a link that is over, and can be mailed anew. The form has no field but its button.
type PortalOver struct {
	Frame
	Action string
}

func (PortalOver) template() string { return "guardian/my-over" }

// Title implements Page.
func (p PortalOver) Title() (string, error) { return p.T("portal.over.title") }

// PortalCard is one child at one app, told apart from the others.
type PortalCard struct {
	Path   string
	App    string
	Child  string // masked
	Born   string // year; "" when it is not known
	Status consent.Status
	Agreed time.Time
	Hold   bool
	Open   int // rights requests that wait for an answer
}

// PortalChildren lists all children of an address, over all apps.
type PortalChildren struct {
	Frame
	Cards []PortalCard
	Leave string
	Kept  string // path to what was typed before the visit was renewed; "" for nothing
}

func (PortalChildren) template() string { return "guardian/my-children" }

// Title implements Page.
func (p PortalChildren) Title() (string, error) { return p.T("portal.children.title") }

// Leaving is the button that ends a visit.
type Leaving struct{ Path, Words string }

// Leaving makes the button that ends a visit.
func (f Frame) Leaving(path string) (Leaving, error) {
	words, err := f.T("portal.leave")
	return Leaving{path, words}, err
}

// PortalPurpose is a purpose as it was agreed to, and whether it still is.
type PortalPurpose struct {
	Purpose
	On   bool
	Was  bool   // it was agreed to, and withdrawn
	Path string // to withdraw it alone; "" when that cannot be
}

// PortalLine is one line of the history.
type PortalLine struct {
	Key string // words under portal.history.
	At  time.Time
}

// PortalDisclosure is one hand-over of data to a third party.
type PortalDisclosure struct {
	Recipient, Why string
	Items          []string
	At             time.Time
}

// PortalItem is one item of an answer.
type PortalItem struct{ Label, Value string }

// PortalRight is one rights request and its answer.
type PortalRight struct {
	ID                string
	Kind              consent.RightKind
	Status            consent.RightStatus
	At, Due, Answered time.Time
	Late              bool
	Text              string
	Reason, Objection string
	Items             []PortalItem
	Until             time.Time // how long the items are shown
	Told              bool
}

// PortalReceipt are the facts of the consent. Relation is empty for a guardian who did not decide.
type PortalReceipt struct {
	Case, Method, Clause, Relation, Terms, Notice string
	Path                                          string // of the signed receipt
	Text                                          string // path of the text by its version
}

// PortalChild is all about one consent, and the ways on: withdraw, ask.
type PortalChild struct {
	Frame
	Born        string
	Status      consent.Status
	Agreed      time.Time
	Hold        bool
	Done        string // what was just done: words under portal.done.; "" for nothing
	Purposes    []PortalPurpose
	Old         bool // the purposes read otherwise today
	History     []PortalLine
	Disclosures []PortalDisclosure
	Rights      []PortalRight
	Receipt     PortalReceipt
	Withdraw    string // path to withdraw everything; "" when nothing is in force
	Ask         []PortalWay
	All, Leave  string
}

// PortalWay is a link to ask for something.
type PortalWay struct {
	Kind consent.RightKind
	Path string
}

func (PortalChild) template() string { return "guardian/my-child" }

// Title implements Page.
func (p PortalChild) Title() (string, error) { return p.T("portal.child.title") }

// InForce reports whether the consent stands.
func (p PortalChild) InForce() bool { return p.Status == consent.Granted }

// PortalWithdraw asks whether a withdrawal stands; the name was given at the door. Form fields: confirm = yes or back, proof.
type PortalWithdraw struct {
	Frame
	Action, Back string
	Scope        string // WithdrawAll or WithdrawSome
	Ended, Stays []Purpose
	Days         int
	Proof        string
}

func (PortalWithdraw) template() string { return "guardian/my-withdraw" }

// Title implements Page.
func (p PortalWithdraw) Title() (string, error) { return p.T("guardian.withdraw_check.title") }

// Confirming is the choice of the page.
func (p PortalWithdraw) Confirming() (Choices, error) {
	return p.onto("confirm").Choose("confirm", "guardian.withdraw_check.confirm", "", "yes", "back")
}

// FaultLines lists the faults for the summary.
func (p PortalWithdraw) FaultLines() ([]FaultLine, error) { return p.onto("confirm").FaultLines() }

// PortalAsk is the page on which a guardian asks to see, correct or delete. Form fields: text, proof.
type PortalAsk struct {
	Frame
	Action, Back string
	Kind         consent.RightKind
	Text         string // as typed before
	Proof        string
}

func (PortalAsk) template() string { return "guardian/my-ask" }

// Title implements Page.
func (p PortalAsk) Title() (string, error) { return p.T(p.Key() + ".title") }

// Key is where the words of this kind stand.
func (p PortalAsk) Key() string { return "portal.ask." + string(p.Kind) }

// Wish is the field in which the guardian writes.
func (p PortalAsk) Wish() (Field, error) {
	return p.onto("text", "text").Input("text", p.Key()+".text", p.Text)
}

// FaultLines lists the faults for the summary.
func (p PortalAsk) FaultLines() ([]FaultLine, error) { return p.onto("text").FaultLines() }
