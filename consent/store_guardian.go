package consent

import (
	"context"
	"time"
)

// GuardianStore is the part of the store that a guardian's own acts beside the decision need, and the letters that ask.
type GuardianStore interface {
	// Pause keeps every answer of one guardian from deciding for a while: its link's decoy was pressed. While it lasts,
	// and after the end, it changes nothing.
	Pause(ctx context.Context, m Mutation, guardian int, d time.Duration) (Record, error)
	// Undo takes back what a refusal left behind: the pause, and the wish for no letters. Errors: ErrNotDeclined,
	// ErrReplaced (it was not this guardian's refusal), ErrPaused, ErrEnded when what would find it has faded.
	Undo(ctx context.Context, m Mutation, gen, guardian int) (Record, error)
	// Remind gives a letter that asks a guardian its turn, or notes that it arrived. Errors: ErrMoot when another has
	// served; turn (KindTooMany) while another is on its way.
	Remind(ctx context.Context, m Mutation, t Turn) (Record, error)
	// Prove notes that a guardian asked for a code by mail; its letter is left unless the last code is still fresh.
	// Errors: ErrNotGranted, ErrEnded, code_limit (KindTooMany).
	Prove(ctx context.Context, m Mutation, p Proving) (Record, error)
}

// Turn is one letter that asks a guardian, an invitation or a reminder.
type Turn struct {
	Gen      int
	Guardian int
	Letter   string        // its job
	Arrived  bool          // it was delivered
	Since    time.Time     // another that arrived since serves as well
	Gap      time.Duration // and so does one that arrived no longer ago than this
	Lease    time.Duration // how long a letter may take to arrive before the next has its turn
}

// Proving is a guardian's wish for a code by mail.
type Proving struct {
	Guardian int
	Fresh    time.Duration // how long a code stands before another is made
	PerDay   int
}

// Errors of GuardianStore.
var (
	ErrPaused      = &Error{Kind: KindTooMany, Code: "paused", Detail: "a button was pressed that people never meet; no answer is taken for a while"}
	ErrNotDeclined = &Error{Kind: KindConflict, Code: "not_declined", Detail: "no guardian has refused this request"}
	ErrNotMissed   = &Error{Kind: KindConflict, Code: "not_missed", Detail: "the name was not tried often enough to be another one"}
	ErrCodeSpent   = &Error{Kind: KindTooMany, Code: "code_spent", Detail: "the mailed code was tried too often; a new one is needed"}
)
