package api

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bohoja/bohoja/consent"
)

type rights interface {
	Ask(ctx context.Context, app *consent.App, by consent.Actor, in consent.RightAsked) (consent.Right, error)
	AnswerRight(ctx context.Context, app *consent.App, by consent.Actor, id string, in consent.RightAnswer) (consent.Right, error)
	ShowRight(ctx context.Context, app *consent.App, id string) (consent.RightView, error)
	ListRights(ctx context.Context, app *consent.App, q consent.RightQuery) (consent.RightPage, error)
}

type rightBody struct {
	Subject  string            `json:"subject"`
	Kind     consent.RightKind `json:"kind"`
	Channel  string            `json:"channel"`
	Identity string            `json:"identity"`
	Proxy    *consent.Proxy    `json:"proxy"`
	Text     consent.Private   `json:"text"`
}

type rightReplyBody struct {
	Outcome   consent.RightStatus       `json:"outcome"`
	Data      map[string]jsontext.Value `json:"data"`
	Corrected map[string]jsontext.Value `json:"corrected_data"`
	Told      bool                      `json:"recipients_told"`
	Reason    string                    `json:"reason"`
	Objection string                    `json:"objection"`
}

// rightAnswer is a rights request as its app sees it. Text is there in the answer about one request alone, and only until
// it has been removed: it is what a guardian wrote for the app to read.
type rightAnswer struct {
	ID         string              `json:"id"`
	Request    string              `json:"request"`
	Subject    string              `json:"subject,omitempty"`
	Kind       consent.RightKind   `json:"kind"`
	Channel    string              `json:"channel"`
	Status     consent.RightStatus `json:"status"`
	CreatedAt  time.Time           `json:"created_at"`
	DueAt      time.Time           `json:"due_at"`
	AnsweredAt time.Time           `json:"answered_at,omitzero"`
	Overdue    bool                `json:"overdue"`
	Hold       bool                `json:"hold"` // it is an open correction of data in use
	Told       bool                `json:"recipients_told"`
	Identity   string              `json:"identity,omitempty"`
	Proxy      *consent.Proxy      `json:"proxy,omitempty"`
	Text       string              `json:"text,omitempty"`
	Reason     string              `json:"reason,omitempty"`
	Objection  string              `json:"objection,omitempty"`
}

type rightPageAnswer struct {
	Data []rightAnswer `json:"data"`
	Next *string       `json:"next"` // null on the last page
}

func viewRight(r consent.Right) rightAnswer {
	return rightAnswer{
		ID: r.ID, Request: r.Request, Kind: r.Kind, Channel: r.Channel, Status: r.Status, CreatedAt: utc(r.CreatedAt),
		DueAt: utc(r.DueAt), AnsweredAt: utc(r.AnsweredAt), Overdue: r.Late, Hold: r.Held && r.Status == consent.RightOpen, Told: r.Told,
	}
}

// tellRight answers with a rights request in full.
func (q *ask) tellRight(status int, id string) error {
	v, err := q.space.Service.ShowRight(q.ctx(), q.app, id)
	if err != nil {
		return err
	}
	out := viewRight(v.Right)
	out.Subject, out.Identity, out.Proxy, out.Text = v.Subject, v.Identity.How, v.Identity.Proxy, v.Text.Reveal()
	out.Reason, out.Objection = v.Reply.Reason, v.Reply.Objection
	return answer(q.c, status, out)
}

// askRight is POST /v1/rights-requests.
func (a *API) askRight(q *ask) error {
	key, err := idempotencyKey(q.c.Request.Header)
	if err != nil {
		return err
	}
	var in rightBody
	canonical, err := read(q.c, &in)
	if err != nil {
		return err
	}
	r, err := q.space.Service.Ask(q.ctx(), q.app, q.by(), consent.RightAsked{
		Subject: in.Subject, Kind: in.Kind, Channel: in.Channel, Identity: in.Identity, Proxy: in.Proxy, Text: in.Text,
		Key: key, Body: canonical,
	})
	if err != nil {
		return err
	}
	q.c.Header("Location", a.public+"/v1/rights-requests/"+r.ID)
	return q.tellRight(http.StatusCreated, r.ID)
}

// showRight is GET /v1/rights-requests/{id}.
func (a *API) showRight(q *ask) error {
	if _, err := readQuery(q.c); err != nil {
		return err
	}
	return q.tellRight(http.StatusOK, q.id())
}

// listRights is GET /v1/rights-requests.
func (a *API) listRights(q *ask) error {
	query, err := readQuery(q.c, "status", "after", "limit")
	if err != nil {
		return err
	}
	want := consent.RightQuery{Open: query.Get("status") == string(consent.RightOpen)}
	if query.Get("status") != "" && !want.Open {
		return invalid("invalid", "?status", "open, or leave it out for all")
	}
	if want.After, err = cursorOf(query); err != nil {
		return err
	}
	if want.Limit, err = limitOf(query); err != nil {
		return err
	}
	page, err := q.space.Service.ListRights(q.ctx(), q.app, want)
	if err != nil {
		return err
	}
	out := rightPageAnswer{Data: make([]rightAnswer, len(page.Rights)), Next: orNull(page.Next)}
	for i, r := range page.Rights {
		out.Data[i] = viewRight(r)
	}
	return answer(q.c, http.StatusOK, out)
}

// answerRight is POST /v1/rights-requests/{id}/answer.
func (a *API) answerRight(q *ask) error {
	var in rightReplyBody
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	r, err := q.space.Service.AnswerRight(q.ctx(), q.app, q.by(), q.id(), consent.RightAnswer{
		Outcome: in.Outcome, Data: items(in.Data), Corrected: items(in.Corrected), Told: in.Told, Reason: in.Reason, Objection: in.Objection,
	})
	if err != nil {
		return err
	}
	return q.tellRight(http.StatusOK, r.ID)
}
