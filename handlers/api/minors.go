package api

import (
	"context"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

type marketing interface {
	Flag(ctx context.Context, app *consent.App, by consent.Actor, in consent.Minor) (consent.FlagSet, error)
	Unflag(ctx context.Context, app *consent.App, by consent.Actor, id, reason string) error
	Gate(ctx context.Context, app *consent.App, q consent.GateQuery) ([]consent.GateAnswer, error)
	StartRun(ctx context.Context, app *consent.App, kind string) (consent.Run, error)
	EndRun(ctx context.Context, app *consent.App, r consent.Run) error
	FindRun(ctx context.Context, app *consent.App, id string) (consent.Run, error)
}

type minorBody struct {
	Subject   string          `json:"subject"`
	Email     consent.Private `json:"email"`
	Phone     consent.Private `json:"phone"`
	BirthDate consent.Private `json:"birth_date"`
	Age       *int            `json:"age"`
}

type minorAnswer struct {
	ID   string `json:"id"`
	Ends string `json:"ends"` // "2031-03-31"
}

// flag is POST /v1/minors.
func (a *API) flag(q *ask) error {
	var in minorBody
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	minor := consent.Minor{
		Who: consent.Identity{Email: in.Email, Phone: in.Phone, Subject: in.Subject}, Claim: consent.AgeClaim{Age: in.Age},
	}
	if !in.BirthDate.Empty() {
		born, err := consent.ParseDate(in.BirthDate.Reveal())
		if err != nil {
			return invalid("invalid", "/birth_date", "a day in the past, of the form 2014-03-02")
		}
		minor.Claim.BirthDate = &born
	}
	set, err := q.space.Service.Flag(q.ctx(), q.app, q.by(), minor)
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusCreated, minorAnswer{set.ID, set.Ends.String()})
}

// unflag is DELETE /v1/minors/{id}.
func (a *API) unflag(q *ask) error {
	var in struct {
		Reason string `json:"reason"`
	}
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	if err := q.space.Service.Unflag(q.ctx(), q.app, q.by(), q.id(), in.Reason); err != nil {
		return err
	}
	return done(q.c)
}
