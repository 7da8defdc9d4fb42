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

// Stats are the figures of one kind's queue in one app.
type Stats struct {
	Depth  int           // jobs that are due, waiting or held
	Oldest time.Duration // how long the first has been due without being claimed; 0 when none is
}

// Stats returns the figures of one kind of an app's jobs.
func (q *Queue) Stats(ctx context.Context, app string, kind consent.JobKind) (Stats, error) {
	pipe, key := q.client.Pipeline(), q.keys(app).Due
	depth := pipe.ZCount(ctx, key, fmt.Sprint(floor(kind)), fmt.Sprintf("(%d", floor(kind)+laneWidth))
	clock, first := pipe.Time(ctx), q.first(ctx, pipe, app, kind)
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return Stats{}, script.Fault(err)
	}
	s := Stats{Depth: int(depth.Val())}
	if rows := first.Val(); len(rows) > 0 {
		_, due := lane(rows[0].Score)
		s.Oldest = max(0, clock.Val().Add(q.offset()).Sub(due))
	}
	return s, nil
}

// Dead returns how many dead letters an app has.
func (q *Queue) Dead(ctx context.Context, app string) (int, error) {
	n, err := q.client.ZCard(ctx, q.keys(app).Dead).Result()
	return int(n), script.Fault(err)
}

// skew is how far the clocks of a cluster's nodes may lie apart before Waiting calls an app late.
const skew = 50 * time.Millisecond

// Waiting returns those of apps that have due jobs of this kind, in the same order, in one round trip. It is a hint: the
// claim has the last word. Apps that could not be asked are left out and told in the error.
func (q *Queue) Waiting(ctx context.Context, kind consent.JobKind, apps []string) ([]string, error) {
	pipe := q.client.Pipeline()
	clock, first := pipe.Time(ctx), make([]*redis.ZSliceCmd, len(apps))
	for i, app := range apps {
		first[i] = q.first(ctx, pipe, app, kind)
	}
	if _, err := pipe.Exec(ctx); err != nil && clock.Err() != nil {
		return nil, script.Fault(err)
	}
	var out []string
	var faults error
	now := clock.Val().Add(q.offset() + skew)
	for i, app := range apps {
		rows, err := first[i].Result()
		if err != nil {
			faults = err
		} else if len(rows) > 0 {
			if _, due := lane(rows[0].Score); !due.After(now) {
				out = append(out, app)
			}
		}
	}
	return out, script.Fault(faults)
}

// first asks for the job of a kind that is due first.
func (q *Queue) first(ctx context.Context, pipe redis.Pipeliner, app string, kind consent.JobKind) *redis.ZSliceCmd {
	return pipe.ZRangeByScoreWithScores(ctx, q.keys(app).Due, &redis.ZRangeBy{
		Min: fmt.Sprint(floor(kind)), Max: fmt.Sprintf("(%d", floor(kind)+laneWidth), Count: 1,
	})
}
