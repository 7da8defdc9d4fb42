package templates

import "github.com/bohoja/bohoja/consent"

// Policy is the public page of an app that tells guardians their rights and how to use them (KR-26), in words for everybody.
type Policy struct {
	Frame
	Purposes  []Purpose
	Threshold int
	Korea     bool // the offices to which one can complain are those of Korea
}

// PolicyOf fills the page of an app.
func PolicyOf(book *consent.Book, app *consent.App, lang, base string) Policy {
	f := NewFrame(book, app, lang, base)
	ids := make([]string, len(app.Purposes))
	for i, p := range app.Purposes {
		ids[i] = p.ID
	}
	return Policy{
		Frame: f, Purposes: PurposesOf(app, ids, f.Lang), Threshold: book.Profile.Threshold, Korea: book.Profile.Region() == "KR",
	}
}

func (Policy) template() string { return "guardian/policy" }

// Title implements Page.
func (p Policy) Title() (string, error) { return p.T("guardian.policy.title") }

// Rights lists the keys of the rights in their order.
func (Policy) Rights() []string { return []string{"see", "correct", "erase", "withdraw"} }

// Ways lists the keys of the ways to use them.
func (Policy) Ways() []string { return []string{"portal", "letter", "call", "proxy"} }

// Why is the page that tells children why all of this is asked.
func Why(frame Frame, n Notice) ChildWhy { return ChildWhy{Frame: frame, Notice: n} }

// ChildWhy is the notice for children as a page that can be read at any time.
type ChildWhy struct {
	Frame
	Notice Notice
}

func (ChildWhy) template() string { return "child/why" }

// Title implements Page.
func (p ChildWhy) Title() (string, error) { return p.T("child.why.title") }

// Shown is the notice as the page shows it.
func (p ChildWhy) Shown() ChildNoticePage { return ChildNoticePage(p) }
