package redisstore

import (
	"context"

	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Revoke makes the API key of this digest (hex, as it is declared) worth nothing on every instance, for ever: a key is drawn
// once and never comes back. It names no key of anybody. Calling it again changes nothing.
func (s *Store) Revoke(ctx context.Context, sha256 string) error {
	return script.Fault(s.write.SAdd(ctx, s.space.revoked(), sha256).Err())
}

// Revoked lists the digests of all revoked keys.
func (s *Store) Revoked(ctx context.Context) (map[string]struct{}, error) {
	set, err := s.read.SMembersMap(ctx, s.space.revoked()).Result()
	return set, script.Fault(err)
}
