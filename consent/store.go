package consent

import (
	"context"
	"time"
)

// Store keeps the records. Every method that changes something is one script: it checks state, deadline and
// generation by the store's own clock, and writes record, indexes, marketing flags, jobs, event and audit entry all or none.
// All such methods are idempotent: called again with the same arguments they answer the same and change nothing.
// Errors of all: ErrUnavailable (not reached, nothing done), ErrOutcomeUnknown (sent, not answered), ErrNotFound.
type Store interface {
	Reader
	FlagStore
	GuardianStore
	Ledger
	Hooks
	RightStore
	AgeStore
	VisitStore
	DeskStore
	AmendStore
	// Signup creates a pending record. A repeated idempotency key gives the record of the first call, with replayed true.
	// Errors: already_pending, recently_refused, ErrMismatch, ErrEmbedUsed, ErrHour, clock_skew, keys_differ.
	Signup(ctx context.Context, d Draft) (rec Record, replayed bool, err error)
	// Invited notes how the invitation fared. Of a request that is no longer pending, or of another generation, it notes nothing.
	Invited(ctx context.Context, m Mutation, gen int, state MailState, hint string) (Record, error)
	// Confirm notes that the confirming letter went out, once. Errors: ErrNotGranted.
	Confirm(ctx context.Context, m Mutation) (Record, error)
	// CountLetter counts a letter that somebody else caused against its receiver's day, and tells how long to wait when the
	// day is full. The same letter counts once, however often it is tried.
	CountLetter(ctx context.Context, guardian Digest, letter string, perDay int) (wait time.Duration, err error)
	// Try charges one try of the second fact, before it is compared. Its letters are left by the try that locks alone. Errors: ErrLocked,
	// ErrCodeSpent, ErrNotPending, ErrReplaced.
	Try(ctx context.Context, m Mutation, t Trial) (Record, error)
	// Refund gives a try back after a hit.
	Refund(ctx context.Context, m Mutation, code bool) error
	// Misname notes that the guardian says the name was entered differently. Errors: ErrNotPending, ErrReplaced, ErrNotMissed
	// before there were this many misses.
	Misname(ctx context.Context, m Mutation, gen, misses int) (Record, error)
	// Grant decides yes. Errors: ErrNotPending, ErrStale (another revision), ErrReplaced, ErrLocked, ErrPaused; of staff
	// ErrNotFiled, ErrSamePerson and ErrStale (something else was filed, or for other people) instead of the last two. Of anybody
	// but guardian and staff: ErrNotFiled.
	Grant(ctx context.Context, m Mutation, g Granting) (Record, error)
	// Decline decides no. Errors: ErrNotPending, ErrReplaced, ErrPaused.
	Decline(ctx context.Context, m Mutation, d Declining) (Record, error)
	// Release notes that the data is being handed over. Errors: ErrNotGranted, ErrOnHold, ErrDestroyed.
	Release(ctx context.Context, m Mutation) (Record, error)
	// Acknowledge destroys the held copy. Errors: ErrNotGranted; ErrNotReleased before the first release; ErrDestroyed when it ended otherwise.
	Acknowledge(ctx context.Context, m Mutation) (Record, error)
	// Cancel ends a pending request. Errors: ErrNotPending.
	Cancel(ctx context.Context, m Mutation, reason string) (Record, error)
	// Expire ends a pending request past its deadline, or at once with reason ReasonUnreadable. Errors: ErrNotPending, ErrNotDue.
	Expire(ctx context.Context, m Mutation, reason string) (Record, error)
	// Lapse destroys granted data whose release window is over. Errors: ErrNotDue.
	Lapse(ctx context.Context, m Mutation) (Record, error)
	// Withdraw ends a consent, or takes purposes out of it. Errors: ErrNotGranted, ErrEnded, ErrPaused; ErrStale when
	// the data was re-sealed since.
	Withdraw(ctx context.Context, m Mutation, w Withdrawing) (Record, error)
	// Reopen lifts the lock that wrong tries have set, with its misses, on a pending request. One that is not locked stays as it
	// is. Errors: ErrNotPending.
	Reopen(ctx context.Context, m Mutation) (Record, error)
	// Resend counts a resend, those of staff apart, and leaves its letter in the outbox. Errors: ErrNotPending, resend_limit.
	Resend(ctx context.Context, m Mutation, perDay int) (Record, error)
	// Correct replaces the sealed people. With a new address it raises the generation. Errors: ErrNotPending, ErrStale, name_limit, address_limit,
	// correction_limit.
	Correct(ctx context.Context, m Mutation, c Correction) (Record, error)
	// Join adds a guardian to a pending or granted request. Errors: ErrEnded, ErrStale.
	Join(ctx context.Context, m Mutation, c Correction) (Record, error)
	// Erase notes that the app confirmed its erasure. Errors: ErrNotWithdrawn.
	Erase(ctx context.Context, m Mutation, at time.Time, purposes []string) (Record, error)
	// Overdue notes that the app did not confirm in time, once. Errors: ErrNotDue.
	Overdue(ctx context.Context, m Mutation) (Record, error)
	// Disclose adds a disclosure to a granted request's list. Errors: ErrNotGranted, ErrEnded.
	Disclose(ctx context.Context, m Mutation, id string, sealed Sealed) error
	// Fade removes what finds an ended request by address or code, LookUpsKept after its end. Errors: ErrNotDue.
	Fade(ctx context.Context, m Mutation) error
	// Forget removes a record whose time is over, with all that points to it. Errors: ErrNotDue.
	Forget(ctx context.Context, m Mutation) error
}

