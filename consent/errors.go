package consent

import (
	"errors"
	"time"
)

// Kind classes an error by what the one who asked can do about it. handlers/web holds the one table from Kind to an answer.
type Kind int

// The kinds.
const (
	KindInternal       Kind = iota // a fault of this program
	KindMalformed                  // the request cannot be read
	KindInvalid                    // it can be read, and fields are wrong
	KindUnauthorized               // nobody known asks
	KindForbidden                  // known, but may not
	KindNotFound                   // no such thing, or another app's
	KindConflict                   // the state does not allow it
	KindGone                       // it was here and is destroyed
	KindOnHold                     // a correction is open (KR-19, chapter 9-3-다)
	KindTooMany                    // past a limit; RetryAfter says when
	KindUnavailable                // the store was not reached, nothing was accepted
	KindOutcomeUnknown             // sent to the store but not answered; repeat with the same Idempotency-Key
	KindBusy                       // not now; RetryAfter says when
)

// Error is the only error type that crosses a package border on purpose. Code is stable and part of the API;
// Detail is an English sentence for developers and never holds personal data.
type Error struct {
	Kind       Kind
	Code       string
	Detail     string
	Fields     []FieldError  // with KindInvalid: every fault, not only the first
	RetryAfter time.Duration // with KindTooMany, KindBusy and recently_refused
	ID         string        // with already_pending: the request that is pending
	Err        error         // the cause, for logs; it must be free of personal data
}

// FieldError is one fault of the input. Pointer is a JSON pointer (RFC 6901).
type FieldError struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Code
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is match by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Errors that several steps return. Compare with errors.Is, which looks at the code alone.
var (
	ErrNotFound       = &Error{Kind: KindNotFound, Code: "not_found", Detail: "there is no such consent request"}
	ErrNotPending     = &Error{Kind: KindConflict, Code: "not_pending", Detail: "the request is no longer pending"}
	ErrNotGranted     = &Error{Kind: KindConflict, Code: "not_granted", Detail: "the guardian has not granted the request"}
	ErrEnded          = &Error{Kind: KindConflict, Code: "ended", Detail: "the request has ended without a consent that could be withdrawn"}
	ErrNotWithdrawn   = &Error{Kind: KindConflict, Code: "not_withdrawn", Detail: "no consent was withdrawn, so no erasure is awaited"}
	ErrNotReleased    = &Error{Kind: KindConflict, Code: "not_released", Detail: "the data has not been asked for yet"}
	ErrOnHold         = &Error{Kind: KindOnHold, Code: "on_hold", Detail: "a correction is open; the data may not be used until it is answered"}
	ErrDestroyed      = &Error{Kind: KindGone, Code: "destroyed", Detail: "the data is no longer held here"}
	ErrStale          = &Error{Kind: KindConflict, Code: "stale", Detail: "the request has changed since it was read"}
	ErrReplaced       = &Error{Kind: KindGone, Code: "replaced", Detail: "a newer link has replaced this one"}
	ErrLocked         = &Error{Kind: KindTooMany, Code: "locked", Detail: "too many wrong answers; approving is closed for an hour"}
	ErrTooFast        = &Error{Kind: KindInvalid, Code: "too_fast", Detail: "the form came back faster than a person reads"}
	ErrMismatch       = &Error{Kind: KindInvalid, Code: "idempotency_mismatch", Detail: "this Idempotency-Key was used with another body"}
	ErrUnavailable    = &Error{Kind: KindUnavailable, Code: "unavailable", Detail: "the store cannot be reached; nothing was accepted"}
	ErrOutcomeUnknown = &Error{Kind: KindOutcomeUnknown, Code: "outcome_unknown", Detail: "the store did not answer; repeat with the same Idempotency-Key"}
	ErrBusy           = &Error{Kind: KindBusy, Code: "busy", Detail: "not accepting new requests now"}
	ErrKeysDiffer     = &Error{Kind: KindUnavailable, Code: "keys_differ", Detail: "another process seals with other keys, or the keys of this folder were lost; nothing is accepted until the keys in use are in it"}
	ErrUnreadable     = &Error{Kind: KindGone, Code: "unreadable", Detail: "the key of this value is gone"}
	ErrRestored       = &Error{Kind: KindUnavailable, Code: "restored", Detail: "the store was put back to an earlier state; nothing is changed until bohoja doctor --restored has brought it up to date"}
	ErrHour           = &Error{Kind: KindUnavailable, Code: "clock_skew", Detail: "this host's clock and the store's differ by more than the sealing hour allows"}
)

// KindOf returns the kind of err, KindInternal for errors of other types.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// CodeOf returns the stable code of err, "internal" for errors of other types.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}

// faults collects what is wrong with an input, so that the caller learns everything at once.
type faults []FieldError

func (f *faults) add(pointer, code, detail string) {
	*f = append(*f, FieldError{Pointer: pointer, Code: code, Detail: detail})
}

// named are the refusals that stand as the whole answer's code, not only at their field (API reference, "Refused with 422").
var named = map[string]bool{
	"not_under_age": true, "notice_missing": true, "guardian_is_child": true, "guardian_name_generic": true,
	"undeclared_item": true, "unexpected_field": true, "resident_number": true, "subject_is_personal": true,
	"undeliverable_domain": true,
}

// err returns nil when nothing is wrong. The error's code is the first fault's that is named, else "invalid".
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	e := &Error{Kind: KindInvalid, Code: "invalid", Detail: "fields are wrong; see errors", Fields: f}
	for _, one := range f {
		if named[one.Code] {
			e.Code, e.Detail = one.Code, one.Detail
			break
		}
	}
	return e
}
