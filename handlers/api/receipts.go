package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

type receipts interface {
	Receipt(ctx context.Context, app *consent.App, id string) (string, error)
	ReceiptKeys() ([]byte, error)
	ReadTerms(ctx context.Context, app, version string) (*consent.App, error)
}

// showReceipt is GET /v1/receipts/{id}: the token itself, so that it can be kept in a file as it came.
func (a *API) showReceipt(q *ask) error {
	if _, err := readQuery(q.c); err != nil {
		return err
	}
	token, err := q.space.Service.Receipt(q.ctx(), q.app, q.id())
	if err != nil {
		return err
	}
	web.AnswerHeaders(q.c.Writer.Header())
	q.c.Data(http.StatusOK, "application/jwt", []byte(token))
	return nil
}

// showKeys is GET /.well-known/jwks.json, of one space.
func (a *API) showKeys(s *space) gin.HandlerFunc {
	return a.problems.Handle(func(c *gin.Context) error {
		if s == nil || s.Service == nil {
			return consent.ErrNotFound
		}
		keys, err := s.Service.ReceiptKeys()
		if err != nil {
			return err
		}
		web.AnswerHeaders(c.Writer.Header())
		c.Data(http.StatusOK, "application/json", keys)
		return nil
	})
}

// termsAnswer is a version of an app's terms: what a guardian reads and agrees to.
type termsAnswer struct {
	Version string          `json:"version"`
	Current bool            `json:"current"`
	Text    json.RawMessage `json:"text"`
}

// showTerms is GET /v1/terms/{version}.
func (a *API) showTerms(q *ask) error {
	if _, err := readQuery(q.c); err != nil {
		return err
	}
	version := q.c.Param("version")
	app, err := q.space.Service.ReadTerms(q.ctx(), q.app.ID, version)
	if err != nil {
		return err
	}
	text, err := app.TermsText()
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, termsAnswer{version, version == q.app.Terms(), text})
}
