package templates

import "time"

// StaffGate takes a list through the marketing gate. Form (multipart/form-data): app (where there are several), kind, as, column,
// header, and last file. The answer is the list; what became of it stands in Runs when the page is opened again.
type StaffGate struct {
	StaffFrame
	Apps []StaffChoice
	Was  map[string]string // what was chosen before
	Runs []StaffRun        // one's own, the newest first
}

// StaffChoice is something to choose by its name.
type StaffChoice struct{ Value, Name string }

// StaffRun is what became of one list: counts, nothing of the list.
type StaffRun struct {
	At                              time.Time
	App, Kind, State                string
	Ended                           bool
	Rows, Kept, Blocked, Unreadable int
}

// Tone colours the state.
func (r StaffRun) Tone() string {
	return map[string]string{"done": "good", "running": "warm", "broken": "bad"}[r.State]
}

func (StaffGate) template() string { return "ops/gate" }

// Title implements Page.
func (p StaffGate) Title() (string, error) { return p.T("ops.gate.title") }

// Typed is what was chosen before, else what most lists are.
func (p StaffGate) Typed(field string) string {
	if v, ok := p.Was[field]; ok || p.Was != nil {
		return v
	}
	return map[string]string{"kind": "ad_mail", "as": "email"}[field]
}

// AppChoices are the apps as radio buttons.
func (p StaffGate) AppChoices() (Choices, error) {
	c, err := p.Choose("app", "ops.gate.app", "")
	for i, a := range p.Apps {
		id := FieldID("app")
		if i > 0 {
			id += "-" + a.Value
		}
		c.Options = append(c.Options, Option{ID: id, Name: "app", Value: a.Value, Label: a.Name, Checked: p.Typed("app") == a.Value})
	}
	return c, err
}

// HeaderTick says that a column that is named by its number has a first row with names.
func (p StaffGate) HeaderTick() (Choices, error) {
	return p.Tick("header", "ops.gate.header", p.Typed("header") == "yes")
}

// StaffBlocked tells how often the gate said no to an app's lists and questions, by day and by why.
type StaffBlocked struct {
	StaffFrame
	Apps []StaffTab
	By   []string
	Days []StaffDay
}

func (StaffBlocked) template() string { return "ops/blocked" }

// Title implements Page.
func (p StaffBlocked) Title() (string, error) { return p.T("ops.blocked.title") }

// Sum is what stands under a column.
func (p StaffBlocked) Sum(column int) int {
	n := 0
	for _, d := range p.Days {
		n += d.Counts[column].N
	}
	return n
}
