package consent

import (
	"context"
	"time"
)

// Ledger is the store's audit log. Every step appends its own entry in its own script; these methods note what changes no
// record, and read. Entries hold ids, codes and digests, nothing of a person, so they outlive what they speak of.
type Ledger interface {
	// Look notes that somebody looks at what is sealed in a record, in the script that reads it: what could not be noted is
	// not read. act is the word for it (ActView …), m.Note the reason's code or the ticket, never a text. Its event and jobs
	// are left behind as those of any step. Errors: ErrNotFound.
	Look(ctx context.Context, m Mutation, act Step) (Record, error)
	// Note notes an act that concerns no record, or all of them: a search, an export, a sign-in, a changed role. m.ID may be
	// "", and m.App StaffLedger for what belongs to no app.
	Note(ctx context.Context, m Mutation, act Step) error
	// Trail lists the entries about a record, the oldest first, as far back as the store holds them. When the first one's
	// Prev is not 0, older ones stand in the files of consent/audit.
	Trail(ctx context.Context, app, id string) ([]Entry, error)
	// Entries pages through an app's log behind the entry with number after, at most limit of them.
	Entries(ctx context.Context, app string, after int64, limit int) ([]Entry, error)
	// Head is the number of the app's last entry, 0 before the first. Entries that were moved to files count.
	Head(ctx context.Context, app string) (int64, error)
}

// StaffLedger stands in an app's place for acts that belong to none: people, roles, sign-ins. No app can have this id.
const StaffLedger = "_staff"

// Acts of staff that change no record.
const (
	ActView    Step = "view"    // a record's page, everything masked
	ActReveal  Step = "reveal"  // one field in clear
	ActSearch  Step = "search"  // by digest, id, code or subject
	ActExport  Step = "export"  // a list as a file
	ActFilter  Step = "filter"  // a list through the marketing gate
	ActSignIn  Step = "sign_in" // and its kin, of the staff ledger
	ActSignOut Step = "sign_out"
	ActStaff   Step = "staff"   // an account or a role changed
	ActReview  Step = "review"  // the access log was read and signed off
	ActRestore Step = "restore" // a restored backup was brought up to date
)

// Entry is one line of the audit log. Fields that say nothing at this step are zero.
type Entry struct {
	App    string    `json:"app"`
	Seq    int64     `json:"seq"` // per app, from 1, without gaps
	At     time.Time `json:"at"`
	Step   Step      `json:"step"`
	ID     string    `json:"id,omitempty"` // of the record, "" when none is meant
	By     string    `json:"by,omitempty"` // one of the ActorXxx
	Ref    string    `json:"ref,omitempty"`
	Note   string    `json:"note,omitempty"`   // a code, an id or a digest
	Status Status    `json:"status,omitempty"` // of the record afterwards
	Prev   int64     `json:"prev,omitempty"`   // number of the entry before it about the same record; 0: the first

	Custody Custody  `json:"custody,omitempty"` // of the record afterwards
	Hold    bool     `json:"hold,omitempty"`    // a correction is open afterwards
	Reason  string   `json:"reason,omitempty"`  // why it ended, at the step that ends it
	Method  Method   `json:"method,omitempty"`  // at the steps that change the status
	Terms   string   `json:"terms,omitempty"`   // version of the text, at the same steps
	Granted []string `json:"granted,omitempty"` // purposes in force afterwards, at the same steps and at each withdrawal
}
