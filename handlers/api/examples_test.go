package api_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// Every example of a body for a consent request is accepted as it stands there, in the state of which its call speaks.
func TestExamplesRun(t *testing.T) {
	ran := 0
	for path, item := range theSpec(t).Paths.Map() {
		for method, op := range item.Operations() {
			ours := strings.HasPrefix(path, "/v1/consent-requests") || path == "/v1/age-checks" || path == "/v1/test/clock/advance"
			if op.RequestBody == nil || !ours {
				continue
			}
			media := op.RequestBody.Value.Content["application/json"]
			if media == nil || media.Example == nil {
				continue
			}
			t.Run(op.OperationID, func(t *testing.T) {
				h := open(t)
				id := ""
				if strings.Contains(path, "{id}") {
					id = h.stateFor(op.OperationID)
				}
				body, err := json.Marshal(media.Example)
				must(t, err)
				// The child of the examples grows up; here it stays ten years old.
				r := h.call(method, strings.ReplaceAll(path, "{id}", id), strings.ReplaceAll(string(body), "2014-03-02", born()))
				if r.Status/100 != 2 {
					t.Errorf("%d: %s", r.Status, r.Body)
				}
			})
			ran++
		}
	}
	t.Logf("%d examples were run", ran)
	if ran < 5 {
		t.Errorf("only %d examples were found", ran)
	}
}

// stateFor makes a request to which the call of an example fits.
func (h *house) stateFor(operation string) string {
	h.t.Helper()
	switch operation {
	case "correct", "join", "resend", "cancel":
		return h.signup("user-1")
	case "erase":
		id := h.granted("user-1")
		h.call("POST", at(id, "/withdraw"), nil).want(200, "")
		return id
	}
	return h.granted("user-1")
}
