package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"status":"not_ready","reasons":["redis"]}`))
	}))
	defer s.Close()
	environ := []string{"BOHOJA_OPS_LISTEN=" + s.Listener.Addr().String(), "BOHOJA_PENDING__TTL=nonsense"}
	call(t, environ, "healthcheck").want(t, exitFine, "ready") // a fault elsewhere is not its business
	call(t, environ, "healthcheck", "--json").want(t, exitFine, `"ready": true`)
	status = http.StatusServiceUnavailable
	call(t, environ, "healthcheck").want(t, exitFailed, "503", "redis")
	call(t, environ, "healthcheck", "--json").want(t, exitFailed, `"ready": false`)
	status = http.StatusFound
	call(t, environ, "healthcheck").want(t, exitFailed, "302")
	call(t, []string{"BOHOJA_OPS_LISTEN=127.0.0.1:1"}, "healthcheck").want(t, exitFailed, "no answer")
}
