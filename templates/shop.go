package templates

import "html/template"

// ReceivedNotice is a notice as GET /v1/child-notice sent it. Its HTML is shown as it is: give it only what came from
// there.
func ReceivedNotice(version, lang, fragment, text string) Notice {
	return Notice{
		Version: version, Lang: lang, HTML: fragment, Text: text,
		safe: template.HTML(fragment), //nolint:gosec // the caller vouches for it
	}
}

// ShopSignup is the first page of the demo shop. Form fields: nickname, birth_year, birth_month, birth_day.
type ShopSignup struct {
	Frame
	Action                          string
	Nickname                        string
	BirthYear, BirthMonth, BirthDay string
	Element                         string // path of the same with <guardian-consent>; "" for none
}

func (ShopSignup) template() string { return "dev/shop-signup" }

// Title implements Page.
func (p ShopSignup) Title() (string, error) { return p.T("shop.signup.title") }

// Birth are the three inputs of the child's birth date.
func (p ShopSignup) Birth() (Birth, error) {
	return GuardianOpen{Frame: p.Frame, Answers: Answers{
		BirthYear: p.BirthYear, BirthMonth: p.BirthMonth, BirthDay: p.BirthDay,
	}}.Birth()
}

// ShopElement is the sign-up with <guardian-consent> in the shop's own form. Form fields: nickname, address, and what the
// element gives: bohoja_token.
type ShopElement struct {
	Frame
	Action            string
	Script            string // address of /embed/v1.js
	App               string
	Start             string // address of the hosted sign-up, for whoever has no script
	Nickname, Address string
}

func (ShopElement) template() string { return "dev/shop-element" }

// Title implements Page.
func (p ShopElement) Title() (string, error) { return p.T("shop.signup.title") }

// ShopGuardian is the second page, for children: the notice first, then the guardian's name and address, and nothing else
// about the guardian (KR-02). Form fields: child_name, address, guardian_name, guardian_email, notice, Hidden.
type ShopGuardian struct {
	Frame
	Action        string
	Notice        Notice
	ChildName     string
	Address       string
	GuardianName  string
	GuardianEmail string
	Hidden        []Hidden
}

func (ShopGuardian) template() string { return "dev/shop-guardian" }

// Title implements Page.
func (p ShopGuardian) Title() (string, error) { return p.T("shop.guardian.title") }

// Shown is the notice as the page shows it.
func (p ShopGuardian) Shown() ChildNoticePage {
	return ChildNoticePage{Frame: p.Frame, Notice: p.Notice}
}

// ShopWaiting is the third page: the request is made.
type ShopWaiting struct {
	Frame
	ChildPage string // the child's waiting page
	Inbox     string // where a developer finds the letter; "" outside dev
	Account   string // path of the account page
}

func (ShopWaiting) template() string { return "dev/shop-waiting" }

// Title implements Page.
func (p ShopWaiting) Title() (string, error) { return p.T("shop.waiting.title") }

// ShopItem is one item of the data that the shop has received.
type ShopItem struct{ Label, Value string }

// ShopAccount shows what the shop knows: nothing before the grant, and only granted items after it.
type ShopAccount struct {
	Frame
	State     string // "waiting", "open", "refused" or "ended"
	Items     []ShopItem
	Purposes  []Purpose // with Answer
	ChildPage string
	Refresh   string // path of this page
	Again     string // path of the sign-up
}

func (ShopAccount) template() string { return "dev/shop-account" }

// Title implements Page.
func (p ShopAccount) Title() (string, error) { return p.T("shop.account.title") }

// ShopAdult greets somebody who is old enough to decide alone.
type ShopAdult struct {
	Frame
	Again string
}

func (ShopAdult) template() string { return "dev/shop-adult" }

// Title implements Page.
func (p ShopAdult) Title() (string, error) { return p.T("shop.adult.title") }
