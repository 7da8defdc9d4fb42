package api

import (
	"context"
	"net/http"
	"time"

	"github.com/bohoja/bohoja/consent"
)

type disclosures interface {
	Disclose(ctx context.Context, app *consent.App, by consent.Actor, id string, d consent.Disclosure) (string, error)
}

type discloseBody struct {
	Recipient string    `json:"recipient"`
	Items     []string  `json:"items"`
	Why       string    `json:"why"`
	At        time.Time `json:"at"`
}

type discloseAnswer struct {
	ID string `json:"id"`
}

// disclose is POST /v1/consent-requests/{id}/disclosures.
func (a *API) disclose(q *ask) error {
	var in discloseBody
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	id, err := q.space.Service.Disclose(q.ctx(), q.app, q.by(), q.id(), consent.Disclosure{
		Recipient: in.Recipient, Items: in.Items, Why: in.Why, At: in.At,
	})
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusCreated, discloseAnswer{id})
}
