package consent

import (
	"context"
	"time"
)

// How long a visit to the portal lasts.
const (
	VisitLife = 2 * time.Hour  // from its letter, and again from each act
	VisitKept = 24 * time.Hour // an expired one can be renewed, with what was typed, for so long
)

// PrefixVisit begins the id of a visit.
const PrefixVisit = "my_"

// Visit is one visit to the portal as the store keeps it: nothing of a person in clear. It belongs to no app.
type Visit struct {
	ID      string
	Gen     int       // each mailed link raises it; older links die
	Address Sealed    // visitAddress
	Draft   Sealed    // Draft; empty for none
	Expires time.Time // of the links of this generation
}

// VisitStore is the part of the Store that keeps visits to the portal, and reads what the portal shows. Methods are
// idempotent, as all of the Store's are; Guess is charged each time.
type VisitStore interface {
	// Admit begins a visit, or a later generation of it, for the life from now; the same generation again changes nothing.
	Admit(ctx context.Context, v Visit, life, kept time.Duration) (Visit, error)
	// Visit reads one. Errors: ErrNotFound.
	Visit(ctx context.Context, id string) (Visit, error)
	// Extend lets a visit last for the life from now. Errors: ErrNotFound, ErrReplaced, ErrVisitOver.
	Extend(ctx context.Context, id string, gen int, life, kept time.Duration) (Visit, error)
	// Draft keeps what was typed; empty removes it. Errors: ErrNotFound.
	Draft(ctx context.Context, id string, draft Sealed) error
	// Leave ends a visit. What is gone already is no error.
	EndVisit(ctx context.Context, id string) error
	// Guess charges one try of a fact about an address, before it is compared. Errors: ErrLocked.
	Guess(ctx context.Context, of Digest, limit int, lock time.Duration) error
	// Spare gives a guess back after a hit.
	Spare(ctx context.Context, of Digest) error
	// ByGuardian finds the requests of an address over these apps, the newest first of each app, at most most of each.
	ByGuardian(ctx context.Context, apps []string, guardian []Digest, most int) ([]Claims, error)
	// Terms reads the text of a version of an app's terms (App.TermsText). Errors: ErrNotFound.
	Terms(ctx context.Context, app, version string) ([]byte, error)
}

// ErrVisitOver is a genuine link of the portal whose visit is over. It can be renewed.
var ErrVisitOver = &Error{Kind: KindGone, Code: "visit_over", Detail: "this visit is over; a new link can be mailed"}
