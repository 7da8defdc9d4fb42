package consent

import "time"

// Record is a consent request as the store keeps it: what is needed to decide, to answer and to show, and nothing of
// any person in clear. Times are UTC with millisecond precision; a zero time means "not yet".
type Record struct {
	App     string
	ID      string // "cr_…"
	Subject string // the app's own reference for the child; opaque
	Status  Status
	Custody Custody
	Reason  string // why it ended: ReasonRefused …
	Method  Method // how the guardian decided; "" before
	Locale  string // the guardian's language, for pages and letters

	CreatedAt time.Time
	ExpiresAt time.Time // hard deadline; no step moves it (KR-12)
	DecidedAt time.Time // grant or decline
	EndedAt   time.Time // the last move to an end status
	ReleaseBy time.Time // granted data is destroyed then, collected or not
	EraseBy   time.Time // after withdrawal or ageing out: when the app must have confirmed erasure
	ErasedAt  time.Time
	EraseLate bool // the app has not confirmed in time, and that was told

	Gen int // generation of the mailed links; a changed address raises it and voids older links
	Rev int // revision of People: Grant, Correct and Join raise it; its associated data names it, and every form is bound to it

	DataRev int // revision of Data: 1 at Signup; Grant and a partial Withdraw raise it

	Hold        bool // a correction is open: the data is neither used nor handed over (policy 9-3-다)
	Holds       int  // how many corrections are open
	Asked       []string
	Granted     []string // purposes in force
	Refused     []string // optional purposes the guardian said no to
	Terms       string   // version of the purposes' text that was asked, and from the grant on of the one agreed to
	Notice      string   // version of the child's notice that was shown (KR-03)
	Mail        MailState
	MailHint    string    // "" or a HintXxx
	MailAt      time.Time // of the last change of Mail
	NameMiss    bool      // the guardian says the name was entered differently; the child or the app may set it anew
	NamesSet    int       // how often the name was set anew, at most MaxNamesSet
	AddressSet  int       // how often the child set the address anew on its page, at most MaxAddressSet
	Tries       int       // misses of the second fact, by name and by code, since the last lock
	LockedUntil time.Time // approving is closed until then
	Guardians   int       // how many guardians were invited, at least 1

	Filed Filed // a consent on paper or by telephone that waits for its second person

	Amends  int       // how many amendments were ever entered, which is the number of the last
	Amend   Amend     // a correction of a guardian's name or address that waits; its No is Amends
	Amended []Amended // those that took effect, the oldest first

	Mine []Mine // what concerns each guardian alone, by index; nil while there is nothing

	DecidedBy int       // of a refusal: which guardian
	Blocked   bool      // of a refusal: its guardian asked for no more letters
	LiftedAt  time.Time // of a refusal: when its guardian took pause and block back

	AgingAt  time.Time // when the app was told that the child comes of age soon
	Outdated string    // version of the terms of whose coming the app was told

	Look LookUps // digests by which the request is found

	People   Sealed // names and addresses: hour key while pending, evidence key afterwards
	Data     Sealed // the child's data: hour key while pending, release key once granted
	Evidence Sealed // what was agreed, to which text, how and when
}

// Mine is what a record notes of one guardian alone.
type Mine struct {
	AskedAt     time.Time // when the last letter that asks was sent, or was on its way
	PausedUntil time.Time // no answer is taken before, since the decoy was pressed
	CodeAt      time.Time // when a code for withdrawing was mailed
}

// Of is what concerns one guardian alone.
func (r Record) Of(guardian int) Mine {
	if guardian < 0 || guardian >= len(r.Mine) {
		return Mine{}
	}
	return r.Mine[guardian]
}

// GenOf is the generation of one guardian's links: an address that was corrected after the grant voids that guardian's alone.
func (r Record) GenOf(guardian int) int {
	gen := r.Gen
	for _, a := range r.Amended {
		if a.Guardian == guardian && a.What.Address() {
			gen++
		}
	}
	return gen
}

// LookUps are the keyed digests by which a request is found without anybody's name. They are gone LookUpsKept after the end.
type LookUps struct {
	Guardians []Digest  // of each guardian's canonical address, by index; zero for one without an address
	Shorts    [][8]byte // of each guardian's address for offline filters (marketing gate); written, never read back
	Codes     []Digest  // of each guardian's short code of the current generation
	Pair      Digest    // of the subject and the first guardian, for the pause after a refusal
}

// Reasons of an ended request. Values are part of the API.
const (
	ReasonRefused    = "refused"
	ReasonNotMine    = "not_mine"
	ReasonDeadline   = "deadline"
	ReasonUnreadable = "unreadable" // the hour's key was lost
	ReasonApp        = "app"
	ReasonGuardian   = "guardian"
	ReasonStaff      = "staff"
	ReasonChild      = "child"
	ReasonBirthday   = "birthday"
)

// MaxNamesSet is how often the guardian's name may be set anew after a miss.
const MaxNamesSet = 3

// The child may set the guardian's address anew on its own page this often, and without a reason this long after the
// signup: later only when the letter came back or the name is another. Else one could have letters sent to one address
// after the other by this page.
const (
	MaxAddressSet  = 2
	AddressFreeFor = 10 * time.Minute
)

// MailState says how far the invitation came. Values are part of the API.
type MailState string

// The mail states.
const (
	MailQueued  MailState = "queued"
	MailSent    MailState = "sent" // the receiving server accepted it
	MailBounced MailState = "bounced"
	MailNotSent MailState = "not_sent" // the guardian asked for no letters
)

// Hints of a mail state for the app's own user interface.
const (
	HintAnotherWay   = "use_another_way"
	HintCheckAddress = "check_address"
	HintDelayed      = "delayed"
)

// Method is a way to confirm a guardian's consent (KR-04).
type Method string

// The methods.
const (
	MethodEmailLink  Method = "email_link"
	MethodEmailReply Method = "email_reply"
	MethodSiteSMS    Method = "site_sms"
	MethodIdentity   Method = "identity"
	MethodPaper      Method = "paper"
	MethodPhone      Method = "phone"
)

// Clauses maps a method to its number in Enforcement Decree 17-2(1) (KR-04); identity covers numbers 2 and 3.
var Clauses = map[Method]string{
	MethodSiteSMS: "1", MethodIdentity: "2-3", MethodPaper: "4", MethodEmailReply: "5", MethodPhone: "6", MethodEmailLink: "7",
}

// Actor is who made a step, for the audit log: Ref is a key's id, a staff member's id or the guardian's number, never a name.
type Actor struct {
	Kind string // one of the ActorXxx
	Ref  string
}

// Kinds of actors.
const (
	ActorApp      = "app"
	ActorGuardian = "guardian"
	ActorChild    = "child"
	ActorStaff    = "staff"
	ActorClock    = "clock"
	ActorMail     = "mail"
)
