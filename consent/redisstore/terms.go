package redisstore

import (
	"cmp"
	"context"
	"errors"
	"sort"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Claim sets the fingerprint of a named key unless one stands already, and returns the one that stands: whoever gets
// another one than their own holds another key. Errors: ErrUnavailable, ErrOutcomeUnknown (claim again).
func (s *Store) Claim(ctx context.Context, name, fingerprint string) (string, error) {
	val, err := s.scripts["claim"].Run(ctx, s.write, []string{s.space.claim(name)}, fingerprint)
	if err != nil {
		return "", err
	}
	winner, _ := val.(string)
	return winner, nil
}

// Claimed returns the fingerprints that stand for names, "" where none does. Errors: ErrUnavailable.
func (s *Store) Claimed(ctx context.Context, names []string) ([]string, error) {
	asked := make([]*redis.StringCmd, len(names))
	_, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			asked[i] = p.Get(ctx, s.space.claim(name))
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, script.Fault(err)
	}
	out := make([]string, len(names))
	for i, cmd := range asked {
		if out[i], err = cmd.Result(); err != nil && !errors.Is(err, redis.Nil) {
			return nil, script.Fault(err)
		}
	}
	return out, nil
}

// Occupy notes that the keys of the hours are taken from a folder, unless another one is in use: one that was occupied within quiet, and
// not at this very place by one that begins. It returns the identity of the folder in use. With quiet 0 it only asks, and "" is none.
// Errors: ErrUnavailable, ErrOutcomeUnknown (ask again).
func (s *Store) Occupy(ctx context.Context, f consent.KeyFolder, quiet time.Duration) (string, error) {
	mode := "0"
	if f.Begins {
		mode = "1"
	}
	val, err := s.scripts["occupy"].Run(ctx, s.write, []string{s.space.folder()}, f.Is, cmp.Or(f.Was, "-"), f.Place, mode, quiet.Milliseconds())
	if err != nil {
		return "", err
	}
	used, _ := val.(string)
	return used, nil
}

// Prime keeps the text of an app's terms under its version, so that what a guardian agreed to stays readable, and remembers
// the app itself: what it asked for falls due also when it is no longer declared.
// A version that is kept already stays as it is. Errors: ErrUnavailable, ErrOutcomeUnknown.
func (s *Store) Prime(ctx context.Context, app, version string, text []byte) error {
	if err := s.write.SAdd(ctx, s.space.apps(), app).Err(); err != nil {
		return script.Fault(err)
	}
	_, err := s.scripts["claim"].Run(ctx, s.write, []string{s.space.names(app).terms(version)}, text)
	return err
}

// Apps lists every app that was ever primed, in no order. Errors: ErrUnavailable.
func (s *Store) Apps(ctx context.Context) ([]string, error) {
	ids, err := s.read.SMembers(ctx, s.space.apps()).Result()
	return ids, script.Fault(err)
}

// Terms gives the text that Prime kept. Errors: ErrNotFound.
func (s *Store) Terms(ctx context.Context, app, version string) ([]byte, error) {
	text, err := s.read.Get(ctx, s.space.names(app).terms(version)).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, consent.ErrNotFound
	}
	return text, script.Fault(err)
}

// Disclosures implements consent.RightStore.
func (s *Store) Disclosures(ctx context.Context, app, id string) ([]consent.Disclosed, error) {
	if !consent.IsID(consent.PrefixRequest, id) {
		return nil, consent.ErrNotFound
	}
	all, err := s.read.HGetAll(ctx, s.space.names(app).disclosed(id)).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]consent.Disclosed, 0, len(all))
	for one, sealed := range all {
		out = append(out, consent.Disclosed{ID: one, Sealed: consent.Sealed(sealed)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out, nil
}