// Reader is the part of the store that changes nothing.
type Reader interface {
	// Now is the store's time with the space's offset; steps that need a time before their script ask the Clock instead.
	Now(ctx context.Context) (time.Time, error)
	// Get reads a record. Errors: ErrNotFound.
	Get(ctx context.Context, app, id string) (Record, error)
	// List pages through an app's records of a status ("" all), or of a subject.
	List(ctx context.Context, q Query) (Page, error)
	// Subject returns the records of one subject, the newest first.
	Subject(ctx context.Context, app, subject string) ([]Record, error)
	// Events pages through the app's events, oldest first.
	Events(ctx context.Context, app, after string, limit int) ([]Event, error)
	// ByCode finds the request of a mailed short code over these apps. Errors: ErrNotFound.
	ByCode(ctx context.Context, apps []string, code []Digest) (Claims, error)
	// Quiet reports whether the holder of one of these addresses asked these apps for no more letters.
	Quiet(ctx context.Context, apps []string, guardian []Digest) (bool, error)
	// Flagged reports for each digest whether one of these apps has a marketing flag on it that has not ended on this day.
	Flagged(ctx context.Context, apps []string, look []Digest, today Date) ([]bool, error)
	// Apps lists the apps that were ever declared, those of today among them or not.
	Apps(ctx context.Context) ([]string, error)
	// Due lists at most n ids whose time has come.
	Due(ctx context.Context, app string, n int) ([]Due, error)
}

// Mutation is what every change has in common: which record, who acts, and what to leave behind with it.
type Mutation struct {
	App     string
	ID      string
	Subject string
	Actor   Actor
	Note    string // for the audit log: a code or a digest, never a text
	Event   *Event // nil for none
	Jobs    []Job
}

// Draft is a new request, sealed and ready.
type Draft struct {
	Mutation
	Record      Record        // the fields that the caller decides; times, status and custody are the store's
	TTL         time.Duration // the deadline is the sooner of now + TTL and KeyDies
	KeyHour     time.Time     // hour of the key under which People and Data are sealed; refused unless it is the store's own or the one before
	KeyDies     time.Time
	Idempotency *Idempotency // nil when the caller gave no key
	Flags       []Flag
	Once        bool // the id was given out before: a record that has it already is refused as ErrEmbedUsed, not replayed
}

