package api

import (
	"context"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

type guardians interface {
	Resend(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Record, error)
	Correct(ctx context.Context, app *consent.App, by consent.Actor, id string, g consent.Guardian) (consent.Record, error)
	Join(ctx context.Context, app *consent.App, by consent.Actor, id string, g consent.Guardian) (consent.Record, error)
}

// newGuardian is a guardian named after the signup.
type newGuardian struct {
	Name   consent.Private `json:"name"`
	Email  consent.Private `json:"email"`
	Locale string          `json:"locale"`
}

func (in newGuardian) guardian() consent.Guardian {
	return consent.Guardian{Name: in.Name, Email: in.Email, Locale: in.Locale}
}

// resend is POST /v1/consent-requests/{id}/resend.
func (a *API) resend(q *ask) error {
	if err := readNothing(q.c); err != nil {
		return err
	}
	rec, err := q.space.Service.Resend(q.ctx(), q.app, q.by(), q.id())
	if err != nil {
		return err
	}
	return q.tell(http.StatusAccepted, rec)
}

// correct is POST /v1/consent-requests/{id}/guardian.
func (a *API) correct(q *ask) error {
	return q.guardian(q.space.Service.Correct)
}

// join is POST /v1/consent-requests/{id}/guardians.
func (a *API) join(q *ask) error {
	return q.guardian(q.space.Service.Join)
}

// step is Correct or Join.
type step func(ctx context.Context, app *consent.App, by consent.Actor, id string, g consent.Guardian) (consent.Record, error)

func (q *ask) guardian(do step) error {
	var in newGuardian
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	rec, err := do(q.ctx(), q.app, q.by(), q.id(), in.guardian())
	if err != nil {
		return err
	}
	return q.tell(http.StatusAccepted, rec)
}
