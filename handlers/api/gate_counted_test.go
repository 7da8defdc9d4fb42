package api_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bohoja/bohoja/handlers/api"
)

// TestGated: each answer of the gate is told, by whichever call it was given; a question that failed is none.
func TestGated(t *testing.T) {
	var allowed, blocked atomic.Int64
	h := open(t, func(_ *house, o *api.Options) {
		o.Gated = func(yes, no int) { allowed.Add(int64(yes)); blocked.Add(int64(no)) }
	})
	h.minor(object{"email": "kid@example.com"})
	told := func(what string, yes, no int64) {
		t.Helper()
		if y, n := allowed.Swap(0), blocked.Swap(0); y != yes || n != no {
			t.Errorf("%s: %d allowed and %d blocked, want %d and %d", what, y, n, yes, no)
		}
	}
	h.call("POST", "/v1/marketing/check", object{"email": "kid@example.com", "kind": "ad_mail"}).want(200, "")
	told("check", 0, 1)
	h.call("POST", "/v1/marketing/check-batch", object{"kind": "ad_mail", "identities": []object{
		{"email": "kid@example.com"}, {"email": "a@example.com"}, {"email": "b@example.com"},
	}}).want(200, "")
	told("batch", 2, 1)
	h.call("POST", "/v1/marketing/check", object{"email": "kid@example.com", "kind": "no such kind"}).want(422, "invalid")
	told("a question that failed", 0, 0)
	res, _, err := send(t, h.serve(), "kind=ad_mail&column=email", "text/csv", strings.NewReader("email\nkid@example.com\nc@example.com\n"))
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	told("filter", 1, 1)
}
