// Package script runs Lua scripts on Redis so that each is executed once or the caller learns that it cannot be known.
//
// A client library that repeats a command after a cut connection executes it twice, and go-redis does so for cluster
// clients whatever MaxRetries says. Commands of this package refuse to be repeated (NoRetry); a script that the server
// does not know yet is sent in full by this package, once.
package script

import (
	"context"
	"crypto/sha1" //nolint:gosec // Redis names scripts by their SHA-1
	"encoding/hex"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// shebang begins every script: with it Redis refuses the script before it begins when memory is out, when the disk is
// full or when the server is a replica, and a script of a cluster cannot touch another slot.
const shebang = "#!lua"

// Script is one Lua script. It is safe for concurrent use and for several clients.
type Script struct {
	name  string
	full  form
	plain form     // without the shebang, for servers that do not know it (miniredis)
	olds  sync.Map // clients whose server takes the plain form only
}

// form is a source and its SHA-1, by which Redis calls it.
type form struct{ src, sha string }

// New makes a script of a source whose first line is "#!lua" and perhaps flags. The name is for errors.
// It panics when the line is missing: sources are constants of the program.
func New(name, src string) *Script {
	if !strings.HasPrefix(src, shebang) {
		panic("script " + name + " does not begin with " + shebang)
	}
	return &Script{name: name, full: formOf(src), plain: formOf("--" + src)}
}

func formOf(src string) form {
	sum := sha1.Sum([]byte(src)) //nolint:gosec // as above
	return form{src, hex.EncodeToString(sum[:])}
}

// Name is the script's name.
func (s *Script) Name() string { return s.name }

// Source is what is sent to a server that does not know the script yet, and sha by what it is called afterwards.
func (s *Script) Source() (text, sha string) { return s.full.src, s.full.sha }

// Run executes the script at most once.
//
// Errors: consent.ErrUnavailable when it surely was not executed (server not reached, or it refuses every write now),
// consent.ErrOutcomeUnknown when it was sent and no answer came; every other error is a fault of the script itself.
func (s *Script) Run(ctx context.Context, c redis.UniversalClient, keys []string, args ...any) (any, error) {
	return s.run(ctx, c, true, keys, args)
}

// Read executes a script that writes nothing; the client may repeat it. Error: consent.ErrUnavailable.
func (s *Script) Read(ctx context.Context, c redis.UniversalClient, keys []string, args ...any) (any, error) {
	return s.run(ctx, c, false, keys, args)
}

func (s *Script) run(ctx context.Context, c redis.UniversalClient, once bool, keys []string, args []any) (any, error) {
	f := s.full
	if _, old := s.olds.Load(c); old {
		f = s.plain
	}
	val, err := s.send(ctx, c, once, "evalsha", f.sha, keys, args)
	if hasPrefix(err, "NOSCRIPT") {
		val, err = s.load(ctx, c, once, f, keys, args)
	}
	return val, err
}

// load sends the source in full, which executes it and makes the server remember it. Neither "unknown script" nor
// "does not compile" is an execution, so what follows them is not a repetition.
func (s *Script) load(ctx context.Context, c redis.UniversalClient, once bool, f form, keys []string, args []any) (any, error) {
	val, err := s.send(ctx, c, once, "eval", f.src, keys, args)
	if f != s.plain && hasPrefix(err, "ERR Error compiling script") {
		val, err = s.send(ctx, c, once, "eval", s.plain.src, keys, args)
		if !hasPrefix(err, "ERR Error compiling script") {
			s.olds.Store(c, true)
		}
	}
	return val, err
}

func (s *Script) send(ctx context.Context, c redis.UniversalClient, once bool, verb, what string, keys []string, args []any) (any, error) {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, verb, what, strconv.Itoa(len(keys)))
	for _, k := range keys {
		all = append(all, k)
	}
	all = append(all, args...)
	cmd := newCommand(ctx, once, all)
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	err := c.Process(ctx, cmd)
	if err != nil {
		return nil, cmd.fault(s.name, err)
	}
	return cmd.Val(), nil
}
