package api

import (
	stdjson "encoding/json"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bohoja/bohoja/consent"
)

type signupBody struct {
	Subject     string                    `json:"subject"`
	ChildNotice noticeBody                `json:"child_notice"`
	Child       childBody                 `json:"child"`
	Guardian    guardianBody              `json:"guardian"`
	Method      consent.Method            `json:"method"`
	Purposes    []string                  `json:"purposes"`
	Data        map[string]jsontext.Value `json:"data"`
	ReturnURL   string                    `json:"return_url"`
	EmbedToken  string                    `json:"embed_token"`
}

type noticeBody struct {
	Version string `json:"version"`
}

type childBody struct {
	UnderAge  *bool           `json:"under_age"`
	BirthDate consent.Private `json:"birth_date"`
	Age       *int            `json:"age"`
	Name      consent.Private `json:"name"`
	Email     consent.Private `json:"email"`
	Phone     consent.Private `json:"phone"`
	Locale    string          `json:"locale"`
}

// guardianBody knows no birth date: it is asked on the guardian's own page, compared there and never kept (KR-02).
type guardianBody struct {
	Name   consent.Private `json:"name"`
	Email  consent.Private `json:"email"`
	Phone  consent.Private `json:"phone"`
	Locale string          `json:"locale"`
}

// signup is POST /v1/consent-requests.
func (a *API) signup(q *ask) error {
	key, err := idempotencyKey(q.c.Request.Header)
	if err != nil {
		return err
	}
	var in signupBody
	canonical, err := read(q.c, &in)
	if err != nil {
		return err
	}
	asked := in.signup()
	asked.Key, asked.Body = key, canonical
	ticket, err := q.space.Service.Signup(q.ctx(), q.app, q.by(), asked)
	if err != nil {
		return err
	}
	out, err := q.space.view(ticket.Record)
	if err != nil {
		return err
	}
	out.PairingCode = ticket.PairingCode
	out.Warnings = append(out.Warnings, ticket.Warnings...)
	out.Warnings = append(out.Warnings, q.space.noticeWarning(q.app, ticket.Record.Notice)...)
	q.c.Header("Location", a.public+"/v1/consent-requests/"+out.ID)
	return answer(q.c, http.StatusCreated, out)
}

func (in signupBody) signup() consent.Signup {
	return consent.Signup{
		Subject: in.Subject, Notice: in.ChildNotice.Version, UnderAge: in.Child.UnderAge, AgeGiven: in.Child.Age,
		Child: consent.Child{
			Age: -1, BirthDate: in.Child.BirthDate, Name: in.Child.Name, Email: in.Child.Email, Phone: in.Child.Phone, Locale: in.Child.Locale,
		},
		Guardian: consent.Guardian{Name: in.Guardian.Name, Email: in.Guardian.Email, Phone: in.Guardian.Phone, Locale: in.Guardian.Locale},
		Method:   in.Method, Purposes: in.Purposes, Data: items(in.Data), ReturnURL: in.ReturnURL,
		Embed: in.EmbedToken,
	}
}

// items leaves out what is null, which is the same as not given.
func items(data map[string]jsontext.Value) map[string]stdjson.RawMessage {
	out := make(map[string]stdjson.RawMessage, len(data))
	for name, value := range data {
		if value.Kind() != jsontext.KindNull {
			out[name] = stdjson.RawMessage(value)
		}
	}
	return out
}

// maxIdempotencyKey is the length of a key in bytes.
const maxIdempotencyKey = 255

// idempotencyKey reads the header; "" when there is none. Errors: malformed.
func idempotencyKey(h http.Header) (string, error) {
	values := h.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 || !visible(values[0]) || len(values[0]) > maxIdempotencyKey {
		return "", &consent.Error{
			Kind: consent.KindMalformed, Code: "malformed", Detail: "Idempotency-Key: once, 1 to 255 visible ASCII characters",
		}
	}
	return values[0], nil
}
