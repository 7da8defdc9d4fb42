package templates

import "time"

// Scopes of a withdrawal.
const (
	WithdrawAll  = "all"
	WithdrawSome = "some" // only the ticked optional purposes
)

// StepAskCode is the step of the form that asks for a code by mail.
const StepAskCode = "ask-code"

// GuardianWithdraw is /w/{token}: what is in force, the typed name and one choice. It takes no more steps than granting.
// Faults of the ticks as a whole have the field purpose.
// Form fields: guardian_name, mail_code, withdraw = all or some, purpose.<id> = yes for each optional purpose to be ended,
// proof; agree_all and agree_each are the decoy's. A second form posts step and proof, and has a code mailed that does instead of the name.
type GuardianWithdraw struct {
	Frame
	Action   string
	Since    time.Time // day of the grant
	EraseBy  time.Duration
	Purposes []Purpose // in force; Answer "yes" marks those to be ended
	Name     string    // as typed before
	Scope    string    // WithdrawXxx or "": not chosen
	Proof    string

	WaysOn      bool   // after the second miss: a code by mail is offered
	CodeSent    bool   // a mailed code is good now
	MailCode    string // as typed before
	LockedUntil time.Time
}

func (GuardianWithdraw) template() string { return "guardian/withdraw" }

// Title implements Page.
func (p GuardianWithdraw) Title() (string, error) { return p.T("guardian.withdraw.title") }

// Scoping is the choice between all and some; without an optional purpose there is only all.
func (p GuardianWithdraw) Scoping() (Choices, error) {
	values := []string{WithdrawAll}
	if len(p.Optional()) > 0 {
		values = append(values, WithdrawSome)
	}
	return p.placed().Choose("withdraw", "guardian.withdraw.scope", p.Scope, values...)
}

// placed is the frame with every fault at a field of this page.
func (p GuardianWithdraw) placed() Frame {
	own := []string{"guardian_name"}
	if p.WaysOn {
		own = append(own, "mail_code")
	}
	if len(p.Optional()) > 0 {
		own = append(own, "purpose")
	}
	return p.onto("withdraw", own...)
}

// FaultLines lists the faults for the summary.
func (p GuardianWithdraw) FaultLines() ([]FaultLine, error) { return p.placed().FaultLines() }

// Optional lists the purposes in force that can be ended alone.
func (p GuardianWithdraw) Optional() []Purpose {
	var out []Purpose
	for _, one := range p.Purposes {
		if !one.Required {
			out = append(out, one)
		}
	}
	return out
}

// Ticks are the checkboxes of the optional purposes.
func (p GuardianWithdraw) Ticks() (Choices, error) {
	legend, err := p.T("guardian.withdraw.which.legend")
	if err != nil {
		return Choices{}, err
	}
	c := Choices{Name: "purpose", Legend: legend}
	for i, one := range p.Optional() {
		name := "purpose." + one.ID
		id := FieldID(name)
		if i == 0 {
			id = c.ID() // the summary leads to the first
		}
		c.Options = append(c.Options, Option{
			ID: id, Name: name, Value: "yes", Label: one.Why, Hint: one.Refuse, Checked: one.Answer == "yes",
		})
	}
	c.Fault, c.Problem, err = p.trouble("purpose")
	return c, err
}

// Days is how many days the app has for confirming that it deleted the data, rounded up.
func (p GuardianWithdraw) Days() int { return int((p.EraseBy + 24*time.Hour - 1) / (24 * time.Hour)) }

// GuardianWithdrawCheck asks whether the withdrawal stands. Form fields: confirm = yes or back, proof and Hidden.
type GuardianWithdrawCheck struct {
	Frame
	Action  string
	Scope   string
	Ended   []Purpose // what ends
	Stays   []Purpose // what stays in force
	Confirm string
	Proof   string
	Hidden  []Hidden
}

func (GuardianWithdrawCheck) template() string { return "guardian/withdraw-check" }

// Title implements Page.
func (p GuardianWithdrawCheck) Title() (string, error) { return p.T("guardian.withdraw_check.title") }

// Confirming is the choice of the page.
func (p GuardianWithdrawCheck) Confirming() (Choices, error) {
	return p.onto("confirm").Choose("confirm", "guardian.withdraw_check.confirm", p.Confirm, "yes", "back")
}

// FaultLines lists the faults for the summary.
func (p GuardianWithdrawCheck) FaultLines() ([]FaultLine, error) {
	return p.onto("confirm").FaultLines()
}

// GuardianWithdrawn says what ended just now. When everything ended, the link shows GuardianResult from then on.
type GuardianWithdrawn struct {
	Frame
	At    time.Time
	Ended []Purpose
	Stays []Purpose // still in force; empty when all ended
	Days  int       // in how many days the app must have deleted the data
	Case  string
}

func (GuardianWithdrawn) template() string { return "guardian/withdrawn" }

// Title implements Page.
func (p GuardianWithdrawn) Title() (string, error) { return p.T("guardian.withdrawn.title") }
