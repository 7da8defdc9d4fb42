package consent

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// idAlphabet is Crockford's base 32 in lower case: it sorts as its bytes do and holds no letter that reads as a digit.
var idAlphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Prefixes of ids. An id is a prefix and 26 characters: 48 bits of time in milliseconds, 80 random bits (as a ULID has).
const (
	PrefixRequest    = "cr_"
	PrefixEvent      = "evt_"
	PrefixJob        = "job_"
	PrefixDisclosure = "dis_"
	PrefixRight      = "rr_"
	PrefixFlag       = "min_" // a flag that was set by hand
	PrefixRun        = "run_" // of a list through the gate
)

// idLength is the length of an id after its prefix.
const idLength = 26

// NewID makes an id that sorts by time.
func NewID(prefix string, at time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // crypto/rand never returns an error (Go 1.24)
	return prefix + idAlphabet.EncodeToString(b[:])
}

// IsID reports whether s has the form of an id with this prefix. Look-ups refuse other strings before they reach a key name.
func IsID(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || len(rest) != idLength || strings.ContainsAny(rest, "\r\n") { // which the decoder passes over
		return false
	}
	_, err := idAlphabet.DecodeString(rest)
	return err == nil
}

// IDBytes is an id of this form without its prefix, as 16 bytes.
func IDBytes(prefix, s string) ([16]byte, bool) {
	if !IsID(prefix, s) {
		return [16]byte{}, false
	}
	b, _ := idAlphabet.DecodeString(s[len(prefix):]) // IsID decoded it
	return [16]byte(b), true
}

// IDOf makes an id of what IDBytes gave.
func IDOf(prefix string, b [16]byte) string { return prefix + idAlphabet.EncodeToString(b[:]) }

// TimeOf tells when an id of this form was made, to the millisecond, by the clock of the host that made it.
func TimeOf(prefix, s string) (time.Time, bool) {
	if !IsID(prefix, s) {
		return time.Time{}, false
	}
	b, _ := idAlphabet.DecodeString(s[len(prefix):]) // IsID decoded it
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8]) >> 16)).UTC(), true
}
