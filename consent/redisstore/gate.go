package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Flag implements consent.FlagStore.
func (s *Store) Flag(ctx context.Context, m consent.Mutation, flags []consent.Flag) error {
	if !consent.IsID(consent.PrefixFlag, m.ID) {
		return consent.ErrNotFound
	}
	args := []any{strconv.Itoa(reportLimit), shorts(flags, nil)}
	for _, f := range flags {
		args = append(args, string(f.Look[:lookSize]), encodeFlag(f))
	}
	_, err := s.run(ctx, consent.StepFlag, m, nil, args...)
	return err
}

// Unflag implements consent.FlagStore.
func (s *Store) Unflag(ctx context.Context, m consent.Mutation) error {
	source, ok := consent.IDBytes(consent.PrefixFlag, m.ID)
	if !ok {
		return consent.ErrNotFound
	}
	_, err := s.run(ctx, consent.StepUnflag, m, nil, string(source[:]))
	return err
}

// Lift implements consent.FlagStore. Error: ErrNotDue when nothing of it has ended.
func (s *Store) Lift(ctx context.Context, m consent.Mutation, look []consent.Digest, today consent.Date) error {
	source, ok := consent.IDBytes(consent.PrefixRequest, m.ID)
	if !ok {
		source, ok = consent.IDBytes(consent.PrefixFlag, m.ID)
	}
	if !ok {
		return consent.ErrNotFound
	}
	args := []any{month(today), string(source[:])}
	for _, one := range looks(look) {
		args = append(args, one)
	}
	_, err := s.run(ctx, consent.StepLift, m, nil, args...)
	return err
}

// askAtOnce is how many digests one command asks for: some ten thousand would keep Redis from others for milliseconds.
const askAtOnce = 4000

// Blocks implements consent.FlagStore: one round trip for all apps and each 4,000 digests.
func (s *Store) Blocks(ctx context.Context, apps []string, look []consent.Digest, today consent.Date) ([]consent.Block, error) {
	blocks, now := make([]consent.Block, len(look)), today.MonthNumber()
	for from := 0; from < len(look); from += askAtOnce {
		part := look[from:min(from+askAtOnce, len(look))]
		cmds, err := s.lookUp(ctx, apps, looks(part), func(p redis.Pipeliner, n names, fields []string) {
			p.HMGet(ctx, n.flags(), fields...)
		})
		if err != nil {
			return nil, err
		}
		for a, cmd := range cmds {
			for i, v := range cmd.(*redis.SliceCmd).Val() {
				if value, ok := v.(string); ok {
					weigh(&blocks[from+i], block(apps[a], string(part[i][:]), value, now))
				}
			}
		}
	}
	return blocks, nil
}

// weigh keeps what says more: a flag before a guardian's address, the first app before the next.
func weigh(have *consent.Block, one consent.Block) {
	if have.Reason == "" || have.Reason == consent.GuardianOnly && one.Reason != "" {
		*have = one
	}
}

// Statuses implements consent.FlagStore, in one pipeline.
func (s *Store) Statuses(ctx context.Context, blocks []consent.Block) ([]consent.Status, error) {
	out := make([]consent.Status, len(blocks))
	cmds := make([]*redis.StringCmd, len(blocks))
	_, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, b := range blocks {
			if consent.IsID(consent.PrefixRequest, b.Source) {
				cmds[i] = p.HGet(ctx, s.space.names(b.App).record(b.Source), "t")
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, script.Fault(err)
	}
	for i, cmd := range cmds {
		if cmd == nil {
			continue
		}
		if err := cmd.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return nil, script.Fault(err)
		}
		out[i] = consent.Status(cmd.Val())
	}
	return out, nil
}

// walkAtOnce is about how many entries one page of Walk has.
const walkAtOnce = 1000

