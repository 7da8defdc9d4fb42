package consent

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Work names a list of requests that staff look at.
type Work string

// The work lists. Those that need an index of their own are kept by the Folder, a second or so behind; the others are read
// from the store as they are.
const (
	WorkPending   Work = "pending"   // waiting for a guardian, the nearest deadline first
	WorkNear      Work = "near"      // of those, with less than a day left
	WorkGranted   Work = "granted"   // a consent is in force
	WorkToday     Work = "today"     // granted since midnight
	WorkDeclined  Work = "declined"  // and since midnight WorkRefused
	WorkRefused   Work = "refused"   // declined since midnight
	WorkExpired   Work = "expired"   // the deadline passed
	WorkBounced   Work = "bounced"   // pending, and the letter did not arrive
	WorkLocked    Work = "locked"    // approving was closed after wrong tries
	WorkMisnamed  Work = "misnamed"  // child and guardian contradict each other about the guardian's name
	WorkNotMine   Work = "not_mine"  // "this is not my child"
	WorkFiled     Work = "filed"     // a consent on paper or by telephone, or a guardian's correction, waits for its second person
	WorkEraseLate Work = "erase_due" // the app has not confirmed its erasure in time
	WorkOverdue   Work = "overdue"   // destruction that is due and not done; at most OverdueMost are listed
)

// OverdueMost bounds that list, which is empty within a second or so while the service works.
const OverdueMost = 200

// Works lists every work list in the order of the overview.
var Works = []Work{
	WorkPending, WorkNear, WorkGranted, WorkToday, WorkDeclined, WorkRefused, WorkExpired, WorkBounced, WorkLocked, WorkMisnamed, WorkNotMine,
	WorkFiled, WorkEraseLate, WorkOverdue,
}

// Kept are the work lists with an index, by their lanes there: a new one comes behind the others.
var Kept = []Work{WorkBounced, WorkLocked, WorkMisnamed, WorkNotMine, WorkEraseLate, WorkFiled}

// KeptFor lists the work lists with an index on which the record stands: a pure function of what it is now, so that folding
// the same entries again changes nothing.
func KeptFor(r Record) []Work {
	var out []Work
	add := func(w Work, on bool) {
		if on {
			out = append(out, w)
		}
	}
	pending := r.Status == Pending
	add(WorkBounced, pending && r.Method.ByMail() && (r.Mail == MailBounced || r.Mail == MailNotSent))
	add(WorkLocked, pending && !r.LockedUntil.IsZero())
	add(WorkMisnamed, pending && r.NameMiss)
	add(WorkNotMine, r.Status == Declined && r.Reason == ReasonNotMine && len(r.Look.Guardians) > 0)
	add(WorkEraseLate, r.EraseLate)
	paper := pending && r.Filed.No > 0 && r.Filed.Rev == r.Rev // one that was entered of other people cannot be confirmed
	add(WorkFiled, paper || r.Amend.No > 0 && r.Amend.Endorser == "")
	return out
}

// Stage is how far a request came: the funnel of the overview.
type Stage string

// The stages, in order. StageReached is counted when the second fact was right, which leads to the check page, or when the
// guardian decided.
const (
	StageAsked    Stage = "asked"
	StageAccepted Stage = "accepted" // the receiving server took the invitation
	StageReached  Stage = "reached"
	StageDecided  Stage = "decided"
)

// Stages lists them in order.
var Stages = []Stage{StageAsked, StageAccepted, StageReached, StageDecided}

// FunnelDays is how many days the funnel looks back, today included. A request counts on the day it was asked.
const FunnelDays = 7

// Ages are the steps of the histogram of pending requests: from the deadline backwards, the last one open.
var Ages = []time.Duration{0, 12 * time.Hour, 24 * time.Hour, 36 * time.Hour, 48 * time.Hour, 60 * time.Hour, 72 * time.Hour, 84 * time.Hour, 96 * time.Hour, 108 * time.Hour}

