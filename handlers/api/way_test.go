package api_test

import (
	"testing"
)

func TestWay(t *testing.T) {
	h := open(t)
	r := h.call("POST", "/v1/consent-requests", signupBody("user-1")).want(201, "")
	id := r.json()["id"].(string)
	if got := r.Header.Get("Location"); got != public+"/v1/consent-requests/"+id {
		t.Errorf("Location %q", got)
	}
}
