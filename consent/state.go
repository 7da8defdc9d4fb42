package consent

import (
	"fmt"
	"strings"
)

// Status says where a consent request stands. Its values are part of the API.
type Status string

// The statuses. A request begins pending and ends in exactly one of the others; granted alone may still move on.
const (
	Pending   Status = "pending"
	Granted   Status = "granted"
	Declined  Status = "declined"
	Expired   Status = "expired"
	Cancelled Status = "cancelled"
	Withdrawn Status = "withdrawn"
	AgedOut   Status = "aged_out"
)

// Statuses lists every status in the order in which lists show them.
var Statuses = []Status{Pending, Granted, Declined, Expired, Cancelled, Withdrawn, AgedOut}

// StatusNone and CustodyNone are what events say that tell of no request.
const (
	StatusNone  Status  = "none"
	CustodyNone Custody = "none"
)

// Ended reports whether nothing of the child's data may be held here any more and no consent is in force.
func (s Status) Ended() bool { return s != Pending && s != Granted }

// Custody says where the child's data is. Its values are part of the API.
type Custody string

// The custodies: sealed here, handed over and not yet acknowledged, no longer held here.
const (
	Held      Custody = "held"
	Released  Custody = "released"
	Destroyed Custody = "destroyed"
)

// Step is the one word for something that happens to a request. It names the method, the file, the script, the job and the audit action.
type Step string

// The steps. Those in Moves change the status; the others work within it.
const (
	StepSignup      Step = "signup"
	StepInvite      Step = "invite"
	StepRemind      Step = "remind"
	StepOpen        Step = "open"
	StepTry         Step = "try"
	StepGrant       Step = "grant"
	StepDecline     Step = "decline"
	StepConfirm     Step = "confirm"
	StepRelease     Step = "release"
	StepAcknowledge Step = "acknowledge"
	StepLapse       Step = "lapse"
	StepExpire      Step = "expire"
	StepCancel      Step = "cancel"
	StepWithdraw    Step = "withdraw"
	StepAgeOut      Step = "ageout"
	StepAging       Step = "aging"   // the app is told that the child comes of age soon
	StepOutdate     Step = "outdate" // the app is told that its terms have changed since
	StepResend      Step = "resend"
	StepCorrect     Step = "correct"
	StepJoin        Step = "join"
	StepErase       Step = "erase"
	StepOverdue     Step = "overdue"
	StepDisclose    Step = "disclose"
	StepFade        Step = "fade"
	StepForget      Step = "forget"
	StepMisname     Step = "misname"
	StepPause       Step = "pause"
	StepUndo        Step = "undo"
	StepProve       Step = "prove"
	StepAsk         Step = "ask"    // a guardian asks to see, correct or delete
	StepAnswer      Step = "answer" // the app answers that
	StepNudge       Step = "nudge"  // the app is reminded of it
	StepLate        Step = "late"   // it was not answered in time
	StepClear       Step = "clear"  // what the answer held is removed
	StepFlag        Step = "flag"
	StepUnflag      Step = "unflag"
	StepLift        Step = "lift"
	StepReopen      Step = "reopen"
	StepFile        Step = "file"    // staff enter a consent that was given on paper or by telephone
	StepAmend       Step = "amend"   // staff enter a guardian's new name or address after a grant
	StepEndorse     Step = "endorse" // a colleague confirms that
	StepTold        Step = "told"    // a mail server took the letter about it, or refused that for good: the wait begins
	StepRetract     Step = "retract" // it is stopped, by the guardian, by staff or by what happened meanwhile
	StepEnact       Step = "enact"   // it takes effect
)

// Move is one legal change of status.
type Move struct {
	From Status // "" before the request exists
	Step Step
	To   Status
}

// Moves is the table of legal moves. The scripts keep to it, and Diagram is drawn from it.
var Moves = []Move{
	{"", StepSignup, Pending},
	{Pending, StepGrant, Granted},
	{Pending, StepDecline, Declined},
	{Pending, StepExpire, Expired},
	{Pending, StepCancel, Cancelled},
	{Granted, StepWithdraw, Withdrawn},
	{Granted, StepAgeOut, AgedOut},
}

// Next returns the status to which step leads from the status from, and whether the table knows such a move.
func Next(from Status, step Step) (Status, bool) {
	for _, m := range Moves {
		if m.From == from && m.Step == step {
			return m.To, true
		}
	}
	return "", false
}

// Diagram draws Moves as a mermaid state diagram.
func Diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, m := range Moves {
		from := string(m.From)
		if from == "" {
			from = "[*]"
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, m.To, m.Step)
	}
	for _, s := range Statuses {
		if s.Ended() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	return b.String()
}
