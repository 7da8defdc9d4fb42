package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

type releases interface {
	Release(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Handover, error)
	Acknowledge(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Record, error)
}

// releaseAnswer is the only answer that holds the child's data.
type releaseAnswer struct {
	ID       string                     `json:"id"`
	Subject  string                     `json:"subject"`
	Data     map[string]json.RawMessage `json:"data"`
	Purposes []string                   `json:"purposes"`
}

// release is POST /v1/consent-requests/{id}/release.
func (a *API) release(q *ask) error {
	if err := readNothing(q.c); err != nil {
		return err
	}
	got, err := q.space.Service.Release(q.ctx(), q.app, q.by(), q.id())
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, releaseAnswer{got.Record.ID, got.Record.Subject, got.Data, got.Record.InForce()})
}

// acknowledge is POST /v1/consent-requests/{id}/release/ack.
func (a *API) acknowledge(q *ask) error {
	if err := readNothing(q.c); err != nil {
		return err
	}
	if _, err := q.space.Service.Acknowledge(q.ctx(), q.app, q.by(), q.id()); err != nil {
		return err
	}
	return done(q.c)
}
