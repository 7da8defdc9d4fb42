package consent

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// Listing is which list of requests staff want to see. The zero value of all but Work: the whole of a work list.
type Listing struct {
	Work        Work
	From, Until time.Time // of WorkPending: deadlines from From on and before Until; zero: open
	Stage       Stage     // in place of Work: requests that came as far, of those asked in the days of the funnel
	Day         Date      // of Stage: asked on this day alone; zero: all of them
}

// String names the list in the audit log and in the name of a file.
func (l Listing) String() string {
	switch {
	case l.Stage == "":
		return string(l.Work)
	case l.Day == Date{}:
		return "stage_" + string(l.Stage)
	}
	return "stage_" + string(l.Stage) + "_" + l.Day.String()
}

// Listed pages through a list. A page of a stage may be short, or empty, before the last one.
//
// Errors: KindInvalid for a cursor of another list, ErrUnavailable.
func (s *Service) Listed(ctx context.Context, app *App, l Listing, after string, limit int) (Page, error) {
	switch {
	case l.Stage != "":
		return s.staged(ctx, app, l, after, limit)
	case l.Work == WorkOverdue:
		return s.overdue(ctx, app)
	}
	span := s.span()
	span.From, span.Until = l.From, l.Until
	return s.Boards.Worklist(ctx, app.ID, l.Work, span, after, limit)
}

// A page of a stage reads at most stageMost entries of the audit log, stageBatch at a time: the funnel has no index by request,
// which every request would pay for in memory.
const (
	stageMost  = 2000
	stageBatch = 500
)

var errStageCursor = &Error{Kind: KindInvalid, Code: "invalid", Detail: "after is not the next of a page of this list"}

// staged lists those whom the funnel counts, by the entries that it counted: each once, in the order in which they came so far. The
// entries that the folder has not seen are no more on the list than in the number.
func (s *Service) staged(ctx context.Context, app *App, l Listing, after string, limit int) (Page, error) {
	days := s.span().Days
	if l.Day != (Date{}) {
		days = []Date{l.Day}
	}
	last, err := s.Boards.Folded(ctx, app.ID)
	if err != nil {
		return Page{}, err
	}
	from, err := strconv.ParseInt(after, 10, 64)
	switch {
	case after == "":
		zone := s.Book().Profile.Zone
		if from, err = s.before(ctx, app.ID, days[0].in(zone).Add(-time.Hour)); err != nil { // the clock that makes ids may be ahead of the store's
			return Page{}, err
		}
	case err != nil || from < 0:
		return Page{}, errStageCursor
	}
	w := stageWalk{folder: Folder{s}, app: app.ID, stage: l.Stage, days: days, known: map[int64]Entry{}, at: from, last: last}
	for read := 0; read < stageMost && len(w.ids) < limit && !w.over; read += stageBatch {
		if err := w.read(ctx, limit); err != nil {
			return Page{}, err
		}
	}
	records, err := s.Boards.Records(ctx, app.ID, w.ids)
	page := Page{Records: records}
	if !w.over {
		page.Next = strconv.FormatInt(w.at, 10)
	}
	return page, err
}

// stageWalk goes through the audit log, from one entry to the next.
type stageWalk struct {
	folder Folder
	app    string
	stage  Stage
	days   []Date
	known  map[int64]Entry
	at     int64 // number of the last entry that was looked at
	last   int64 // number of the last one that is
	over   bool
	ids    []string
}

// read looks at a batch, until there are limit ids.
func (w *stageWalk) read(ctx context.Context, limit int) error {
	some, err := w.folder.Service.Store.Entries(ctx, w.app, w.at, stageBatch)
	if err != nil {
		return err
	}
	for _, e := range some {
		if e.Seq > w.last {
			break
		}
		w.known[e.Seq], w.at = e, e.Seq
		if ok, err := w.counts(ctx, e); err != nil {
			return err
		} else if ok {
			w.ids = append(w.ids, e.ID)
		}
		if len(w.ids) == limit {
			break
		}
	}
	w.over = w.at >= w.last || len(some) == 0
	return nil
}

// counts: by this entry a request of these days came to the stage.
func (w *stageWalk) counts(ctx context.Context, e Entry) (bool, error) {
	asked, ok := TimeOf(PrefixRequest, e.ID)
	if !ok || !slices.Contains(w.days, DateOf(asked.In(w.folder.Service.Book().Profile.Zone))) {
		return false, nil
	}
	stages, err := w.folder.stages(ctx, w.app, e, w.known)
	return slices.Contains(stages, w.stage), err
}

// before is the number of an entry behind which all of at and later stand, near the first of them; 0 when that is the first one kept.
func (s *Service) before(ctx context.Context, app string, at time.Time) (int64, error) {
	low := int64(0)
	high, err := s.Store.Head(ctx, app)
	for err == nil && high-low > 1 {
		middle := low + (high-low)/2
		var some []Entry
		some, err = s.Store.Entries(ctx, app, middle, 1)
		if len(some) > 0 && some[0].At.Before(at) {
			low = middle
		} else {
			high = middle
		}
	}
	return low, err
}
