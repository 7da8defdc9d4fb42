package redisstore

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Figures are what an operator watches of one app.
type Figures struct {
	Pending int
	Soon    int       // pending requests whose deadline comes within a day
	Next    time.Time // the soonest deadline of a pending request, UTC; zero when there is none
	Rights  int       // open rights requests
	Late    int       // those that are past their due time (KR-14)
	Overdue int       // requests whose deadline or end is more than a grace ago and not carried out
}

// Figures reads an app's figures in one round trip. Deadlines are carried out within a second or so; what is later than
// grace is overdue. Errors: ErrUnavailable.
func (s *Store) Figures(ctx context.Context, app string, grace time.Duration) (Figures, error) {
	n := s.space.names(app)
	late := strconv.FormatInt(s.Clock().Add(-grace).UnixMilli(), 10)
	p := s.read.Pipeline()
	pending := p.ZCard(ctx, n.in(consent.Pending))
	soon := p.ZCount(ctx, n.in(consent.Pending), strconv.FormatInt(s.Clock().UnixMilli(), 10), strconv.FormatInt(s.Clock().Add(24*time.Hour).UnixMilli(), 10))
	first := p.ZRangeWithScores(ctx, n.in(consent.Pending), 0, 0)
	expired := p.ZCount(ctx, n.in(consent.Pending), "-inf", late)
	timers := p.ZCount(ctx, n.timers(), "-inf", late)
	owing := p.ZCard(ctx, n.owing())
	past := p.ZCount(ctx, n.owing(), "-inf", strconv.FormatInt(s.Clock().UnixMilli(), 10))
	if _, err := p.Exec(ctx); err != nil {
		return Figures{}, script.Fault(err)
	}
	f := Figures{Pending: int(pending.Val()), Soon: int(soon.Val()), Rights: int(owing.Val()), Late: int(past.Val()), Overdue: int(expired.Val() + timers.Val())}
	if z := first.Val(); len(z) > 0 {
		f.Next = soonest(z[0])
	}
	return f, nil
}

func soonest(z redis.Z) time.Time { return time.UnixMilli(int64(z.Score)).UTC() }