// Overview is how an app stands at this moment.
type Overview struct {
	At      time.Time // this moment
	Counts  map[Work]int
	Days    []DayCount // the oldest first, FunnelDays of them
	Ages    []int      // pending by the time left, as Ages
	Overdue int        // destruction that is due and not done
	Rights  int        // rights requests that wait for their answer
	Behind  int64      // entries of the log that the indexes have not seen yet
}

// DayCount is the funnel of one day.
type DayCount struct {
	Day   Date
	Count map[Stage]int
}

// Span is what a list is cut to: days begin at midnight of the profile's zone.
type Span struct {
	Now      time.Time
	Midnight time.Time
	Days     []Date // of the funnel, the oldest first
	// From and Until cut WorkPending: deadlines from From on and before Until. Zero: open.
	From, Until time.Time
}

// Folding is what a batch of log entries changes about the indexes of an app.
type Folding struct {
	From, To int64             // numbers of the entries: behind From, up to To
	Lists    map[string][]Work // by request id: on these lists it stands, and on no other
	Count    map[Date]map[Stage]int
	Before   Date // counts of earlier days go
}

// Boards is the part of the store that staff see many requests by.
type Boards interface {
	// Overview reads everything of the overview in one round trip.
	Overview(ctx context.Context, app string, span Span) (Overview, error)
	// Worklist pages through a list.
	Worklist(ctx context.Context, app string, w Work, span Span, after string, limit int) (Page, error)
	// Folded is the number of the last entry that Fold has seen.
	Folded(ctx context.Context, app string) (int64, error)
	// Fold carries out a Folding once: when From is no longer the last entry seen, it changes nothing.
	Fold(ctx context.Context, app string, f Folding) error
	// Records reads the records with these ids without what is sealed. Those that are gone are left out.
	Records(ctx context.Context, app string, ids []string) ([]Record, error)
}

// span is that of this moment.
func (s *Service) span() Span {
	zone := s.Book().Profile.Zone
	now := s.Clock()
	local := now.In(zone)
	out := Span{Now: now, Midnight: time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)}
	for i := FunnelDays - 1; i >= 0; i-- {
		out.Days = append(out.Days, DateOf(local.AddDate(0, 0, -i)))
	}
	return out
}

// Overview is how an app stands now. Errors: ErrUnavailable.
func (s *Service) Overview(ctx context.Context, app *App) (Overview, error) {
	span := s.span()
	o, err := s.Boards.Overview(ctx, app.ID, span)
	o.At = span.Now
	return o, err
}

// Worklist pages through a work list. Errors: KindInvalid for a cursor of another list, ErrUnavailable.
func (s *Service) Worklist(ctx context.Context, app *App, w Work, after string, limit int) (Page, error) {
	return s.Listed(ctx, app, Listing{Work: w}, after, limit)
}

func (s *Service) overdue(ctx context.Context, app *App) (Page, error) {
	due, err := s.Store.Due(ctx, app.ID, OverdueMost)
	if err != nil {
		return Page{}, err
	}
	var ids []string
	for _, d := range due {
		if !slices.Contains(ids, d.ID) {
			ids = append(ids, d.ID)
		}
	}
	records, err := s.Boards.Records(ctx, app.ID, ids)
	return Page{Records: records}, err
}

// Folder is a standing role: it folds the audit log into the indexes of the overview. So the steps themselves stay as short
// as they are, and an index that was lost grows again.
type Folder struct{ Service *Service }

// foldBatch is how many entries one folding takes; foldMost how many batches one pass, so that a long way back does not
// hold up the other apps.
const (
	foldBatch = 1000
	foldMost  = 50
)

// RunOnce folds what is new, in every app, and returns how many entries that were.
func (w Folder) RunOnce(ctx context.Context) (int, error) {
	apps, err := w.Service.EverApps(ctx)
	failed := []error{err}
	var done int
	for _, app := range apps {
		for range foldMost {
			n, err := w.fold(ctx, app)
			done += n
			failed = append(failed, err)
			if err != nil || n < foldBatch {
				break
			}
		}
	}
	return done, errors.Join(failed...)
}

