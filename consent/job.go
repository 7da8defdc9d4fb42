package consent

import (
	"strconv"
	"time"
)

// JobKind says who works a job of the outbox.
type JobKind string

// The kinds of jobs.
const (
	JobLetter  JobKind = "letter"
	JobWebhook JobKind = "webhook"
	JobAct     JobKind = "act" // of a guardian that is played (package rehearsal); in the test space alone
)

// Job is work that must follow a step. The script that makes the step writes it, so it is neither lost nor done for a
// step that never happened.
type Job struct {
	ID    string        // "job_…"; a letter's Message-ID is made of it
	Kind  JobKind       // selects the worker
	After time.Duration // due this long after the step, by the store's clock
	Body  []byte        // opaque to the store and the outbox: JSON of LetterJob or HookJob
}

// TestDomain is where the guardians live that the test space plays. It is reserved (RFC 6761), so no letter gets there.
const TestDomain = "guardian.test"

// LetterJob is the body of a JobLetter. It names what is to be told, not to whom: names and addresses are opened from
// the record when the letter is written, so a corrected address is used, and a letter of an ended request is dropped.
type LetterJob struct {
	App      string     `json:"app"`
	Request  string     `json:"r"`
	Letter   LetterKind `json:"k"`
	Guardian int        `json:"g"`            // index into People.Guardians
	Gen      int        `json:"n"`            // generation when it was asked for; an older one is dropped
	Again    bool       `json:"a,omitempty"`  // an invitation sent again, whose reminders are planned already
	Visit    string     `json:"v,omitempty"`  // of LetterPortal, which is about no request
	Right    string     `json:"q,omitempty"`  // of letters about a rights request
	Amend    int        `json:"m,omitempty"`  // of letters about an amendment: its number
	To       []byte     `json:"to,omitempty"` // letters to an address that no record has any more: it, sealed under the hour key
}

// HookJob is the body of a JobWebhook.
type HookJob struct {
	App   string    `json:"app"`
	N     int       `json:"n"` // index into App.Webhooks
	URL   string    `json:"u"` // guards against an index that now means another target
	Event string    `json:"e"`
	Type  EventType `json:"t"`
	Data  EventData `json:"d"`
	At    time.Time `json:"at,omitzero"` // of a replay: when the event happened; else that is when the job was put
}

// LetterKind names a letter.
type LetterKind string

// The letters.
const (
	LetterInvite    LetterKind = "invite"
	LetterRemind    LetterKind = "remind"
	LetterGranted   LetterKind = "granted"
	LetterDeclined  LetterKind = "declined"
	LetterConfirm   LetterKind = "confirm"
	LetterWithdrawn LetterKind = "withdrawn"
	LetterErased    LetterKind = "erased"
	LetterLocked    LetterKind = "locked"
	LetterProve     LetterKind = "prove" // the code with which a guardian withdraws whose name does not match

	LetterAmending LetterKind = "amending" // to the address that stands: somebody wants to correct it, or the name
	LetterAmended  LetterKind = "amended"  // to the address that stands from now on: it was done
	LetterReplaced LetterKind = "replaced" // to the one that stood until then

	LetterRightsReceived LetterKind = "rights_received"
	LetterRightsAnswered LetterKind = "rights_answered"
	LetterPortal         LetterKind = "portal" // a fresh link into the portal, asked for there
)

// Letter is all that a letter says, in the guardian's language. Before the grant it holds neither the guardian's name
// nor the pairing code: they are the facts that a scanner of the mailbox must not find (threats: scanners).
type Letter struct {
	ID       string // Message-ID's local part: the same letter has the same one for ever
	Return   string // names the letter in its return path; "" for one about no request
	Kind     LetterKind
	To       Private
	Locale   string
	App      *App
	Operator Operator
	Zone     *time.Location
	Case     string    // the request's id, to be named on the telephone
	Child    string    // masked
	Born     string    // year of the child's birth; "" when it is not known
	Purposes []Purpose // asked; after a decision those in force
	Refused  []Purpose
	Link     string // the guardian's page; "" when there is none
	Code     string // "ABCD-2345" for CodePage; of LetterProve for the page of the withdrawal
	CodePage string
	Withdraw string    // the page on which a consent is withdrawn
	Deadline time.Time // last moment to decide; for LetterErased when the app confirmed
	Decided  time.Time
	Amend    AmendWhat // what a letter about an amendment is about; its Deadline is when that takes effect, its Link the page that stops it
	Right    Right     // what a letter about a rights request is about: its kind, channel, times and outcome
	Portal   string    // the page where a guardian sees and asks everything
	Test     bool      // test space: the letter says so
}

// DeliveryClass says what an error of delivery means for the letter.
type DeliveryClass int

// The classes. Only a 5xx code is Never; everything that is not known is tried again with the same Message-ID.
const (
	Again DeliveryClass = iota
	Never
	Unknown // cut after the final dot: it may have arrived
)

// DeliveryError is a letter or webhook that was not delivered.
type DeliveryError struct {
	Class DeliveryClass
	Code  int           // SMTP or HTTP status; 0 when there was none
	After time.Duration // the other side's wish (Retry-After); 0 for none
	Stage string        // "connect", "tls", "auth", "mail", "rcpt", "data" …
	Err   error
}

// Error implements error. It never holds an address: remote texts may quote one, so they are left out.
func (e *DeliveryError) Error() string {
	s := "delivery failed at " + e.Stage
	if e.Code != 0 {
		s += " with " + strconv.Itoa(e.Code)
	}
	return s
}

// Unwrap returns the cause.
func (e *DeliveryError) Unwrap() error { return e.Err }
