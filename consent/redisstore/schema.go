package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Schema is the number of the form in which this program keeps its records. It is raised by whoever changes what an older
// program would read wrongly or write over; what is merely new, as a field or a key that an older one does not know and
// leaves alone, changes nothing here (consent/adr/0013).
const Schema = 1

// ErrSchema is a store whose records a newer program has written; the detail of what is returned names both numbers.
var ErrSchema = &consent.Error{
	Kind: consent.KindUnavailable, Code: "schema_newer",
	Detail: "a newer bohoja has written the records in this Redis: start that version, or a newer one, or put back the backup of Redis from before the upgrade",
}

// Settle says that records are written in this program's form from now on, unless they are written in a newer one already.
// From then on no step of an older program is made. Errors: ErrSchema; ErrUnavailable, ErrOutcomeUnknown (settle again).
func (s *Store) Settle(ctx context.Context) error {
	val, err := s.scripts["schema"].Run(ctx, s.write, []string{s.space.schema()}, strconv.Itoa(Schema))
	if err != nil {
		return err
	}
	text, _ := val.(string)
	return s.judge(text)
}

// Learn asks whether a newer program came meanwhile. Errors: ErrSchema, ErrUnavailable.
func (s *Store) Learn(ctx context.Context) error {
	text, err := s.read.Get(ctx, s.space.schema()).Result()
	if errors.Is(err, redis.Nil) {
		return s.judge("0") // put back from a backup of before there was a number
	}
	if err != nil {
		return script.Fault(err)
	}
	return s.judge(text)
}

// judge keeps what a number means, for Known.
func (s *Store) judge(text string) error {
	if is, err := strconv.Atoi(text); err == nil && is <= Schema {
		s.newer.Store(nil)
		return nil
	}
	e := *ErrSchema
	e.Detail = fmt.Sprintf("%s (their form is %q, and this program knows %d)", e.Detail, text, Schema)
	s.newer.Store(&e)
	return &e
}

// Known is nil unless the records are of a newer form, as far as Settle and Learn know. It asks nobody.
func (s *Store) Known() error {
	if e := s.newer.Load(); e != nil {
		return e
	}
	return nil
}

// Admits is nil unless no step may be made now: of a store of a newer form, or by Options.Admit. It asks nobody.
func (s *Store) Admits() error {
	if err := s.Known(); err != nil {
		return err
	}
	return s.admit()
}
