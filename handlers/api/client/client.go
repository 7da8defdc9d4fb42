// Package client calls the API from Go: the calls that an ordinary sign-up needs. They use the standard library alone, so
// that they can be read as an example for other languages. [Gate] is more: it answers whole lists in the process.
//
//	c := client.Client{Base: "https://consent.shop.example", Key: os.Getenv("BOHOJA_API_KEY")}
//	notice, err := c.Notice(ctx, "ko")                  // show it to the child before the guardian's name is asked
//	made, err := c.Create(ctx, idempotencyKey, request) // and send the child to made.ChildPage
//	given, err := c.Release(ctx, made.ID)               // after the webhook consent.granted
//	err = c.Ack(ctx, made.ID)                           // once given.Data is stored: the service destroys its copy
//
// Every call may be repeated without harm, and is: when the service was not reached, did not answer, or asked for a short
// pause. What the API refuses is a *Problem.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Client calls the API with one key. The zero values of all but Base and Key are good. It is safe for concurrent use.
type Client struct {
	Base  string        // public URL of the service, without /v1
	Key   string        // "bhj_live_sk_…" or "bhj_test_sk_…"; it belongs on a server, never in a page
	HTTP  *http.Client  // nil: one that gives up after 20 s and follows no redirect
	Tries int           // of one call; 0: 3
	Pause time.Duration // before the second try, then longer; 0: 300 ms
}

// maxPause is the longest pause that a call waits for; a longer wish of the service ends the call with its Problem.
const maxPause = 10 * time.Second

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 20

// Problem is an answer that says no (RFC 9457). Code is stable.
type Problem struct {
	Status     int          `json:"status"`
	Code       string       `json:"code"`
	Detail     string       `json:"detail"`
	Errors     []FieldError `json:"errors"`
	RetryAfter int          `json:"retry_after"` // seconds
	ID         string       `json:"id"`          // with already_pending: the request that is pending
}

// FieldError is one wrong field; Pointer is a JSON pointer into the request.
type FieldError struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// Error implements error.
func (p *Problem) Error() string {
	return fmt.Sprintf("consent API: %d %s: %s", p.Status, p.Code, p.Detail)
}

// IsCode reports whether err is a Problem with this code.
func IsCode(err error, code string) bool {
	p, ok := errors.AsType[*Problem](err)
	return ok && p.Code == code
}

// call makes a call and reads its answer into out; nil reads nothing.
func (c *Client) call(ctx context.Context, method, path, key string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	pause := c.pause()
	for try := 1; ; try++ {
		answer, err := c.once(ctx, method, path, key, body)
		if err == nil {
			return decode(answer, out)
		}
		wait, again := repeat(err, pause)
		if !again || try >= c.tries() {
			return err
		}
		if sleep(ctx, wait) != nil {
			return err // the answer says more than that the caller went away
		}
		pause *= 3
	}
}

func decode(answer []byte, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return errors.New("consent API: the answer is not what was asked for") // never quoted: it may hold data
	}
	return nil
}

// once makes one exchange.
func (c *Client) once(ctx context.Context, method, path, key string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Base+"/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http().Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		return nil, problem(res, answer)
	}
	return answer, nil
}

// problem reads a refusal. An answer that is none of this API's, such as a proxy's page, has its status alone.
func problem(res *http.Response, body []byte) *Problem {
	p := &Problem{}
	if json.Unmarshal(body, p) != nil || p.Code == "" {
		p = &Problem{Code: "http", Detail: http.StatusText(res.StatusCode)}
	}
	p.Status = res.StatusCode
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		p.RetryAfter = s
	}
	return p
}

// repeat says whether the call makes sense again, and after which pause: without an answer always, with one only where
// the service says "not now".
func repeat(err error, pause time.Duration) (time.Duration, bool) {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		return pause, !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	wish := max(pause, time.Duration(p.RetryAfter)*time.Second)
	switch p.Status {
	case http.StatusTooManyRequests:
		return wish, p.Code == "rate_limited" && wish <= maxPause
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return wish, wish <= maxPause
	}
	return 0, false
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (c *Client) tries() int {
	if c.Tries > 0 {
		return c.Tries
	}
	return 3
}

func (c *Client) pause() time.Duration {
	if c.Pause > 0 {
		return c.Pause
	}
	return 300 * time.Millisecond
}

// fallback follows no redirect: a key must not go elsewhere.
var fallback = &http.Client{
	Timeout:       20 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c *Client) http() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return fallback
}

// of is the path of a request.
func of(id, rest string) string { return "/consent-requests/" + url.PathEscape(id) + rest }
