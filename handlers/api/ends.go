package api

import (
	"context"
	"net/http"
	"time"

	"github.com/bohoja/bohoja/consent"
)

type ends interface {
	Withdraw(ctx context.Context, app *consent.App, by consent.Actor, id string, purposes []string) (consent.Record, error)
	Erase(ctx context.Context, app *consent.App, by consent.Actor, id string, at time.Time, purposes []string) (consent.Record, error)
}

type withdrawBody struct {
	Purposes []string `json:"purposes"`
}

type eraseBody struct {
	Purposes []string  `json:"purposes"`
	At       time.Time `json:"at"`
}

// checkSome refuses an empty list: it says neither all nor some, and a program that made it by mistake must not end a
// whole consent.
func checkSome(purposes []string) error {
	if purposes != nil && len(purposes) == 0 {
		return invalid("invalid", "/purposes", "name purposes, or leave the field out for all of them")
	}
	return nil
}

// withdraw is POST /v1/consent-requests/{id}/withdraw.
func (a *API) withdraw(q *ask) error {
	var in withdrawBody
	if err := readOptional(q.c, &in); err != nil {
		return err
	}
	if err := checkSome(in.Purposes); err != nil {
		return err
	}
	rec, err := q.space.Service.Withdraw(q.ctx(), q.app, q.by(), q.id(), in.Purposes)
	if err != nil {
		return err
	}
	return q.tell(http.StatusOK, rec)
}

// erase is POST /v1/consent-requests/{id}/erased.
func (a *API) erase(q *ask) error {
	var in eraseBody
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	if err := checkSome(in.Purposes); err != nil {
		return err
	}
	if in.At.IsZero() {
		return invalid("required", "/at", "when it was erased")
	}
	if _, err := q.space.Service.Erase(q.ctx(), q.app, q.by(), q.id(), in.At, in.Purposes); err != nil {
		return err
	}
	return done(q.c)
}
