package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/outbox"
)

func outboxCommand(w *world) *cobra.Command {
	return group("outbox", "Look after letters and webhooks that wait: list, retry, drop", outboxList(w), outboxRetry(w), outboxDrop(w))
}

// States of a job.
const (
	jobDue  = "due"  // due, or waiting for its time
	jobHeld = "held" // a worker has it
	jobDead = "dead" // given up; kept for 30 days
)

// jobRow is a job as staff see it. Its body is never shown.
type jobRow struct {
	ID       string    `json:"id"`
	App      string    `json:"app"`
	Kind     string    `json:"kind"`
	State    string    `json:"state"`
	Attempts int       `json:"attempts"`
	LastCode string    `json:"last_code,omitempty"`
	At       time.Time `json:"at"` // due: when it is to be done; held: when the worker's time ends; dead: when it was given up
	Enqueued time.Time `json:"enqueued_at,omitzero"`
}

// jobPage is what `outbox list --json` prints.
type jobPage struct {
	Data []jobRow `json:"data"`
	More bool     `json:"more"` // --limit kept others out
}

// wanted selects jobs for a list.
type wanted struct {
	app, kind, state string
	limit            int
}

func outboxList(w *world) *cobra.Command {
	var want wanted
	var test bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List waiting, held and dead jobs of all apps; what is in them is never shown",
		Args:  cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			if err := want.check(); err != nil {
				return usage(err)
			}
			return w.atDesk(cmd.Context(), test, func(d *desk) error {
				page, err := d.jobs(cmd.Context(), want)
				if err != nil {
					return err
				}
				now, err := d.space.store.Now(cmd.Context())
				if err != nil {
					return err
				}
				return w.showJobs(page, now)
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&want.app, "app", "", "only jobs of this app")
	f.StringVar(&want.kind, "kind", "", "only letter, or webhook")
	f.StringVar(&want.state, "state", "", "only due (waiting for its time, or due), held (a worker has it), or dead (given up)")
	f.IntVar(&want.limit, "limit", 100, "how many at most, 1 to 10000")
	testFlag(cmd, &test)
	return cmd
}

func (want *wanted) check() error {
	switch {
	case !slices.Contains([]string{"", string(consent.JobLetter), string(consent.JobWebhook)}, want.kind):
		return errors.New("--kind: there are letter, webhook")
	case !slices.Contains([]string{"", jobDue, jobHeld, jobDead}, want.state):
		return errors.New("--state: there are due, held, dead")
	case want.limit < 1 || want.limit > 10000:
		return errors.New("--limit: write 1 to 10000")
	}
	return nil
}

// jobs gathers the wanted jobs app by app, in each the living before the dead.
func (d *desk) jobs(ctx context.Context, want wanted) (jobPage, error) {
	apps := d.house.apps()
	if want.app != "" {
		app, err := d.chosen(want.app)
		if err != nil {
			return jobPage{}, err
		}
		apps = []string{app.ID}
	}
	page := jobPage{Data: []jobRow{}}
	for _, app := range apps {
		for _, dead := range []bool{false, true} {
			if want.state != "" && dead != (want.state == jobDead) {
				continue
			}
			if err := d.gather(ctx, app, dead, want, &page); err != nil || page.More {
				return page, err
			}
		}
	}
	return page, nil
}

// gather adds the wanted jobs of one list of an app.
func (d *desk) gather(ctx context.Context, app string, dead bool, want wanted, page *jobPage) error {
	for find := (outbox.Find{Dead: dead, Limit: 200}); ; {
		jobs, next, err := d.space.queue.List(ctx, app, find)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			row := jobOf(j, dead)
			if want.kind != "" && row.Kind != want.kind || want.state != "" && row.State != want.state {
				continue
			}
			if len(page.Data) == want.limit {
				page.More = true
				return nil
			}
			page.Data = append(page.Data, row)
		}
		if next == "" {
			return nil
		}
		find.After = next
	}
}

