package api

import (
	"context"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

type events interface {
	Events(ctx context.Context, app *consent.App, after string, limit int) ([]consent.Event, error)
}

type eventsAnswer struct {
	Data []consent.Event `json:"data"`
	Next *string         `json:"next"` // where to go on, also when nothing new was there; null before the first event
}

// listEvents is GET /v1/events: what webhooks tell, for whoever prefers to ask. An event may come twice, none is left out.
func (a *API) listEvents(q *ask) error {
	query, err := readQuery(q.c, "after", "limit")
	if err != nil {
		return err
	}
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	after := query.Get("after")
	if after != "" && !consent.IsID(consent.PrefixEvent, after) {
		return invalid("invalid", "?after", "the id of an event, or next of the page before")
	}
	got, err := q.space.Service.Events(q.ctx(), q.app, after, limit)
	if err != nil {
		return err
	}
	if len(got) > 0 {
		after = got[len(got)-1].ID
		q.linkNext(after)
	}
	return answer(q.c, http.StatusOK, eventsAnswer{append([]consent.Event{}, got...), orNull(after)})
}
