package script

import (
	"context"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// command is a Redis command that knows whether it may be repeated and whether it was written to a connection.
type command struct {
	*redis.Cmd
	once bool
	sent *atomic.Bool // shared with clones
}

func newCommand(ctx context.Context, once bool, args []any) *command {
	c := &command{Cmd: redis.NewCmd(ctx, args...), once: once, sent: new(atomic.Bool)}
	if len(args) > 3 && args[2] != "0" {
		c.SetFirstKeyPos(3)
	}
	return c
}

// NoRetry tells every kind of client not to send the command twice.
func (c *command) NoRetry() bool { return c.once }

// Args gives what is written. The client asks for it when it writes, so a command whose Args were never asked for was
// never sent; should a client ask earlier, the answer errs on the safe side ("may have been sent").
func (c *command) Args() []any {
	c.sent.Store(true)
	return c.Cmd.Args()
}

// Clone keeps the copy from being repeated too.
func (c *command) Clone() redis.Cmder {
	clone, ok := c.Cmd.Clone().(*redis.Cmd)
	if !ok {
		return c
	}
	return &command{Cmd: clone, once: c.once, sent: c.sent}
}
