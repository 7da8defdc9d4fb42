package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Answers are what a guardian has typed and chosen on /c/{token}, kept as it was typed.
type Answers struct {
	Decision    string // "grant", "decline", "not_mine" or "": not chosen
	Name        string
	PairingCode string
	BirthYear   string
	BirthMonth  string
	BirthDay    string
	Relation    string // "mother", "father", "legal_guardian", "other" or ""
	Declares    bool
}

// GuardianOpen is the guardian's page at /c/{token}: who asks for what, and the form for the answer. Showing it changes
// nothing. It never holds the guardian's name or the pairing code unless the reader has typed them.
//
// Form fields: decision, purpose.<id>, guardian_name, pairing_code, birth_year, birth_month, birth_day, relation, declares,
// proof; agree_all and agree_each are the decoy's. A second form posts misnamed=yes and proof.
type GuardianOpen struct {
	Frame
	Action      string // path to which the form is posted
	Case        string // the request's id, to be named on the telephone
	Purposes    []Purpose
	Deadline    time.Time // in the zone of the profile
	Adult       int       // least age of a guardian
	Threshold   int       // age below which a guardian must agree
	Answers     Answers
	Proof       string
	WaysOn      bool      // after the second miss: the two ways on are shown
	LockedUntil time.Time // granting is closed until then; zero: it is open
}

func (GuardianOpen) template() string { return "guardian/open" }

// Title implements Page.
func (p GuardianOpen) Title() (string, error) { return p.T("guardian.open.title") }

// Handed lists the purposes that hand data to others.
func (p GuardianOpen) Handed() []Purpose {
	var out []Purpose
	for _, one := range p.Purposes {
		if len(one.Recipients) > 0 {
			out = append(out, one)
		}
	}
	return out
}

// Locked reports whether granting is closed for a while.
func (p GuardianOpen) Locked() bool { return !p.LockedUntil.IsZero() }

// Decision is the choice between the three answers.
func (p GuardianOpen) Decision() (Choices, error) {
	return p.placed().Choose("decision", "guardian.open.decision", p.Answers.Decision, "grant", "decline", "not_mine")
}

// placed is the frame with every fault at a field of this page.
func (p GuardianOpen) placed() Frame {
	own := []string{"guardian_name", "pairing_code", "birth_year", "birth_month", "birth_day", "relation", "declares"}
	for _, one := range p.Purposes {
		own = append(own, "purpose."+one.ID)
	}
	return p.onto("decision", own...)
}

// FaultLines lists the faults for the summary.
func (p GuardianOpen) FaultLines() ([]FaultLine, error) { return p.placed().FaultLines() }

// Choice is the yes or no to one purpose (KR-08).
func (p GuardianOpen) Choice(one Purpose) (Choices, error) {
	c, err := p.Choose("purpose."+one.ID, "guardian.open.purpose", one.Answer, "yes", "no")
	if err != nil {
		return Choices{}, err
	}
	c.Legend, c.Must = one.Why, one.Required
	tag, hint := "shared.optional", "guardian.open.purpose.optional_hint"
	if one.Required {
		tag, hint = "shared.required", "guardian.open.purpose.required_hint"
	}
	if c.Tag, err = p.T(tag); err != nil {
		return Choices{}, err
	}
	c.Hint, err = p.T(hint, "refuse", one.Refuse)
	return c, err
}

// Relation is the choice of what the reader is to the child.
func (p GuardianOpen) Relation() (Choices, error) {
	return p.Choose("relation", "guardian.open.relation", p.Answers.Relation, "mother", "father", "legal_guardian", consent.RelationOther)
}

// Declares is the tick by which the reader says to be the legal guardian.
func (p GuardianOpen) Declares() (Choices, error) {
	return p.Tick("declares", "guardian.open.declares", p.Answers.Declares)
}

// Birth are the three inputs of the guardian's birth date. The first also takes a whole date, so none is cut short.
func (p GuardianOpen) Birth() (Birth, error) {
	b := Birth{}
	parts := []struct{ name, complete, value string }{
		{"birth_year", "bday-year", p.Answers.BirthYear},
		{"birth_month", "bday-month", p.Answers.BirthMonth},
		{"birth_day", "bday-day", p.Answers.BirthDay},
	}
	for _, part := range parts {
		f, err := p.Input(part.name, "guardian.open."+part.name, part.value)
		if err != nil {
			return Birth{}, err
		}
		f = f.Digits().As(part.complete)
		f.Size, f.Problem = "date", ""
		b.Fields = append(b.Fields, f)
	}
	var err error
	b.Fault, b.Problem, err = p.trouble("birth_year", "birth_month", "birth_day")
	return b, err
}

// Birth is a date in three inputs, with one fault for all of them.
type Birth struct {
	Fields         []Field
	Fault, Problem string
}

// GuardianCheck is the page that shows the answers again and asks whether they stand.
// Form fields: confirm = yes or back, block = yes (with not_mine), proof and Hidden; agree_all and agree_each are the decoy's.
type GuardianCheck struct {
	Frame
	Action   string
	Adult    int
	Purposes []Purpose // with answers
	Answers  Answers
	Birth    time.Time // the birth date as it was understood; zero when the page is shown again, since it is not kept
	Confirm  string    // what was chosen before: "", "yes" or "back"
	Block    bool
	Proof    string
	Hidden   []Hidden
}

