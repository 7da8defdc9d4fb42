package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/bohoja/bohoja/consent/gate/milter"
	"github.com/bohoja/bohoja/handlers/api/client"
)

// milterFlags are how the gate stands at a mail server.
type milterFlags struct {
	sending
	listen, policy, header     string
	allMarketing, tag, inPlace bool
}

func gateMilter(w *world) *cobra.Command {
	var f milterFlags
	cmd := &cobra.Command{
		Use:   "milter",
		Short: "Stand as a milter at Postfix or Sendmail, and take flagged people out of promotional letters",
		Long: "A letter is promotional when its subject begins with (광고), in any spelling, when it has List-Unsubscribe or\n" +
			"\"Precedence: bulk\", or the header of --header. Its flagged recipients are taken out at its end, and counted in its header\n" +
			"Bohoja-Gate; when none is left it is refused with 550 5.7.1. While the service does not answer it gets 451 and comes again.\n\n" +
			"Who can connect can ask about anybody: listen on loopback, or where only your mail server gets to.",
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			g, err := f.gate()
			if err != nil {
				return err
			}
			c, err := w.caller()
			if err != nil {
				return err
			}
			g.Log = slog.New(slog.NewJSONHandler(w.err, nil))
			ask, err := f.asks(cmd.Context(), c, g.Log)
			if err != nil {
				return err
			}
			g.Judge = f.sending.judge(ask, asEmail)
			return f.serve(cmd.Context(), w, g)
		}),
	}
	f.flags(cmd)
	return cmd
}

func (f *milterFlags) flags(cmd *cobra.Command) {
	f.sending.flags(cmd)
	s := cmd.Flags()
	s.StringVar(&f.listen, "listen", "127.0.0.1:8894", "where the milter listens; empty: nowhere")
	s.StringVar(&f.policy, "policy", "", "where a Postfix policy service listens, for ports that carry only marketing")
	s.StringVar(&f.header, "header", "", "a further header of promotional letters: NAME, or \"NAME: VALUE\"")
	s.BoolVar(&f.allMarketing, "all-marketing", false, "every letter is promotional: refuse each recipient as it is named (RCPT)")
	s.BoolVar(&f.tag, "tag", false, "take nobody out, only count in the header Bohoja-Gate")
	s.BoolVar(&f.inPlace, "local", false, "judge by a snapshot in memory and ask the service about the rest (scope marketing_snapshot)")
}

func (f *milterFlags) gate() (*milter.Gate, error) {
	g := &milter.Gate{AllMarketing: f.allMarketing, TagOnly: f.tag}
	ok := f.header == ""
	if !ok {
		g.Mark, ok = milter.ParseMark(f.header)
	}
	switch {
	case !ok:
		return nil, usage(errors.New("--header: the name of a header, or NAME: VALUE"))
	case f.listen == "" && f.policy == "":
		return nil, usage(errors.New("--listen or --policy is needed"))
	case f.tag && f.policy != "":
		return nil, usage(errors.New("--tag: a policy service can only refuse"))
	}
	return g, f.sending.check()
}

// asks is who answers. A key that may not ask ends the command; a service that is away does not: letters wait for it.
func (f *milterFlags) asks(ctx context.Context, c *client.Client, log *slog.Logger) (asks, error) {
	err := mayAsk(ctx, c, f.sending)
	if _, wrong := errors.AsType[*ended](err); wrong {
		return nil, err
	} else if err != nil {
		log.Warn("the service does not answer; promotional letters wait until it does", "error", err)
	}
	if !f.inPlace {
		return c.CheckBatch, nil
	}
	local := &client.Gate{Client: c}
	if err := local.Refresh(ctx); err != nil {
		log.Warn("there is no snapshot yet; promotional letters wait for one", "error", err)
	}
	go local.Run(ctx)
	return local.CheckAll, nil
}

// serve listens until ctx ends.
func (f *milterFlags) serve(ctx context.Context, w *world, g *milter.Gate) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, one := range []struct {
		name, addr string
		serve      func(context.Context, net.Listener) error
	}{{"milter", f.listen, g.Serve}, {"policy", f.policy, g.ServePolicy}} {
		if one.addr == "" {
			continue
		}
		l, err := (&net.ListenConfig{KeepAlive: time.Minute}).Listen(ctx, "tcp", one.addr)
		if err != nil {
			return err
		}
		w.say("%s %s", one.name, l.Addr())
		all.Go(func() error { return one.serve(ctx, l) })
	}
	return all.Wait()
}
