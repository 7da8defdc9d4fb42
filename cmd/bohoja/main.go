// Command bohoja is a parental consent service: `bohoja dev` shows it, `bohoja serve` runs it, the other commands look
// after it. Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration, 3 checked, and something is amiss.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	cobra.EnableCommandSorting = false // the help text has the order of commands.go
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
