package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Safety is what a server does with what it was given. serve and doctor look at it.
type Safety struct {
	Version     string // of Redis
	AppendOnly  string // "yes" or "no"
	AppendFsync string // "always", "everysec" or "no"
	Policy      string // maxmemory-policy
	Unsynced    string // no-appendfsync-on-rewrite: "yes" suspends every sync while the file is rewritten
	Truncated   string // aof-load-truncated: "yes" loads a torn file and goes on writing behind the tear
	Unknown     bool   // the server does not tell its settings (CONFIG is forbidden)
}

// Fault is one unsafe setting.
type Fault struct {
	Setting string // of redis.conf; "" for the server itself
	Detail  string // what is wrong and how to mend it
}

// Safety asks the server; of a cluster the primary with the most faults answers, or with the most warnings. A primary that does not answer keeps
// nothing from the apps on the others, so it is passed over unless all are silent. Error: consent.ErrUnavailable.
func (s *Store) Safety(ctx context.Context) (Safety, error) {
	cluster, ok := s.read.(*redis.ClusterClient)
	if !ok {
		return safety(ctx, s.read)
	}
	var mu sync.Mutex
	var worst Safety
	var silent error
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		one, err := safety(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			silent = err
		case worst.Version == "" || one.worse(worst):
			worst = one
		}
		return nil
	})
	if err == nil && worst.Version == "" {
		err = silent
	}
	return worst, script.Fault(err)
}

// worse compares by faults, then by warnings.
func (s Safety) worse(than Safety) bool {
	by := cmp.Compare(len(s.Faults()), len(than.Faults()))
	return cmp.Or(by, cmp.Compare(len(s.Warnings()), len(than.Warnings()))) > 0
}

func safety(ctx context.Context, c redis.UniversalClient) (Safety, error) {
	var out Safety
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return out, script.Fault(err)
	}
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "redis_version:"); ok {
			out.Version = v
		}
	}
	for name, to := range map[string]*string{
		"appendonly": &out.AppendOnly, "appendfsync": &out.AppendFsync, "maxmemory-policy": &out.Policy,
		"no-appendfsync-on-rewrite": &out.Unsynced, "aof-load-truncated": &out.Truncated,
	} {
		m, err := c.ConfigGet(ctx, name).Result()
		if fault := script.Fault(err); fault != nil && ctx.Err() != nil {
			return out, fault
		}
		if *to = m[name]; *to == "" {
			out.Unknown = true
		}
	}
	return out, nil
}

// Faults lists what may lose data, each with the setting to change. appendfsync everysec is none: it is Warnings' business.
func (s Safety) Faults() []Fault {
	var out []Fault
	add := func(setting, format string, args ...any) {
		out = append(out, Fault{setting, fmt.Sprintf(format, args...)})
	}
	if major, _ := strconv.Atoi(strings.SplitN(s.Version, ".", 2)[0]); major < 7 {
		add("", "Redis %s is too old: 7.0 or newer is needed", s.Version)
	}
	if s.Unknown {
		add("", "the server does not tell its settings: allow CONFIG GET, or set BOHOJA_REDIS__ALLOW_UNSAFE=true when you know them")
	}
	if s.AppendOnly == "no" {
		add("appendonly", "appendonly is no: a restart loses requests; set appendonly yes")
	}
	if s.AppendFsync == "no" {
		add("appendfsync", "appendfsync is no: a power cut loses requests; set appendfsync always")
	}
	if s.Unsynced == "yes" { // measured: a power cut then loses what was acknowledged, also with appendfsync always
		add("no-appendfsync-on-rewrite", "no-appendfsync-on-rewrite is yes: a power cut during a rewrite loses requests, whatever appendfsync says; set no-appendfsync-on-rewrite no")
	}
	if s.Policy != "" && s.Policy != "noeviction" {
		add("maxmemory-policy", "maxmemory-policy is %s: a full memory throws requests away; set maxmemory-policy noeviction", s.Policy)
	}
	return out
}

// Warnings lists what is bearable, and better otherwise.
func (s Safety) Warnings() []Fault {
	var out []Fault
	if s.AppendFsync == "everysec" {
		out = append(out, Fault{"appendfsync", "appendfsync is everysec: a power cut loses up to a second of accepted requests; always is recommended"})
	}
	if s.Truncated == "yes" { // adr/0007
		out = append(out, Fault{"aof-load-truncated", "aof-load-truncated is yes: after a power cut in the middle of a step Redis goes on writing behind its half, and half steps may come to life " +
			"at the restart after; set aof-load-truncated no and have redis-check-aof --fix run before Redis"})
	}
	return out
}
