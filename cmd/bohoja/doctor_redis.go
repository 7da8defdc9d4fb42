package main

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// withStore connects to Redis for the time of one check.
func withStore(s *config.Settings, look func(*redisstore.Store, redisstore.Clients) []finding) []finding {
	if s.Redis.URL.Empty() {
		return []finding{wrong("redis", "not looked at: redis.url (BOHOJA_REDIS__URL) is not set")}
	}
	clients, err := redisstore.Dial(s.Redis.URL.Reveal())
	if err != nil {
		return []finding{wrong("redis", "%v", err)}
	}
	defer func() { _ = clients.Close() }()
	return look(redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read}), clients)
}

// examineRedis looks at what the server does with what it was given.
func examineRedis(ctx context.Context, s *config.Settings) []finding {
	return withStore(s, func(store *redisstore.Store, clients redisstore.Clients) []finding {
		safety, err := store.Safety(ctx)
		if err != nil {
			return []finding{wrong("redis", "no answer at redis.url: is it running, and are the address and the password right? (%s)", consent.CodeOf(err))}
		}
		var found []finding
		for _, f := range safety.Faults() {
			if s.Redis.AllowUnsafe {
				found = append(found, advice("redis", "%s (allowed by redis.allow_unsafe)", f.Detail))
			} else {
				found = append(found, wrong("redis", "%s", f.Detail))
			}
		}
		for _, f := range safety.Warnings() {
			found = append(found, advice("redis", "%s", f.Detail))
		}
		if len(found) == 0 {
			found = append(found, fine("redis", "version %s, appendfsync %s, %s", safety.Version, safety.AppendFsync, safety.Policy))
		}
		return append(append(found, access(ctx, s)...), apart(ctx, s, clients)...)
	})
}

// access tells who else may speak with Redis.
func access(ctx context.Context, s *config.Settings) []finding {
	a, err := redisstore.AccessOf(ctx, s.Redis.URL.Reveal())
	if err != nil {
		return []finding{wrong("redis", "its access rules cannot be looked at (%s)", consent.CodeOf(err))}
	}
	var found []finding
	for _, f := range a.Warnings() {
		found = append(found, advice("redis", "%s", f.Detail))
	}
	if len(found) == 0 {
		found = append(found, fine("redis", "nobody but this host, or who has a password, reaches it"))
	}
	return found
}

// examineClock holds this host's clock against Redis': keys die by the one, deadlines come by the other.
func examineClock(ctx context.Context, s *config.Settings) []finding {
	return withStore(s, func(store *redisstore.Store, _ redisstore.Clients) []finding {
		there, err := store.Now(ctx)
		if err != nil {
			return []finding{wrong("clock", "not looked at: Redis does not answer (%s)", consent.CodeOf(err))}
		}
		if skew := time.Until(there).Abs(); skew > maxSkew {
			return []finding{wrong("clock", "this host's clock and Redis' differ by %s: serve neither makes nor destroys keys then; set both by NTP", skew.Round(time.Second))}
		}
		return []finding{fine("clock", "this host and Redis agree to a minute")}
	})
}

// apart warns when the short-lived keys lie beside the data that they seal: one copy of that disk then holds both, and
// nothing in it is ever destroyed (KR-12). Only a Redis of this host can be looked at.
func apart(ctx context.Context, s *config.Settings, clients redisstore.Clients) []finding {
	u, err := url.Parse(s.Redis.URL.Reveal())
	if err != nil || !loopback(u.Hostname()) {
		return nil
	}
	answer, err := clients.Read.ConfigGet(ctx, "dir").Result()
	if err != nil || answer["dir"] == "" || !sameDevice(answer["dir"], s.Keys.Dir) {
		return nil
	}
	return []finding{advice("keys", "%s and Redis' data (%s) lie on one file system: a copy of the whole of it undoes destruction; leave %s out of every backup",
		short(s), answer["dir"], short(s))}
}

// examineLog looks whether the audit log verifies, in its files and against Redis.
func examineLog(ctx context.Context, s *config.Settings) []finding {
	const check = "audit log"
	if !exists(s.Audit.Dir) {
		return []finding{advice(check, "%s is not there yet; serve makes it", s.Audit.Dir)}
	}
	return withStore(s, func(store *redisstore.Store, _ redisstore.Clients) []finding {
		keys, err := auditVerifiers("", s.Audit.Dir, s)
		if err != nil {
			return []finding{wrong(check, "%v", err)}
		}
		v, err := audit.Verify(ctx, s.Audit.Dir, keys, store)
		if err != nil {
			return []finding{wrong(check, "it cannot be read to its end (%s)", consent.CodeOf(err))}
		}
		found := make([]finding, 0, len(v.Faults)+1)
		for _, f := range v.Faults {
			found = append(found, wrong(check, "%s: %s; bohoja audit verify tells more", f.Kind, f.Detail))
		}
		if v.Sound() {
			found = append(found, fine(check, "%d entries verify, %d of them under a signature, %d as in Redis", v.Entries, v.Covered, v.Compared))
		}
		return found
	})
}

// examineRecords walks through every record of every app.
func examineRecords(ctx context.Context, s *config.Settings) []finding {
	return withStore(s, func(store *redisstore.Store, _ redisstore.Clients) []finding {
		var found []finding
		for _, a := range s.Apps {
			faults, err := store.Check(ctx, a.ID)
			for _, f := range faults {
				found = append(found, wrong("records of "+a.ID, "%s", f))
			}
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				found = append(found, wrong("records of "+a.ID, "there was no time to look at all of them"))
			case err != nil:
				found = append(found, wrong("records of "+a.ID, "Redis does not answer (%s)", consent.CodeOf(err)))
			case len(faults) == 0:
				found = append(found, fine("records of "+a.ID, "everything fits together"))
			}
		}
		return found
	})
}
