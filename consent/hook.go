package consent

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Attempt is one try to deliver one event to one webhook, as the app and staff may see it: no body, no path, no secret,
// nothing of a person.
type Attempt struct {
	At    time.Time     `json:"at"` // when it began, by the host's clock
	Took  time.Duration `json:"-"`
	App   string        `json:"-"`
	About string        `json:"-"`     // "cr_…", the request that the event tells of; "" when none is known
	Event string        `json:"event"` // "evt_…"
	Type  EventType     `json:"type"`
	Hook  int           `json:"webhook"` // index into App.Webhooks
	Host  string        `json:"host"`    // host and port of the target; its path may hold a token of the receiver
	Code  int           `json:"code"`    // HTTP status; 0 when there was none
	Stage string        `json:"stage"`   // where it failed, "" when delivered: see webhook.Deliverer, and StageOff
	Hint  string        `json:"hint"`    // what would mend it, "" when nothing is known
}

// StageOff is the stage of an event that was not sent, because its webhook had answered 410 Gone before.
const StageOff = "off"

const hintOff = "the webhook answered 410 and gets no more events; the test call of the API turns it on again when it answers 2xx"

// Delivered reports whether the target answered 2xx.
func (a Attempt) Delivered() bool { return a.Stage == "" }

// Hooks is the store's part about webhooks. What is said of Store's methods holds here too.
type Hooks interface {
	// NoteAttempt adds to the delivery log, which is kept EventsKept, and turns the target off or on as s says. A target is
	// known by its URL.
	NoteAttempt(ctx context.Context, url string, a Attempt, s Switch) error
	// Attempts pages through an app's delivery log, the newest first. Next is "" on the last page.
	// Errors: invalid for a cursor that is none of ours.
	Attempts(ctx context.Context, app, after string, limit int) (all []Attempt, next string, err error)
	// Off reports whether a target is turned off.
	Off(ctx context.Context, app, url string) (bool, error)
	// Event reads one event that is still kept. Errors: ErrNotFound.
	Event(ctx context.Context, app, id string) (Event, error)
	// Leave puts jobs into the outbox that follow no step. A job whose ID is there already stays as it is.
	Leave(ctx context.Context, app string, jobs []Job) error
}

// Switch is what an attempt does to its target.
type Switch string

// The switches: nothing, no more events, events again.
const (
	SwitchNone Switch = ""
	SwitchOff  Switch = "off"
	SwitchOn   Switch = "on"
)

// Herald makes one attempt to tell a webhook of an event that happened at the instant at.
type Herald interface {
	// Try tells how it went; the error is that of the attempt, for the outbox to judge. ErrNoHook: there is no such target
	// any more, and nothing was tried.
	Try(ctx context.Context, job HookJob, at time.Time) (Attempt, error)
}

// ErrNoHook is a webhook that is not declared, or no longer.
var ErrNoHook = &Error{Kind: KindNotFound, Code: "not_found", Detail: "there is no such webhook"}

// ErrNoEvent is an event that was never there, or is no longer kept.
var ErrNoEvent = &Error{Kind: KindNotFound, Code: "not_found", Detail: "there is no such event, or it is older than 30 days"}

// Tell makes one attempt to deliver the event of a job, which was put at the instant enqueued, and notes in the delivery
// log how it went. The outbox calls it. A target that answered 410 is left alone until a test reaches it.
//
// Errors: ErrMoot (drop the job); *DeliveryError; ErrUnavailable when the store could not be asked.
func (s *Service) Tell(ctx context.Context, job HookJob, enqueued time.Time) error {
	if !job.At.IsZero() {
		enqueued = job.At
	}
	off, err := s.Store.Off(ctx, job.App, job.URL)
	if err != nil {
		return err
	}
	if off {
		a := Attempt{At: s.Clock(), App: job.App, About: job.Data.ID, Event: job.Event, Type: job.Type, Hook: job.N, Stage: StageOff, Hint: hintOff}
		if err := s.Store.NoteAttempt(ctx, job.URL, a, SwitchNone); err != nil {
			return err
		}
		return ErrMoot
	}
	a, failed := s.Herald.Try(ctx, job, enqueued)
	if errors.Is(failed, ErrNoHook) {
		return ErrMoot
	}
	a.About = job.Data.ID
	s.noteAttempt(ctx, job.URL, a, switchOf(a))
	return failed
}

