package staff

import (
	"regexp"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// State says whether somebody can sign in.
type State string

// The states of a person.
const (
	Invited  State = "invited" // the link was made and not used
	Active   State = "active"
	Disabled State = "disabled"
)

// PrefixPerson begins the ids of people. Audit entries name people by them.
const PrefixPerson = "st_"

// Person is one of the staff. Times are UTC.
type Person struct {
	ID      string
	Name    string // what is typed to sign in; it identifies a colleague to colleagues and is told to nobody else
	Role    Role
	State   State
	Rev     int // raised by every change
	Gen     int // raised by what ends all sessions
	Created time.Time

	Invite      [32]byte  // SHA-256 of the link's token; zero once it was used
	InviteUntil time.Time // the link works until then

	Password string         // argon2id in PHC form; "" before they joined
	Factor   consent.Sealed // secret of the second factor
}

// Actor is the person as audit entries name them.
func (p Person) Actor() consent.Actor { return consent.Actor{Kind: consent.ActorStaff, Ref: p.ID} }

// nameForm keeps names to what can be typed anywhere and stands safely in a table.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// CheckName refuses a name that is none. Errors: KindInvalid.
func CheckName(name string) error {
	if nameForm.MatchString(name) {
		return nil
	}
	return &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "a name is 2 to 32 of a-z, 0-9, dot, hyphen and underscore, beginning with a letter"}
}

// Change is one entry of the record of permission changes.
type Change struct {
	At    time.Time
	By    string // id of the person, or "cli:<uid>" of the command line
	ID    string // of whom
	Name  string
	What  string // one of the ChangedXxx
	Role  Role   // afterwards
	State State  // afterwards
}

// What may change about a person.
const (
	ChangedInvited  = "invited"
	ChangedJoined   = "joined"
	ChangedRole     = "role"
	ChangedDisabled = "disabled"
	ChangedSessions = "signed_out_everywhere"
	ChangedPassword = "password"
	ChangedFactor   = "factor"
)

// ChangesKept is how long changes of permission are kept (KR-23; Safety Standard 5).
const ChangesKept = 3 * 366 * 24 * time.Hour
