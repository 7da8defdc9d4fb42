package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

var _ consent.Boards = (*Store)(nil)

// workLetters name the kept work lists in their sorted set; a list's lane is its place in consent.Kept times laneWidth. The
// letters and lanes are for ever: the store holds them.
var workLetters = map[consent.Work]string{
	consent.WorkBounced: "b", consent.WorkLocked: "l", consent.WorkMisnamed: "m", consent.WorkNotMine: "n", consent.WorkEraseLate: "e",
	consent.WorkFiled: "f",
}

const laneWidth = 100_000_000_000_000 // ms of three thousand years; 2^53 is 90 lanes

func laneOf(w consent.Work) int64 { return int64(slices.Index(consent.Kept, w)) * laneWidth }

// slice is the part of a sorted set that is a list.
type slice struct {
	key       string
	low, high int64
	letter    string // before each id; "" for none
}

// slice finds the part of which set a work list is.
func (n names) slice(w consent.Work, span consent.Span) (slice, bool) {
	now, midnight := span.Now.UnixMilli(), span.Midnight.UnixMilli()
	const ever = math.MaxInt64 / 1024
	switch w {
	case consent.WorkPending:
		part := slice{key: n.in(consent.Pending), high: ever}
		if !span.From.IsZero() {
			part.low = span.From.UnixMilli()
		}
		if !span.Until.IsZero() {
			part.high = span.Until.UnixMilli() - 1
		}
		return part, true
	case consent.WorkNear:
		return slice{key: n.in(consent.Pending), high: now + (24 * time.Hour).Milliseconds()}, true
	case consent.WorkGranted:
		return slice{key: n.in(consent.Granted), high: ever}, true
	case consent.WorkToday:
		return slice{key: n.in(consent.Granted), low: midnight, high: ever}, true
	case consent.WorkDeclined:
		return slice{key: n.in(consent.Declined), high: ever}, true
	case consent.WorkRefused:
		return slice{key: n.in(consent.Declined), low: midnight, high: ever}, true
	case consent.WorkExpired:
		return slice{key: n.in(consent.Expired), high: ever}, true
	}
	letter, ok := workLetters[w]
	return slice{n.work(), laneOf(w), laneOf(w) + laneWidth - 1, letter}, ok
}

// Overview implements consent.Boards.
func (s *Store) Overview(ctx context.Context, app string, span consent.Span) (consent.Overview, error) {
	n, now := s.space.names(app), span.Now.UnixMilli()
	counts, ages := map[consent.Work]*redis.IntCmd{}, make([]*redis.IntCmd, len(consent.Ages))
	p := s.read.Pipeline()
	for _, w := range consent.Works {
		part, ok := n.slice(w, span)
		if !ok {
			continue // of the service's own making
		}
		counts[w] = p.ZCount(ctx, part.key, digits(part.low), digits(part.high))
	}
	for i, from := range consent.Ages {
		until := "+inf"
		if i+1 < len(consent.Ages) {
			until = "(" + digits(now+consent.Ages[i+1].Milliseconds())
		}
		low := digits(now + from.Milliseconds())
		if i == 0 {
			low = "-inf"
		}
		ages[i] = p.ZCount(ctx, n.in(consent.Pending), low, until)
	}
	late, timers := p.ZCount(ctx, n.in(consent.Pending), "-inf", digits(now)), p.ZCount(ctx, n.timers(), "-inf", digits(now))
	board, last, owing := p.HGetAll(ctx, n.board()), p.XRevRangeN(ctx, n.audit(), "+", "-", 1), p.ZCard(ctx, n.owing())
	if _, err := p.Exec(ctx); err != nil {
		return consent.Overview{}, script.Fault(err)
	}
	st := consent.Overview{Counts: map[consent.Work]int{}, Overdue: int(late.Val() + timers.Val()), Rights: int(owing.Val())}
	st.Counts[consent.WorkOverdue] = st.Overdue
	for w, cmd := range counts {
		st.Counts[w] = int(cmd.Val())
	}
	for _, cmd := range ages {
		st.Ages = append(st.Ages, int(cmd.Val()))
	}
	f := values(board.Val())
	if m := last.Val(); len(m) > 0 {
		st.Behind = sequence(m[0].ID) - int64(f.int("seq"))
	}
	for _, day := range span.Days {
		d := consent.DayCount{Day: day, Count: map[consent.Stage]int{}}
		for _, stage := range consent.Stages {
			d.Count[stage] = f.int(countField(day, stage))
		}
		st.Days = append(st.Days, d)
	}
	return st, nil
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

func countField(day consent.Date, stage consent.Stage) string {
	return day.String() + ":" + string(stage)
}

// Worklist implements consent.Boards.
func (s *Store) Worklist(ctx context.Context, app string, w consent.Work, span consent.Span, after string, limit int) (consent.Page, error) {
	part, ok := s.space.names(app).slice(w, span)
	c, err := parseCursor(after)
	switch {
	case err != nil:
		return consent.Page{}, err
	case !ok || limit < 1 || limit > pageMost || after != "" && c.status != consent.Status(w):
		return consent.Page{}, errCursor
	}
	last := ""
	if c.id != "" {
		last = part.letter + c.id
	}
	val, err := s.scripts["range"].Read(ctx, s.read, []string{part.key}, digits(part.low), digits(part.high), c.score, last, strconv.Itoa(limit+1))
	if err != nil {
		return consent.Page{}, err
	}
	flat, _ := val.([]any)
	var found []cursor
	for i := 0; i+1 < len(flat); i += 2 {
		member, _ := flat[i].(string)
		score, _ := flat[i+1].(string)
		found = append(found, cursor{status: consent.Status(w), id: member[len(part.letter):], score: score})
	}
	return s.page(ctx, consent.Query{App: app, Limit: limit}, found)
}

// Records implements consent.Boards.
func (s *Store) Records(ctx context.Context, app string, ids []string) ([]consent.Record, error) {
	return s.gather(ctx, app, ids)
}

// Folded implements consent.Boards.
func (s *Store) Folded(ctx context.Context, app string) (int64, error) {
	n, err := s.write.HGet(ctx, s.space.names(app).board(), "seq").Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, script.Fault(err)
}

// Fold implements consent.Boards.
func (s *Store) Fold(ctx context.Context, app string, f consent.Folding) error {
	offset, err := s.offset(ctx)
	if err != nil {
		return err
	}
	leave, enter := s.placed(f)
	args := []any{digits(offset), digits(f.From), digits(f.To), strconv.Itoa(len(leave))}
	args = append(args, leave...)
	args = append(append(args, strconv.Itoa(len(enter)/2)), enter...)
	var counts []any
	for day, stages := range f.Count {
		for stage, by := range stages {
			counts = append(counts, countField(day, stage), strconv.Itoa(by))
		}
	}
	args = append(append(args, strconv.Itoa(len(counts)/2)), counts...)
	n := s.space.names(app)
	_, err = s.scripts["fold"].Run(ctx, s.write, []string{n.board(), n.work()}, append(args, f.Before.String())...)
	return err
}

// placed lists the members that leave their lists, and score and member of those that enter.
func (s *Store) placed(f consent.Folding) (leave, enter []any) {
	now := s.Clock().UnixMilli()
	for id, lists := range f.Lists {
		for _, w := range consent.Kept {
			member := workLetters[w] + id
			if slices.Contains(lists, w) {
				enter = append(enter, fmt.Sprintf("%d", laneOf(w)+now), member)
			} else {
				leave = append(leave, member)
			}
		}
	}
	return leave, enter
}
