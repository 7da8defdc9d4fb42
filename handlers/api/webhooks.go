package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/bohoja/bohoja/consent"
)

type webhooks interface {
	Ping(ctx context.Context, app *consent.App, n int) (consent.Attempt, error)
	Deliveries(ctx context.Context, app *consent.App, after string, limit int) ([]consent.Attempt, string, error)
	Replay(ctx context.Context, app *consent.App, event string) (int, error)
}

// attemptAnswer is one line of the delivery log.
type attemptAnswer struct {
	consent.Attempt `json:",inline"`
	Delivered       bool  `json:"delivered"`
	TookMS          int64 `json:"took_ms"`
}

type attemptsAnswer struct {
	Data []attemptAnswer `json:"data"`
	Next *string         `json:"next"`
}

type replayAnswer struct {
	Queued int `json:"queued"`
}

func viewAttempt(a consent.Attempt) attemptAnswer {
	a.At = utc(a.At)
	return attemptAnswer{a, a.Delivered(), a.Took.Milliseconds()}
}

// testWebhook is POST /v1/webhooks/{n}/test.
func (a *API) testWebhook(q *ask) error {
	if err := readNothing(q.c); err != nil {
		return err
	}
	n, err := strconv.Atoi(q.c.Param("n"))
	if err != nil {
		return consent.ErrNoHook
	}
	got, err := q.space.Service.Ping(q.ctx(), q.app, n)
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, viewAttempt(got))
}

// listDeliveries is GET /v1/webhooks/deliveries.
func (a *API) listDeliveries(q *ask) error {
	query, err := readQuery(q.c, "after", "limit")
	if err != nil {
		return err
	}
	after, err := cursorOf(query)
	if err != nil {
		return err
	}
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	all, next, err := q.space.Service.Deliveries(q.ctx(), q.app, after, limit)
	if err != nil {
		return err
	}
	out := attemptsAnswer{Data: make([]attemptAnswer, len(all)), Next: orNull(next)}
	for i, one := range all {
		out.Data[i] = viewAttempt(one)
	}
	q.linkNext(next)
	return answer(q.c, http.StatusOK, out)
}

// replay is POST /v1/events/{id}/replay.
func (a *API) replay(q *ask) error {
	if err := readNothing(q.c); err != nil {
		return err
	}
	n, err := q.space.Service.Replay(q.ctx(), q.app, q.id())
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusAccepted, replayAnswer{n})
}
