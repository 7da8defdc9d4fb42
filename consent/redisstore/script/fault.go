package script

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
)

// refusals are the answers by which a server says that it executed nothing.
var refusals = []string{
	"OOM", "READONLY", "MISCONF", "LOADING", "CLUSTERDOWN", "NOREPLICAS", "MASTERDOWN", "TRYAGAIN", "BUSY", "MOVED", "ASK",
	"NOAUTH", "WRONGPASS", "NOPERM", "ERR max number of clients",
}

// fault turns a client's error into one of the domain's.
func (c *command) fault(name string, err error) error {
	if answer, ok := errors.AsType[redis.Error](err); ok {
		return answered(name, answer)
	}
	if !c.once || !c.sent.Load() || unsent(err) {
		return unavailable(err)
	}
	return unknown(err)
}

// Fault turns the error of a reading command into one of the domain's; redis.Nil stays what it is.
func Fault(err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return err
	}
	if answer, ok := errors.AsType[redis.Error](err); ok {
		return answered("read", answer)
	}
	return unavailable(err)
}

// answered sorts what the server said.
func answered(name string, err redis.Error) error {
	for _, r := range refusals {
		if hasPrefix(err, r) {
			return unavailable(err)
		}
	}
	return fmt.Errorf("script %s: %w", name, err)
}

// unsent reports errors that come before a command is written, whatever was tried before: a dial that failed, a pool
// that has no connection to give.
func unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	return errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted) || errors.Is(err, redis.ErrClosed)
}

func unavailable(cause error) error { return because(consent.ErrUnavailable, cause) }

func unknown(cause error) error { return because(consent.ErrOutcomeUnknown, cause) }

func because(e *consent.Error, cause error) error {
	wrapped := *e
	wrapped.Err = cause
	return &wrapped
}

// hasPrefix reports whether err is a server's answer that begins so.
func hasPrefix(err error, prefix string) bool {
	answer, ok := errors.AsType[redis.Error](err)
	return ok && strings.HasPrefix(strings.TrimPrefix(answer.Error(), "-"), prefix)
}
