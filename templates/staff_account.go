package templates

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// StaffAccess is what staff did in a month, and the form by which the privacy officer signs it off (outcome, ticket).
type StaffAccess struct {
	StaffFrame
	Now             time.Time
	Month           string // as 2006-01
	Months          []StaffMonth
	Due             time.Time // until when it has to be signed; zero while the month runs
	Action          string    // where the form goes; "" while the month runs
	Signed          *StaffSigned
	People          []StaffActs
	Entries         int
	Marked          []StaffMarked
	More            bool // there were more of them
	Outcome, Ticket string
}

// StaffMonth is one month to choose. State: running, open, late, fine or found.
type StaffMonth struct {
	Month, Path, State string
	Here               bool
}

// Tone colours the state.
func (m StaffMonth) Tone() string {
	return map[string]string{"running": "off", "open": "warm", "late": "bad", "fine": "good", "found": "warm"}[m.State]
}

// StaffSigned is a review that was signed.
type StaffSigned struct {
	By              string
	At              time.Time
	Entries         int
	Outcome, Ticket string
}

// StaffActs is what one of the staff did.
type StaffActs struct {
	Name                                              string
	SignIns, Searches, Views, Reveals, Exports, Other int
	Nights                                            int
}

// StaffMarked is one act that is listed by itself.
type StaffMarked struct {
	At                         time.Time
	Name, Step, Note, ID, Path string
}

func (StaffAccess) template() string { return "ops/access" }

// Title implements Page.
func (p StaffAccess) Title() (string, error) { return p.T("ops.access.title") }

// StepWords tell an act. Acts without words of their own are told as they are called.
func (f StaffFrame) StepWords(step string) (string, error) {
	if key := "ops.step." + step; f.Has(key) {
		return f.T(key)
	}
	return step, nil
}

// noteKeys are where the words of a note stand, word by word, for the steps whose notes are words of this program.
var noteKeys = map[string][]string{
	"reveal": {"ops.reveal.field.%s", "ops.reveal.reason.%s"}, "staff": {"%s", "ops.changed.%s", "ops.role.%s"}, "export": {"ops.work.%s.title"},
}

// NoteWords tells the note of an act. What has no words of its own, a name or the number of a ticket, stays as it stands.
func (f StaffFrame) NoteWords(step, note string) (string, error) {
	forms := noteKeys[step]
	if forms == nil {
		return note, nil
	}
	words := strings.Fields(note)
	for i := range min(len(words), len(forms)) {
		key := fmt.Sprintf(forms[i], words[i])
		if !f.Has(key) {
			continue
		}
		said, err := f.T(key)
		if err != nil {
			return "", err
		}
		words[i] = said
	}
	return strings.Join(words, " · "), nil
}

// StaffReport is the report for an authority. Form: from, to (both days included), app.
type StaffReport struct {
	StaffFrame
	From, To string
	App      string
	Apps     []StaffTab // the first, without a name, is all of them
	Sections []StaffSection
}

// StaffSection is one part of the report.
type StaffSection struct {
	Key     string
	Figures []StaffFigure
}

// StaffFigure is one figure with the command that proves it. Kind says what Word is: a status, method, text, delay or step; Of is
// a reason, a clause or who.
type StaffFigure struct {
	Kind, Word, Of, Value string
	Took                  time.Duration // where the figure is a length of time
	Proof                 string
}

func (StaffReport) template() string { return "ops/report" }

// Title implements Page.
func (p StaffReport) Title() (string, error) { return p.T("ops.report.title") }

// Label is what a figure counts, in words.
func (p StaffReport) Label(f StaffFigure) (string, error) {
	switch f.Kind {
	case "text":
		return f.Word, nil
	case "step":
		return p.StepWords(f.Word)
	}
	return p.T("ops." + map[string]string{"status": "status", "method": "method", "delay": "report.delay"}[f.Kind] + "." + f.Word)
}

// More is what stands beside the label; "" for nothing.
func (p StaffReport) More(f StaffFigure) (string, error) {
	switch {
	case f.Of == "":
		return "", nil
	case f.Kind == "status":
		return p.T("ops.reason." + f.Of)
	case f.Kind == "method":
		return p.T("ops.report.clause", "n", f.Of)
	}
	return f.Of, nil
}

// parted is a count as it stands in a page, anything else as it is.
func (f StaffFrame) parted(value string) string {
	n, err := strconv.Atoi(value)
	if err != nil {
		return value
	}
	return f.Number(n)
}

// Figure is the value in words.
func (p StaffReport) Figure(f StaffFigure) (string, error) {
	switch {
	case f.Value == "none":
		return p.T("ops.report.none")
	case f.Kind != "delay" || !strings.ContainsAny(f.Value, "hms"):
		return p.parted(f.Value), nil
	}
	d := f.Took.Round(time.Minute)
	return p.T("ops.report.took", "hours", int(d/time.Hour), "minutes", int(d%time.Hour/time.Minute))
}
