package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// my runs a script of the portal on one key that belongs to no app.
func (s *Store) my(ctx context.Context, name, key string, own ...any) ([]any, error) {
	offset, err := s.offset(ctx)
	if err != nil {
		return nil, err
	}
	val, err := s.scripts[name].Run(ctx, s.write, []string{key}, append([]any{strconv.FormatInt(offset, 10)}, own...)...)
	if err != nil {
		return nil, err
	}
	out, ok := val.([]any)
	if !ok || len(out) < 2 {
		return nil, fmt.Errorf("script %s: answer of an unknown form", name)
	}
	if out[0] == "no" {
		return nil, refused(out)
	}
	return out, nil
}

// myVisit is my for the scripts that answer with the visit.
func (s *Store) myVisit(ctx context.Context, name, id string, own ...any) (consent.Visit, error) {
	if !consent.IsID(consent.PrefixVisit, id) {
		return consent.Visit{}, consent.ErrNotFound
	}
	out, err := s.my(ctx, name, s.space.visit(id), own...)
	if err != nil {
		return consent.Visit{}, err
	}
	flat, _ := out[1].([]any)
	return decodeVisit(id, hash(flat)), nil
}

func decodeVisit(id string, f values) consent.Visit {
	return consent.Visit{ID: id, Gen: f.int("g"), Address: blob(f["a"]), Draft: blob(f["d"]), Expires: f.time("x")}
}

// Admit implements consent.VisitStore.
func (s *Store) Admit(ctx context.Context, v consent.Visit, life, kept time.Duration) (consent.Visit, error) {
	return s.myVisit(ctx, "admit", v.ID, strconv.Itoa(v.Gen), []byte(v.Address), ms(life), ms(kept))
}

// Visit implements consent.VisitStore.
func (s *Store) Visit(ctx context.Context, id string) (consent.Visit, error) {
	if !consent.IsID(consent.PrefixVisit, id) {
		return consent.Visit{}, consent.ErrNotFound
	}
	f, err := s.read.HGetAll(ctx, s.space.visit(id)).Result()
	if err != nil {
		return consent.Visit{}, script.Fault(err)
	}
	if len(f) == 0 {
		return consent.Visit{}, consent.ErrNotFound
	}
	return decodeVisit(id, f), nil
}

// Extend implements consent.VisitStore.
func (s *Store) Extend(ctx context.Context, id string, gen int, life, kept time.Duration) (consent.Visit, error) {
	return s.myVisit(ctx, "extend", id, strconv.Itoa(gen), ms(life), ms(kept))
}

// Draft implements consent.VisitStore.
func (s *Store) Draft(ctx context.Context, id string, draft consent.Sealed) error {
	_, err := s.myVisit(ctx, "draft", id, []byte(draft))
	return err
}

// EndVisit implements consent.VisitStore.
func (s *Store) EndVisit(ctx context.Context, id string) error {
	if !consent.IsID(consent.PrefixVisit, id) {
		return nil
	}
	return script.Fault(s.write.Del(ctx, s.space.visit(id)).Err())
}

// Guess implements consent.VisitStore.
func (s *Store) Guess(ctx context.Context, of consent.Digest, limit int, lock time.Duration) error {
	_, err := s.my(ctx, "guess", s.space.guesses(of), strconv.Itoa(limit), ms(lock))
	return err
}

// Spare implements consent.VisitStore.
func (s *Store) Spare(ctx context.Context, of consent.Digest) error {
	_, err := s.my(ctx, "spare", s.space.guesses(of))
	return err
}

// ByGuardian implements consent.VisitStore: one round trip for all apps and digests.
func (s *Store) ByGuardian(ctx context.Context, apps []string, guardian []consent.Digest, most int) ([]consent.Claims, error) {
	type ask struct {
		app string
		cmd *redis.StringSliceCmd
	}
	var asked []ask
	if _, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, app := range apps {
			for _, d := range guardian {
				asked = append(asked, ask{app, p.ZRevRangeByLex(ctx, s.space.names(app).guardians(), &redis.ZRangeBy{
					Min: "[" + string(d[:]), Max: "(" + string(d[:]) + "~", Count: int64(most),
				})})
			}
		}
		return nil
	}); err != nil && len(asked) > 0 {
		return nil, script.Fault(err)
	}
	var out []consent.Claims
	for _, a := range asked {
		for _, member := range a.cmd.Val() {
			c := consent.Claims{App: a.app, ID: member[min(digestSize, len(member)):]}
			if !slices.Contains(out, c) { // under two digests during a change of keys
				out = append(out, c)
			}
		}
	}
	return out, nil
}
