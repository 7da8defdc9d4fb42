package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

// StaffLetter is one letter of a request and what became of it. State: a mail state.
type StaffLetter struct {
	At          time.Time
	Kind, State string
	Code        int // SMTP code of one that came back; 0: none
}

// Tone colours the state.
func (l StaffLetter) Tone() string { return mailTone(l.State) }

func mailTone(state string) string {
	return map[string]string{"sent": "good", "bounced": "bad", "not_sent": "bad", "queued": "warm"}[state]
}

// LetterWords say in plain words what became of a letter.
func (p StaffRequest) LetterWords(l StaffLetter) (string, error) {
	if l.State == string(consent.MailBounced) {
		return p.smtpWords(l.Code)
	}
	return p.T("ops.letter_text." + l.State)
}

// StaffRight is one rights request in a list. Nothing in it is of a person.
type StaffRight struct {
	ID, Request, Kind, Channel, Status string
	Created, Due, Answered             time.Time
	Late, Held                         bool
	Path, RequestPath                  string
}

// Tone colours the status.
func (r StaffRight) Tone() string {
	if r.Status == string(consent.RightOpen) && r.Late {
		return "bad"
	}
	return map[string]string{"open": "warm", "done": "good", "refused": "off"}[r.Status]
}

// StaffRights lists the rights requests that wait for their answer.
type StaffRights struct {
	StaffFrame
	AppTitle, Back, Next string
	Now                  time.Time
	Rows                 []StaffRight
}

func (StaffRights) template() string { return "ops/rights" }

// Title implements Page.
func (p StaffRights) Title() (string, error) { return p.T("ops.work.rights.title") }

// StaffRightPage is one rights request: when it is due, and the form of its answer (outcome, reason, objection, told). What was
// asked for in words is shown by Path/reveal alone (reason, ticket).
type StaffRightPage struct {
	StaffFrame
	Right                StaffRight
	AppTitle, Subject    string
	Now                  time.Time
	MayAnswer, MayReveal bool
	Opened               string            // the form that comes back with a fault
	Was                  map[string]string // what was typed into it
}

func (StaffRightPage) template() string { return "ops/right" }

// Title implements Page.
func (p StaffRightPage) Title() (string, error) { return p.T("ops.right.kind." + p.Right.Kind) }

// Typed is what was typed into a field before.
func (p StaffRightPage) Typed(field string) string { return p.Was[field] }

// Open reports whether the answer waits.
func (p StaffRightPage) Open() bool { return p.Right.Status == string(consent.RightOpen) }

// TimeLeft is the time until the answer is due, in words; for one that is late, since when.
func (p StaffRightPage) TimeLeft() (string, error) {
	if p.Now.Before(p.Right.Due) {
		left, err := p.Left(p.Now, p.Right.Due)
		if err != nil {
			return "", err
		}
		return p.T("ops.right.left", "left", left)
	}
	return p.Many("ops.right.over", int(p.Now.Sub(p.Right.Due)/(24*time.Hour)))
}

// Told is the tick that says that recipients know of a correction; only a correction has it.
func (p StaffRightPage) Told() (Choices, error) {
	return p.Tick("told", "ops.right.told", p.Typed("told") == "yes")
}

// FormSeen is the tick that says that the statutory form of a proxy was seen.
func (p StaffRequest) FormSeen() (Choices, error) {
	return p.Tick("form_seen", "ops.act.ask.form_seen", p.Typed("form_seen") == "yes")
}
