package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/webhook"
)

// A receiver: the body is read whole and limited, verified, and each webhook-id is worked once.
func ExampleVerify() {
	const secret = "whsec_c2VjcmV0IG9mIHRoZSBzaG9wIGluIGV4YW1wbGVz"
	worked := map[string]bool{}
	handle := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil || webhook.Verify(secret, r.Header, body, time.Now(), 0) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if id := r.Header.Get(webhook.HeaderID); !worked[id] {
			worked[id] = true
			fmt.Println("working", id)
		}
		w.WriteHeader(http.StatusNoContent)
	}

	send := func(body string) {
		r := httptest.NewRequest(http.MethodPost, "/hooks", strings.NewReader(body))
		hook := consent.Webhook{Secret: consent.Secret(secret)}
		if err := webhook.Sign(r.Header, hook, "evt_01", time.Now(), []byte(`{"type":"test.ping"}`)); err != nil {
			fmt.Println(err)
		}
		w := httptest.NewRecorder()
		handle(w, r)
		fmt.Println(w.Code)
	}
	send(`{"type":"test.ping"}`)
	send(`{"type":"test.ping"}`)
	send(`{"type":"consent.granted"}`)
	// Output:
	// working evt_01
	// 204
	// 204
	// 401
}
