package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

const (
	defaultTimeout = 15 * time.Second // as the standard advises
	defaultKeep    = 200              // attempts in the log
	maxAnswer      = 64 << 10         // bytes of an answer that are read, then thrown away
	agent          = "bohoja"
)

// Options are what a Deliverer needs. Only Book is required.
type Options struct {
	Book         func() *consent.Book // the declarations of this moment: secrets and targets follow a reload
	Clock        consent.Clock        // the host's own, not a test space's: receivers compare it with theirs; nil: time.Now
	AllowPrivate bool                 // BOHOJA_WEBHOOKS__ALLOW_PRIVATE
	Timeout      time.Duration        // of a whole attempt, from resolving to the answer's end; 0: 15 s
	Keep         int                  // attempts that Log remembers; 0: 200
	Resolver     *net.Resolver        // nil: the system's
	Roots        *x509.CertPool       // nil: the system's
	Log          *slog.Logger         // nil: silent
}

// Deliverer makes attempts. It is safe for concurrent use. Close it after its last use.
type Deliverer struct {
	book      func() *consent.Book
	clock     consent.Clock
	timeout   time.Duration
	dialer    *net.Dialer
	transport *http.Transport
	attempts  ring
	log       *slog.Logger
}

// New returns a Deliverer. It starts nothing.
func New(o Options) *Deliverer {
	d := &Deliverer{
		book:     o.Book,
		clock:    o.Clock,
		timeout:  cmp.Or(o.Timeout, defaultTimeout),
		attempts: ring{max: cmp.Or(o.Keep, defaultKeep)},
		log:      cmp.Or(o.Log, slog.New(slog.DiscardHandler)),
	}
	if d.clock == nil {
		d.clock = time.Now
	}
	d.dialer = &net.Dialer{
		Timeout:  d.timeout,
		Resolver: o.Resolver,
		Control:  newGuard(o.AllowPrivate).control,
	}
	d.transport = transport(d.dialer, o.Roots)
	return d
}

// Close closes the connections that are kept for reuse.
func (d *Deliverer) Close() { d.transport.CloseIdleConnections() }

// Log returns the last attempts of this process, the newest first.
func (d *Deliverer) Log() []consent.Attempt { return d.attempts.list() }

// Try implements consent.Herald: it makes one attempt to tell the job's target of its event; happened is when that was, the
// same at every attempt. The error is nil once the target has answered 2xx.
//
// Errors: consent.ErrNoHook when the app has no such target any more. Otherwise the error holds a *consent.DeliveryError:
//   - Never for 410, by which a target says that it wants nothing more, and for a URL or event that can never be sent;
//   - Again for every other status, redirects among them, and for every failure without a status; After is set when a
//     429 or 503 says how long to wait, at most a day;
//   - Stage is "url", "body", "sign", "dns", "guard", "connect", "tls" or "answer", the last for all
//     that goes wrong once there is a connection.
//
// An address refused by the guard is ErrPrivate, whose text names the setting, or ErrReserved; the attempt's Hint is that text.
func (d *Deliverer) Try(ctx context.Context, job consent.HookJob, happened time.Time) (consent.Attempt, error) {
	hook, n, ok := find(d.book(), job)
	if !ok {
		return consent.Attempt{}, consent.ErrNoHook
	}
	start := d.clock()
	code, err := d.attempt(ctx, signer(hook, job), job, happened, start)
	a := consent.Attempt{
		At: start, Took: d.clock().Sub(start), App: job.App, Event: job.Event, Type: job.Type, Hook: n,
		Host: host(hook.URL), Code: code, Stage: stageOf(err), Hint: hintOf(err),
	}
	d.record(ctx, a)
	return a, err
}

// signer is the target with the secrets that sign this event: those of the test space have one of their own where it is
// declared, so that whoever holds a test key cannot have anything signed that a live receiver believes.
func signer(hook consent.Webhook, job consent.HookJob) consent.Webhook {
	if job.Data.Test && !hook.TestSecret.Empty() {
		return consent.Webhook{URL: hook.URL, Secret: hook.TestSecret}
	}
	return hook
}

