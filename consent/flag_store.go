package consent

import (
	"context"
	"time"
)

// FlagStore keeps what the marketing gate knows. Its changes are steps as all others of Store.
type FlagStore interface {
	// Flag sets a flag by hand: m.ID is its id. Errors: flag_limit.
	Flag(ctx context.Context, m Mutation, flags []Flag) error
	// Unflag takes back the flag m.ID, which was set by hand in m.App. What other reports say stays. Errors: ErrNotFound.
	Unflag(ctx context.Context, m Mutation) error
	// Lift removes what the source m.ID said of these identities, as far as it has ended by this day.
	Lift(ctx context.Context, m Mutation, look []Digest, today Date) error
	// Blocks tells for each digest what stands against advertising in one of these apps on this day; of several flags the one
	// that lasts longest. A value that cannot be read blocks.
	Blocks(ctx context.Context, apps []string, look []Digest, today Date) ([]Block, error)
	// Statuses tells how the sources of these blocks stand: "" for one that is gone or that was no request.
	Statuses(ctx context.Context, blocks []Block) ([]Status, error)
	// Walk goes through all that the gate knows in an app, the ended too, a page at a time from cursor 0 until next is 0. What
	// is there all the while is seen at least once.
	Walk(ctx context.Context, app string, cursor uint64) (page []Mark, next uint64, err error)
	// Instant is now, for Added.
	Instant(ctx context.Context) (int64, error)
	// Added lists what offline filters learned since an instant, and the instant to ask from next. An instant that lies more
	// than AddedKept back is ErrTooOld. Something may come twice, nothing is left out.
	Added(ctx context.Context, apps []string, since int64) (short [][8]byte, next int64, err error)
	// News tells what offline filters learned in each app after a place in the order of its additions, in one round trip; End is that
	// place now.
	News(ctx context.Context, apps []string, after []Place) ([]News, error)
	End(ctx context.Context, apps []string) ([]Place, error)
	// SaveRun keeps what became of a list for RunKept; Run reads it, and Runs the last n of an app, the newest first. Errors: ErrNotFound.
	SaveRun(ctx context.Context, app string, r Run) error
	Run(ctx context.Context, app, id string) (Run, error)
	Runs(ctx context.Context, app string, n int) ([]Run, error)
	// AddBlocked adds to what was blocked in an app on a day, by one of BlockedBy; Blocked reads these sums for each of the days.
	// They are kept some FunnelDays. An answer that is lost may be counted or not.
	AddBlocked(ctx context.Context, app string, day Date, counts map[string]int64) error
	Blocked(ctx context.Context, app string, days []Date) ([]map[string]int64, error)
	// Lifted tells up to which month (as Date.MonthNumber) ended flags were removed, 0 for never; SetLifted notes it.
	Lifted(ctx context.Context, app string) (int, error)
	SetLifted(ctx context.Context, app string, month int) error
}

// Run tells what became of a list that went through the gate: counts, nothing of the list.
type Run struct {
	ID         string    `json:"id"`
	State      RunState  `json:"state"`
	Kind       string    `json:"kind"`
	StartedAt  time.Time `json:"started_at"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	Rows       int64     `json:"rows"`
	Kept       int64     `json:"kept"`
	Blocked    int64     `json:"blocked"`
	Unreadable int64     `json:"unreadable"`
	By         string    `json:"-"` // who of the staff sent it; "" for an app. Staff see their own
}

// RunState says how far a run has come.
type RunState string

// The states of a run. One that was running when its process ended stays so.
const (
	RunRunning RunState = "running"
	RunDone    RunState = "done"
	RunBroken  RunState = "broken" // what was streamed back is not the whole list
)

// RunKept is how long a run can be asked for.
const RunKept = 7 * 24 * time.Hour

// Block is what stands against advertising to one identity; the zero value is nothing.
type Block struct {
	App    string
	Reason string // FlagPending: by a request, which may have moved on since; FlagPolicy: by hand; GuardianOnly; "" nothing
	Source string // id of the request or of the flag; "" for GuardianOnly
}

// Mark is one identity that the gate knows.
type Mark struct {
	Look    Digest // as far as the store keeps it: enough for Lift
	Short   [8]byte
	Reports []Report // empty for a guardian's address
}

// Guardian reports whether the identity is an address known only from living requests.
func (m Mark) Guardian() bool { return len(m.Reports) == 0 }

// Report is one reason for a flag.
type Report struct {
	Reason string
	Month  int    // the last in which it holds, as Date.MonthNumber
	Source string // id of the request or of the flag
}

// Place is a place in the order in which identities were added in an app: the last addition before it, with what it added. The zero
// value is before the first.
type Place struct {
	ID    string
	Added string
}

// News is what came after a place.
type News struct {
	Known bool  // the addition of that place is still there; else anything may have come, and been forgotten
	More  bool  // this is not all of it
	At    Place // after what is told here
	Short [][8]byte
}

// AddedKept is how long the store can tell what was added.
const AddedKept = 48 * time.Hour

// ErrTooOld is a state of an offline filter that no changes can be told to any more.
var ErrTooOld = &Error{Kind: KindGone, Code: "snapshot_expired", Detail: "changes are kept for two days; fetch the whole snapshot"}

// MonthNumber counts months: those of one month are equal, and later ones greater.
func (d Date) MonthNumber() int { return d.Year*12 + int(d.Month) - 1 }

// MonthEnd is the last day of a month by its number.
func MonthEnd(number int) Date {
	return DateOf(time.Date(number/12, time.Month(number%12+2), 0, 0, 0, 0, 0, time.UTC))
}
