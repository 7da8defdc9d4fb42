package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// right runs a step of a rights request and gives that request as the step left it.
func (s *Store) right(ctx context.Context, name consent.Step, m consent.Mutation, id string, own ...any) (consent.Right, error) {
	if !consent.IsID(consent.PrefixRequest, m.ID) || !consent.IsID(consent.PrefixRight, id) {
		return consent.Right{}, consent.ErrNoRight
	}
	out, err := s.run(ctx, name, m, nil, append([]any{id}, own...)...)
	if err != nil {
		return consent.Right{}, err
	}
	return pick(m.App, m.ID, id, out)
}

// pick finds one rights request in a script's answer.
func pick(app, request, id string, out []any) (consent.Right, error) {
	flat, _ := out[1].([]any)
	for _, r := range rights(app, request, hash(flat)) {
		if r.ID == id {
			return r, nil
		}
	}
	return consent.Right{}, consent.ErrNoRight
}

// rights reads the hash of a record's rights requests (lua/rights.lua), the oldest first.
func rights(app, request string, f values) []consent.Right {
	var out []consent.Right
	for name, words := range f {
		if !consent.IsID(consent.PrefixRight, name) {
			continue
		}
		w := strings.Fields(words)
		if len(w) != 11 {
			continue
		}
		v := values{"g": w[2], "C": w[4], "D": w[5], "A": w[6], "n": w[10]}
		out = append(out, consent.Right{
			ID: name, App: app, Request: request, Kind: consent.RightKind(w[0]), Channel: w[1], Guardian: v.int("g"),
			Status: consent.RightStatus(w[3]), CreatedAt: v.time("C"), DueAt: v.time("D"), AnsweredAt: v.time("A"),
			Late: w[7] == "1", Held: w[8] == "1", Told: w[9] == "1", Nudges: v.int("n"),
			Identity: blob(f[name+":i"]), Text: blob(f[name+":t"]), Answer: blob(f[name+":a"]), Data: blob(f[name+":d"]),
		})
	}
	slices.SortFunc(out, func(a, b consent.Right) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Ask implements consent.RightStore. The answer to a repeated call is read in further round trips.
func (s *Store) Ask(ctx context.Context, m consent.Mutation, a consent.Asking) (consent.Right, bool, error) {
	r := a.Right
	if !consent.IsID(consent.PrefixRequest, m.ID) || !consent.IsID(consent.PrefixRight, r.ID) {
		return consent.Right{}, false, consent.ErrNoRight
	}
	var more []string
	body := ""
	if a.Idempotency != nil {
		more, body = []string{s.space.names(m.App).idempotency(a.Idempotency.Key)}, string(a.Idempotency.Body[:])
	}
	own := append([]any{
		r.ID, string(r.Kind), r.Channel, strconv.Itoa(r.Guardian), ms(consent.RightDue), ms(a.Nudge), strconv.Itoa(consent.MaxOpenRights),
		flag(a.Hold != nil),
	}, held(a.Hold)...)
	own = append(own, []byte(r.Identity), []byte(r.Text), body)
	out, err := s.run(ctx, consent.StepAsk, m, more, append(own, told(a.Hold)...)...)
	if err != nil {
		return consent.Right{}, false, err
	}
	if first, ok := out[1].(string); ok && out[0] == "replay" {
		r, err := s.Right(ctx, m.App, first)
		return r, err == nil, err
	}
	r, err = pick(m.App, m.ID, r.ID, out)
	return r, false, err
}

// held are the arguments that tell what becomes of held data.
func held(h *consent.Hold) []any {
	if h == nil {
		return []any{"", "0", "0", "0"}
	}
	return []any{[]byte(h.Data), strconv.Itoa(h.DataRev), ms(h.Window), millis(h.Dies)}
}

// told are the arguments of a hold's own event.
func told(h *consent.Hold) []any {
	if h == nil || h.Event == nil {
		return []any{"", "", ""}
	}
	return []any{h.Event.ID, string(h.Event.Type), encodeEvent(h.Event.Data)}
}

// Answer implements consent.RightStore.
func (s *Store) Answer(ctx context.Context, m consent.Mutation, a consent.Answering) (consent.Right, error) {
	own := append([]any{string(a.Outcome), []byte(a.Answer), []byte(a.Data), ms(consent.RightKept), flag(a.Ends)}, held(a.Hold)...)
	own = append(own, flag(a.Told))
	return s.right(ctx, consent.StepAnswer, m, a.Right, append(own, told(a.Hold)...)...)
}

// Nudge implements consent.RightStore.
func (s *Store) Nudge(ctx context.Context, m consent.Mutation, right string, n int, next time.Duration) (consent.Right, error) {
	return s.right(ctx, consent.StepNudge, m, right, strconv.Itoa(n), ms(next))
}

// Late implements consent.RightStore.
func (s *Store) Late(ctx context.Context, m consent.Mutation, right string) (consent.Right, error) {
	return s.right(ctx, consent.StepLate, m, right)
}

// Clear implements consent.RightStore.
func (s *Store) Clear(ctx context.Context, m consent.Mutation, right string) (consent.Right, error) {
	return s.right(ctx, consent.StepClear, m, right)
}

// Rights implements consent.RightStore.
func (s *Store) Rights(ctx context.Context, app, id string) ([]consent.Right, error) {
	if !consent.IsID(consent.PrefixRequest, id) {
		return nil, consent.ErrNotFound
	}
	f, err := s.read.HGetAll(ctx, s.space.names(app).rights(id)).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	return rights(app, id, f), nil
}

// Right implements consent.RightStore.
func (s *Store) Right(ctx context.Context, app, right string) (consent.Right, error) {
	if !consent.IsID(consent.PrefixRight, right) {
		return consent.Right{}, consent.ErrNoRight
	}
	ids, err := s.wished(ctx, app, []string{right})
	if err != nil {
		return consent.Right{}, err
	}
	all, err := s.wish(ctx, app, ids)
	if err != nil || len(all) == 0 {
		return consent.Right{}, cmp.Or(err, error(consent.ErrNoRight))
	}
	return all[0], nil
}

// ListRights implements consent.RightStore. One that is answered while the list is paged through drops out of the open ones.
func (s *Store) ListRights(ctx context.Context, q consent.RightQuery) (consent.RightPage, error) {
	if q.Limit < 1 || q.Limit > pageMost {
		return consent.RightPage{}, &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "limit is 1 to 1000"}
	}
	list := s.listWishes
	if q.Open {
		list = s.listOwing
	}
	found, next, err := list(ctx, q)
	if err != nil {
		return consent.RightPage{}, err
	}
	all, err := s.wish(ctx, q.App, found)
	for i := range all {
		all[i].Identity, all[i].Text, all[i].Answer, all[i].Data = nil, nil, nil, nil
	}
	return consent.RightPage{Rights: all, Next: next}, err
}

// listWishes pages through all, by id, as "right request".
func (s *Store) listWishes(ctx context.Context, q consent.RightQuery) ([]string, string, error) {
	from := "-"
	if q.After != "" {
		if !consent.IsID(consent.PrefixRight, q.After) {
			return nil, "", errCursor
		}
		from = "(" + q.After + "~" // behind "<id> <request>"
	}
	found, err := s.read.ZRangeByLex(ctx, s.space.names(q.App).wishes(), &redis.ZRangeBy{Min: from, Max: "+", Count: int64(q.Limit) + 1}).Result()
	if err != nil || len(found) <= q.Limit {
		return found, "", script.Fault(err)
	}
	next, _, _ := strings.Cut(found[q.Limit-1], " ")
	return found[:q.Limit], next, nil
}

// listOwing pages through the open ones by when they are due. The cursor is that time and the id.
func (s *Store) listOwing(ctx context.Context, q consent.RightQuery) ([]string, string, error) {
	c, err := parseOwing(q.After)
	if err != nil {
		return nil, "", err
	}
	val, err := s.scripts["list"].Read(ctx, s.read, []string{s.space.names(q.App).owing()}, "1", c.score, c.id, strconv.Itoa(q.Limit+1))
	if err != nil {
		return nil, "", err
	}
	flat, _ := val.([]any)
	var ids []string
	var last cursor
	next := ""
	for i := 0; i+2 < len(flat); i += 3 {
		if len(ids) == q.Limit {
			next = last.score + "-" + last.id
			break
		}
		last.id, _ = flat[i+1].(string)
		last.score, _ = flat[i+2].(string)
		ids = append(ids, last.id)
	}
	found, err := s.wished(ctx, q.App, ids)
	return found, next, err
}

func parseOwing(after string) (cursor, error) {
	if after == "" {
		return cursor{}, nil
	}
	score, id, ok := strings.Cut(after, "-")
	if _, err := strconv.ParseInt(score, 10, 64); err != nil || !ok || !consent.IsID(consent.PrefixRight, id) {
		return cursor{}, errCursor
	}
	return cursor{score: score, id: id}, nil
}

// wished finds the requests that these rights requests are about, as "right request"; those that are gone are left out.
func (s *Store) wished(ctx context.Context, app string, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	key := s.space.names(app).wishes()
	cmds, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			p.ZRangeByLex(ctx, key, &redis.ZRangeBy{Min: "[" + id + " ", Max: "(" + id + "~"})
		}
		return nil
	})
	if err != nil {
		return nil, script.Fault(err)
	}
	var out []string
	for _, cmd := range cmds {
		out = append(out, cmd.(*redis.StringSliceCmd).Val()...)
	}
	return out, nil
}

// wish reads rights requests that are named as "right request", in their order, in one pipeline.
func (s *Store) wish(ctx context.Context, app string, named []string) ([]consent.Right, error) {
	if len(named) == 0 {
		return nil, nil
	}
	n := s.space.names(app)
	cmds, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, one := range named {
			_, request, _ := strings.Cut(one, " ")
			p.HGetAll(ctx, n.rights(request))
		}
		return nil
	})
	if err != nil {
		return nil, script.Fault(err)
	}
	var out []consent.Right
	for i, cmd := range cmds {
		id, request, ok := strings.Cut(named[i], " ")
		if !ok {
			return nil, fmt.Errorf("wishes of %s: a member of an unknown form", app)
		}
		for _, r := range rights(app, request, cmd.(*redis.MapStringStringCmd).Val()) {
			if r.ID == id {
				out = append(out, r)
			}
		}
	}
	return out, nil
}