func jobOf(j outbox.Job, dead bool) jobRow {
	row := jobRow{
		ID: j.ID, App: j.App, Kind: string(j.Kind), State: jobDue, Attempts: j.Attempts, LastCode: j.Last, At: j.At, Enqueued: j.Enqueued,
	}
	switch {
	case dead:
		row.State = jobDead
	case j.Held():
		row.State = jobHeld
	}
	if row.Kind == "" {
		row.Kind = "unreadable"
	}
	return row
}

func (w *world) showJobs(page jobPage, now time.Time) error {
	if w.asJSON {
		return w.print(page)
	}
	cells := make([][]string, len(page.Data))
	for i, r := range page.Data {
		cells[i] = []string{r.ID, r.App, r.Kind, r.State, strconv.Itoa(r.Attempts), dash(r.LastCode), r.when(now)}
	}
	err := w.table([]string{"JOB", "APP", "KIND", "STATE", "ATTEMPTS", "LAST CODE", "DUE"}, cells)
	if page.More {
		w.fail("there are more: narrow the list, or raise --limit")
	}
	return err
}

// when says in words when something happens, or for how long it has been so.
func (r *jobRow) when(now time.Time) string {
	wait := r.At.Sub(now)
	switch {
	case r.State == jobDead:
		return "given up " + span(wait) + " ago"
	case r.State == jobHeld && wait > 0:
		return "the worker has " + span(wait) + " left"
	case wait > 0:
		return "in " + span(wait)
	}
	return "since " + span(wait)
}

// doneJob is what `outbox retry` and `outbox drop` print with --json.
type doneJob struct {
	ID   string `json:"id"`
	App  string `json:"app"`
	Done string `json:"done"` // due, dropped
}

// onJob gives f one app after the other until one has the job.
func (d *desk) onJob(id string, f func(app string) error) (string, error) {
	for _, app := range d.house.apps() {
		err := f(app)
		if errors.Is(err, outbox.ErrNoJob) {
			continue
		}
		if errors.Is(err, outbox.ErrHeld) {
			err = fmt.Errorf("a worker has %s just now; it is done, or due again, within minutes", id)
		}
		return app, err
	}
	return "", fmt.Errorf("no app has this job in the %s space: it is done, or was never there; `bohoja outbox list` names them", d.space.name)
}

func outboxRetry(w *world) *cobra.Command {
	var test bool
	cmd := &cobra.Command{
		Use:   "retry JOB",
		Short: "Make a job due now: a dead one begins anew, a waiting one comes forward",
		Args:  cobra.ExactArgs(1),
		RunE: act(func(cmd *cobra.Command, args []string) error {
			return w.atDesk(cmd.Context(), test, func(d *desk) error {
				app, err := d.onJob(args[0], func(app string) error { return d.space.queue.Revive(cmd.Context(), app, args[0]) })
				if err != nil {
					return err
				}
				if w.asJSON {
					return w.print(doneJob{args[0], app, "due"})
				}
				w.say("%s of the app %s is due now; a running serve takes it within seconds", args[0], app)
				return nil
			})
		}),
	}
	testFlag(cmd, &test)
	return cmd
}

func outboxDrop(w *world) *cobra.Command {
	var test, yes bool
	cmd := &cobra.Command{
		Use:   "drop JOB",
		Short: "Take a job out of the outbox undone: its letter or webhook is never sent",
		Args:  cobra.ExactArgs(1),
		RunE: act(func(cmd *cobra.Command, args []string) error {
			if !consent.IsID(consent.PrefixJob, args[0]) {
				return errors.New("that is no job's id; one begins with job_, and `bohoja outbox list` names them")
			}
			if err := w.confirm(yes, args[0], "The letter or webhook of "+args[0]+" will never be sent."); err != nil {
				return err
			}
			return w.atDesk(cmd.Context(), test, func(d *desk) error {
				app, err := d.onJob(args[0], func(app string) error { return d.space.queue.Drop(cmd.Context(), app, args[0]) })
				if err != nil {
					return err
				}
				if w.asJSON {
					return w.print(doneJob{args[0], app, "dropped"})
				}
				w.say("%s of the app %s is dropped; a worker that has it just now may still deliver it", args[0], app)
				return nil
			})
		}),
	}
	testFlag(cmd, &test)
	yesFlag(cmd, &yes)
	return cmd
}