// find returns the job's target as it is declared now, and its index. The index may have moved, the URL decides: an event
// never goes to an address that it was not written for.
func find(b *consent.Book, job consent.HookJob) (consent.Webhook, int, bool) {
	app, ok := b.Apps[job.App]
	if !ok {
		return consent.Webhook{}, 0, false
	}
	same := func(w consent.Webhook) bool { return w.URL == job.URL }
	n := job.N
	if n < 0 || n >= len(app.Webhooks) || !same(app.Webhooks[n]) {
		n = slices.IndexFunc(app.Webhooks, same)
	}
	if n < 0 {
		return consent.Webhook{}, 0, false
	}
	return app.Webhooks[n], n, true
}

// attempt returns the status, 0 when there was none.
func (d *Deliverer) attempt(
	ctx context.Context, hook consent.Webhook, job consent.HookJob, enqueued, now time.Time,
) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	req, err := request(ctx, hook, job, enqueued, now)
	if err != nil {
		return 0, err
	}
	ctx, at := traced(ctx)
	// RoundTrip, not a Client: one exchange, without redirects, cookies or errors that quote the URL.
	answer, err := d.transport.RoundTrip(req.WithContext(ctx)) //nolint:bodyclose // discard closes it
	if err != nil {
		return 0, failed(at.name(), err)
	}
	discard(answer.Body)
	return answer.StatusCode, judge(answer, d.clock())
}

// request builds the signed POST.
func request(
	ctx context.Context, hook consent.Webhook, job consent.HookJob, enqueued, now time.Time,
) (*http.Request, error) {
	if err := CheckURL(hook.URL); err != nil {
		return nil, &consent.DeliveryError{Class: consent.Never, Stage: "url", Err: err}
	}
	body, err := body(job, enqueued)
	if err != nil {
		return nil, &consent.DeliveryError{Class: consent.Never, Stage: "body", Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return nil, &consent.DeliveryError{Class: consent.Never, Stage: "url", Err: ErrURL}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", agent)
	if err := Sign(req.Header, hook, job.Event, now, body); err != nil {
		return nil, &consent.DeliveryError{Stage: "sign", Err: err} // Again: a reload may mend the secret
	}
	return req, nil
}

// body is made of the job and the event's own time alone, so every attempt sends the same bytes.
func body(job consent.HookJob, enqueued time.Time) ([]byte, error) {
	e := consent.Event{ID: job.Event, Type: job.Type, At: enqueued, Data: job.Data}
	if e.Data.Purposes == nil {
		e.Data.Purposes = []string{} // a list, never null
	}
	return json.Marshal(e)
}

// discard reads a little, so that the connection can be reused, and closes. What the target says is of no use here and
// may be anything. Errors do not matter: the status has arrived. The attempt's time-out ends a slow drip.
func discard(answer io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, answer, maxAnswer)
	_ = answer.Close()
}

// failed makes the error of an attempt that got no status.
func failed(stage string, err error) error {
	for _, refusal := range []error{ErrPrivate, ErrReserved} {
		if errors.Is(err, refusal) {
			return fmt.Errorf("%w: %w", &consent.DeliveryError{Stage: "guard", Err: err}, refusal)
		}
	}
	return &consent.DeliveryError{Stage: stage, Err: err}
}

// record keeps the attempt and logs it: delivered ones for whoever debugs, failed ones as a warning.
func (d *Deliverer) record(ctx context.Context, a consent.Attempt) {
	d.attempts.add(a)
	level, word := slog.LevelDebug, "webhook delivered"
	if a.Stage != "" {
		level, word = slog.LevelWarn, "webhook not delivered"
	}
	d.log.LogAttrs(ctx, level, word, slog.String("app", a.App), slog.String("event", a.Event),
		slog.String("type", string(a.Type)), slog.String("host", a.Host), slog.Int("code", a.Code),
		slog.String("stage", a.Stage), slog.Duration("took", a.Took))
}

// stageOf is "" for nil.
func stageOf(err error) string {
	if e, ok := errors.AsType[*consent.DeliveryError](err); ok {
		return e.Stage
	}
	return ""
}

// hintOf says what would mend a failure, where that is known. It holds nothing that came from the target.
func hintOf(err error) string {
	for _, refusal := range []error{ErrPrivate, ErrReserved, ErrURL, ErrSecret} {
		if errors.Is(err, refusal) {
			return refusal.Error()
		}
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	if unknown {
		return "the certificate comes from an authority that is not known here; SSL_CERT_FILE names a file that holds more of them"
	}
	return ""
}

// host returns host and port without user, path and query; "" when the target is no URL.
func host(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	return u.Host
}
