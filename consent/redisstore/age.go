package redisstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Ages implements consent.AgeStore.
func (s *Store) Ages(ctx context.Context, app string, month, skip, n int) ([]string, error) {
	ids, err := s.read.ZRangeByScore(ctx, s.space.names(app).ages(), &redis.ZRangeBy{
		Min: "-inf", Max: strconv.Itoa(month), Offset: int64(skip), Count: int64(n),
	}).Result()
	return ids, script.Fault(err)
}

// Aging implements consent.AgeStore.
func (s *Store) Aging(ctx context.Context, m consent.Mutation, from time.Time, next int) (consent.Record, error) {
	return s.step(ctx, consent.StepAging, m, millis(from), strconv.Itoa(next))
}

// AgeOut implements consent.AgeStore.
func (s *Store) AgeOut(ctx context.Context, m consent.Mutation, birthday time.Time, eraseDue, keep time.Duration) (consent.Record, error) {
	return s.step(ctx, consent.StepAgeOut, m, millis(birthday), ms(eraseDue), ms(keep))
}

// Outdate implements consent.AgeStore.
func (s *Store) Outdate(ctx context.Context, m consent.Mutation, terms string) (consent.Record, error) {
	return s.step(ctx, consent.StepOutdate, m, terms)
}

// Outdated implements consent.AgeStore.
func (s *Store) Outdated(ctx context.Context, app string) (string, error) {
	terms, err := s.read.Get(ctx, s.space.names(app).outdated()).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return terms, script.Fault(err)
}

// SetOutdated implements consent.AgeStore.
func (s *Store) SetOutdated(ctx context.Context, app, terms string) error {
	return script.Fault(s.write.Set(ctx, s.space.names(app).outdated(), terms, 0).Err())
}