// Idempotency binds a key to the first body that used it, for 24 h.
type Idempotency struct {
	Key  Digest
	Body Digest
}

// Flag is one identity of the child that must get no advertising (policy 9-3-라).
type Flag struct {
	Kind   DigestKind
	Look   Digest  // for look-ups by this server
	Short  [8]byte // for offline filters
	Ends   Date    // last day of a month
	Reason string  // FlagPending …
	Source string  // id of the request, or of the flag that was set by hand
}

// Trial is one try of the second fact.
type Trial struct {
	Gen   int
	Limit int           // misses before the lock
	Lock  time.Duration // how long approving stays closed
	Code  bool          // the pairing code, or after the grant the mailed one, has its own count
}

// Granting is a yes.
type Granting struct {
	Gen         int
	Rev         int // revision that the guardian saw; People is sealed for Rev + 1, Data for DataRev + 1
	Method      Method
	Purposes    []string
	Refused     []string
	People      Sealed
	Data        Sealed
	Evidence    Sealed
	ReleaseDies time.Time
	Window      time.Duration
	Terms       string // version that was agreed to; "": the one that was asked
	Month       int    // Date.MonthNumber in which the child's age is first looked at; 0: never
	Filed       int    // number of what a colleague filed, when staff grant; else 0
	Scan        Sealed // of the paper, as evidence
}

// Declining is a no.
type Declining struct {
	Gen    int
	Reason string        // ReasonRefused or ReasonNotMine
	Pause  time.Duration // before the same subject may ask the same guardian again
	Block  time.Duration // how long its guardian gets no letters at all; 0: no such wish
	Index  int           // which guardian
	Pair   Digest        // of the subject and this guardian, for the pause; zero: the record's own
}

// Withdrawing ends a consent or part of it.
type Withdrawing struct {
	Purposes []string // empty: all
	Data     Sealed   // partial, and data still held: re-sealed for DataRev + 1 without the items that no remaining purpose names
	DataRev  int      // revision of the data that was read; another one then is ErrStale
	Reason   string
	EraseDue time.Duration
	Keep     time.Duration // evidence is kept this long afterwards
}

// Correction replaces the sealed people.
type Correction struct {
	Rev        int // revision that was read; People is sealed for Rev + 1
	People     Sealed
	NewAddress bool // raises the generation
	NewName    bool // counts against MaxNamesSet when NameMiss is set
	ByChild    bool // a new address counts against MaxAddressSet
	ByApp      bool // a new address counts against PerDay
	PerDay     int  // how many addresses an app may set a day
	Look       LookUps
	Guardians  int
}

// Query selects records for a list. After is the opaque cursor of the page before.
type Query struct {
	App     string
	Status  Status
	Subject string
	After   string
	Limit   int
}

// Page is one page of a list. Next is "" on the last.
type Page struct {
	Records []Record
	Next    string
}

// Due is one deadline that has come.
type Due struct {
	Step  Step // StepExpire, StepLapse, StepOverdue, StepFade, StepForget or StepEnact; with Right StepNudge, StepLate or StepClear
	ID    string
	Right string // id of a rights request of ID
}

// ErrNotDue is a deadline that has not come by the store's clock.
var ErrNotDue = &Error{Kind: KindConflict, Code: "not_due", Detail: "its time has not come"}

// How long the store keeps what remains of ended requests.
const (
	LookUpsKept     = 30 * 24 * time.Hour  // address and code look-ups, so that a dead link has its own page
	RecordKept      = 400 * 24 * time.Hour // the record without personal data
	EventsKept      = 30 * 24 * time.Hour
	IdempotencyKept = 24 * time.Hour
	BlockKept       = 365 * 24 * time.Hour // "send nothing more"
)
