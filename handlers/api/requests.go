package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

type requests interface {
	Signup(ctx context.Context, app *consent.App, by consent.Actor, in consent.Signup) (consent.Ticket, error)
	Show(ctx context.Context, app *consent.App, id string) (consent.Record, error)
	List(ctx context.Context, app *consent.App, q consent.Query) (consent.Page, error)
	ChildPage(rec consent.Record) (string, error)
	TermsChanged(rec consent.Record) bool
	Cancel(ctx context.Context, app *consent.App, by consent.Actor, id string) (consent.Record, error)
}

// requestAnswer is a consent request as its app sees it: states, times and ids, and nothing of any person.
type requestAnswer struct {
	ID           string            `json:"id"`
	Subject      string            `json:"subject"`
	Status       consent.Status    `json:"status"`
	Custody      consent.Custody   `json:"custody"`
	Hold         bool              `json:"hold"`
	CreatedAt    time.Time         `json:"created_at"`
	ExpiresAt    time.Time         `json:"expires_at"`
	Mail         mailAnswer        `json:"mail"`
	ChildPage    string            `json:"child_page"`
	PairingCode  string            `json:"pairing_code,omitempty"` // in the answer to a signup alone
	Warnings     []consent.Warning `json:"warnings"`               // told once, at signup
	NameMismatch bool              `json:"name_mismatch"`
	Purposes     []string          `json:"purposes,omitzero"` // in force; once decided
	Refused      []string          `json:"refused,omitempty"`
	DecidedAt    time.Time         `json:"decided_at,omitzero"`
	Method       consent.Method    `json:"method,omitempty"` // once decided
	Reason       string            `json:"reason,omitempty"` // once it ended
	ReleaseBy    time.Time         `json:"release_by,omitzero"`
	EndedAt      time.Time         `json:"ended_at,omitzero"`
	EraseBy      time.Time         `json:"erase_by,omitzero"`
	ErasedAt     time.Time         `json:"erased_at,omitzero"`
	Terms        string            `json:"terms"`         // version of the text that was asked or agreed to
	TermsChanged bool              `json:"terms_changed"` // in force, and the text of today is another
}

type mailAnswer struct {
	State consent.MailState `json:"state"`
	Hint  *string           `json:"hint"`
}

type pageAnswer struct {
	Data []requestAnswer `json:"data"`
	Next *string         `json:"next"` // null on the last page
}

func (s *space) view(rec consent.Record) (requestAnswer, error) {
	page, err := s.Service.ChildPage(rec)
	if err != nil {
		return requestAnswer{}, err
	}
	out := requestAnswer{
		ID: rec.ID, Subject: rec.Subject, Status: rec.Status, Custody: rec.Custody, Hold: rec.Hold, CreatedAt: utc(rec.CreatedAt),
		ExpiresAt: utc(rec.ExpiresAt), Mail: mailAnswer{State: rec.Mail, Hint: orNull(rec.MailHint)}, ChildPage: page,
		Warnings: []consent.Warning{}, NameMismatch: rec.NameMiss, Reason: rec.Reason,
		ReleaseBy: utc(rec.ReleaseBy), EndedAt: utc(rec.EndedAt), EraseBy: utc(rec.EraseBy), ErasedAt: utc(rec.ErasedAt),
		Terms: rec.Terms, TermsChanged: s.Service.TermsChanged(rec),
	}
	if !rec.DecidedAt.IsZero() {
		out.Purposes = append([]string{}, rec.InForce()...)
		out.Refused, out.DecidedAt, out.Method = rec.Refused, utc(rec.DecidedAt), rec.Method
	}
	return out, nil
}

// utc has the precision of the store, milliseconds; a zero time stays zero.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// tell answers with a request.
func (q *ask) tell(status int, rec consent.Record) error {
	out, err := q.space.view(rec)
	if err != nil {
		return err
	}
	return answer(q.c, status, out)
}

// show is GET /v1/consent-requests/{id}.
func (a *API) show(q *ask) error {
	if _, err := readQuery(q.c); err != nil {
		return err
	}
	rec, err := q.space.Service.Show(q.ctx(), q.app, q.id())
	if err != nil {
		return err
	}
	return q.tell(http.StatusOK, rec)
}

// list is GET /v1/consent-requests.
func (a *API) list(q *ask) error {
	query, err := readQuery(q.c, "status", "subject", "after", "limit")
	if err != nil {
		return err
	}
	want, err := listQuery(query)
	if err != nil {
		return err
	}
	page, err := q.space.Service.List(q.ctx(), q.app, want)
	if err != nil {
		return err
	}
	out := pageAnswer{Data: make([]requestAnswer, len(page.Records)), Next: orNull(page.Next)}
	for i, rec := range page.Records {
		if out.Data[i], err = q.space.view(rec); err != nil {
			return err
		}
	}
	q.linkNext(page.Next)
	return answer(q.c, http.StatusOK, out)
}

// statusList names every status, for an error.
func statusList() string {
	var names []string
	for _, one := range consent.Statuses {
		names = append(names, string(one))
	}
	return strings.Join(names, ", ")
}

func listQuery(query url.Values) (consent.Query, error) {
	out := consent.Query{Status: consent.Status(query.Get("status")), Subject: query.Get("subject")}
	if out.Status != "" && !slices.Contains(consent.Statuses, out.Status) {
		return out, invalid("invalid", "?status", "one of these: "+statusList())
	}
	if out.Subject != "" && consent.CheckSubject(out.Subject) != nil {
		return out, invalid("invalid", "?subject", "1 to 64 characters of A-Z a-z 0-9 _ -")
	}
	var err error
	if out.After, err = cursorOf(query); err != nil {
		return out, err
	}
	out.Limit, err = limitOf(query)
	return out, err
}

// cancel is POST /v1/consent-requests/{id}/cancel.
func (a *API) cancel(q *ask) error {
	if err := readNothing(q.c); err != nil {
		return err
	}
	rec, err := q.space.Service.Cancel(q.ctx(), q.app, q.by(), q.id())
	if err != nil {
		return err
	}
	return q.tell(http.StatusOK, rec)
}
