package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

const paid = `{"id":"evt_01"}`

// signed returns the headers of a genuine delivery of paid, made at now.
func signed(t *testing.T) http.Header {
	t.Helper()
	h := http.Header{}
	if err := Sign(h, consent.Webhook{Secret: newSecret}, "evt_01", now, []byte(paid)); err != nil {
		t.Fatal(err)
	}
	return h
}

// Threat 15: what was forged, changed or replayed is refused; each row changes one thing of a genuine delivery.
func TestVerify(t *testing.T) {
	set := func(name, value string) func(http.Header) {
		return func(h http.Header) { h.Set(name, value) }
	}
	good := signed(t).Get(HeaderSignature)
	for _, tc := range []struct {
		name   string
		change func(http.Header)
		body   string
		secret consent.Private
		after  time.Duration
		want   error
	}{
		{name: "genuine"},
		{name: "genuine among unknown versions", change: set(HeaderSignature, "v1a,AAAA v2 "+good+" v3,x")},
		{name: "at the edge of the tolerance", after: Tolerance},
		{name: "at the other edge", after: -Tolerance},
		{name: "replayed later", after: Tolerance + time.Second, want: ErrTimestamp},
		{name: "from the future", after: -Tolerance - time.Second, want: ErrTimestamp},
		{name: "timestamp moved to pass", after: time.Hour, change: set(HeaderTimestamp, fmt.Sprint(now.Add(time.Hour).Unix())), want: ErrSignature},
		{name: "timestamp moved by a second", change: set(HeaderTimestamp, fmt.Sprint(now.Unix()+1)), want: ErrSignature},
		{name: "timestamp spelled otherwise", change: set(HeaderTimestamp, fmt.Sprintf("+%d", now.Unix())), want: ErrSignature},
		{name: "timestamp no number", change: set(HeaderTimestamp, "soon"), want: ErrTimestamp},
		{name: "timestamp out of range", change: set(HeaderTimestamp, "-9223372036854775808"), want: ErrTimestamp},
		{name: "another id", change: set(HeaderID, "evt_02"), want: ErrSignature},
		{name: "another body", body: `{"id":"evt_02"}`, want: ErrSignature},
		{name: "another secret", secret: oldSecret, want: ErrSignature},
		{name: "another version", change: set(HeaderSignature, "v2"+strings.TrimPrefix(good, "v1")), want: ErrSignature},
		{name: "signature cut", change: set(HeaderSignature, "v1,"+good[3:27]), want: ErrSignature},
		{name: "signature empty", change: set(HeaderSignature, "v1,"), want: ErrSignature},
		{name: "no id", change: func(h http.Header) { h.Del(HeaderID) }, want: ErrHeaders},
		{name: "no timestamp", change: func(h http.Header) { h.Del(HeaderTimestamp) }, want: ErrHeaders},
		{name: "no signature", change: func(h http.Header) { h.Del(HeaderSignature) }, want: ErrHeaders},
		{name: "empty id", change: set(HeaderID, ""), want: ErrHeaders},
		{name: "two ids", change: func(h http.Header) { h.Add(HeaderID, "evt_02") }, want: ErrHeaders},
		{name: "two timestamps", change: func(h http.Header) { h.Add(HeaderTimestamp, "1") }, want: ErrHeaders},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, body, secret := signed(t), tc.body, tc.secret
			if tc.change != nil {
				tc.change(h)
			}
			if body == "" {
				body = paid
			}
			if secret.Empty() {
				secret = newSecret
			}
			if err := Verify(secret.Reveal(), h, []byte(body), now.Add(tc.after), 0); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// The receiver's own tolerance counts; fractions of a second do not.
func TestVerifyTolerance(t *testing.T) {
	for after, want := range map[time.Duration]error{
		10*time.Second + 999*time.Millisecond: nil,
		11 * time.Second:                      ErrTimestamp,
	} {
		if err := Verify(newSecret.Reveal(), signed(t), []byte(paid), now.Add(after), 10*time.Second); !errors.Is(err, want) {
			t.Errorf("%v later: got %v, want %v", after, err, want)
		}
	}
}
