package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Coming is what an app's jobs of one kind have ahead of them, as far as the first hundred of them tell.
type Coming struct {
	Due  int       // may be claimed now
	Held int       // a worker has them
	Next time.Time // when the first falls due after what was asked, or its lease ends; zero: none does
}

// Coming looks at what is due now, and ahead of since. It changes nothing, and is over as soon as somebody claims. Error:
// consent.ErrUnavailable.
func (q *Queue) Coming(ctx context.Context, app string, kind consent.JobKind, since time.Time) (Coming, error) {
	pipe, k := q.client.Pipeline(), q.keys(app)
	clock := pipe.Time(ctx)
	rows := pipe.ZRangeByScoreWithScores(ctx, k.Due, &redis.ZRangeBy{
		Min: fmt.Sprint(floor(kind)), Max: fmt.Sprintf("(%d", floor(kind)+laneWidth), Count: maxClaim / 2,
	})
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return Coming{}, script.Fault(err)
	}
	if len(rows.Val()) == 0 {
		return Coming{}, nil
	}
	jobs, err := q.values(ctx, app, k.Jobs, rows.Val())
	if err != nil {
		return Coming{}, err
	}
	return ahead(jobs, clock.Val().Add(q.offset()), since), nil
}

// ahead sorts jobs, in the order in which they fall due, by what there is to do at a moment.
func ahead(jobs []Job, now, since time.Time) Coming {
	var c Coming
	for _, j := range jobs {
		if !j.At.After(now) {
			c.Due++
		}
		if c.Next.IsZero() && j.At.After(since) {
			c.Next = j.At
		}
		if j.Fence%2 == 1 {
			c.Held++
		}
	}
	return c
}
