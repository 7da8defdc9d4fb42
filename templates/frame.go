package templates

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Frame is what all pages share. NewFrame fills it from the declarations.
type Frame struct {
	Lang      string   // language of the page
	Base      string   // path of the service below its host: "" or "/consent"
	Languages []string // offered on the page; empty or one: no switch
	AppName   string
	Operator  Operator
	Child     string     // masked name of the child; "" where no child is meant
	Born      string     // year of the child's birth; "" when it is not known
	Nickname  string     // of the child, masked; only where Born is not known
	Test      bool       // test space: the page says so
	Faults    []Fault    // what is wrong with the answers, in the order of the page
	Query     url.Values // what the switch of languages keeps of the page's address
	Framed    Framed     // of a page inside a frame of the app's own page
}

// Operator is the company that answers for the data, in the page's language.
type Operator struct {
	Name, Phone, Email, SiteURL, Officer, PolicyURL string
}

// Fault is one thing that is wrong with an answer.
type Fault struct {
	Field string // name of the form field
	Code  string // a FaultXxx; another is told in general words
}

// The faults. Each has its words under fault. in the locale files.
const (
	FaultDecision   = "decision_missing"
	FaultPurpose    = "purpose_missing"
	FaultRequired   = "required_purpose" // a required purpose on no, with a grant
	FaultNameEmpty  = "name_missing"
	FaultNameForm   = "name_form"
	FaultName       = "name_wrong"  // it is not the fact; it never says how wrong
	FaultSigned     = "name_signed" // it is not the name as at the grant
	FaultPairing    = "pairing_wrong"
	FaultBirthEmpty = "birth_missing"
	FaultBirth      = "birth_invalid"
	FaultNotAdult   = "not_adult"
	FaultRelation   = "relation_missing"
	FaultOther      = "relation_other" // a grandparent or another relative: only parents and appointed guardians can agree
	FaultDeclares   = "declares_missing"
	FaultTooFast    = "too_fast"
	FaultStale      = "stale" // the form is old or was meant for another step; read again
	FaultLocked     = "locked"
	FaultShut       = "shut" // withdrawing by name is closed for a while
	FaultMailCode   = "mail_code_wrong"
	FaultCodeSpent  = "mail_code_spent"
	FaultCodeLimit  = "mail_code_limit"
	FaultConfirm    = "confirm_missing"
	FaultScope      = "withdraw_missing"
	FaultNothing    = "withdraw_nothing" // some, and none was chosen
	FaultCode       = "code_wrong"
	FaultCodeForm   = "code_form"
	FaultEmail      = "email_wrong"
	FaultEmailChild = "guardian_is_child"
	FaultGeneric    = "guardian_name_generic"
	FaultMailbox    = "mailbox_wrong" // at the portal's door: no address at all
	FaultClosed     = "portal_locked" // too many wrong names there
	FaultText       = "text_missing"
	FaultTextLong   = "text_long"
	FaultResident   = "resident_number"
	FaultOpenRights = "rights_many"
	FaultField      = "field_missing"   // a field of the demo shop
	FaultLength     = "length_form"     // a length of time, in dev
	FaultBorn       = "born_invalid"    // of a child, without an example: it could tell which answer leads where
	FaultStop       = "stop_missing"    // the choice behind a replaced link
	FaultSignIn     = "sign_in"         // staff: name, password or code is wrong
	FaultWait       = "sign_in_wait"    // staff: too many tries
	FaultWeak       = "password_weak"   // staff
	FaultCommon     = "password_common" // staff: one that is tried first, or words of the house
	FaultProof      = "proof_wrong"     // staff: password or code is wrong, of who is signed in
	FaultNow        = "password_now"    // staff: the password is wrong
	FaultSeat       = "seat_missing"
	FaultAgain      = "password_again"
	FaultFactor     = "factor_wrong"
	FaultSearch     = "search"
	FaultTyped      = "typed"
	FaultSure       = "sure"
	FaultShown      = "reveal_field"
	FaultWhy        = "reveal_reason"
	FaultTicket     = "ticket"
	FaultReview     = "review_outcome"
	FaultIncident   = "review_ticket"
	FaultDay        = "day"
	FaultRightKind  = "right_kind"
	FaultChannel    = "right_channel"
	FaultIdentity   = "right_identity"
	FaultFormSeen   = "right_form"
	FaultSeenBy     = "right_seen_by"
	FaultOutcome    = "right_outcome"
	FaultRefusal    = "right_refusal"
	FaultObjection  = "right_objection"
	FaultTold       = "right_told"
	FaultListApp    = "list_app" // a list for the marketing gate
	FaultListKind   = "list_kind"
	FaultListHolds  = "list_holds"
	FaultListColumn = "list_column"
	FaultListNone   = "list_none"   // the list has no such column
	FaultListTwice  = "list_twice"  // or has it twice
	FaultListHeader = "list_header" // the first row is no header
	FaultListFile   = "list_file"
	FaultListBook   = "list_book" // a spreadsheet's own format
	FaultListLong   = "list_long" // a row without an end
	FaultListHuge   = "list_huge" // a list past the bound of this page
	FaultMethod     = "paper_method"
	FaultScan       = "scan_missing"
	FaultScanSize   = "scan_large"
	FaultScanType   = "scan_type"

	FaultAmendWhose = "amend_whose"
	FaultAmendKnown = "amend_known"
	FaultAmendQuiet = "amend_quiet"
	FaultAmendSame  = "amend_same"
	FaultAmendProof = "amend_proof"
	FaultAmendRef   = "amend_ref"

	FaultPaperAdult    = "paper_adult"
	FaultPaperBirth    = "paper_birth"
	FaultPaperDeclares = "paper_declares"
	FaultPaperRef      = "paper_ref"
	FaultPaperRelation = "paper_relation"
	FaultPaperRequired = "paper_required"

	faultOther = "other"
)

