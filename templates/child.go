package templates

import (
	"html/template"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// ChildWait is the child's own page at /k/{token}: how it stands, and what the child can do.
// Forms: act = resend; act = cancel with sure = yes; act = correct with guardian_name (NewName), guardian_email (NewAddress).
// Each carries proof when there is one.
type ChildWait struct {
	Frame
	Action     string
	Status     consent.Status
	Now        time.Time
	Deadline   time.Time
	Pairing    string         // "" hides it; the code that the guardian may type instead of the name
	Way        consent.Method // by which the guardian answers; "" for the link of a letter
	Mail       consent.MailState
	Hint       string // a consent.HintXxx
	MailTo     string // "" hides it; the address with its local part masked and its domain in full
	NameMiss   bool   // the guardian says that the name was entered differently
	NewName    bool   // the name may be set anew here; else the page sends the child to the app for it
	NewAddress bool   // the same of the address; where the name may be set anew too, it may be left empty
	Resend     bool   // the letter may be sent again
	Sent       bool   // it was sent again just now
	Saved      bool   // name or address was set anew just now
	Name       string // as typed before
	Email      string // as typed before
	Proof      string
	Continue   string // where the child goes on after a grant
}

func (ChildWait) template() string { return "child/wait" }

// Title implements Page.
func (p ChildWait) Title() (string, error) { return p.T(p.Key() + ".title") }

// Waiting reports whether the guardian has not answered yet.
func (p ChildWait) Waiting() bool { return p.Status == consent.Pending }

// Bounced reports whether the letter came back.
func (p ChildWait) Bounced() bool { return p.Mail == consent.MailBounced }

// Correct reports whether something is wrong that may be set anew here.
func (p ChildWait) Correct() bool { return p.NewName || p.NewAddress && (p.Bounced() || p.NameMiss) }

// Slip reports whether the address may be set anew though nobody says that it is wrong: the child may have noticed.
func (p ChildWait) Slip() bool { return p.NewAddress && !p.Correct() }

// EmailKey is where the words of the address's field stand.
func (p ChildWait) EmailKey() string {
	if p.NewName && !p.Bounced() {
		return "child.wait.correct.email_maybe"
	}
	return "child.wait.correct.email"
}

// Unsent reports whether no letter can be sent to the address, though one is needed.
func (p ChildWait) Unsent() bool { return p.Mail == consent.MailNotSent && p.Way == "" }

// Lead is where the sentence stands that says what is awaited.
func (p ChildWait) Lead() string {
	if key := "child.wait.way." + string(p.Way); p.Waiting() && p.Has(key) {
		return key
	}
	return p.Key() + ".text"
}

// Late reports whether the letter is still on its way, later than it should be.
func (p ChildWait) Late() bool { return p.Mail == consent.MailQueued && p.Hint == consent.HintDelayed }

// Key is where the words of this state stand. A child learns that the answer was no, never which no.
func (p ChildWait) Key() string {
	if p.Waiting() {
		return "child.wait.pending"
	}
	return "child.wait." + string(p.Status)
}

// Letters is the pairing code with its letters apart, for screen readers.
func (p ChildWait) Letters() string { return strings.Join(strings.Split(p.Pairing, ""), " ") }

// ChildDead is the page of a child's link that leads nowhere.
type ChildDead struct{ Frame }

func (ChildDead) template() string { return "child/dead" }

// Title implements Page.
func (p ChildDead) Title() (string, error) { return p.T("child.dead.title") }

// ChildNoticePage shows the child's notice as a page of its own.
type ChildNoticePage struct {
	Frame
	Notice Notice
}

func (ChildNoticePage) template() string { return "child/notice-page" }

// Title implements Page.
func (p ChildNoticePage) Title() (string, error) { return p.T("child.notice.title") }

// Body is the notice's HTML, which this package made from escaped words.
func (p ChildNoticePage) Body() template.HTML { return p.Notice.safe }
