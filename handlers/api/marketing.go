package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bohoja/bohoja/consent"
)

type checkBody struct {
	Email   consent.Private `json:"email"`
	Phone   consent.Private `json:"phone"`
	Subject string          `json:"subject"`
	Kind    string          `json:"kind"`
	Basis   string          `json:"basis"`
}

type batchBody struct {
	Kind       string         `json:"kind"`
	Basis      string         `json:"basis"`
	Identities []identityBody `json:"identities"`
}

type identityBody struct {
	Email   consent.Private `json:"email"`
	Phone   consent.Private `json:"phone"`
	Subject string          `json:"subject"`
}

type permission struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"`
}

// query begins a question to the gate with what the key may see.
func (q *ask) query(kind, basis string) consent.GateQuery {
	return consent.GateQuery{Kind: kind, Basis: basis, Reasons: slices.Contains(q.key.Scopes, consent.ScopeMarketingReasons)}
}

// gate asks, and tells how often each answer was given.
func (a *API) gate(ctx context.Context, q *ask, query consent.GateQuery) ([]consent.GateAnswer, error) {
	got, err := q.space.Service.Gate(ctx, q.app, query)
	if err != nil {
		return nil, err
	}
	allowed := 0
	for _, one := range got {
		if one.Allowed {
			allowed++
		}
	}
	a.gated(allowed, len(got)-allowed)
	return got, nil
}

// checkMarketing is POST /v1/marketing/check.
func (a *API) checkMarketing(q *ask) error {
	var in checkBody
	if err := readOnly(q.c, &in); err != nil {
		return err
	}
	if in.Email.Empty() && in.Phone.Empty() && in.Subject == "" {
		return invalid("required", "", "an email, a phone or a subject is required")
	}
	query := q.query(in.Kind, in.Basis)
	query.Who = []consent.Identity{{Email: in.Email, Phone: in.Phone, Subject: in.Subject}}
	got, err := a.gate(q.ctx(), q, query)
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, permission(got[0]))
}

// batchTime is how long the body of a batch may take to arrive: 2 MiB at 300 kbit/s.
const batchTime = time.Minute

// checkBatch is POST /v1/marketing/check-batch.
func (a *API) checkBatch(q *ask) error {
	_ = http.NewResponseController(q.c.Writer).SetReadDeadline(time.Now().Add(batchTime)) // a recorder in a test has none
	var in batchBody
	if err := readOnly(q.c, &in); err != nil {
		return err
	}
	query := q.query(in.Kind, in.Basis)
	query.Who = make([]consent.Identity, len(in.Identities))
	for i, one := range in.Identities {
		query.Who[i] = consent.Identity(one)
	}
	got, err := a.gate(q.ctx(), q, query)
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, batchAnswer{got})
}

// batchAnswer is {"results": [{"allowed": …, "reason": …}, …]}. Thousands of the same few answers are written at once.
type batchAnswer struct{ all []consent.GateAnswer }

// MarshalJSONTo implements json.MarshalerTo.
func (b batchAnswer) MarshalJSONTo(e *jsontext.Encoder) error {
	text := make([]byte, 0, 32+40*len(b.all))
	text = append(text, `{"results":[`...)
	for i, one := range b.all {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, `{"allowed":`...)
		text = strconv.AppendBool(text, one.Allowed)
		text = append(text, `,"reason":"`...)
		text = append(append(text, one.Reason...), `"}`...) // one of a few words, none of which needs a backslash
	}
	return e.WriteValue(append(text, "]}"...))
}

// showRun is GET /v1/marketing/filter-runs/{id}.
func (a *API) showRun(q *ask) error {
	if _, err := readQuery(q.c); err != nil {
		return err
	}
	run, err := q.space.Service.FindRun(q.ctx(), q.app, q.id())
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, run)
}
