package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

// GuardianReceipt is the receipt of a consent, to be read, printed and kept. It names no guardian.
type GuardianReceipt struct {
	Frame
	Status   consent.Status // Granted or Withdrawn
	Agreed   time.Time
	Ended    time.Time // zero while it is in force
	Method   consent.Method
	Case     string
	Amended  []ReceiptAmended
	Purposes []PortalPurpose // without ways to withdraw
	Terms    string          // version of the text
	Text     string          // path where it can be read
	Portal   string          // full address of /my, to be typed from paper
	Signed   string          // path of the signed file
	Keys     string          // full address of the keys by which it is checked
}

// ReceiptAmended is one correction of a guardian that took effect.
type ReceiptAmended struct {
	What consent.AmendWhat
	At   time.Time // in the zone of the service
}

func (GuardianReceipt) template() string { return "guardian/receipt" }

// Title implements Page.
func (p GuardianReceipt) Title() (string, error) { return p.T("receipt.title") }

// TermsRows is one purpose with the frame's words.
type TermsRows struct {
	Frame
	Purpose Purpose
}

// Rows makes the rows of a purpose's table.
func (f Frame) Rows(p Purpose) TermsRows { return TermsRows{f, p} }

// GuardianTerms is a version of an app's terms, open to everybody: what was agreed to stays readable.
type GuardianTerms struct {
	Frame
	Version  string
	Current  bool   // it is the one that is asked today
	Today    string // path of that one; "" when it is this
	Purposes []Purpose
}

func (GuardianTerms) template() string { return "guardian/terms" }

// Title implements Page.
func (p GuardianTerms) Title() (string, error) { return p.T("receipt.terms.title") }

// TermsOf fills the page of a version; then is the app with its text, now the one of today.
func TermsOf(book *consent.Book, then, now *consent.App, lang, base string) GuardianTerms {
	ids := make([]string, len(then.Purposes))
	for i, p := range then.Purposes {
		ids[i] = p.ID
	}
	f := NewFrame(book, now, lang, base)
	out := GuardianTerms{Frame: f, Version: then.Terms(), Current: then.Terms() == now.Terms(), Purposes: PurposesOf(then, ids, f.Lang)}
	if !out.Current {
		out.Today = base + consent.TermsPath(now.ID, now.Terms())
	}
	return out
}
