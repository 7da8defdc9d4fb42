package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent"
)

func requestsCommand(w *world) *cobra.Command {
	return group("requests", "Look after consent requests: list, show, resend, cancel, destroy",
		requestsList(w), requestsShow(w), requestsResend(w), requestsCancel(w), requestsDestroy(w))
}

// requestRow is a request as staff see it: ids, states and times, nothing of any person. Names are the API's.
type requestRow struct {
	App          string          `json:"app"`
	ID           string          `json:"id"`
	Subject      string          `json:"subject"`
	Status       consent.Status  `json:"status"`
	Custody      consent.Custody `json:"custody"`
	Reason       string          `json:"reason,omitempty"`
	Hold         bool            `json:"hold"`
	Mail         mailRow         `json:"mail"`
	Method       consent.Method  `json:"method,omitempty"`
	CreatedAt    time.Time       `json:"created_at"`
	ExpiresAt    time.Time       `json:"expires_at"`
	DecidedAt    time.Time       `json:"decided_at,omitzero"`
	EndedAt      time.Time       `json:"ended_at,omitzero"`
	ReleaseBy    time.Time       `json:"release_by,omitzero"`
	EraseBy      time.Time       `json:"erase_by,omitzero"`
	ErasedAt     time.Time       `json:"erased_at,omitzero"`
	LockedUntil  time.Time       `json:"locked_until,omitzero"`
	Asked        []string        `json:"asked"`
	Purposes     []string        `json:"purposes"` // in force
	Refused      []string        `json:"refused,omitempty"`
	Guardians    int             `json:"guardians"` // how many were invited
	NameMismatch bool            `json:"name_mismatch"`
	Terms        string          `json:"terms"`
	Notice       string          `json:"notice"`
}

type mailRow struct {
	State consent.MailState `json:"state"`
	Hint  string            `json:"hint,omitempty"`
	At    time.Time         `json:"at,omitzero"`
}

func requestOf(r consent.Record) requestRow {
	return requestRow{
		App: r.App, ID: r.ID, Subject: r.Subject, Status: r.Status, Custody: r.Custody, Reason: r.Reason, Hold: r.Hold,
		Mail: mailRow{r.Mail, r.MailHint, r.MailAt}, Method: r.Method, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
		DecidedAt: r.DecidedAt, EndedAt: r.EndedAt, ReleaseBy: r.ReleaseBy, EraseBy: r.EraseBy, ErasedAt: r.ErasedAt,
		LockedUntil: r.LockedUntil, Asked: append([]string{}, r.Asked...), Purposes: append([]string{}, r.InForce()...),
		Refused: r.Refused, Guardians: r.Guardians, NameMismatch: r.NameMiss, Terms: r.Terms, Notice: r.Notice,
	}
}

// requestPage is what `requests list --json` prints.
type requestPage struct {
	Data []requestRow `json:"data"`
	Next string       `json:"next"` // for --after; "" on the last page
}

