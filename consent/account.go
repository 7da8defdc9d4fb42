package consent

import "time"

// Access is what staff did in a time, for the monthly review (KR-23).
type Access struct {
	From, To time.Time // From is in, To is out
	Entries  int       // acts of staff, all of them
	People   []AccessBy
	Marked   []Entry // reveals, exports, ends and changes of people, the oldest first; not without end
	More     bool    // there were more of them
}

// AccessBy is what one of the staff did. Ref is their id, or "cli:<uid>" and the like of the command line.
type AccessBy struct {
	Ref                                               string
	SignIns, Searches, Views, Reveals, Exports, Other int
	Nights                                            int // of all those, between ten at night and six in the morning
}

// All is how many acts those are.
func (a AccessBy) All() int {
	return a.SignIns + a.Searches + a.Views + a.Reveals + a.Exports + a.Other
}

// Account says what happened in a time, for an authority: figures of the log alone, so it can be made after the data is gone.
type Account struct {
	From time.Time    `json:"from"`
	To   time.Time    `json:"to"`
	App  string       `json:"app,omitempty"`
	Rows []AccountRow `json:"rows"`
}

// AccountRow is one figure of an Account, with the command that proves it.
type AccountRow struct {
	Section string `json:"section"`
	Name    string `json:"name"`
	Value   string `json:"value"`
	Proof   string `json:"proof"`

	// The same in parts, for pages in other languages: what kind of word Word is, and what it is of (a reason, a clause, who).
	Kind string        `json:"-"`
	Word string        `json:"-"`
	Of   string        `json:"-"`
	Took time.Duration `json:"-"` // where the value is a length of time
}

// Kinds of words in a AccountRow.
const (
	RowStatus = "status"
	RowMethod = "method"
	RowText   = "text" // an app and a version of its terms
	RowStep   = "step"
	RowDelay  = "delay"
)
