package outbox

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// most is just below 1, as the random number is.
const mostRandom = 1 - 1e-9

var (
	letter  = Rules()[consent.JobLetter]
	webhook = Rules()[consent.JobWebhook]
)

// between judges with the least and the greatest random number and checks both pauses.
func between(t *testing.T, name string, r Rule, j Job, err error, low, high time.Duration) {
	t.Helper()
	if got := r.judge(j, err, 0).delay; got.Round(time.Second) != low {
		t.Errorf("%s: shortest pause %s, want %s", name, got, low)
	}
	if got := r.judge(j, err, mostRandom).delay; got.Round(time.Second) != high {
		t.Errorf("%s: longest pause %s, want %s", name, got, high)
	}
}

func TestLetterPauses(t *testing.T) {
	grey := &consent.DeliveryError{Class: consent.Again, Code: 450, Stage: "rcpt"}
	for attempts, d := range []time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 3 * time.Hour, 3 * time.Hour,
	} {
		between(t, fmt.Sprint(attempts), letter, Job{Attempts: attempts}, grey, d*4/5, d*6/5)
	}
	if v := letter.judge(Job{Attempts: 1000}, grey, 0.5); v.outcome != OutcomeRetried || v.attempts != 1 || v.code != "rcpt_450" {
		t.Errorf("a soft refusal killed a letter: %+v", v)
	}
}

func TestWebhookScheduleEndsAfterThreeDays(t *testing.T) {
	down := &consent.DeliveryError{Class: consent.Again, Stage: "connect"}
	var total time.Duration
	var j Job
	for ; ; j.Attempts++ {
		v := webhook.judge(j, down, 0.5)
		if v.outcome == OutcomeBuried {
			break
		}
		if v.outcome != OutcomeRetried || v.attempts != 1 {
			t.Fatalf("try %d: %+v", j.Attempts+1, v)
		}
		total += v.delay
	}
	if j.Attempts != 9 || total.Round(time.Hour) != 76*time.Hour {
		t.Errorf("dead after %d tries in %s", j.Attempts+1, total)
	}
}

func TestRetryAfterIsHonouredWithinBounds(t *testing.T) {
	ask := func(after time.Duration) error {
		return fmt.Errorf("hook: %w", &consent.DeliveryError{Class: consent.Again, Code: 429, Stage: "answer", After: after})
	}
	between(t, "longer than the schedule", webhook, Job{}, ask(10*time.Minute), 10*time.Minute, 10*time.Minute)
	between(t, "shorter", webhook, Job{Attempts: 1}, ask(time.Second), 4*time.Minute, 6*time.Minute)
	between(t, "a year", webhook, Job{}, ask(365*24*time.Hour), 24*time.Hour, 24*time.Hour)
}

func TestJudge(t *testing.T) {
	const tried = 3
	deliver := func(c consent.DeliveryClass, code int, stage string) error {
		return &consent.DeliveryError{Class: c, Code: code, Stage: stage}
	}
	for name, c := range map[string]struct {
		rule Rule
		job  Job
		err  error
		want Outcome
		code string
	}{
		"done":                       {letter, Job{}, nil, OutcomeDone, ""},
		"dropped":                    {letter, Job{}, ErrDrop, OutcomeDropped, ""},
		"moot":                       {letter, Job{}, fmt.Errorf("x: %w", consent.ErrMoot), OutcomeDropped, ""},
		"delayed":                    {letter, Job{}, Delay(time.Hour), OutcomeDelayed, ""},
		"5xx of the letter":          {letter, Job{}, deliver(consent.Never, 550, "rcpt"), OutcomeBuried, "rcpt_550"},
		"5xx of our password":        {letter, Job{}, deliver(consent.Never, 535, "auth"), OutcomeDelayed, "auth_535"},
		"mail server away":           {letter, Job{Attempts: tried}, deliver(consent.Again, 0, "connect"), OutcomeDelayed, "connect"},
		"cut before the dot":         {letter, Job{}, deliver(consent.Again, 0, "data"), OutcomeRetried, "data"},
		"cut after the dot":          {letter, Job{}, deliver(consent.Unknown, 0, "data"), OutcomeRetried, "data"},
		"gone webhook":               {webhook, Job{}, deliver(consent.Never, 410, "answer"), OutcomeBuried, "answer_410"},
		"webhook receiver away":      {webhook, Job{}, deliver(consent.Again, 0, "connect"), OutcomeRetried, "connect"},
		"store away":                 {letter, Job{}, fmt.Errorf("x: %w", consent.ErrUnavailable), OutcomeDelayed, "unavailable"},
		"store silent":               {letter, Job{}, consent.ErrOutcomeUnknown, OutcomeDelayed, "outcome_unknown"},
		"context ended":              {letter, Job{}, context.Canceled, OutcomeDelayed, ""},
		"took too long":              {letter, Job{}, context.DeadlineExceeded, OutcomeRetried, codeTimeout},
		"day is full":                {letter, Job{}, &consent.Error{Kind: consent.KindTooMany, Code: "day_full"}, OutcomeDelayed, "day_full"},
		"bug, first time":            {letter, Job{}, errors.New("bug"), OutcomeRetried, codeFault},
		"bug, last time":             {letter, Job{Faults: maxFaults - 1}, errors.New("bug"), OutcomeBuried, codeFault},
		"domain fault":               {letter, Job{}, consent.ErrStale, OutcomeRetried, "stale"},
		"panic, last time":           {webhook, Job{Faults: maxFaults - 1}, &fault{code: codePanic}, OutcomeBuried, codePanic},
		"failed deliveries, a panic": {webhook, Job{Attempts: 8}, &fault{code: codePanic}, OutcomeRetried, codePanic},
		"unknown kind":               {other(), Job{Attempts: 100}, deliver(consent.Again, 0, "x"), OutcomeRetried, "x"},
	} {
		v := c.rule.judge(c.job, c.err, 0.5)
		if v.outcome != c.want || v.code != c.code {
			t.Errorf("%s: %+v, want %s with %q", name, v, c.want, c.code)
		}
		if counts := v.attempts + v.faults; (counts == 1) != (v.outcome == OutcomeRetried) {
			t.Errorf("%s: %s counts %d", name, v.outcome, counts)
		}
		if waits := v.delay > 0; waits != (v.outcome == OutcomeRetried || v.outcome == OutcomeDelayed) {
			t.Errorf("%s: %s waits %s", name, v.outcome, v.delay)
		}
	}
}

