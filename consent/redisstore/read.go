package redisstore

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Get implements consent.Reader, in one round trip and one piece.
func (s *Store) Get(ctx context.Context, app, id string) (consent.Record, error) {
	if !consent.IsID(consent.PrefixRequest, id) {
		return consent.Record{}, consent.ErrNotFound
	}
	n := s.space.names(app)
	val, err := s.scripts["get"].Read(ctx, s.read, []string{n.record(id), n.people(id), n.data(id), n.evidence(id)})
	if err != nil {
		return consent.Record{}, err
	}
	out, _ := val.([]any)
	if len(out) != 2 {
		return consent.Record{}, errors.New("script get: answer of an unknown form")
	}
	flat, _ := out[0].([]any)
	sealed, _ := out[1].([]any)
	if len(flat) == 0 {
		return consent.Record{}, consent.ErrNotFound
	}
	return decode(app, id, flat, sealed), nil
}

// gather reads many records in one pipeline, without what is sealed in them. Those that are gone meanwhile are left out.
func (s *Store) gather(ctx context.Context, app string, ids []string) ([]consent.Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	n := s.space.names(app)
	cmds, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			p.Do(ctx, "hgetall", n.record(id))
		}
		return nil
	})
	if err != nil {
		return nil, script.Fault(err)
	}
	records := make([]consent.Record, 0, len(ids))
	for i, cmd := range cmds {
		flat := flatten(cmd.(*redis.Cmd).Val())
		if len(flat) > 0 {
			records = append(records, decode(app, ids[i], flat, nil))
		}
	}
	return records, nil
}

// flatten gives names and values one behind the other, whichever protocol the connection speaks.
func flatten(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case map[any]any:
		flat := make([]any, 0, 2*len(v))
		for name, value := range v {
			flat = append(flat, name, value)
		}
		return flat
	}
	return nil
}

// Subject implements consent.Reader. What is sealed is not read: Get does.
func (s *Store) Subject(ctx context.Context, app, subject string) ([]consent.Record, error) {
	ids, err := s.subject(ctx, app, subject, "", -1)
	if err != nil {
		return nil, err
	}
	return s.gather(ctx, app, ids)
}

// subject lists ids of a subject, the newest first, from behind the id after.
func (s *Store) subject(ctx context.Context, app, subject, after string, n int) ([]string, error) {
	below := "[" + subject + ":\xff"
	if after != "" {
		below = "(" + subject + ":" + after
	}
	found, err := s.read.ZRevRangeByLex(ctx, s.space.names(app).subjects(), &redis.ZRangeBy{
		Min: "[" + subject + ":", Max: below, Count: int64(n),
	}).Result()
	for i, m := range found {
		found[i] = strings.TrimPrefix(m, subject+":")
	}
	return found, script.Fault(err)
}

// ByCode implements consent.Reader: one round trip for all apps and digests.
func (s *Store) ByCode(ctx context.Context, apps []string, code []consent.Digest) (consent.Claims, error) {
	cmds, err := s.lookUp(ctx, apps, texts(code, len(consent.Digest{})), func(p redis.Pipeliner, n names, digests []string) {
		p.HMGet(ctx, n.codes(), digests...)
	})
	if err != nil {
		return consent.Claims{}, err
	}
	for i, cmd := range cmds {
		for _, v := range cmd.(*redis.SliceCmd).Val() {
			if c, ok := claims(apps[i], v); ok {
				return c, nil
			}
		}
	}
	return consent.Claims{}, consent.ErrNotFound
}

// claims reads "id gen guardian" (lib.lua, index).
func claims(app string, v any) (consent.Claims, bool) {
	text, _ := v.(string)
	f := strings.Fields(text)
	if len(f) != 3 {
		return consent.Claims{}, false
	}
	gen, err1 := strconv.Atoi(f[1])
	guardian, err2 := strconv.Atoi(f[2])
	return consent.Claims{
		Audience: consent.LinkDecide, App: app, ID: consent.PrefixRequest + f[0], Gen: gen, Guardian: guardian,
	}, err1 == nil && err2 == nil
}

// Quiet implements consent.Reader: one round trip for all apps and digests.
func (s *Store) Quiet(ctx context.Context, apps []string, guardian []consent.Digest) (bool, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return false, err
	}
	cmds, err := s.lookUp(ctx, apps, texts(guardian, len(consent.Digest{})), func(p redis.Pipeliner, n names, digests []string) {
		p.ZMScore(ctx, n.quiet(), digests...)
	})
	if err != nil {
		return false, err
	}
	for _, cmd := range cmds {
		for _, until := range cmd.(*redis.FloatSliceCmd).Val() {
			if until > float64(now.UnixMilli()) {
				return true, nil
			}
		}
	}
	return false, nil
}

// Flagged implements consent.Reader: one round trip for all apps and digests.
func (s *Store) Flagged(ctx context.Context, apps []string, look []consent.Digest, today consent.Date) ([]bool, error) {
	cmds, err := s.lookUp(ctx, apps, looks(look), func(p redis.Pipeliner, n names, fields []string) {
		p.HMGet(ctx, n.flags(), fields...)
	})
	if err != nil {
		return nil, err
	}
	flagged := make([]bool, len(look))
	for _, cmd := range cmds {
		for i, v := range cmd.(*redis.SliceCmd).Val() {
			if value, ok := v.(string); ok && block("", "", value, today.MonthNumber()).Reason != "" {
				flagged[i] = true
			}
		}
	}
	return flagged, nil
}

// lookUp asks every app for the same digests in one pipeline.
func (s *Store) lookUp(ctx context.Context, apps, texts []string, ask func(redis.Pipeliner, names, []string)) ([]redis.Cmder, error) {
	if len(apps) == 0 || len(texts) == 0 {
		return nil, nil
	}
	cmds, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, app := range apps {
			ask(p, s.space.names(app), texts)
		}
		return nil
	})
	return cmds, script.Fault(err)
}

// Due implements consent.Reader.
func (s *Store) Due(ctx context.Context, app string, n int) ([]consent.Due, error) {
	offset, err := s.offset(ctx)
	if err != nil {
		return nil, err
	}
	keys := s.space.names(app)
	val, err := s.scripts["due"].Read(ctx, s.read, []string{keys.in(consent.Pending), keys.timers()}, strconv.FormatInt(offset, 10), strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	found, _ := val.([]any)
	due := make([]consent.Due, 0, len(found))
	for _, v := range found {
		text, _ := v.(string)
		if step, id, ok := strings.Cut(text, ":"); ok {
			id, right, _ := strings.Cut(id, ":")
			due = append(due, consent.Due{Step: consent.Step(step), ID: id, Right: right})
		}
	}
	return due, nil
}
