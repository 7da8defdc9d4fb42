package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/handlers/api/client"
)

// How the app's events are followed.
const (
	listenEvery    = time.Second
	listenPatience = 15 * time.Second // as a webhook has
)

func webhooksListen(w *world) *cobra.Command {
	var to, after string
	cmd := &cobra.Command{
		Use:   "listen --forward-to URL",
		Short: "Forward the app's events to a receiver on this host, signed as webhooks are",
		Long: "For developing a receiver where no webhook reaches it: asks the API for new events and forwards each, until Ctrl+C.\n" +
			"It signs with the secret in BOHOJA_WEBHOOK_SECRET; without one it makes one and prints it. An event is forwarded\n" +
			"once; `--after EVENT` begins behind an earlier one.",
		RunE: w.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			f, err := w.forwarder(c, to)
			if err != nil {
				return err
			}
			if f.after = after; after == "" {
				if err := f.skip(ctx); err != nil {
					return err
				}
			}
			w.fail("Forwarding events to %s. Ctrl+C ends it.", to)
			return f.run(ctx)
		}),
	}
	cmd.Flags().StringVar(&to, "forward-to", "", "URL of the receiver, such as http://localhost:3000/hooks")
	cmd.Flags().StringVar(&after, "after", "", "begin behind this event instead of now")
	return cmd
}

// forwarder takes events from the API to a receiver.
type forwarder struct {
	w     *world
	api   *client.Client
	hook  consent.Webhook
	http  *http.Client
	after string // id of the last event
}

func (w *world) forwarder(c *client.Client, to string) (*forwarder, error) {
	if u, err := url.Parse(to); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usage(errors.New("--forward-to: the URL of your receiver, such as http://localhost:3000/hooks"))
	}
	secret, err := config.Extra(w.environ, config.HookVariable)
	if err != nil {
		return nil, err
	}
	if secret.Empty() {
		secret = webhook.NewSecret()
		w.fail("This run signs with %s", secret.Reveal()) // it is worth nothing elsewhere
	}
	if err := webhook.CheckSecret(secret); err != nil {
		return nil, usage(fmt.Errorf("%s: %w", config.HookVariable, err))
	}
	return &forwarder{
		w: w, api: c, hook: consent.Webhook{URL: to, Secret: secret},
		http: &http.Client{
			Timeout:       listenPatience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// skip goes behind everything that has happened.
func (f *forwarder) skip(ctx context.Context) error {
	for {
		page, err := f.api.Events(ctx, f.after, pageSize)
		if err != nil {
			return err
		}
		if f.after = page.Next; len(page.Data) < pageSize {
			return nil
		}
	}
}

// run forwards until ctx ends. A service that is away is asked again.
func (f *forwarder) run(ctx context.Context) error {
	t := time.NewTicker(listenEvery)
	defer t.Stop()
	for {
		if err := f.pass(ctx); err != nil && ctx.Err() == nil {
			if _, refused := errors.AsType[*client.Problem](err); refused {
				return err
			}
			f.w.fail("the service does not answer: %v", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// pass forwards what is new.
func (f *forwarder) pass(ctx context.Context) error {
	for {
		page, err := f.api.Events(ctx, f.after, pageSize)
		if err != nil {
			return err
		}
		for _, e := range page.Data {
			if err := f.tell(f.forward(ctx, e)); err != nil {
				return err
			}
			f.after = e.ID
		}
		if len(page.Data) < pageSize {
			return nil
		}
	}
}

// forwarded is a line of what `webhooks listen` prints.
type forwarded struct {
	Event   string `json:"event"`
	Type    string `json:"type"`
	Request string `json:"request,omitempty"`
	Code    int    `json:"code"` // 0: no answer
}

func (f *forwarder) forward(ctx context.Context, e client.Event) forwarded {
	out := forwarded{Event: e.ID, Type: e.Type, Request: e.Data.ID}
	body, err := json.Marshal(e)
	if err != nil {
		return out
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.hook.URL, bytes.NewReader(body))
	if err != nil {
		return out
	}
	req.Header.Set("Content-Type", "application/json")
	if webhook.Sign(req.Header, f.hook, e.ID, time.Now(), body) != nil {
		return out
	}
	res, err := f.http.Do(req)
	if err != nil {
		return out
	}
	_, _ = io.CopyN(io.Discard, res.Body, pageSize)
	_ = res.Body.Close()
	out.Code = res.StatusCode
	return out
}

func (f *forwarder) tell(line forwarded) error {
	if f.w.asJSON {
		return json.NewEncoder(f.w.out).Encode(line)
	}
	code := "no answer"
	if line.Code != 0 {
		code = strconv.Itoa(line.Code)
	}
	f.w.say("%s  %s  %s  %s", line.Event, line.Type, line.Request, code)
	return nil
}
