package main

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// revokedEvery keeps the promise that a revoked key is dead within a second on every instance.
const revokedEvery = 300 * time.Millisecond

// revokePatience bounds how long `apps key revoke` waits for Redis.
const revokePatience = 10 * time.Second

// revoked are the digests of the keys that were taken back since the declarations were read. While Redis is away the last
// known ones stay dead, and the others open nothing either, since every call needs Redis.
type revoked struct {
	set atomic.Pointer[map[string]struct{}]
}

// Has reports whether the key of this digest was revoked.
func (r *revoked) Has(sha256 string) bool {
	set := r.set.Load()
	if set == nil {
		return false
	}
	_, dead := (*set)[strings.ToLower(sha256)]
	return dead
}

// ledger is where revoked keys of both spaces are written.
func (h *house) ledger() *redisstore.Store {
	return redisstore.New(redisstore.Options{Write: h.clients.Write, Read: h.clients.Read, Space: redisstore.Live})
}

// learn reads which keys were revoked.
func (h *house) learn(ctx context.Context) error {
	set, err := h.ledger().Revoked(ctx)
	if err != nil {
		return err
	}
	h.revoked.set.Store(&set)
	return nil
}

// revoke kills a key on every instance that shares this Redis.
func revoke(ctx context.Context, set config.Settings, k consent.Key) error {
	ctx, stop := context.WithTimeout(ctx, revokePatience)
	defer stop()
	h, err := connect(set, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer h.close()
	return h.ledger().Revoke(ctx, strings.ToLower(k.SHA256))
}
