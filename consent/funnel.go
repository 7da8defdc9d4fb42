package consent

import (
	"context"
	"slices"
	"strconv"
	"strings"
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
	stageMost  = 1000
	stageBatch = 500
)

// stagePlace is the cursor of a stage: the last entry that was looked at, and how many of the list were found up to it.
type stagePlace struct {
	at    int64
	found int
}

func (p stagePlace) String() string { return strconv.FormatInt(p.at, 10) + "-" + itoa(p.found) }

var errStageCursor = &Error{Kind: KindInvalid, Code: "invalid", Detail: "after is not the next of a page of this list"}

func parseStagePlace(text string) (p stagePlace, err error) {
	at, found, _ := strings.Cut(text, "-")
	if p.at, err = strconv.ParseInt(at, 10, 64); err == nil {
		p.found, err = strconv.Atoi(found)
	}
	if err != nil || p.at < 0 || p.found < 0 {
		return p, errStageCursor
	}
	return p, nil
}

// staged lists those whom the funnel counts, by the entries that it counted: each once, in the order in which they came so far, until there
// are as many as the number says. The entries that the folder has not seen are no more on the list than in the number.
func (s *Service) staged(ctx context.Context, app *App, l Listing, after string, limit int) (Page, error) {
	days, count, err := s.counted(ctx, app, l)
	if err != nil {
		return Page{}, err
	}
	place, err := s.stageStart(ctx, app, days, after)
	if err != nil {
		return Page{}, err
	}
	last, err := s.Boards.Folded(ctx, app.ID)
	if err != nil {
		return Page{}, err
	}
	w := stageWalk{folder: Folder{s}, app: app.ID, stage: l.Stage, days: days, known: map[int64]Entry{}, at: place.at, last: last}
	most := min(limit, count-place.found)
	for read := 0; read < stageMost && len(w.ids) < most && !w.over; read += stageBatch {
		if err := w.read(ctx, most); err != nil {
			return Page{}, err
		}
	}
	page := Page{}
	if place = (stagePlace{w.at, place.found + len(w.ids)}); !w.over && place.found < count {
		page.Next = place.String()
	}
	page.Records, err = s.Boards.Records(ctx, app.ID, w.ids)
	return page, err
}

// counted gives the days of a list, and the number that leads to it.
func (s *Service) counted(ctx context.Context, app *App, l Listing) (days []Date, count int, err error) {
	o, err := s.Overview(ctx, app)
	for _, d := range o.Days {
		if l.Day == (Date{}) || l.Day == d.Day {
			days, count = append(days, d.Day), count+d.Count[l.Stage]
		}
	}
	return days, count, err
}

// stageStart is where a page begins: where the one before ended, or before the first entry of the first day.
func (s *Service) stageStart(ctx context.Context, app *App, days []Date, after string) (stagePlace, error) {
	if after != "" {
		return parseStagePlace(after)
	}
	if len(days) == 0 {
		return stagePlace{}, nil
	}
	midnight := days[0].in(s.Book().Profile.Zone)
	at, err := s.before(ctx, app.ID, midnight.Add(-time.Hour)) // the clock that makes ids may be ahead of the store's
	return stagePlace{at: at}, err
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
