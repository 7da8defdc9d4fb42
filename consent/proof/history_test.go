//go:build proof

package proof

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/bohoja/bohoja/consent"
)

// stand is what one request is, as far as a history can tell.
type stand struct {
	status  consent.Status
	custody consent.Custody
	acked   bool
	resends int
}

// resendsADay is how many resends the histories allow.
const resendsADay = 2

// outcome of a step whose answer was lost: it happened at some time from then on, or never.
const unknown = "unknown"

// ops are the steps of a history: what each answers and leaves behind. "" is a yes.
var ops = map[string]func(s stand) (string, stand){
	"grant":   func(s stand) (string, stand) { return s.decided(consent.Granted, consent.Held) },
	"decline": func(s stand) (string, stand) { return s.decided(consent.Declined, consent.Destroyed) },
	"cancel":  func(s stand) (string, stand) { return s.decided(consent.Cancelled, consent.Destroyed) },
	"expire":  func(s stand) (string, stand) { return s.decided(consent.Expired, consent.Destroyed) },
	"withdraw": func(s stand) (string, stand) {
		switch s.status {
		case consent.Withdrawn:
			return "", s
		case consent.Pending:
			return "not_granted", s
		case consent.Granted:
			s.status, s.custody = consent.Withdrawn, consent.Destroyed
			return "", s
		}
		return "ended", s
	},
	"release": func(s stand) (string, stand) {
		switch {
		case s.status == consent.Pending:
			return "not_granted", s
		case s.custody == consent.Destroyed:
			return "destroyed", s
		}
		s.custody = consent.Released
		return "", s
	},
	"acknowledge": func(s stand) (string, stand) {
		switch {
		case s.acked:
			return "", s
		case s.status == consent.Pending:
			return "not_granted", s
		case s.custody == consent.Destroyed:
			return "destroyed", s
		case s.custody == consent.Held:
			return "not_released", s
		}
		s.custody, s.acked = consent.Destroyed, true
		return "", s
	},
	"resend": func(s stand) (string, stand) {
		switch {
		case s.status != consent.Pending:
			return "not_pending", s
		case s.resends == resendsADay:
			return "resend_limit", s
		}
		s.resends++
		return "", s
	},
	"read": func(s stand) (string, stand) { return string(s.status) + " " + string(s.custody), s },
}

// decided ends or grants a pending request. The same decision again is a yes, another one is too late.
func (s stand) decided(to consent.Status, custody consent.Custody) (string, stand) {
	switch s.status {
	case to:
		return "", s
	case consent.Pending:
		s.status, s.custody = to, custody
		return "", s
	}
	return "not_pending", s
}

// request is the model of one request for porcupine. Input is the name of a step, output its answer. A step whose answer is
// unknown stands in the history without an end: where it never happened, it fits behind everything else.
var request = porcupine.Model{
	Init: func() any { return stand{status: consent.Pending, custody: consent.Held} },
	Step: func(state, input, output any) (bool, any) {
		answer, after := ops[input.(string)](state.(stand))
		return output == unknown || output == answer, after
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%s: %q", input, output) },
	DescribeState:     func(state any) string { return fmt.Sprint(state) },
}

// history reads "step answer", one a line, with | for no answer, + before a step that is at the same time as the one before.
func history(text string) []porcupine.Operation {
	var all []porcupine.Operation
	at := int64(0)
	for one := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		one, together := strings.CutPrefix(strings.TrimSpace(one), "+")
		step, answer, _ := strings.Cut(one, " ")
		o := porcupine.Operation{ClientId: len(all), Input: step, Output: strings.TrimPrefix(answer, "yes")}
		if !together {
			at += 10
		}
		o.Call, o.Return = at, at+5
		if answer == unknown {
			o.Return = 1 << 40
		}
		all = append(all, o)
	}
	return all
}

// TestHistoriesAreJudged is the control: the judge knows what must not be.
func TestHistoriesAreJudged(t *testing.T) {
	for _, one := range []struct {
		what, text string
		want       bool
	}{
		{"the whole way", "grant yes\nrelease yes\nacknowledge yes\nrelease destroyed\nwithdraw yes\nread withdrawn destroyed", true},
		{"two at once, one first", "grant yes\n+decline not_pending\nread granted held", true},
		{"an unknown grant that happened", "grant unknown\nread granted held\nrelease yes", true},
		{"an unknown grant that did not", "grant unknown\nread pending held\ndecline yes", true},
		{"both a yes and a no", "grant yes\n+decline yes", false},
		{"data without a grant", "release yes", false},
		{"data after a withdrawal", "grant yes\nwithdraw yes\nrelease yes", false},
		{"a yes that was lost", "grant yes\nread pending held", false},
		{"an unknown grant that came and went", "grant unknown\nread granted held\nread pending held", false},
		{"a destroyed copy that returned", "grant yes\nrelease yes\nacknowledge yes\nread granted released", false},
		{"a third resend", "resend yes\nresend yes\nresend yes", false},
		{"an ended request that lives", "decline yes\nread declined destroyed\ngrant yes", false},
	} {
		if got := porcupine.CheckOperationsTimeout(request, history(one.text), time.Minute); (got == porcupine.Ok) != one.want {
			t.Errorf("%s: %s", one.what, got)
		}
	}
}