// Walk implements consent.FlagStore.
func (s *Store) Walk(ctx context.Context, app string, cursor uint64) ([]consent.Mark, uint64, error) {
	flat, next, err := s.read.HScan(ctx, s.space.names(app).flags(), cursor, "", walkAtOnce).Result()
	if err != nil {
		return nil, 0, script.Fault(err)
	}
	page := make([]consent.Mark, 0, len(flat)/2)
	for i := 0; i+1 < len(flat); i += 2 {
		page = append(page, decodeMark(flat[i], flat[i+1]))
	}
	return page, next, nil
}

// overlap is how far Added goes back behind the instant that it was given: primaries of a cluster have clocks of their own.
const overlap = time.Minute

// Instant implements consent.FlagStore.
func (s *Store) Instant(ctx context.Context) (int64, error) {
	t, err := s.read.Time(ctx).Result()
	return t.UnixMilli(), script.Fault(err)
}

// Added implements consent.FlagStore. Instants are Redis' own milliseconds, in both spaces.
func (s *Store) Added(ctx context.Context, apps []string, since int64) ([][8]byte, int64, error) {
	now, err := s.Instant(ctx)
	if err != nil {
		return nil, 0, err
	}
	if since > now || now-since > (consent.AddedKept-time.Hour).Milliseconds() {
		return nil, now, consent.ErrTooOld
	}
	var out [][8]byte
	from := strconv.FormatInt(max(since-overlap.Milliseconds(), 0), 10)
	for _, app := range apps {
		if out, err = s.addedOf(ctx, app, from, out); err != nil {
			return nil, 0, err
		}
	}
	return out, now, nil
}

func (s *Store) addedOf(ctx context.Context, app, from string, out [][8]byte) ([][8]byte, error) {
	const page = 1000
	for {
		some, err := s.read.XRangeN(ctx, s.space.names(app).added(), from, "+", page).Result()
		if err != nil {
			return nil, script.Fault(err)
		}
		for _, m := range some {
			text, _ := m.Values["s"].(string)
			for ; len(text) >= shortSize; text = text[shortSize:] {
				out = append(out, [8]byte([]byte(text[:shortSize])))
			}
		}
		if len(some) < page {
			return out, nil
		}
		from = "(" + some[len(some)-1].ID
	}
}

// newsAtOnce bounds one answer of News. The first entry is the one that is known.
const newsAtOnce = 1000

// News implements consent.FlagStore. It asks for the known addition itself too: a stream that has lost it may have lost others.
func (s *Store) News(ctx context.Context, apps []string, after []consent.Place) ([]consent.News, error) {
	cmds := make([]*redis.XMessageSliceCmd, len(apps))
	_, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, app := range apps {
			from := after[i].ID
			if from == "" {
				from = "-"
			}
			cmds[i] = p.XRangeN(ctx, s.space.names(app).added(), from, "+", newsAtOnce)
		}
		return nil
	})
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]consent.News, len(apps))
	for i, cmd := range cmds {
		out[i] = newsOf(cmd.Val(), after[i])
	}
	return out, nil
}

// newsOf reads what a stream holds from a place on.
func newsOf(all []redis.XMessage, after consent.Place) consent.News {
	if after.ID == "" { // there was nothing; when there is something now, nobody knows what came first
		return consent.News{Known: len(all) == 0}
	}
	if len(all) == 0 || placeOf(all[0]) != after {
		return consent.News{} // that addition is gone
	}
	n := consent.News{Known: true, More: len(all) == newsAtOnce, At: placeOf(all[len(all)-1])}
	for _, m := range all[1:] {
		text := placeOf(m).Added
		for ; len(text) >= shortSize; text = text[shortSize:] {
			n.Short = append(n.Short, [8]byte([]byte(text[:shortSize])))
		}
	}
	return n
}

func placeOf(m redis.XMessage) consent.Place {
	text, _ := m.Values["s"].(string)
	return consent.Place{ID: m.ID, Added: text}
}

// End implements consent.FlagStore.
func (s *Store) End(ctx context.Context, apps []string) ([]consent.Place, error) {
	cmds := make([]*redis.XMessageSliceCmd, len(apps))
	_, err := s.read.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, app := range apps {
			cmds[i] = p.XRevRangeN(ctx, s.space.names(app).added(), "+", "-", 1)
		}
		return nil
	})
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]consent.Place, len(apps))
	for i, cmd := range cmds {
		if all := cmd.Val(); len(all) > 0 {
			out[i] = placeOf(all[0])
		}
	}
	return out, nil
}

