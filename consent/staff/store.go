package staff

import (
	"context"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Store keeps people, sessions and changes. Its time is the store's own. Errors of all: consent.ErrUnavailable,
// consent.ErrOutcomeUnknown.
type Store interface {
	// Save writes a person whose Rev is one above what is kept, the change that made it so and its entry of the audit log, all or none.
	// Errors: consent.ErrStale when another change came between, or when the name is taken.
	Save(ctx context.Context, p Person, c Change) error
	// Person reads by id. Errors: ErrNobody.
	Person(ctx context.Context, id string) (Person, error)
	// Named reads by name. Errors: ErrNobody.
	Named(ctx context.Context, name string) (Person, error)
	// People lists all, by name.
	People(ctx context.Context) ([]Person, error)
	// Changes lists the newest n changes, the newest first.
	Changes(ctx context.Context, n int) ([]Change, error)
	// Charge counts one try under the key and tells how long to wait when there were more than most within the time.
	Charge(ctx context.Context, key consent.Digest, most int, within time.Duration) (wait time.Duration, err error)
	// Clear forgets the tries under the key.
	Clear(ctx context.Context, key consent.Digest) error
	// Begin begins a session, with its entry of the audit log, unless the person's second factor was used for this step or a later one already. Errors: ErrRefused.
	Begin(ctx context.Context, s Session, step int64) error
	// Visit reads a session that is neither idle nor older than its whole time, and notes that it was used. Errors: ErrNoSession.
	Visit(ctx context.Context, key [32]byte, idle, whole time.Duration) (Session, error)
	// Sessions lists those of a person that were begun and not ended, the newest first, idle ones among them.
	Sessions(ctx context.Context, id string) ([]Session, error)
	// End ends one session, with its entry of the audit log; one that is not there is no error and leaves none.
	End(ctx context.Context, key [32]byte) error
	// Sign keeps a review, with its entry of the audit log. Errors: ErrReviewed when the month has one.
	Sign(ctx context.Context, r Review) error
	// Reviews are all that were kept.
	Reviews(ctx context.Context) (map[Month]Review, error)
}

// Session is somebody signed in.
type Session struct {
	Key    [32]byte // SHA-256 of what the cookie holds
	Person string   // id
	Gen    int      // of the person when it began
	Began  time.Time
	Seen   time.Time // of the visit before this one; in a list: of the last
	Device string    // what it began on, by DeviceOf; "" when that is not known
}

// Errors of this package.
var (
	ErrNobody    = &consent.Error{Kind: consent.KindNotFound, Code: "nobody", Detail: "nobody has this name"}
	ErrRefused   = &consent.Error{Kind: consent.KindUnauthorized, Code: "refused", Detail: "name, password or code is wrong"}
	ErrNoSession = &consent.Error{Kind: consent.KindUnauthorized, Code: "no_session", Detail: "sign in first"}
	ErrForbidden = &consent.Error{Kind: consent.KindForbidden, Code: "role", Detail: "this role may not do that"}
	ErrInvite    = &consent.Error{Kind: consent.KindGone, Code: "invite_over", Detail: "this link was used, or its time is over"}
	ErrPassword  = &consent.Error{Kind: consent.KindInvalid, Code: "password", Detail: "a password has at least 12 characters, at most 128 bytes, and does not hold the name"}
	ErrCode      = &consent.Error{Kind: consent.KindInvalid, Code: "code", Detail: "this is not the code that the app shows now"}
	ErrCommon    = &consent.Error{Kind: consent.KindInvalid, Code: "password_common", Detail: "this password is among those that are tried first, or most of it is a word of the house"}
	ErrReviewed  = &consent.Error{Kind: consent.KindConflict, Code: "reviewed", Detail: "this month was signed off before"}
	ErrMonth     = &consent.Error{Kind: consent.KindNotFound, Code: "not_found", Detail: "a month that is over, and in which there was somebody"}
	ErrTaken     = &consent.Error{Kind: consent.KindConflict, Code: "taken", Detail: "somebody has this name already"}
)
