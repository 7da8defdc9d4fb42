package templates

import (
	"net/url"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// GuardianObject is /a/{token}: the holder of an address stops a correction of it, or of the name. Form field: stop = yes, which
// nothing preselects.
type GuardianObject struct {
	Frame
	Action string
	Proof  string
	What   string    // consent.AmendWhat
	Due    time.Time // when it would take effect, in the zone of the service
}

func (GuardianObject) template() string { return "guardian/object" }

// Title implements Page.
func (p GuardianObject) Title() (string, error) { return p.T("guardian.object.title") }

// Lead says what would change, and when.
func (p GuardianObject) Lead() (string, error) {
	what, err := p.T("guardian.object.what." + p.What)
	if err != nil {
		return "", err
	}
	until, err := p.Moment(p.Due)
	if err != nil {
		return "", err
	}
	return p.T("guardian.object.lead", "child", p.Child, "what", what, "until", until)
}

// Choice is the page's one choice.
func (p GuardianObject) Choice() (Choices, error) {
	return p.onto("stop").Choose("stop", "guardian.object.choice", "", "yes")
}

// FaultLines lists the faults for the summary.
func (p GuardianObject) FaultLines() ([]FaultLine, error) { return p.onto("stop").FaultLines() }

// GuardianObjectCheck shows the choice again. Form field: confirm = yes or back.
type GuardianObjectCheck struct {
	Frame
	Action string
	Proof  string
	Hidden []Hidden
}

func (GuardianObjectCheck) template() string { return "guardian/object-check" }

// Title implements Page.
func (p GuardianObjectCheck) Title() (string, error) { return p.T("guardian.object.check.title") }

// Confirming is the choice of the page.
func (p GuardianObjectCheck) Confirming() (Choices, error) {
	return p.onto("confirm").Choose("confirm", "guardian.object.confirm", "", "yes", "back")
}

// FaultLines lists the faults for the summary.
func (p GuardianObjectCheck) FaultLines() ([]FaultLine, error) { return p.onto("confirm").FaultLines() }

// GuardianObjected says that nothing is left to stop, and why.
type GuardianObjected struct {
	Frame
	Case    string
	Enacted bool // it took effect; else it was stopped
}

func (GuardianObjected) template() string { return "guardian/objected" }

// Key begins the words of the page.
func (p GuardianObjected) Key() string {
	if p.Enacted {
		return "guardian.object.enacted"
	}
	return "guardian.object.stopped"
}

// Title implements Page.
func (p GuardianObjected) Title() (string, error) { return p.T(p.Key() + ".title") }

// StaffAmending is a guardian's correction after the grant that waits. Forms below the request's page: endorse (sure, no, rev) and
// retract (no).
type StaffAmending struct {
	No, Rev         int
	By, Endorser    string // names of colleagues; Endorser: "" before it was confirmed
	At              time.Time
	Due             time.Time // zero before the present address was told
	Guardian        string    // masked, as it stands
	Name, Email     string    // masked, as they shall be; "" what stays
	Proof, Ref      string
	May, MayRetract bool // who looks may confirm it, may take it back
	Mine            bool // who looks has entered it
	Other           bool // a guardian was corrected or added since: it has to be entered anew, and May is false
}

// Revealable are the fields that may be seen in clear, one at a time; with a correction that waits, also what it enters.
func (p StaffRequest) Revealable() (Choices, error) {
	fields := []string{"child_name", "guardian_name", "guardian_email", "guardian_phone"}
	if a := p.Amending; a != nil && a.Name != "" {
		fields = append(fields, "new_name")
	}
	if a := p.Amending; a != nil && a.Email != "" {
		fields = append(fields, "new_email")
	}
	return p.Choose("field", "ops.reveal.field", p.Typed("field"), fields...)
}

// StaffAmend is the form that enters one: guardian, name, email, proof, ref, rev.
type StaffAmend struct {
	StaffFrame
	ID, Back, AppTitle string
	Rev                int
	Wait               time.Duration
	Guardians          []consent.MaskedGuardian
	Was                url.Values // what was typed before
}

func (StaffAmend) template() string { return "ops/amend" }

// Title implements Page.
func (p StaffAmend) Title() (string, error) { return p.T("ops.amend.title") }

// Typed is what was typed into a field before.
func (p StaffAmend) Typed(field string) string { return p.Was.Get(field) }

// Hours is how long it waits.
func (p StaffAmend) Hours() (string, error) { return p.Many("date.left.hours", int(p.Wait/time.Hour)) }

// Whose is the choice of the guardian, where there are several.
func (p StaffAmend) Whose() (Choices, error) {
	legend, err := p.T("ops.amend.guardian.legend")
	if err != nil {
		return Choices{}, err
	}
	c := Choices{Name: "guardian", Legend: legend}
	for i, g := range p.Guardians {
		one := Option{ID: FieldID("guardian"), Name: "guardian", Value: strconv.Itoa(i), Label: g.Name, Hint: g.Email}
		if i > 0 {
			one.ID += "-" + one.Value
		}
		one.Checked = p.Typed("guardian") == one.Value
		c.Options = append(c.Options, one)
	}
	c.Fault, c.Problem, err = p.trouble("guardian")
	return c, err
}

// Seen is the choice of what was seen of who asks.
func (p StaffAmend) Seen() (Choices, error) {
	return p.Choose("proof", "ops.amend.proof", p.Typed("proof"), consent.AmendProofs...)
}
