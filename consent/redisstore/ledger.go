package redisstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// trailLength bounds what one reading of a trail walks through.
const trailLength = 500

// Look implements consent.Ledger.
func (s *Store) Look(ctx context.Context, m consent.Mutation, act consent.Step) (consent.Record, error) {
	if !consent.IsID(consent.PrefixRequest, m.ID) {
		return consent.Record{}, consent.ErrNotFound
	}
	out, err := s.runAs(ctx, stepLook, act, m, nil)
	if err != nil {
		return consent.Record{}, err
	}
	return answered(m, out), nil
}

// Note implements consent.Ledger. An id that is none is a fault of the caller: KindInvalid.
func (s *Store) Note(ctx context.Context, m consent.Mutation, act consent.Step) error {
	if m.ID != "" && !consent.IsID(consent.PrefixRequest, m.ID) {
		return &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "not the id of a request"}
	}
	_, err := s.runAs(ctx, stepNote, act, m, nil, "0")
	return err
}

// Trail implements consent.Ledger.
func (s *Store) Trail(ctx context.Context, app, id string) ([]consent.Entry, error) {
	if !consent.IsID(consent.PrefixRequest, id) {
		return nil, consent.ErrNotFound
	}
	n := s.space.names(app)
	val, err := s.scripts["trail"].Read(ctx, s.read, []string{n.record(id), n.audit()}, strconv.Itoa(trailLength))
	if err != nil {
		return nil, err
	}
	all, _ := val.([]any)
	entries := make([]consent.Entry, 0, len(all))
	for _, one := range all {
		pair, _ := one.([]any)
		if len(pair) != 2 {
			return nil, errors.New("script trail: answer of an unknown form")
		}
		name, _ := pair[0].(string)
		entries = append(entries, entry(app, name, hash(flatten(pair[1]))))
	}
	slices.Reverse(entries)
	return entries, nil
}

// Entries implements consent.Ledger.
func (s *Store) Entries(ctx context.Context, app string, after int64, limit int) ([]consent.Entry, error) {
	from := strconv.FormatInt(after+1, 10) + "-0"
	some, err := s.read.XRangeN(ctx, s.space.AuditKey(app), from, "+", int64(limit)).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]consent.Entry, 0, len(some))
	for _, m := range some {
		f := make(values, len(m.Values))
		for name, v := range m.Values {
			f[name], _ = v.(string)
		}
		out = append(out, entry(app, m.ID, f))
	}
	return out, nil
}

// Head implements consent.Ledger.
func (s *Store) Head(ctx context.Context, app string) (int64, error) {
	info, err := s.read.XInfoStream(ctx, s.space.AuditKey(app)).Result()
	switch {
	case errors.Is(err, redis.Nil) || err != nil && strings.Contains(err.Error(), "no such key"):
		return 0, nil
	case err != nil:
		return 0, script.Fault(err)
	}
	return sequence(info.LastGeneratedID), nil
}

// TrimAudit removes entries up to the number upTo that are older than kept, which a caller has in files that are synced.
// The last entry stays, because the next number follows from it.
func (s *Store) TrimAudit(ctx context.Context, app string, upTo int64, kept time.Duration) error {
	first, err := s.younger(ctx, app, upTo, s.Clock().Add(-kept))
	if err != nil || first == 0 {
		return err
	}
	return script.Fault(s.write.XTrimMinID(ctx, s.space.AuditKey(app), strconv.FormatInt(first, 10)+"-0").Err())
}

// trimPage is how many entries one pass looks at; a busy app's stream is trimmed over several.
const trimPage = 1000

// younger finds the first entry that must stay: the first one after since, or upTo itself. 0: nothing can go.
func (s *Store) younger(ctx context.Context, app string, upTo int64, since time.Time) (int64, error) {
	some, err := s.Entries(ctx, app, 0, trimPage)
	if err != nil || len(some) == 0 {
		return 0, err
	}
	first := int64(0)
	for _, e := range some {
		if e.At.After(since) || e.Seq >= upTo {
			break
		}
		first = e.Seq + 1
	}
	return first, nil
}

// entry reads one entry of the stream.
func entry(app, id string, f values) consent.Entry {
	prev, _ := strconv.ParseInt(f["prev"], 10, 64) // "" for the first one
	return consent.Entry{
		App: app, Seq: sequence(id), At: f.time("at"), Step: consent.Step(f["step"]), ID: f["id"],
		By: f["by"], Ref: f["ref"], Note: f["note"], Status: consent.Status(f["status"]), Prev: prev,
		Custody: consent.Custody(f["custody"]), Reason: f["reason"], Method: consent.Method(f["method"]), Terms: f["terms"],
		Granted: f.list("granted"), Hold: f["hold"] == "1",
	}
}

// sequence is the number in a stream's id.
func sequence(id string) int64 {
	head, _, _ := strings.Cut(id, "-")
	n, _ := strconv.ParseInt(head, 10, 64) // Redis wrote it
	return n
}