func TestOutagePausesDoNotGrow(t *testing.T) {
	down := &consent.DeliveryError{Class: consent.Again, Stage: "connect"}
	between(t, "fresh", letter, Job{}, down, 48*time.Second, 72*time.Second)
	between(t, "old", letter, Job{Attempts: 50, At: time.Now()}, down, 48*time.Second, 72*time.Second)
	between(t, "store", webhook, Job{Attempts: 9}, consent.ErrUnavailable, 4*time.Second, 6*time.Second)
}

func TestFullDayWaitsAsLongAsAsked(t *testing.T) {
	full := &consent.Error{Kind: consent.KindTooMany, RetryAfter: 7 * time.Hour}
	between(t, "full day", letter, Job{}, full, 7*time.Hour, 7*time.Hour)
}

func TestFaultPausesGrow(t *testing.T) {
	for faults, d := range []time.Duration{time.Minute, 4 * time.Minute, 16 * time.Minute, 64 * time.Minute} {
		between(t, fmt.Sprint(faults), letter, Job{Faults: faults}, errors.New("bug"), d*4/5, d*6/5)
	}
}

// A letter that is refused softly for six days is given up; one that nobody could try is not.
func TestLetterLife(t *testing.T) {
	put := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	old := Job{Enqueued: put, At: put.Add(letter.Life + time.Hour), Attempts: 40}
	if v := letter.judge(old, &consent.DeliveryError{Code: 451, Stage: "rcpt"}, 0); v.outcome != OutcomeBuried || v.code != codeTooLate {
		t.Errorf("softly refused for six days: %+v", v)
	}
	for name, err := range map[string]error{
		"mail server away": &consent.DeliveryError{Stage: "connect"}, "store away": consent.ErrUnavailable, "full day": Delay(time.Hour),
	} {
		if v := letter.judge(old, err, 0); v.outcome != OutcomeDelayed {
			t.Errorf("%s for six days: %+v", name, v)
		}
	}
}

func TestLeaseOutlivesTheWorker(t *testing.T) {
	for kind, r := range Rules() {
		if r.Lease() < r.Timeout+LeaseMargin || r.Timeout <= 0 {
			t.Errorf("%s: lease %s, worker %s", kind, r.Lease(), r.Timeout)
		}
	}
}

func TestCutOff(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"canceled":               {fmt.Errorf("x: %w", context.Canceled), true},
		"nothing answered":       {&consent.DeliveryError{Stage: "data", Err: context.Canceled}, true},
		"may have arrived":       {&consent.DeliveryError{Class: consent.Unknown, Err: context.Canceled}, false},
		"refused all the same":   {&consent.DeliveryError{Class: consent.Never, Code: 550}, false},
		"softly refused":         {&consent.DeliveryError{Code: 450}, false},
		"delivered all the same": {nil, false},
	} {
		if got := cut(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"": none, "rcpt_550": "rcpt_550", "Über 김 <a@b>": "_ber____a_b_", "a\nb c": "a_b_c",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %q, want %q", in, got, want)
		}
	}
	if got := code(fmt.Sprintf("%0100d", 0)); len(got) != codeLength {
		t.Errorf("a code of %d characters", len(got))
	}
}
