package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// offsetKept is how long a process may go without noticing that another one moved the test space's clock.
const offsetKept = time.Second

// errLive is an attempt to move the clock of live data.
var errLive = &consent.Error{Kind: consent.KindForbidden, Code: "live_clock", Detail: "only the test space has a clock that can be moved"}

// offset is what the scripts add to Redis' time, ms: the constant 0 in the live space.
func (s *Store) offset(ctx context.Context) (int64, error) {
	if s.space != Test {
		return 0, nil
	}
	if time.Now().UnixMilli()-s.checked.Load() < offsetKept.Milliseconds() {
		return s.ahead.Load(), nil
	}
	return s.refresh(ctx)
}

func (s *Store) refresh(ctx context.Context) (int64, error) {
	v, err := s.read.Get(ctx, s.space.clock()).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, script.Fault(err)
	}
	s.ahead.Store(v)
	s.checked.Store(time.Now().UnixMilli())
	return v, nil
}

// Offset is how far the test space's clock is ahead; 0 for the live space.
func (s *Store) Offset(ctx context.Context) (time.Duration, error) {
	v, err := s.offset(ctx)
	return time.Duration(v) * time.Millisecond, err
}

// farthest is how far the clock may be ahead: a childhood and the years for which evidence is kept, several times over. All
// apps share this clock and none can turn it back, so no key of theirs may move it where nobody is a child any more, or
// where a duration (292 years) overflows.
const farthest = 100 * 366 * 24 * time.Hour

var errFarthest = &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "the clock is at most a hundred years ahead"}

// Advance moves the test space's clock forward. Other processes notice within a second.
// Errors: live_clock (KindForbidden); KindInvalid for a step back or too far; ErrUnavailable, ErrOutcomeUnknown.
func (s *Store) Advance(ctx context.Context, by time.Duration) error {
	if err := s.MayAdvance(ctx, by); err != nil {
		return err
	}
	v, err := s.write.IncrBy(ctx, s.space.clock(), by.Milliseconds()).Result()
	if err != nil {
		return script.Fault(err)
	}
	s.ahead.Store(v)
	s.checked.Store(time.Now().UnixMilli())
	return nil
}

// MayAdvance tells whether the clock may be moved as far as this. Errors: as Advance.
func (s *Store) MayAdvance(ctx context.Context, by time.Duration) error {
	if s.space != Test {
		return errLive
	}
	if by < 0 {
		return &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "a clock goes forward only"}
	}
	ahead, err := s.refresh(ctx)
	if err == nil && by > farthest-time.Duration(ahead)*time.Millisecond {
		err = errFarthest
	}
	return err
}

// Upcoming tells when an app's first deadline after since comes, or came, zero for none; and the number of the month in which its
// consents are first looked at for their age, 0 for none. Error: ErrUnavailable.
func (s *Store) Upcoming(ctx context.Context, app string, since time.Time) (deadline time.Time, month int, err error) {
	keys, later := s.space.names(app), &redis.ZRangeBy{Min: fmt.Sprintf("(%d", since.UnixMilli()), Max: "+inf", Count: 1}
	pipe := s.read.Pipeline()
	all := []*redis.ZSliceCmd{
		pipe.ZRangeByScoreWithScores(ctx, keys.in(consent.Pending), later), pipe.ZRangeByScoreWithScores(ctx, keys.timers(), later),
	}
	ages := pipe.ZRangeWithScores(ctx, keys.ages(), 0, 0)
	if _, err := pipe.Exec(ctx); err != nil {
		return deadline, 0, script.Fault(err)
	}
	for _, one := range all {
		for _, row := range one.Val() {
			if at := time.UnixMilli(int64(row.Score)).UTC(); deadline.IsZero() || at.Before(deadline) {
				deadline = at
			}
		}
	}
	for _, row := range ages.Val() {
		month = int(row.Score)
	}
	return deadline, month, nil
}

// Now implements consent.Reader.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	offset, err := s.offset(ctx)
	if err != nil {
		return time.Time{}, err
	}
	t, err := s.read.Time(ctx).Result()
	if err != nil {
		return time.Time{}, script.Fault(err)
	}
	return t.UTC().Truncate(time.Millisecond).Add(time.Duration(offset) * time.Millisecond), nil
}

// Clock is the host's time with the space's offset as last seen, for steps that need a time before their script.
func (s *Store) Clock() time.Time {
	return time.Now().UTC().Add(time.Duration(s.ahead.Load()) * time.Millisecond)
}

// Ahead is the offset of the space's clock as it was last read; the live space's is 0. It asks nobody.
func (s *Store) Ahead() time.Duration { return time.Duration(s.ahead.Load()) * time.Millisecond }
