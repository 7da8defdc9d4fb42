package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent/redisstore"
)

// doctorACL prints what Redis has to allow, so that nobody needs to guess it.
func doctorACL(w *world) *cobra.Command {
	var cluster bool
	cmd := &cobra.Command{
		Use:   "acl",
		Short: "Print the line for Redis' ACL file that allows Bohoja what it needs, and nothing else",
		Args:  cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error {
			line := redisstore.ACL(cluster)
			if w.asJSON {
				return w.print(struct {
					ACL string `json:"acl"`
				}{line})
			}
			_, err := fmt.Fprintln(w.out, line)
			return err
		}),
	}
	cmd.Flags().BoolVar(&cluster, "cluster", false, "for a Redis Cluster")
	return cmd
}
