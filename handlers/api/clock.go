package api

import (
	"context"
	"net/http"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Clock is the clock of a test space.
type Clock interface {
	// Advance moves it forward.
	Advance(ctx context.Context, by time.Duration) error
	// Now tells it.
	Now(ctx context.Context) (time.Time, error)
}

// maxAdvance is the longest single step: enough to see evidence end.
const maxAdvance = 5 * 366 * 24 * time.Hour

var errLiveClock = &consent.Error{Kind: consent.KindForbidden, Code: "forbidden", Detail: "only test keys may move the clock"}

type advanceBody struct {
	By string `json:"by"`
}

type advanceAnswer struct {
	Now time.Time `json:"now"`
}

// advance is POST /v1/test/clock/advance.
func (a *API) advance(q *ask) error {
	if q.space.Clock == nil {
		return errLiveClock
	}
	var in advanceBody
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	by, err := time.ParseDuration(in.By)
	if err != nil || by <= 0 || by > maxAdvance {
		return invalid("invalid", "/by", "a duration such as 26h or 90m, more than 0 and at most five years")
	}
	if err := q.space.Clock.Advance(q.ctx(), by); err != nil {
		return err
	}
	now, err := q.space.Clock.Now(q.ctx())
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, advanceAnswer{utc(now)})
}
