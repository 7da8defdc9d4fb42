package templates

import (
	"net/url"
	"time"
)

// StaffFiled is a consent on paper or by telephone that somebody entered and a colleague has to confirm. Forms below the
// request's page: scan (scan_ticket), grant (sure, no).
type StaffFiled struct {
	No               int
	By               string
	At               time.Time
	Method, Clause   string
	Name, Relation   string   // Name: masked
	Granted, Refused []string // in words
	Ref              string
	Scan             bool
	May              bool // who looks may confirm it
	Mine             bool // who looks has entered it
	Other            bool // a guardian was corrected or added since: it has to be entered anew, and May is false
}

// StaffFile is the form that enters such a consent: method, purpose.<id>, guardian_name, birth_year, birth_month, birth_day,
// relation, declares, ref and, last, the file scan. It is sent as multipart/form-data.
type StaffFile struct {
	StaffFrame
	ID, Back, AppTitle string
	Rev                int // of the people whom it shows, sent back as rev
	Deadline           time.Time
	Ways               []string // methods that the app takes
	Purposes           []StaffPurpose
	Was                url.Values // what was typed before; the file has to be chosen again
}

// StaffPurpose is one purpose to choose.
type StaffPurpose struct {
	ID, Why  string
	Required bool
}

func (StaffFile) template() string { return "ops/paper" }

// Title implements Page.
func (p StaffFile) Title() (string, error) { return p.T("ops.file.title") }

// Typed is what was typed into a field before.
func (p StaffFile) Typed(field string) string { return p.Was.Get(field) }

// Method is the choice of the way.
func (p StaffFile) Method() (Choices, error) {
	return p.Choose("method", "ops.file.method", p.Typed("method"), p.Ways...)
}

// Purpose is the choice about one purpose.
func (p StaffFile) Purpose(one StaffPurpose) (Choices, error) {
	c, err := p.Choose("purpose."+one.ID, "ops.file.purpose", p.Typed("purpose."+one.ID), "yes", "no")
	if err != nil {
		return c, err
	}
	c.Legend, c.Must = one.Why, one.Required
	c.Tag, err = p.T("ops.file.optional")
	if one.Required {
		c.Tag, err = p.T("ops.file.required")
	}
	return c, err
}

// Birth are the three inputs of the guardian's birth date. No browser fills in that of who types.
func (p StaffFile) Birth() (Birth, error) {
	b, err := GuardianOpen{Frame: p.Frame, Answers: Answers{
		BirthYear: p.Typed("birth_year"), BirthMonth: p.Typed("birth_month"), BirthDay: p.Typed("birth_day"),
	}}.Birth()
	for i := range b.Fields {
		b.Fields[i] = b.Fields[i].As("off")
	}
	return b, err
}

// Declares is the tick that says that the paper names its signer as the guardian.
func (p StaffFile) Declares() (Choices, error) {
	return p.Tick("declares", "ops.file.declares", p.Typed("declares") == "yes")
}

// Scanned is the field for the ticket with which a scan is seen. It has a name of its own: the page may have another ticket.
func (p StaffRequest) Scanned() (Field, error) {
	return p.Input("scan_ticket", "ops.reveal.ticket", p.Typed("scan_ticket"))
}
