package redisstore

import (
	"fmt"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// known lists every error that a script can refuse with. Those of the domain are its own values.
var known = []*consent.Error{
	consent.ErrNotFound, consent.ErrNotPending, consent.ErrNotGranted, consent.ErrEnded, consent.ErrNotWithdrawn,
	consent.ErrNotReleased, consent.ErrOnHold, consent.ErrDestroyed, consent.ErrStale, consent.ErrReplaced, consent.ErrLocked,
	consent.ErrMismatch, consent.ErrHour, consent.ErrNotDue, consent.ErrMoot, consent.ErrPaused, consent.ErrNotDeclined,
	consent.ErrNotMissed, consent.ErrCodeSpent, consent.ErrNotFiled, consent.ErrSamePerson,
	consent.ErrNotAmending, consent.ErrNoLetters,
	consent.ErrAnswered, consent.ErrNotTold, consent.ErrVisitOver,
	{Kind: consent.KindConflict, Code: "amend_limit", Detail: "a guardian's name or address was corrected as often as one consent allows"},
	{Kind: consent.KindConflict, Code: "rights_limit", Detail: "as many rights requests of this consent are open as may be at once"},
	{Kind: consent.KindConflict, Code: "already_pending", Detail: "this subject already has a pending request"},
	{Kind: consent.KindConflict, Code: "recently_refused", Detail: "this subject may not ask the same guardian again yet"},
	{Kind: consent.KindTooMany, Code: "resend_limit", Detail: "the invitation was resent as often as a day allows"},
	{Kind: consent.KindTooMany, Code: "correction_limit", Detail: "the guardian's address was set anew as often as a day allows"},
	{Kind: consent.KindConflict, Code: "flag_limit", Detail: "this identity was flagged by hand as often as is allowed"},
	{Kind: consent.KindTooMany, Code: "turn", Detail: "another letter is on its way to the same guardian"},
	{Kind: consent.KindTooMany, Code: "code_limit", Detail: "as many codes were mailed as a day allows"},
	{Kind: consent.KindConflict, Code: "name_limit", Detail: "the guardian's name was set anew as often as is allowed"},
	{Kind: consent.KindConflict, Code: "address_limit", Detail: "the child has set the guardian's address anew as often as is allowed"},
}

// refused makes the error of an answer {"no", code, extra}: extra is a request's id or milliseconds to wait.
func refused(out []any) error {
	code, _ := out[1].(string)
	for _, e := range known {
		if e.Code == code {
			return detailed(e, out[2])
		}
	}
	return fmt.Errorf("a script refused with a code that is not known: %q", code)
}

func detailed(e *consent.Error, extra any) error {
	text, _ := extra.(string)
	if text == "" {
		return e
	}
	out := *e
	if wait, err := strconv.ParseInt(text, 10, 64); err == nil {
		out.RetryAfter = time.Duration(wait) * time.Millisecond
	} else {
		out.ID = text
	}
	return &out
}
