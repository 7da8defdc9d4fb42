package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Options say where a Store keeps its records.
type Options struct {
	Write redis.UniversalClient // must not repeat what it sends (Dial)
	Read  redis.UniversalClient // may; nil: Write reads too
	Space Space                 // "" means Live
	Admit func() error          // asked before every step: what it returns is the answer, and nothing is done; nil: all are admitted
}

// Store is a consent.Store of one space. It is safe for concurrent use.
type Store struct {
	write, read redis.UniversalClient
	space       Space
	admit       func() error
	scripts     map[string]*script.Script

	newer   atomic.Pointer[consent.Error] // set while a newer program has the records (Settle, Learn)
	ahead   atomic.Int64                  // offset of the test space, ms
	checked atomic.Int64                  // when ahead was read, Unix ms
}

var _ consent.Store = (*Store)(nil)

// New makes a Store. It does not ask the server anything.
func New(o Options) *Store {
	if o.Read == nil {
		o.Read = o.Write
	}
	if o.Space == "" {
		o.Space = Live
	}
	if o.Admit == nil {
		o.Admit = func() error { return nil }
	}
	return &Store{write: o.Write, read: o.Read, space: o.Space, admit: o.Admit, scripts: scripts()}
}

// run executes a step at most once and sorts its answer.
func (s *Store) run(ctx context.Context, name consent.Step, m consent.Mutation, more []string, own ...any) ([]any, error) {
	return s.runAs(ctx, name, name, m, more, own...)
}

// runAs executes a step that the audit log calls by another word.
func (s *Store) runAs(
	ctx context.Context, name, word consent.Step, m consent.Mutation, more []string, own ...any,
) ([]any, error) {
	if err := s.Admits(); err != nil {
		return nil, err
	}
	offset, err := s.offset(ctx)
	if err != nil {
		return nil, err
	}
	keys := append(s.space.names(m.App).step(m.ID), more...)
	val, err := s.scripts[string(name)].Run(ctx, s.write, keys, append(common(offset, word, m), own...)...)
	if err != nil {
		return nil, err
	}
	out, ok := val.([]any)
	if !ok || len(out) < 2 {
		return nil, fmt.Errorf("step %s: answer of an unknown form", name)
	}
	if out[0] == "no" {
		return nil, refused(out)
	}
	return out, nil
}

// step is run for the steps that answer with the record.
func (s *Store) step(ctx context.Context, name consent.Step, m consent.Mutation, own ...any) (consent.Record, error) {
	if !consent.IsID(consent.PrefixRequest, m.ID) {
		return consent.Record{}, consent.ErrNotFound
	}
	out, err := s.run(ctx, name, m, nil, own...)
	if err != nil {
		return consent.Record{}, err
	}
	return answered(m, out), nil
}

// answered is the record of a step's answer.
func answered(m consent.Mutation, out []any) consent.Record {
	flat, _ := out[1].([]any)
	var sealed []any
	if len(out) > 2 {
		sealed, _ = out[2].([]any)
	}
	return decode(m.App, m.ID, flat, sealed)
}

// common are the arguments that all steps share (lib.lua).
func common(offset int64, name consent.Step, m consent.Mutation) []any {
	args := []any{strconv.FormatInt(offset, 10), m.ID, string(name), m.Actor.Kind, m.Actor.Ref, m.Note}
	if m.Event != nil {
		args = append(args, m.Event.ID, string(m.Event.Type), encodeEvent(m.Event.Data))
	} else {
		args = append(args, "", "", "")
	}
	args = append(args, strconv.Itoa(len(m.Jobs)))
	for _, j := range m.Jobs {
		args = append(args, j.ID, ms(j.After), string(j.Kind), j.Body)
	}
	return args
}

// ms writes a duration in whole milliseconds.
func ms(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
