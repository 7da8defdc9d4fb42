package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/handlers/ops"
	"github.com/bohoja/bohoja/handlers/web"
)

// redisPatience is how long serve waits for Redis at its start, so that both may be started at once.
const redisPatience = 20 * time.Second

func serveCommand(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the service on Redis and an SMTP server",
		Args:  cobra.NoArgs,
		RunE:  act(func(cmd *cobra.Command, _ []string) error { return w.serve(cmd.Context()) }),
	}
}

// serve runs the service until ctx ends.
func (w *world) serve(ctx context.Context) error {
	l := w.load()
	log := newLog(w.err, l.Settings.Log)
	if l.Settings.Demo {
		var key string
		l, key = w.loadDemo()
		log.WarnContext(ctx, "this is a demonstration with a built-in app; the key is good until the next start", "key", key)
	}
	if faults := checkSettings(l); len(faults) > 0 {
		return faults
	}
	h, err := newHouse(l.Settings, log)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.reach(ctx); err != nil {
		return err
	}
	if err := h.admit(ctx); err != nil {
		return err
	}
	if err := h.learn(ctx); err != nil {
		return err
	}
	sender, err := newMailer(&l.Settings, log)
	if err != nil {
		return err
	}
	defer sender.Close()
	if _, err := h.open(ctx, redisstore.Live, sender); err != nil {
		return err
	}
	var trial consent.Courier = unsent{}
	if l.Settings.Test.Mail {
		trial = sender
	}
	if _, err := h.open(ctx, redisstore.Test, trial); err != nil {
		return err
	}
	if h.keeper, err = h.newKeeper(w.out); err != nil {
		return err
	}
	return h.run(ctx, w)
}

// reach waits until Redis answers, for each app: a cluster that was just started knows its own slots later than it answers.
func (h *house) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	for told := false; ; told = true {
		err := h.clients.Read.Ping(ctx).Err()
		if err == nil {
			err = h.all(ctx)
		}
		if err == nil {
			return nil
		}
		if !told {
			h.log.WarnContext(ctx, "waiting for Redis", "error", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redis.url: Redis does not answer: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// all asks for something of every app.
func (h *house) all(ctx context.Context) error {
	store := redisstore.New(redisstore.Options{Write: h.clients.Write, Read: h.clients.Read})
	for _, app := range h.apps() {
		if _, err := store.Figures(ctx, app, 0); err != nil {
			return err
		}
	}
	return nil
}

// admit refuses a Redis that may lose what it accepted, naming each setting to change. What is bearable it tells, once, and
// goes on.
func (h *house) admit(ctx context.Context) error {
	got, err := h.safety(ctx)
	for _, f := range got.Warnings() {
		h.log.WarnContext(ctx, "Redis could be set better", "setting", f.Setting, "advice", f.Detail)
	}
	if err == nil {
		err = unfit(got)
	}
	if err != nil && h.set.Redis.AllowUnsafe {
		h.log.WarnContext(ctx, "Redis may lose what it accepted; BOHOJA_REDIS__ALLOW_UNSAFE lets it", "error", err)
		return nil
	}
	return err
}

// safe says what makes this Redis unfit to keep a promise.
func (h *house) safe(ctx context.Context) error {
	got, err := h.safety(ctx)
	if err != nil {
		return err
	}
	return unfit(got)
}

func (h *house) safety(ctx context.Context) (redisstore.Safety, error) {
	return redisstore.New(redisstore.Options{Write: h.clients.Write, Read: h.clients.Read}).Safety(ctx)
}

// unfit is the answer to a Redis with faults; nil without.
func unfit(got redisstore.Safety) error {
	var lines []string
	for _, f := range got.Faults() {
		lines = append(lines, f.Detail)
	}
	if lines == nil {
		return nil
	}
	return &consent.Error{
		Kind: consent.KindUnavailable, Code: "redis_unsafe",
		Detail: "Redis may lose what it accepted. Change in redis.conf (or set BOHOJA_REDIS__ALLOW_UNSAFE=true to go on all the same): " + strings.Join(lines, "; "),
	}
}

// run listens and works until ctx ends, then stops in order:
//
//  1. /readyz says no, so that balancers send nobody more.
//  2. The public listener drains: whoever was accepted gets an answer.
//  3. The roles end: the outbox finishes what it holds; what it does not finish is due again elsewhere.
//  4. The staff listener ends last, so that one can watch until then.
//
// Connections are closed by the caller, after everything that uses them.
func (h *house) run(ctx context.Context, w *world) error {
	public, err := (&net.ListenConfig{}).Listen(ctx, "tcp", h.set.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	staff, err := (&net.ListenConfig{}).Listen(ctx, "tcp", h.set.OpsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("ops_listen: %w", err), public.Close())
	}
	problems := h.problems()
	ops.NewGauges(ctx, h.registry, h.log, h.figures)
	h.showLogbook()
	watch := h.opsPages(problems, w)
	site, err := h.site(problems)
	if err != nil {
		return errors.Join(err, public.Close(), staff.Close())
	}
	back, err := h.staffSite(problems, watch)
	if err != nil {
		return errors.Join(err, public.Close(), staff.Close())
	}
	bounced, err := h.takeBounces(ctx)
	if err != nil {
		return errors.Join(err, public.Close(), staff.Close())
	}
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	watching, stopWatch := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	defer stopWatch()
	var roles, board sync.WaitGroup
	roles.Go(func() { h.roles(working) })
	roles.Go(func() { h.hear(working, w) })
	roles.Go(func() { bounced(working) })
	var boardErr error
	board.Go(func() {
		boardErr = (&web.Server{Name: "ops", Handler: back, Log: h.log, Drain: time.Second}).Run(watching, staff)
	})
	h.log.InfoContext(ctx, "serving", "public", public.Addr().String(), "ops", staff.Addr().String(), "url", h.set.PublicURL)
	go func() { <-ctx.Done(); watch.Drain() }()
	err = (&web.Server{Name: "public", Handler: site, Log: h.log}).Run(ctx, public)
	stopWork()
	roles.Wait()
	stopWatch()
	board.Wait()
	h.log.Info("stopped")
	return errors.Join(err, boardErr)
}

// hear reloads the declarations at SIGHUP.
func (h *house) hear(ctx context.Context, w *world) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			if err := h.reload(ctx, w); err != nil {
				h.log.ErrorContext(ctx, "the declarations were not reloaded; the old ones stay in force", "error", err)
			}
		}
	}
}

