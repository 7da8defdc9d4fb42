package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/handlers/api/client"
)

func webhooksCommand(w *world) *cobra.Command {
	c := group("webhooks", "See, test and repeat what an app is told: log, test, replay, listen",
		webhooksLog(w), webhooksTest(w), webhooksReplay(w), webhooksListen(w))
	c.Long = "These commands call the API of a running service, at BOHOJA_PUBLIC_URL with the key in BOHOJA_API_KEY, which needs\n" +
		"the scope events. The key decides which app they are about, and whether it is the test space."
	return c
}

// caller is a client of the running service, by BOHOJA_PUBLIC_URL and BOHOJA_API_KEY.
func (w *world) caller() (*client.Client, error) {
	l := w.load()
	if err := l.Err(); err != nil {
		return nil, err
	}
	key, err := config.Extra(w.environ, config.KeyVariable)
	switch {
	case err != nil:
		return nil, err
	case key.Empty():
		return nil, usage(errors.New(config.KeyVariable + " is not set: the key of the app, with the scope that the call needs; or " + config.KeyVariable + "_FILE"))
	case l.Settings.PublicURL == "":
		return nil, usage(errors.New("public_url (BOHOJA_PUBLIC_URL) is not set: where the service answers"))
	}
	return &client.Client{Base: l.Settings.Steps().PublicURL, Key: key.Reveal()}, nil
}

// calling makes a command of one that calls the API.
func (w *world) calling(f func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return act(func(cmd *cobra.Command, args []string) error {
		c, err := w.caller()
		if err != nil {
			return err
		}
		return f(cmd.Context(), c, args)
	})
}

func webhooksLog(w *world) *cobra.Command {
	var limit int
	var failed bool
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show how deliveries to the app's webhooks went, the newest first",
		Long: "Shows attempts of the last 30 days. Exit code 3 when the newest of them failed. A hint says what would mend a failure,\n" +
			"such as the setting that allows a target.",
		RunE: w.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			if limit < 1 || limit > maxLogged {
				return usage(fmt.Errorf("--limit: 1 to %d", maxLogged))
			}
			all, err := attempts(ctx, c, limit, failed)
			if err != nil {
				return err
			}
			if err := w.showAttempts(all); err != nil {
				return err
			}
			if len(all) > 0 && !all[0].Delivered {
				return amiss()
			}
			return nil
		}),
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "how many")
	cmd.Flags().BoolVar(&failed, "failed", false, "only those that failed")
	return cmd
}

// Bounds of what the commands read.
const (
	maxLogged = 10_000
	pageSize  = 100
)

// attempts reads the log from its newest line on.
func attempts(ctx context.Context, c *client.Client, limit int, failed bool) ([]client.Attempt, error) {
	out := []client.Attempt{}
	for after := ""; ; {
		page, err := c.Deliveries(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Data {
			if failed && a.Delivered {
				continue
			}
			if out = append(out, a); len(out) == limit {
				return out, nil
			}
		}
		if after = page.Next; after == "" {
			return out, nil
		}
	}
}

func (w *world) showAttempts(all []client.Attempt) error {
	if w.asJSON {
		return w.print(all)
	}
	cells := make([][]string, len(all))
	for i, a := range all {
		cells[i] = []string{a.At.Local().Format(time.DateTime), a.Type, a.Event, strconv.Itoa(a.Webhook), a.Host, outcomeOf(a)}
	}
	return w.table([]string{"AT", "TYPE", "EVENT", "WEBHOOK", "HOST", "OUTCOME"}, cells)
}

// outcomeOf says in a word how an attempt went, and what would mend it.
func outcomeOf(a client.Attempt) string {
	text := a.Stage
	if a.Code != 0 {
		text = strconv.Itoa(a.Code)
	}
	if a.Hint != "" {
		text += ": " + a.Hint
	}
	return text
}

func webhooksTest(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "test [N]",
		Short: "Send the event test.ping to one of the app's webhooks, 0 being the first",
		Long: "Sends test.ping at once, by the same way as every other event, and says how that went: exit code 3 when it failed.\n" +
			"A webhook that answered 410 before gets events again once it takes this one.",
		RunE: w.calling(func(ctx context.Context, c *client.Client, args []string) error {
			n := 0
			if len(args) > 0 {
				var err error
				if n, err = strconv.Atoi(args[0]); err != nil || n < 0 {
					return usage(fmt.Errorf("%q is no number of a webhook; the first is 0", args[0]))
				}
			}
			a, err := c.TestWebhook(ctx, n)
			if err != nil {
				return err
			}
			if err := w.showAttempts([]client.Attempt{a}); err != nil {
				return err
			}
			if !a.Delivered {
				return amiss()
			}
			return nil
		}),
	}
}

func webhooksReplay(w *world) *cobra.Command {
	var since time.Duration
	cmd := &cobra.Command{
		Use:   "replay [EVENT]…",
		Short: "Tell the app's webhooks of past events once more",
		Long: "Puts the events into the outbox again, with the same webhook-id and body as the first time: a receiver that keeps the\n" +
			"ids it has worked passes them over. Name the events, or say with --since how far back to begin; events live 30 days.",
		RunE: w.calling(func(ctx context.Context, c *client.Client, args []string) error {
			if (len(args) == 0) == (since <= 0) {
				return usage(errors.New("name events, or say --since, such as --since 2h"))
			}
			if since > 0 {
				var err error
				if args, err = eventsSince(ctx, c, time.Now().Add(-since)); err != nil {
					return err
				}
			}
			return w.replay(ctx, c, args)
		}),
	}
	cmd.Flags().DurationVar(&since, "since", 0, "all events of this time, such as 2h")
	return cmd
}

// replayed is what `webhooks replay --json` prints.
type replayed struct {
	Events []string `json:"events"`
	Queued int      `json:"queued"` // deliveries
}

func (w *world) replay(ctx context.Context, c *client.Client, events []string) error {
	done := replayed{Events: []string{}}
	for _, id := range events {
		n, err := c.Replay(ctx, id)
		if err != nil {
			return fmt.Errorf("%s, after %d others: %w", id, len(done.Events), err)
		}
		done.Events, done.Queued = append(done.Events, id), done.Queued+n
	}
	if w.asJSON {
		return w.print(done)
	}
	w.say("%d events, %d deliveries are in the outbox", len(done.Events), done.Queued)
	return nil
}

// eventsSince lists the ids of the app's events from a time on. In the test space that is the time of its own clock.
func eventsSince(ctx context.Context, c *client.Client, from time.Time) ([]string, error) {
	var ids []string
	for after := ""; ; {
		page, err := c.Events(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Data {
			if !e.Timestamp.Before(from) {
				ids = append(ids, e.ID)
			}
		}
		if len(page.Data) < pageSize {
			return ids, nil
		}
		after = page.Next
	}
}