// switchOf is what a 410 asks for; only a test turns a target on again.
func switchOf(a Attempt) Switch {
	if a.Code == goneStatus {
		return SwitchOff
	}
	return SwitchNone
}

const goneStatus = 410

// noteAttempt keeps the log. What could not be noted is told and does not undo a delivery: the event would come twice.
// It is noted also when the caller has gone meanwhile.
func (s *Service) noteAttempt(ctx context.Context, url string, a Attempt, to Switch) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if err := s.Store.NoteAttempt(ctx, url, a, to); err != nil && s.Log != nil {
		s.Log.WarnContext(ctx, "a delivery could not be noted", "app", a.App, "event", a.Event, "error", err)
	}
}

// noteTime bounds how long a delivery waits for its own log.
const noteTime = 5 * time.Second

// Ping sends the event test.ping to the app's webhook of this index, at once and by the same way as all others. It answers
// how that went; a target that takes it gets events again. Errors: ErrNoHook, ErrUnavailable.
func (s *Service) Ping(ctx context.Context, app *App, n int) (Attempt, error) {
	if n < 0 || n >= len(app.Webhooks) {
		return Attempt{}, ErrNoHook
	}
	if _, err := s.Store.Off(ctx, app.ID, app.Webhooks[n].URL); err != nil {
		return Attempt{}, err // a store that is away would not note it either
	}
	now := s.Clock()
	job := HookJob{
		App: app.ID, N: n, URL: app.Webhooks[n].URL, Event: NewID(PrefixEvent, now), Type: EventPing,
		Data: EventData{Test: s.Settings.Test},
	}
	a, err := s.Herald.Try(ctx, job, now)
	if errors.Is(err, ErrNoHook) {
		return a, err
	}
	to := switchOf(a)
	if a.Delivered() {
		to = SwitchOn
	}
	s.noteAttempt(ctx, job.URL, a, to)
	return a, nil
}

// Deliveries pages through the app's delivery log, the newest first. Errors: invalid for a cursor that is none of ours.
func (s *Service) Deliveries(ctx context.Context, app *App, after string, limit int) ([]Attempt, string, error) {
	return s.Store.Attempts(ctx, app.ID, after, limit)
}

// Replay tells all the app's webhooks of a past event once more, with the same id and the same body. It returns how many
// will be told. Errors: ErrNoEvent.
func (s *Service) Replay(ctx context.Context, app *App, id string) (int, error) {
	e, err := s.Store.Event(ctx, app.ID, id)
	if errors.Is(err, ErrNotFound) {
		return 0, ErrNoEvent
	}
	if err != nil {
		return 0, err
	}
	jobs := s.hooks(app, e, e.At)
	if len(jobs) == 0 {
		return 0, nil
	}
	return len(jobs), s.Store.Leave(ctx, app.ID, jobs)
}

// hooks are the deliveries of an event, one for each webhook of the app. at is when it happened, zero for an event that
// happens with the step that leaves the jobs.
func (s *Service) hooks(app *App, e Event, at time.Time) []Job {
	var jobs []Job
	for n, w := range app.Webhooks {
		body, err := json.Marshal(HookJob{App: app.ID, N: n, URL: w.URL, Event: e.ID, Type: e.Type, Data: e.Data, At: at})
		if err != nil {
			continue // cannot happen: the type holds strings and a time only
		}
		jobs = append(jobs, Job{ID: NewID(PrefixJob, s.Clock()), Kind: JobWebhook, Body: body})
	}
	return jobs
}
