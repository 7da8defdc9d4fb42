package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
)

// doctorMail looks at the mail server alone, and asks it whether it would take a letter for one address.
func doctorMail(w *world) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "mail --to ADDRESS",
		Short: "Walk the way of a letter stage by stage, up to the recipient; no letter is sent",
		Args:  cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			if _, ok := consent.ParseMailbox(to); !ok {
				return usage(errors.New("--to: write one address of your own, such as you@shop.example"))
			}
			l := w.load()
			if err := l.Err(); err != nil {
				return err
			}
			look := func(ctx context.Context, s *config.Settings) []finding { return mailStages(ctx, s, to) }
			return w.report(within(cmd.Context(), look, &l.Settings))
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "an address of your own")
	return cmd
}