func (GuardianCheck) template() string { return "guardian/check" }

// Title implements Page.
func (p GuardianCheck) Title() (string, error) { return p.T("guardian.check.title") }

// Grants reports whether the answer is a grant.
func (p GuardianCheck) Grants() bool { return p.Answers.Decision == "grant" }

// Mine reports whether the child is, or may be, the reader's.
func (p GuardianCheck) Mine() bool { return p.Answers.Decision != "not_mine" }

// Confirming is the choice of the page; its words name the decision.
func (p GuardianCheck) Confirming() (Choices, error) {
	return p.onto("confirm").Choose("confirm", "guardian.check.confirm."+p.Answers.Decision, p.Confirm, "yes", "back")
}

// FaultLines lists the faults for the summary.
func (p GuardianCheck) FaultLines() ([]FaultLine, error) { return p.onto("confirm").FaultLines() }

// Blocking is the tick by which a stranger asks for no more letters.
func (p GuardianCheck) Blocking() (Choices, error) {
	return p.Tick("block", "guardian.check.block", p.Block)
}

// GuardianResult is what the link shows once the request is decided or over: its state and date, nobody's data.
type GuardianResult struct {
	Frame
	Status   consent.Status // any but Pending
	Reason   string         // of a decline: consent.ReasonRefused or consent.ReasonNotMine
	At       time.Time      // when it came to this
	Case     string
	Withdraw string // path of the withdrawal page, while a consent is in force
	Receipt  string // address of the receipt, where there is one
	Blocked  bool   // with not_mine: no more letters will come
	Lifted   bool   // pause and block were taken back
	Action   string // path to which the form that takes them back is posted
	Undo     string // its proof; "" when there is nothing to take back
	Hidden   []Hidden
}

func (GuardianResult) template() string { return "guardian/result" }

// Title implements Page.
func (p GuardianResult) Title() (string, error) { return p.T(p.Key() + ".title") }

// Key is where the words of this result stand.
func (p GuardianResult) Key() string {
	if p.Status == consent.Declined && p.Reason == consent.ReasonNotMine {
		return "guardian.result.not_mine"
	}
	return "guardian.result." + string(p.Status)
}

// Good reports whether a consent is in force.
func (p GuardianResult) Good() bool { return p.Status == consent.Granted }

// GuardianUndo asks whether to take back what a refusal left behind: the pause and, with not_mine, the wish for no letters.
// Form fields: confirm = yes or back, proof and Hidden; agree_all and agree_each are the decoy's.
type GuardianUndo struct {
	Frame
	Action  string
	Reason  string // of the refusal
	Blocked bool
	Confirm string
	Proof   string
	Hidden  []Hidden
}

func (GuardianUndo) template() string { return "guardian/undo" }

// Title implements Page.
func (p GuardianUndo) Title() (string, error) { return p.T("guardian.undo.title") }

// Confirming is the choice of the page.
func (p GuardianUndo) Confirming() (Choices, error) {
	return p.onto("confirm").Choose("confirm", "guardian.undo.confirm", p.Confirm, "yes", "back")
}

// FaultLines lists the faults for the summary.
func (p GuardianUndo) FaultLines() ([]FaultLine, error) { return p.onto("confirm").FaultLines() }

// Reasons of a dead link.
const (
	DeadForged   = "forged"   // unknown, torn or made up: 404
	DeadAway     = "away"     // as forged, of a link that only whoever agreed was sent: 404
	DeadExpired  = "expired"  // past its time, or nothing is kept any more: 410
	DeadReplaced = "replaced" // a newer link stands in its place: 410
)

// GuardianDead is the page of a link that leads nowhere: why, and the way on.
type GuardianDead struct {
	Frame
	Why  string // a DeadXxx
	Stop string // path on which the holder of a replaced link can stop the request; "" for none
}

func (GuardianDead) template() string { return "guardian/dead" }

// Title implements Page.
func (p GuardianDead) Title() (string, error) { return p.T("guardian.dead." + p.Why + ".title") }

// Key is where the words of this page stand.
func (p GuardianDead) Key() string { return "guardian.dead." + p.Why }

// GuardianPaused answers whoever pressed the decoy: nothing was decided, and how a person goes on.
type GuardianPaused struct {
	Frame
	Action string // path of the page to open again
	Until  time.Time
}

func (GuardianPaused) template() string { return "guardian/paused" }

// Title implements Page.
func (p GuardianPaused) Title() (string, error) { return p.T("guardian.paused.title") }

// GuardianMisnamed says that the child and the app were told to enter the name anew.
type GuardianMisnamed struct {
	Frame
	Action   string // path of the request's page
	Deadline time.Time
}

func (GuardianMisnamed) template() string { return "guardian/misnamed" }

// Title implements Page.
func (p GuardianMisnamed) Title() (string, error) { return p.T("guardian.misnamed.title") }

// GuardianCode is /code, where the code of a letter is typed instead of following its link. Form field: code.
type GuardianCode struct {
	Frame
	Action string
	Code   string // as typed before
}

func (GuardianCode) template() string { return "guardian/code" }

// Title implements Page.
func (p GuardianCode) Title() (string, error) { return p.T("guardian.code.title") }
