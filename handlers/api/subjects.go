package api

import (
	"context"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

type subjects interface {
	Subject(ctx context.Context, app *consent.App, subject string) (consent.Standing, error)
}

// standingAnswer says whether a child's data may be used now. It may when purposes are named and there is no hold.
type standingAnswer struct {
	Status   string   `json:"status"`
	Hold     bool     `json:"hold"`
	Purposes []string `json:"purposes"`
	Reasons  []string `json:"reasons,omitzero"` // empty when nothing stands against it; left out of a subject that is not known
	ID       string   `json:"id,omitempty"`
}

// showSubject is GET /v1/subjects/{subject}/consent.
func (a *API) showSubject(q *ask) error {
	if _, err := readQuery(q.c); err != nil {
		return err
	}
	st, err := q.space.Service.Subject(q.ctx(), q.app, q.c.Param("subject"))
	if err != nil {
		return err
	}
	if st.ID != "" && st.Reasons == nil {
		st.Reasons = []string{}
	}
	return answer(q.c, http.StatusOK, standingAnswer{st.Status, st.Hold, st.Purposes, st.Reasons, st.ID})
}
