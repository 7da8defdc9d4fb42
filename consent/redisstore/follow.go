package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// How a server that does not answer is met. Whoever waits longer than both tries together is told that it is away.
const (
	dialTime  = 3 * time.Second // a try to connect
	dialTries = 2               // of which the second comes 100 ms after the first has failed

	// mapEvery is the greatest age of what a cluster's client knows of the slots. A primary that hangs answers nothing that could
	// say more, so this bounds how long its apps wait once a replica has taken over. It costs one CLUSTER SLOTS.
	mapEvery = 2 * time.Second
)

// newClient makes one client by the options. It connects to nothing yet.
func newClient(o redis.UniversalOptions) redis.UniversalClient {
	o.DialTimeout, o.DialerRetries = dialTime, dialTries
	if !o.IsClusterMode {
		return redis.NewUniversalClient(&o)
	}
	set := o.Cluster()
	set.ClusterStateReloadInterval = mapEvery
	c := redis.NewClusterClient(set)
	c.AddHook(follower{c})
	return c
}

// follower makes a cluster's client ask anew who has which slots as soon as a command was not answered. By itself the
// library asks after MOVED and ASK, and else once a minute; a primary that is gone for good says neither, so its apps stood
// still for up to that minute although a replica had taken over after seconds (measured, v9.23: 55 to 59 s).
type follower struct {
	cluster *redis.ClusterClient
}

// DialHook implements redis.Hook.
func (f follower) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (f follower) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		f.follow(ctx, err)
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (f follower) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		f.follow(ctx, err)
		return err
	}
}

// follow asks beside the command, whose error stays what it is. The library asks at most five times a second, however many
// commands fail.
func (f follower) follow(ctx context.Context, err error) {
	if err == nil || errors.Is(err, context.Canceled) || consent.KindOf(script.Fault(err)) != consent.KindUnavailable {
		return
	}
	f.cluster.ReloadState(ctx)
}