// OperatorOf translates the operator's declarations.
func OperatorOf(op consent.Operator, lang string) Operator {
	return Operator{
		Name: op.Name.In(lang), Phone: op.Phone, Email: op.Email, SiteURL: op.SiteURL,
		Officer: op.Officer.In(lang), PolicyURL: op.PolicyURL,
	}
}

// NewFrame fills a Frame for a page of the app; app may be nil where none is known (a forged link).
// A language that the app does not speak becomes the app's first.
func NewFrame(book *consent.Book, app *consent.App, lang, base string) Frame {
	f := Frame{Lang: Words(lang).Lang(), Base: base, Languages: Languages()}
	if app != nil {
		f.Lang = Words(app.Language(lang)).Lang()
		f.Languages = app.Languages
		f.AppName = app.Name.In(f.Lang)
	}
	f.Operator = OperatorOf(book.Operator, f.Lang)
	return f
}

// T is Say in the page's language. Every text may name {app}, {operator}, {phone} and {child} without their being passed.
func (f Frame) T(key string, args ...any) (string, error) {
	return Words(f.Lang).Say(key, append(args, f.facts()...)...)
}

// Has reports whether there is a text under the key.
func (f Frame) Has(key string) bool { return Words(f.Lang).Has(key) }

func (f Frame) facts() []any {
	return []any{"app", f.AppName, "operator", f.Operator.Name, "phone", f.Operator.Phone, "child", f.Child}
}

// Day tells a day with its weekday, in the page's language; see Dictionary, also for the next three.
func (f Frame) Day(t time.Time) (string, error) { return glued(Words(f.Lang).Day(t)) }

// Date tells a day without its weekday.
func (f Frame) Date(t time.Time) (string, error) { return glued(Words(f.Lang).Date(t)) }

// Held tells a value that the app holds of a child: a date in words, anything else as it stands.
func (f Frame) Held(value string) (string, error) {
	if day, err := time.Parse(time.DateOnly, value); err == nil {
		return f.Date(day)
	}
	return value, nil
}

// MonthWords tells a month, given as 2006-01, in words; anything else as it stands.
func (f Frame) MonthWords(value string) (string, error) {
	if month, err := time.Parse("2006-01", value); err == nil {
		return Words(f.Lang).Month(month)
	}
	return value, nil
}