func requestsList(w *world) *cobra.Command {
	var q consent.Query
	var test bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List an app's requests, those that wait first",
		Args:  cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			if err := checkQuery(q); err != nil {
				return usage(err)
			}
			return w.atDesk(cmd.Context(), test, func(d *desk) error {
				app, err := d.chosen(q.App)
				if err != nil {
					return err
				}
				page, err := d.space.service.List(cmd.Context(), app, q)
				if err != nil {
					return err
				}
				return w.showPage(page)
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&q.App, "app", "", "whose requests (default the only app)")
	f.StringVar((*string)(&q.Status), "status", "", "only those that are "+statuses())
	f.StringVar(&q.Subject, "subject", "", "only those of this subject, the newest first")
	f.IntVar(&q.Limit, "limit", 50, "how many at most, 1 to 1000")
	f.StringVar(&q.After, "after", "", "go on behind the page before, which names this")
	testFlag(cmd, &test)
	return cmd
}

func statuses() string {
	names := make([]string, len(consent.Statuses))
	for i, s := range consent.Statuses {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

func checkQuery(q consent.Query) error {
	switch {
	case q.Status != "" && !slices.Contains(consent.Statuses, q.Status):
		return errors.New("--status: there are " + statuses())
	case q.Subject != "" && consent.CheckSubject(q.Subject) != nil:
		return errors.New("--subject: write the app's own reference for the child: 1 to 64 characters of A-Z a-z 0-9 _ -")
	case q.Limit < 1 || q.Limit > 1000:
		return errors.New("--limit: write 1 to 1000")
	}
	return nil
}

func (w *world) showPage(page consent.Page) error {
	rows := make([]requestRow, len(page.Records))
	cells := make([][]string, len(rows))
	for i, rec := range page.Records {
		r := requestOf(rec)
		rows[i] = r
		cells[i] = []string{r.ID, r.Subject, r.state(), string(r.Custody), r.Mail.text(), moment(r.CreatedAt), moment(r.nextAt())}
	}
	if w.asJSON {
		return w.print(requestPage{rows, page.Next})
	}
	err := w.table([]string{"ID", "SUBJECT", "STATUS", "CUSTODY", "MAIL", "CREATED", "DEADLINE OR END"}, cells)
	if page.Next != "" {
		w.fail("there are more: --after %s", page.Next)
	}
	return err
}

// state is the status with its reason.
func (r *requestRow) state() string {
	if r.Reason == "" {
		return string(r.Status)
	}
	return string(r.Status) + " (" + r.Reason + ")"
}

// nextAt is when something happens to the request, or when it ended.
func (r *requestRow) nextAt() time.Time {
	switch {
	case r.Status == consent.Pending:
		return r.ExpiresAt
	case r.Status == consent.Granted && r.Custody != consent.Destroyed:
		return r.ReleaseBy
	case r.Status == consent.Granted:
		return time.Time{}
	}
	return cmp.Or(r.EndedAt, r.DecidedAt)
}

func (m mailRow) text() string {
	if m.Hint == "" {
		return string(m.State)
	}
	return string(m.State) + " (" + m.Hint + ")"
}

// onRequest is a command that takes one id of a request, whichever app it is of.
func (w *world) onRequest(use, short string, f func(context.Context, *desk, *consent.App, consent.Record) error) *cobra.Command {
	var test bool
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: act(func(cmd *cobra.Command, args []string) error {
			return w.atDesk(cmd.Context(), test, func(d *desk) error {
				app, rec, err := d.find(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return f(cmd.Context(), d, app, rec)
			})
		}),
	}
	testFlag(cmd, &test)
	return cmd
}

// find looks for a request in all apps. What has not the form of an id is not repeated: it may be somebody's address.
func (d *desk) find(ctx context.Context, id string) (*consent.App, consent.Record, error) {
	if !consent.IsID(consent.PrefixRequest, id) {
		return nil, consent.Record{}, errors.New("that is no request's id; one begins with cr_, and `bohoja requests list` names them")
	}
	for _, name := range d.house.apps() {
		app := d.house.book.Load().Apps[name]
		rec, err := d.space.service.Find(ctx, app, id)
		if !errors.Is(err, consent.ErrNotFound) {
			return app, rec, err
		}
	}
	other := "--test looks into the test space"
	if d.space.name != "live" {
		other = "without --test the live one is looked into"
	}
	return nil, consent.Record{}, fmt.Errorf("no app has a request %s in the %s space; %s", id, d.space.name, other)
}

func requestsShow(w *world) *cobra.Command {
	return w.onRequest("show ID", "Show one request: states and times, nothing of any person",
		func(ctx context.Context, d *desk, app *consent.App, rec consent.Record) error {
			rec, err := d.space.service.Show(ctx, app, rec.ID)
			if err != nil {
				return err
			}
			row := requestOf(rec)
			if w.asJSON {
				return w.print(row)
			}
			return w.pairs(row.pairs())
		})
}

func (r *requestRow) pairs() [][2]string {
	comma := func(s []string) string { return dash(strings.Join(s, ", ")) }
	return [][2]string{
		{"id", r.ID}, {"app", r.App}, {"subject", r.Subject},
		{"status", r.state()}, {"custody", string(r.Custody)}, {"on hold", yesNo(r.Hold)},
		{"mail", r.Mail.text()}, {"mail since", moment(r.Mail.At)}, {"method", string(r.Method)},
		{"created", moment(r.CreatedAt)}, {"deadline", moment(r.ExpiresAt)}, {"decided", moment(r.DecidedAt)},
		{"ended", moment(r.EndedAt)}, {"collect by", moment(r.ReleaseBy)},
		{"app must erase by", moment(r.EraseBy)}, {"app erased", moment(r.ErasedAt)},
		{"asked for", comma(r.Asked)}, {"in force", comma(r.Purposes)}, {"refused", strings.Join(r.Refused, ", ")},
		{"guardians", strconv.Itoa(r.Guardians)}, {"name mismatch", yesNo(r.NameMismatch)}, {"locked until", moment(r.LockedUntil)},
		{"terms", r.Terms}, {"child's notice", r.Notice},
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func requestsResend(w *world) *cobra.Command {
	return w.onRequest("resend ID", "Mail the invitation again; links and deadline stay as they are",
		func(ctx context.Context, d *desk, app *consent.App, rec consent.Record) error {
			after, err := d.space.service.Resend(ctx, app, staffActor(), rec.ID)
			if errors.Is(err, consent.ErrNotPending) {
				return d.notPending(ctx, app, rec.ID, "so there is nothing to decide and no letter to send")
			}
			if err != nil {
				return err
			}
			if w.asJSON {
				return w.print(requestOf(after))
			}
			w.say("%s: the invitation is in the outbox again; the deadline stays %s", after.ID, moment(after.ExpiresAt))
			return nil
		})
}

// notPending says how a request stands that is not pending.
func (d *desk) notPending(ctx context.Context, app *consent.App, id, so string) error {
	rec, err := d.space.service.Show(ctx, app, id)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s is %s, %s", id, rec.Status, so)
}

func requestsCancel(w *world) *cobra.Command {
	return w.onRequest("cancel ID", "End a pending request and destroy what is held of it",
		func(ctx context.Context, d *desk, app *consent.App, rec consent.Record) error {
			after, err := d.space.service.Cancel(ctx, app, staffActor(), rec.ID)
			if errors.Is(err, consent.ErrNotPending) {
				return d.notPending(ctx, app, rec.ID, "and only a pending request can be cancelled; `bohoja requests destroy` ends a granted one")
			}
			if err != nil {
				return err
			}
			if w.asJSON {
				return w.print(requestOf(after))
			}
			row := requestOf(after)
			w.say("%s is %s; custody: %s", row.ID, row.state(), row.Custody)
			return nil
		})
}

// What `requests destroy` did.
const (
	didCancel   = "cancelled"
	didWithdraw = "withdrawn"
	didExpire   = "expired"
	didNothing  = "nothing"
)

// destroyed is what `requests destroy --json` prints.
type destroyed struct {
	Done    string     `json:"done"` // cancelled, withdrawn, expired, nothing
	Request requestRow `json:"request"`
}

func requestsDestroy(w *world) *cobra.Command {
	var yes bool
	cmd := w.onRequest("destroy ID", "End a request whatever its state, and destroy what is held of it",
		func(ctx context.Context, d *desk, app *consent.App, rec consent.Record) error {
			if rec.Status.Ended() {
				return w.showDestroyed(didNothing, rec)
			}
			if err := w.confirm(yes, rec.ID, forecast(rec)); err != nil {
				return err
			}
			done, after, err := d.destroy(ctx, app, rec)
			if err != nil {
				return err
			}
			return w.showDestroyed(done, after)
		})
	cmd.Long = "A pending request is cancelled. A granted one is withdrawn: its consent ends, the guardians are told by letter, and\n" +
		"the app must erase what it collected. Asks to type the id again; nothing of it can be undone."
	yesFlag(cmd, &yes)
	return cmd
}

// forecast says what destroying is going to do.
func forecast(rec consent.Record) string {
	if rec.Status == consent.Pending {
		return rec.ID + " of the app " + rec.App + " is pending. It is cancelled, and all that is held of it destroyed, for good."
	}
	return rec.ID + " of the app " + rec.App + " is granted. The consent is withdrawn, what is held of the data destroyed, for good; the\n" +
		"guardians are told by letter, and the app must erase what it collected. The evidence of the consent is kept."
}

// destroy ends a request by the step that its state allows. One whose deadline has passed is expired as serve would do it.
func (d *desk) destroy(ctx context.Context, app *consent.App, rec consent.Record) (done string, after consent.Record, err error) {
	service := d.space.service
	if rec.Status == consent.Granted {
		after, err = service.Withdraw(ctx, app, staffActor(), rec.ID, nil)
		return didWithdraw, after, err
	}
	after, err = service.Cancel(ctx, app, staffActor(), rec.ID)
	if !errors.Is(err, consent.ErrNotPending) {
		return didCancel, after, err
	}
	if err := d.space.sweep(ctx); err != nil {
		return "", after, err
	}
	after, err = service.Find(ctx, app, rec.ID)
	if err == nil && !after.Status.Ended() {
		err = fmt.Errorf("%s is %s by now; nothing was changed, and you may want to look at it again", rec.ID, after.Status)
	}
	return didExpire, after, err
}

func (w *world) showDestroyed(done string, rec consent.Record) error {
	row := requestOf(rec)
	if w.asJSON {
		return w.print(destroyed{done, row})
	}
	switch done {
	case didCancel:
		w.say("%s was pending and is cancelled: all that was held of it is destroyed", row.ID)
	case didWithdraw:
		w.say("%s was granted and is withdrawn: what was held of the data is destroyed, the guardians are told by letter", row.ID)
		if !row.EraseBy.IsZero() {
			w.say("the app %s must erase what it collected, and say so, until %s", row.App, moment(row.EraseBy))
		}
	case didExpire:
		w.say("%s had passed its deadline and is %s: all that was held of it is destroyed", row.ID, row.Status)
	default:
		w.say("%s is %s since %s: no data of it is held here, so there is nothing to destroy", row.ID, row.Status, moment(row.nextAt()))
	}
	return nil
}