func (w Folder) fold(ctx context.Context, app string) (int, error) {
	s := w.Service
	from, err := s.Boards.Folded(ctx, app)
	if err != nil {
		return 0, err
	}
	entries, err := s.Store.Entries(ctx, app, from, foldBatch)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	f := Folding{From: from, To: entries[len(entries)-1].Seq, Before: s.span().Days[0]}
	if f.Lists, err = w.lists(ctx, app, entries); err != nil {
		return 0, err
	}
	if f.Count, err = w.count(ctx, app, entries, f.Before); err != nil {
		return 0, err
	}
	return len(entries), s.Boards.Fold(ctx, app, f)
}

// lists looks at the records of these entries as they are now. One that is gone stands on no list.
func (w Folder) lists(ctx context.Context, app string, entries []Entry) (map[string][]Work, error) {
	out := map[string][]Work{}
	var ids []string
	for _, e := range entries {
		if _, seen := out[e.ID]; !seen && e.ID != "" {
			out[e.ID] = nil
			ids = append(ids, e.ID)
		}
	}
	records, err := w.Service.Boards.Records(ctx, app, ids)
	for _, r := range records {
		out[r.ID] = KeptFor(r)
	}
	return out, err
}

// count adds each request once to each stage, on the day it was asked.
func (w Folder) count(ctx context.Context, app string, entries []Entry, oldest Date) (map[Date]map[Stage]int, error) {
	out := map[Date]map[Stage]int{}
	zone, known := w.Service.Book().Profile.Zone, map[int64]Entry{}
	for _, e := range entries {
		known[e.Seq] = e
		asked, ok := TimeOf(PrefixRequest, e.ID)
		day := DateOf(asked.In(zone))
		if !ok || day.Before(oldest) {
			continue
		}
		stages, err := w.stages(ctx, app, e, known)
		if err != nil {
			return nil, err
		}
		for _, stage := range stages {
			if out[day] == nil {
				out[day] = map[Stage]int{}
			}
			out[day][stage]++
		}
	}
	return out, nil
}

// stages are those that a request comes to by an entry and had not come to before. A decision needs no check page that was
// counted: a refusal shows none of the facts by which it could be.
func (w Folder) stages(ctx context.Context, app string, e Entry, known map[int64]Entry) ([]Stage, error) {
	switch {
	case e.Step == StepSignup:
		return []Stage{StageAsked}, nil
	case accepted(e):
		return w.first(ctx, app, e, known, StageAccepted, accepted)
	case proved(e):
		return w.first(ctx, app, e, known, StageReached, proved)
	case e.Step == StepGrant || e.Step == StepDecline:
		reached, err := w.first(ctx, app, e, known, StageReached, proved)
		return append(reached, StageDecided), err
	}
	return nil, nil
}

// accepted: an invitation went out; one that did not has its reason in the note.
func accepted(e Entry) bool { return e.Step == StepInvite && e.Note == "" && e.Status == Pending }

// proved: the second fact was right, so the try was given back.
func proved(e Entry) bool { return e.Step == stepRefund && e.Status == Pending }

// stepRefund is how the log names a try that is given back: the fact was right.
const stepRefund Step = "refund"

// first returns the stage unless an entry before e about the same request came to it already. The entries of this batch are
// asked first: most requests have all of theirs in it.
func (w Folder) first(ctx context.Context, app string, e Entry, known map[int64]Entry, stage Stage, came func(Entry) bool) ([]Stage, error) {
	for b := e; b.Prev != 0; {
		var ok bool
		if b, ok = known[b.Prev]; !ok {
			return w.firstOfAll(ctx, app, e, stage, came)
		}
		if came(b) {
			return nil, nil
		}
	}
	return []Stage{stage}, nil
}

// firstOfAll is first by the whole trail, which may be gone with its record: then the request is too old to count.
func (w Folder) firstOfAll(ctx context.Context, app string, e Entry, stage Stage, came func(Entry) bool) ([]Stage, error) {
	trail, err := w.Service.Store.Trail(ctx, app, e.ID)
	if err != nil {
		return nil, ignore(err, ErrNotFound)
	}
	for _, b := range trail {
		if b.Seq < e.Seq && came(b) {
			return nil, nil
		}
	}
	return []Stage{stage}, nil
}