// Pieces parts a text so that no line breaks within a telephone number or a company's name.
func (Frame) Pieces(s string) []piece { return pieces(s) }

// Moment tells a date and time.
func (f Frame) Moment(t time.Time) (string, error) { return glued(Words(f.Lang).Moment(t)) }

// bonds keep a day in one line and a time in one: also a weekday in brackets, before which browsers break Korean.
var bonds = strings.NewReplacer("년 ", "년\u00a0", "월 ", "월\u00a0", "일(", "일\u2060(", "시 ", "시\u00a0", "새벽 ", "새벽\u00a0", "오전 ", "오전\u00a0", "낮 ", "낮\u00a0", "오후 ", "오후\u00a0",
	"저녁 ", "저녁\u00a0", "밤 ", "밤\u00a0", " a.m.", "\u00a0a.m.", " p.m.", "\u00a0p.m.")

func glued(text string, err error) (string, error) { return bonds.Replace(text), err }

// Left tells how long it is from one time to another.
func (f Frame) Left(from, until time.Time) (string, error) { return Words(f.Lang).Left(from, until) }

// Brand is the name at the head of the page: the app's, else the operator's.
func (f Frame) Brand() string {
	if f.AppName != "" {
		return f.AppName
	}
	return f.Operator.Name
}

// Style is the address of the style sheet.
func (f Frame) Style() string { return f.Base + StaticPath("bohoja.css") }

// Icon is the address of the page's icon.
func (f Frame) Icon() string { return f.Base + StaticPath("icon.svg") }

// Tongue is another language in which the page can be read.
type Tongue struct {
	Lang, Name string
	Href       template.URL // the same page in that language
}

// in is a link to the page in another language.
func (f Frame) in(lang string) template.URL {
	q := url.Values{"lang": {lang}}
	for name, values := range f.Query {
		if name != "lang" {
			q[name] = values
		}
	}
	return template.URL("?" + q.Encode()) //nolint:gosec // a query, encoded
}

// Tongues lists the page's other languages, each by its own name.
func (f Frame) Tongues() ([]Tongue, error) {
	var out []Tongue
	for _, lang := range f.Languages {
		if lang == f.Lang || !slices.Contains(Languages(), lang) {
			continue
		}
		name, err := Words(lang).Say("shared.lang_name")
		if err != nil {
			return nil, err
		}
		out = append(out, Tongue{lang, name, f.in(lang)})
	}
	return out, nil
}

// Tel is the operator's number as a link that a phone can call. Only digits and a plus sign reach the address, so
// that it can be trusted as a URL.
func (o Operator) Tel() template.URL {
	digits := strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, o.Phone)
	return template.URL("tel:" + digits) //nolint:gosec // digits and plus signs only
}

// FaultLine is a fault as the summary shows it.
type FaultLine struct{ ID, Text string }

// FaultLines lists the faults with the ids of their fields, each text once per field.
func (f Frame) FaultLines() ([]FaultLine, error) {
	var lines []FaultLine
	for _, fault := range f.Faults {
		text, err := f.faultText(fault)
		if err != nil {
			return nil, err
		}
		line := FaultLine{FieldID(fault.Field), text}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// onto moves the faults of fields that the page does not have to its field home, so that none is told without a place:
// a form that came back too fast may be any form.
func (f Frame) onto(home string, own ...string) Frame {
	f.Faults = slices.Clone(f.Faults)
	for i, fault := range f.Faults {
		if !slices.Contains(own, fault.Field) {
			f.Faults[i].Field = home
		}
	}
	return f
}

// FaultOf returns the words for the first fault of one of the fields, "" when they are fine.
func (f Frame) FaultOf(fields ...string) (string, error) {
	for _, fault := range f.Faults {
		if slices.Contains(fields, fault.Field) {
			return f.faultText(fault)
		}
	}
	return "", nil
}

func (f Frame) faultText(fault Fault) (string, error) {
	key := "fault." + fault.Code
	if !f.Has(key) {
		key = "fault." + faultOther
	}
	return f.T(key)
}
