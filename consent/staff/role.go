package staff

import "slices"

// Role is what a person is here for. Everybody has exactly one.
type Role string

// The roles.
const (
	Viewer    Role = "viewer"    // looks, and changes nothing
	Support   Role = "support"   // helps callers
	Marketing Role = "marketing" // cleans lists of addresses, and sees nothing else
	Privacy   Role = "privacy"   // answers for the data
	Admin     Role = "admin"     // looks after people and the machine
)

// Roles lists every role in the order in which lists show them.
var Roles = []Role{Viewer, Support, Marketing, Privacy, Admin}

// Known reports whether there is such a role.
func (r Role) Known() bool { return slices.Contains(Roles, r) }

// Permission is one thing that staff may do. Every staff route asks for exactly one.
type Permission string

// The permissions. None of them decides for a guardian; MayRecord enters what a guardian signed or said, and needs two.
const (
	MaySelf    Permission = "self"    // one's own session
	MayLook    Permission = "look"    // figures, lists and requests, all masked
	MayExport  Permission = "export"  // lists as a file, masked
	MayReveal  Permission = "reveal"  // one field in clear, with a reason
	MayHelp    Permission = "help"    // send again, correct, reopen, lift a block
	MayEnd     Permission = "end"     // cancel, withdraw on behalf
	MayDestroy Permission = "destroy" // end whatever the state
	MayRecord  Permission = "record"  // enter consent given on paper or by phone; confirm what a colleague entered
	MayRights  Permission = "rights"  // enter and answer rights requests
	MayGate    Permission = "gate"    // clean a list of addresses
	MayAccount Permission = "account" // read the access log and sign it off; report to an authority
	MayPeople  Permission = "people"  // see and disable people
)

// permits is the one table of who may do what.
var permits = map[Role][]Permission{
	Viewer:    {MaySelf, MayLook},
	Support:   {MaySelf, MayLook, MayReveal, MayHelp, MayEnd, MayRecord, MayRights},
	Marketing: {MaySelf, MayGate},
	Privacy:   {MaySelf, MayLook, MayExport, MayReveal, MayHelp, MayEnd, MayDestroy, MayRecord, MayRights, MayGate, MayAccount},
	Admin:     {MaySelf, MayLook, MayPeople},
}

// May reports whether the role permits it. What is not in the table is not permitted.
func (r Role) May(p Permission) bool { return slices.Contains(permits[r], p) }
