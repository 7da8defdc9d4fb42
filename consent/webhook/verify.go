package webhook

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Tolerance is how far a delivery's timestamp may lie from the receiver's clock, on either side, unless it says otherwise.
const Tolerance = 5 * time.Minute

// Reasons to refuse a delivery.
var (
	ErrHeaders   = errors.New("webhook: webhook-id, webhook-timestamp and webhook-signature must each be there once")
	ErrTimestamp = errors.New("webhook: the timestamp is too far from now")
	ErrSignature = errors.New("webhook: no signature matches")
)

// Verify is the receiver's side: it returns nil when body, as it was read from the wire, was signed with secret for this
// id at a time within tolerance of now (0 means Tolerance). Errors: ErrSecret, ErrHeaders, ErrTimestamp, ErrSignature.
//
// A delivery that is repeated within the tolerance still passes, for retries look the same: keep the webhook-ids that were
// worked, and answer a known one with 2xx without working it again.
//
// While the secret is being rotated a receiver that knows only one of the two passes with either.
func Verify(secret string, h http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	k, err := key(secret)
	if err != nil {
		return err
	}
	id, stamp, signatures, err := headers(h)
	if err != nil {
		return err
	}
	if err := fresh(stamp, now, tolerance); err != nil {
		return err
	}
	return match(mac(k, id, stamp, body), signatures)
}

// headers reads the three. A second value is refused: another reader of the same request might take that one.
func headers(h http.Header) (id, stamp, signatures string, err error) {
	var got [3]string
	for i, name := range []string{HeaderID, HeaderTimestamp, HeaderSignature} {
		v := h.Values(name)
		if len(v) != 1 || v[0] == "" {
			return "", "", "", ErrHeaders
		}
		got[i] = v[0]
	}
	return got[0], got[1], got[2], nil
}

// fresh compares in whole seconds, as the timestamp is. What does not parse is refused. An instant so far away that the
// difference overflows is cut by time.Sub to the longest duration, and so refused as well.
func fresh(stamp string, now time.Time, tolerance time.Duration) error {
	if tolerance <= 0 {
		tolerance = Tolerance
	}
	s, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return ErrTimestamp
	}
	off := now.Truncate(time.Second).Sub(time.Unix(s, 0))
	if off > tolerance || off < -tolerance {
		return ErrTimestamp
	}
	return nil
}

// match looks for one good signature. Versions that are not known are passed over.
func match(want []byte, signatures string) error {
	for s := range strings.SplitSeq(signatures, " ") {
		text, ok := strings.CutPrefix(s, version)
		if !ok {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(text)
		if err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return ErrSignature
}
