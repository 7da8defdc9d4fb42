package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/bohoja/bohoja/consent"
)

type clients interface {
	ClientToken(ctx context.Context, app *consent.App, subject string) (string, time.Time, error)
}

type clientBody struct {
	Subject string `json:"subject"`
}

// clientAnswer lets a browser or a mobile app make one request without a key.
type clientAnswer struct {
	Token     string    `json:"token"`
	StartURL  string    `json:"start_url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// makeClient is POST /v1/client-tokens.
func (a *API) makeClient(q *ask) error {
	var in clientBody
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	token, expires, err := q.space.Service.ClientToken(q.ctx(), q.app, in.Subject)
	if err != nil {
		return err
	}
	start := a.public + "/start/" + url.PathEscape(q.app.ID) + "?token=" + url.QueryEscape(token)
	return answer(q.c, http.StatusCreated, clientAnswer{token, start, utc(expires)})
}
