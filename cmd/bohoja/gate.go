package main

import (
	"bufio"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate/rows"
	"github.com/bohoja/bohoja/handlers/api/client"
)

func gateCommand(w *world) *cobra.Command {
	c := group("gate", "Keep advertising away from flagged people: check, filter, snapshot, milter",
		gateCheck(w), gateFilter(w), gateSnapshot(w), gateMilter(w))
	c.Long = "These commands call the API of a running service, at BOHOJA_PUBLIC_URL with the key in BOHOJA_API_KEY, which needs\n" +
		"the scope marketing, and marketing_snapshot for snapshots. Every doubt is a no: only exit code 0 of check means yes."
	return c
}

// sending is what is to be sent, and on what ground.
type sending struct{ kind, basis string }

func (s *sending) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.kind, "kind", consent.SendAdMail, "what is to be sent: "+strings.Join(consent.SendKinds, ", "))
	f.StringVar(&s.basis, "basis", "", consent.BasisOwnOptIn+" vouches that these adults gave you their address elsewhere, for this")
}

// check refuses what the server would refuse, also where no server is asked.
func (s *sending) check() error {
	switch {
	case !slices.Contains(consent.SendKinds, s.kind):
		return usage(errors.New("--kind: one of " + strings.Join(consent.SendKinds, ", ")))
	case s.basis != "" && s.basis != consent.BasisOwnOptIn:
		return usage(errors.New("--basis: " + consent.BasisOwnOptIn + ", or nothing"))
	}
	return nil
}

// asks is client.Client's CheckBatch, or client.Gate's CheckAll.
type asks func(ctx context.Context, kind, basis string, who []client.Identity) ([]client.Permission, error)

// What a column of a list holds.
const (
	asEmail   = "email"
	asPhone   = "phone"
	asSubject = "subject"
)

// asked is how many cells go into one question: with the longest addresses it stays below the API's 2 MiB.
const asked = 5000

// judge asks about cells. Its error means no for all of them.
func (s *sending) judge(ask asks, as string) rows.Judge {
	return func(ctx context.Context, cells []string) ([]rows.Verdict, error) {
		who := make([]client.Identity, len(cells))
		for i, cell := range cells {
			who[i] = identityOf(as, cell)
		}
		got, err := ask(ctx, s.kind, s.basis, who)
		if err != nil {
			return nil, err
		}
		out := make([]rows.Verdict, len(got))
		for i, one := range got {
			out[i] = verdictOf(one)
		}
		return out, nil
	}
}

func identityOf(as, cell string) client.Identity {
	switch as {
	case asPhone:
		return client.Identity{Phone: cell}
	case asSubject:
		return client.Identity{Subject: cell}
	}
	return client.Identity{Email: cell}
}

func verdictOf(p client.Permission) rows.Verdict {
	switch {
	case p.Allowed:
		return rows.Allowed
	case p.Reason == client.Unreadable:
		return rows.Unreadable
	}
	return rows.Blocked
}

// permission is what `gate check --json` prints.
type permission struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"`
}

func gateCheck(w *world) *cobra.Command {
	var s sending
	var who client.Identity
	cmd := &cobra.Command{
		Use:   "check",
		Short: "May somebody be sent advertising? Exit code 0 is yes, 3 is no",
		Long: "Asks the service about one person, by any of their identities; several name the same person. The value - is read from\n" +
			"standard input, so that the identity stands in no list of processes. Exit code 0: allowed, 3: not allowed, 1: not known.",
		RunE: w.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			if err := errors.Join(s.check(), w.fromInput(&who)); err != nil {
				return err
			}
			p, err := c.CheckMarketing(ctx, s.kind, s.basis, who)
			if err != nil {
				return err
			}
			if err := w.showPermission(permission(p)); err != nil {
				return err
			}
			if !p.Allowed {
				return amiss()
			}
			return nil
		}),
	}
	s.flags(cmd)
	cmd.Flags().StringVar(&who.Email, "email", "", "the address")
	cmd.Flags().StringVar(&who.Phone, "phone", "", "the telephone number; without a country code, of the profile's region")
	cmd.Flags().StringVar(&who.Subject, "subject", "", "your own reference")
	return cmd
}

// fromInput puts the first line of standard input in the place of a "-".
func (w *world) fromInput(who *client.Identity) error {
	if *who == (client.Identity{}) {
		return usage(errors.New("say who: --email, --phone or --subject"))
	}
	var open []*string
	for _, v := range []*string{&who.Email, &who.Phone, &who.Subject} {
		if *v == "-" {
			open = append(open, v)
		}
	}
	if len(open) > 1 {
		return usage(errors.New("- may stand once: there is one standard input"))
	}
	for _, v := range open {
		in := bufio.NewScanner(w.stdin)
		in.Scan()
		if *v = strings.TrimSpace(in.Text()); *v == "" {
			return usage(errors.New("standard input holds no identity"))
		}
	}
	return nil
}

func (w *world) showPermission(p permission) error {
	switch {
	case w.asJSON:
		return w.print(p)
	case p.Allowed:
		w.say("allowed")
	default:
		w.say("not allowed: %s", p.Reason)
	}
	return nil
}

// mayAsk asks about nobody, which tells whether the key may ask. An error that is not about key or scope may pass by itself.
func mayAsk(ctx context.Context, c *client.Client, s sending) error {
	_, err := c.CheckBatch(ctx, s.kind, s.basis, []client.Identity{})
	if p, ok := errors.AsType[*client.Problem](err); ok && (p.Status == 401 || p.Status == 403) {
		return usage(errors.New(config.KeyVariable + ": " + p.Error()))
	}
	return err
}
