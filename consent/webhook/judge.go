package webhook

import (
	"net/http"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// maxWait is the longest Retry-After that is honoured: a target must not be able to put its events off for ever.
const maxWait = 24 * time.Hour

// judge turns a status into the outcome of the attempt: nil for 2xx, else a *consent.DeliveryError (see Deliver).
func judge(answer *http.Response, now time.Time) error {
	if answer.StatusCode/100 == 2 {
		return nil
	}
	e := &consent.DeliveryError{Class: consent.Again, Code: answer.StatusCode, Stage: "answer"}
	switch answer.StatusCode {
	case http.StatusGone:
		e.Class = consent.Never
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.After = wait(answer.Header.Get("Retry-After"), now)
	}
	return e
}

// wait reads Retry-After (RFC 9110, 10.2.3), seconds or a date. What cannot be read, or lies in the past, is no wish: 0.
func wait(text string, now time.Time) time.Duration {
	var d time.Duration
	if s, err := strconv.ParseUint(text, 10, 64); err == nil {
		d = time.Duration(min(s, uint64(maxWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxWait)
}