// SaveRun implements consent.FlagStore.
func (s *Store) SaveRun(ctx context.Context, app string, r consent.Run) error {
	if !consent.IsID(consent.PrefixRun, r.ID) {
		return consent.ErrNotFound
	}
	text, err := json.Marshal(keptRun{r, r.By})
	if err != nil {
		return err
	}
	n, began := s.space.names(app), r.StartedAt.UnixMilli()
	_, err = s.write.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, n.filtered(r.ID), text, consent.RunKept)
		p.ZAdd(ctx, n.runs(), redis.Z{Score: float64(began), Member: r.ID})
		p.ZRemRangeByScore(ctx, n.runs(), "-inf", digits(began-consent.RunKept.Milliseconds()))
		return nil
	})
	return script.Fault(err)
}

// keptRun is a run as it is kept.
type keptRun struct {
	consent.Run
	By string `json:"by,omitempty"`
}

func parseRun(text []byte) (consent.Run, error) {
	var k keptRun
	err := json.Unmarshal(text, &k)
	k.Run.By = k.By
	return k.Run, err
}

// Runs implements consent.FlagStore.
func (s *Store) Runs(ctx context.Context, app string, n int) ([]consent.Run, error) {
	keys := s.space.names(app)
	ids, err := s.read.ZRevRange(ctx, keys.runs(), 0, int64(n)-1).Result()
	if err != nil || len(ids) == 0 {
		return nil, script.Fault(err)
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = keys.filtered(id)
	}
	texts, err := s.read.MGet(ctx, names...).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	var out []consent.Run
	for _, v := range texts {
		text, ok := v.(string)
		if !ok {
			continue // its week is over
		}
		r, err := parseRun([]byte(text))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// AddBlocked implements consent.FlagStore. The sums stand on the board, whose folding forgets old days.
func (s *Store) AddBlocked(ctx context.Context, app string, day consent.Date, counts map[string]int64) error {
	_, err := s.write.Pipelined(ctx, func(p redis.Pipeliner) error {
		for by, n := range counts {
			p.HIncrBy(ctx, s.space.names(app).board(), blockedField(day, by), n)
		}
		return nil
	})
	return script.Fault(err)
}

func blockedField(day consent.Date, by string) string { return day.String() + ":gate:" + by }

// Blocked implements consent.FlagStore.
func (s *Store) Blocked(ctx context.Context, app string, days []consent.Date) ([]map[string]int64, error) {
	board, err := s.read.HGetAll(ctx, s.space.names(app).board()).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]map[string]int64, len(days))
	for i, day := range days {
		out[i] = map[string]int64{}
		for _, by := range consent.BlockedBy {
			if n := values(board).int(blockedField(day, by)); n != 0 {
				out[i][by] = int64(n)
			}
		}
	}
	return out, nil
}

// Run implements consent.FlagStore.
func (s *Store) Run(ctx context.Context, app, id string) (r consent.Run, err error) {
	if !consent.IsID(consent.PrefixRun, id) {
		return r, consent.ErrNotFound
	}
	text, err := s.read.Get(ctx, s.space.names(app).filtered(id)).Bytes()
	if errors.Is(err, redis.Nil) {
		return r, consent.ErrNotFound
	}
	if err != nil {
		return r, script.Fault(err)
	}
	return parseRun(text)
}

// Lifted implements consent.FlagStore.
func (s *Store) Lifted(ctx context.Context, app string) (int, error) {
	n, err := s.read.Get(ctx, s.space.names(app).lifted()).Int()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, script.Fault(err)
}

// SetLifted implements consent.FlagStore.
func (s *Store) SetLifted(ctx context.Context, app string, month int) error {
	return script.Fault(s.write.Set(ctx, s.space.names(app).lifted(), month, 0).Err())
}