// reload reads the declarations anew: all or nothing.
func (h *house) reload(ctx context.Context, w *world) error {
	l := w.inForce()
	if faults := checkSettings(l); len(faults) > 0 {
		return faults
	}
	if err := h.adopt(ctx, &l.Settings); err != nil {
		return err
	}
	h.log.InfoContext(ctx, "the declarations were reloaded", "apps", len(h.book.Load().Apps))
	return nil
}

func (h *house) opsPages(problems *web.Problems, w *world) *ops.Ops {
	return ops.New(ops.Options{
		Log: h.log, Problems: problems, Registry: h.registry,
		Checks: []ops.Check{
			{Name: "redis", Func: func(ctx context.Context) error { return h.clients.Read.Ping(ctx).Err() }},
			{Name: "safety", Func: h.watch},
			{Name: "clock", Func: h.spaces[0].sameTime},
			{Name: "store", Func: h.tide.Check},
			{Name: "schema", Func: func(context.Context) error { return h.spaces[0].store.Known() }},
			{Name: "folder", Func: func(context.Context) error { return h.spaces[0].vault.Occupies() }},
		},
		// Where keys/short was lost, new requests are refused until the hour turns; whoever withdraws or asks must still come in.
		Warnings: []ops.Check{{Name: "keys", Func: func(context.Context) error { return h.spaces[0].vault.Agrees() }}},
		Reload:   func(ctx context.Context) error { return h.reload(ctx, w) },
	})
}

// newLog makes the program's log by the settings.
func newLog(out io.Writer, set config.Log) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(set.Level)) // checked with the settings; info when it is not
	o := &slog.HandlerOptions{Level: l}
	if set.Format == "text" {
		return slog.New(slog.NewTextHandler(out, o))
	}
	return slog.New(slog.NewJSONHandler(out, o))
}
