package outbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Revive makes a job due now, by staff: a dead one begins anew, a waiting one comes forward. Errors: ErrNoJob, ErrHeld.
func (q *Queue) Revive(ctx context.Context, app, id string) error {
	k := q.keys(app)
	val, err := q.scripts.revive.Run(ctx, q.client, []string{k.Due, k.Jobs, k.Dead}, q.offsetMS(), id)
	switch {
	case err != nil:
		return err
	case val == int64(0):
		return ErrNoJob
	case val == int64(2):
		return ErrHeld
	}
	return nil
}

// Drop removes a job, dead or due, by staff. A worker that has it may still deliver it. Error: ErrNoJob.
func (q *Queue) Drop(ctx context.Context, app, id string) error {
	k := q.keys(app)
	val, err := q.scripts.drop.Run(ctx, q.client, []string{k.Due, k.Jobs, k.Dead}, q.offsetMS(), id)
	if err == nil && val == int64(0) {
		return ErrNoJob
	}
	return err
}

// Find selects jobs for a list.
type Find struct {
	Dead  bool   // the dead, the last buried first; else those that are due or waiting, by kind and time
	After string // cursor of the page before
	Limit int    // 1 to 200; 0: 50
}

// List pages through an app's jobs; next is "" on the last page. It costs the same at any depth. A job that moves
// meanwhile may appear twice or not at all; one that stays where it is appears.
func (q *Queue) List(ctx context.Context, app string, f Find) (jobs []Job, next string, err error) {
	k := q.keys(app)
	key := k.Due
	if f.Dead {
		key = k.Dead
	}
	from, err := q.begin(ctx, key, f)
	if err != nil {
		return nil, "", err
	}
	limit := f.limit()
	rows, err := q.client.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: key, Start: from, Stop: from + limit - 1, Rev: f.Dead}).Result()
	if err != nil || len(rows) == 0 {
		return nil, "", script.Fault(err)
	}
	if int64(len(rows)) == limit {
		last := rows[limit-1]
		next = fmt.Sprintf("%.0f~%v", last.Score, last.Member)
	}
	jobs, err = q.values(ctx, app, k.Jobs, rows)
	return jobs, next, err
}

func (f Find) limit() int64 {
	if f.Limit == 0 {
		return 50
	}
	return int64(min(max(f.Limit, 1), maxClaim))
}

// begin returns the rank with which the page begins: after the cursor's job, or, when that has moved on, with the first
// job of its moment, so that nothing is passed over.
func (q *Queue) begin(ctx context.Context, key string, f Find) (int64, error) {
	if f.After == "" {
		return 0, nil
	}
	score, id, ok := strings.Cut(f.After, "~")
	if _, err := strconv.ParseInt(score, 10, 64); !ok || err != nil {
		return 0, &consent.Error{Kind: consent.KindMalformed, Code: "bad_cursor", Detail: "the cursor is not one of ours"}
	}
	pipe := q.client.Pipeline()
	rank, low, high := pipe.ZRank, "-inf", "("+score
	if f.Dead {
		rank, low, high = pipe.ZRevRank, "("+score, "+inf"
	}
	before, now, at := pipe.ZCount(ctx, key, low, high), pipe.ZScore(ctx, key, id), rank(ctx, key, id)
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return 0, script.Fault(err)
	}
	if at.Err() == nil && strconv.FormatFloat(now.Val(), 'f', 0, 64) == score {
		return at.Val() + 1, nil
	}
	return before.Val(), nil
}

// values reads the jobs of these rows. One that nobody can read has its id and time alone.
func (q *Queue) values(ctx context.Context, app, key string, rows []redis.Z) ([]Job, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i], _ = r.Member.(string)
	}
	vals, err := q.client.HMGet(ctx, key, ids...).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	jobs := make([]Job, len(rows))
	for i, v := range vals {
		if jobs[i], err = Parse(app, ids[i], text(v)); err != nil {
			jobs[i] = Job{App: app, ID: ids[i]}
		}
		_, jobs[i].At = lane(rows[i].Score)
	}
	return jobs, nil
}

// laneWidth separates the lanes in the due set (put.lua).
const laneWidth = 1e14

// lane takes a score apart.
func lane(score float64) (number int, due time.Time) {
	n := int64(score) / laneWidth
	return int(n), millis(int64(score) - n*laneWidth)
}

// floor is the lowest score of a kind's lane. The same table is in put.lua; a test compares them.
func floor(kind consent.JobKind) int64 {
	switch kind {
	case consent.JobLetter:
		return 0
	case consent.JobWebhook:
		return laneWidth
	}
	return 9 * laneWidth
}
