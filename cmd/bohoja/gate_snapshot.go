package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/handlers/api/client"
)

// fetched is what `gate snapshot --json` prints.
type fetched struct {
	App   string    `json:"app"`
	Count int       `json:"count"` // identities in it
	Bytes int       `json:"bytes"`
	AsOf  time.Time `json:"as_of"` // whoever was flagged later is not in it
}

func gateSnapshot(w *world) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "snapshot --out FILE",
		Short: "Fetch the snapshot, for checks without the server",
		Long: "Writes the snapshot of the gate into a file that its owner alone may read, whole or not at all. It holds no identity,\n" +
			"but whoever has it can test guesses, such as all telephone numbers of a country: keep it as you would keep the list\n" +
			"of the children, and only for as long as you need it. The service builds it anew every ten minutes.",
		RunE: w.calling(func(ctx context.Context, c *client.Client, _ []string) error {
			if out == "" {
				return usage(errors.New("--out is needed"))
			}
			b, err := c.Snapshot(ctx)
			if err != nil {
				return err
			}
			local, err := gate.Decode(b)
			if err != nil {
				return err
			}
			if err := writeWhole(out, b); err != nil {
				return err
			}
			return w.showFetched(fetched{local.App, local.Count, len(b), time.UnixMilli(local.Since).UTC()})
		}),
	}
	cmd.Flags().StringVar(&out, "out", "", "the file")
	return cmd
}

func writeWhole(name string, b []byte) error {
	f, err := newWhole(name)
	if err != nil {
		return err
	}
	defer f.discard()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return keep(f)
}

func (w *world) showFetched(f fetched) error {
	if w.asJSON {
		return w.print(f)
	}
	w.say("%d identities for %s, as of %s, %d bytes", f.Count, f.App, f.AsOf.Format(time.RFC3339), f.Bytes)
	return nil
}
