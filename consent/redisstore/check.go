package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// Check walks through an app's keys and lists what does not fit together: ids and key names, nothing of a person. It reads
// in many steps, so what is listed while requests come in should be listed twice before it is believed.
func (s *Store) Check(ctx context.Context, app string) ([]string, error) {
	c := s.checker(ctx, app, 0)
	c.records()
	c.letters()
	c.rights()
	c.asking()
	c.outbox()
	c.buried()
	c.audit("-")
	return c.found, script.Fault(c.err)
}

// Sample does what Check does to a part of an app that is too large to be walked through often: to at most n members of each
// list, from a place that differs at each call, so that looks that go on for long see all of it, and to the newest n audit
// entries. Rights requests, which are few, are not looked at.
func (s *Store) Sample(ctx context.Context, app string, n int64) ([]string, error) {
	c := s.checker(ctx, app, n)
	c.records()
	c.letters()
	c.someJobs()
	c.buried()
	c.audit(c.late(n))
	return c.found, script.Fault(c.err)
}

// checker begins a look at most members of each list; 0: all.
func (s *Store) checker(ctx context.Context, app string, most int64) *checker {
	c := &checker{ctx: ctx, c: s.read, n: s.space.names(app), app: app, most: most, queued: map[string]string{}}
	now, err := s.Now(ctx)
	if c.err = err; err != nil {
		return c
	}
	ahead, err := s.offset(ctx)
	c.now, c.moved = now.UnixMilli(), ahead != 0
	if c.err = err; err == nil {
		c.first = c.firstEntry()
	}
	return c
}

// records looks at the lists of records.
func (c *checker) records() {
	for _, st := range consent.Statuses {
		c.status(st)
	}
	c.members(c.n.subjects(), "subjects", func(m string) string { return m[strings.LastIndexByte(m, ':')+1:] })
	c.listed()
	c.members(c.n.guardians(), "guardians", func(m string) string { return m[min(digestSize, len(m)):] })
	c.timers()
	c.ages()
}

// checker collects faults; its first error stops the rest.
type checker struct {
	ctx   context.Context
	c     redis.UniversalClient
	n     names
	app   string
	most  int64 // members of a list that are looked at; 0: all
	found []string
	err   error

	now    int64             // ms by the space's clock
	moved  bool              // that clock was moved, so when events were written is not known
	first  int               // number of the first audit entry that is kept
	queued map[string]string // pending requests whose letter is to be sent → since when
}

func (c *checker) fault(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// walk goes through a sorted set in pages.
func (c *checker) walk(key string, each func(member string, score float64)) {
	const page = 500
	from, until := c.part(key)
	for ; c.err == nil && from < until; from += page {
		some, err := c.c.ZRangeWithScores(c.ctx, key, from, min(from+page, until)-1).Result()
		c.err = err
		for _, z := range some {
			each(z.Member.(string), z.Score)
		}
		if len(some) < page {
			return
		}
	}
}

// part says which members of a list are looked at, by rank: all, or some in a row from a random place.
func (c *checker) part(key string) (from, until int64) {
	if c.most == 0 {
		return 0, math.MaxInt64
	}
	all, err := c.c.ZCard(c.ctx, key).Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	if all > c.most {
		from = rand.Int64N(all - c.most + 1)
	}
	return from, from + c.most
}

// fieldsOf reads a record's hash, empty when there is none.
func (c *checker) fieldsOf(id string) values {
	f, err := c.c.HGetAll(c.ctx, c.n.record(id)).Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	return f
}

func (c *checker) score(key, member string) (float64, bool) {
	v, err := c.c.ZScore(c.ctx, key, member).Result()
	return v, err == nil
}

// status checks every record that is listed under it.
func (c *checker) status(st consent.Status) {
	c.walk(c.n.in(st), func(id string, score float64) {
		f := c.fieldsOf(id)
		if len(f) == 0 || f["t"] != string(st) {
			c.fault("%s is listed as %s, and its record says %q", id, st, f["t"])
			return
		}
		if st == consent.Pending && strconv.FormatFloat(score, 'f', 0, 64) != f["X"] {
			c.fault("%s is listed with another deadline than its record has", id)
		}
		c.named(id, f)
		c.held(id, st, f)
		c.timed(id, st, f)
		c.amending(id, st, f)
		c.left(id, st, f)
		if _, ok := c.score(c.n.subjects(), f["s"]+":"+id); !ok {
			c.fault("%s is missing from subjects", id)
		}
		c.lookUps(id, f)
	})
}

// named checks that the record has no field whose meaning nobody knows.
func (c *checker) named(id string, f values) {
	for name := range f {
		if !knownField(name) {
			c.fault("%s has a field %q, which no step writes", id, name)
		}
	}
}

// held checks what is sealed against status and custody (DESIGN: sealing and destruction).
func (c *checker) held(id string, st consent.Status, f values) {
	over := st == consent.Withdrawn || st == consent.AgedOut // its evidence is there until its time is over
	consented := st == consent.Granted || over
	for _, k := range []struct {
		name, key string
		want      bool
		maybe     bool // both are right
	}{
		{"people", c.n.people(id), st == consent.Pending || st == consent.Granted, over},
		{"data", c.n.data(id), f["c"] != string(consent.Destroyed), false},
		{"evidence", c.n.evidence(id), st == consent.Granted, over},
		{"disclosed", c.n.disclosed(id), false, consented},
		{"desk", c.n.desk(id), st == consent.Pending && f["filed"] != "", consented}, // the scan of a consent on paper is evidence
	} {
		n, err := c.c.Exists(c.ctx, k.key).Result()
		if err != nil {
			c.err = err
		}
		if !k.maybe && (n == 1) != k.want {
			c.fault("%s is %s and %s: sealed %s there: %v", id, st, f["c"], k.name, n == 1)
		}
	}
	if st.Ended() && f["c"] != string(consent.Destroyed) {
		c.fault("%s has ended and its data is %s", id, f["c"])
	}
}

// timed checks that every end that must come has its timer, and no other has.
func (c *checker) timed(id string, st consent.Status, f values) {
	for step, want := range map[consent.Step]bool{
		consent.StepLapse:   st == consent.Granted && f["c"] != string(consent.Destroyed),
		consent.StepOverdue: f["B"] != "" && f["A"] == "" && f["j"] == "",
		consent.StepForget:  st.Ended(),
		consent.StepEnact:   !f.amending().Due.IsZero(),
	} {
		if _, ok := c.score(c.n.timers(), string(step)+":"+id); ok != want {
			c.fault("%s is %s: timer %s there: %v", id, st, step, ok)
		}
	}
	if due, ok := c.score(c.n.timers(), string(consent.StepLapse)+":"+id); ok && strconv.FormatFloat(due, 'f', 0, 64) != f["R"] {
		c.fault("%s is to be released by another time than its timer says", id)
	}
	refused := st == consent.Declined || st == consent.Expired || st == consent.Cancelled
	if _, ok := c.score(c.n.timers(), string(consent.StepFade)+":"+id); refused && ok != (f["b"] != "") {
		c.fault("%s is %s: timer fade there: %v", id, st, ok)
	}
}

// amending checks that a correction of a guardian waits with what was entered, of a consent in force alone, and nothing without it.
func (c *checker) amending(id string, st consent.Status, f values) {
	waits := f.amending().No > 0
	if waits && st != consent.Granted {
		c.fault("%s is %s, and a correction of its guardian waits", id, st)
	}
	there, err := c.c.HExists(c.ctx, c.n.desk(id), "a").Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	if err == nil && there != waits {
		c.fault("%s: a correction of its guardian waits: %v, what was entered is there: %v", id, waits, there)
	}
}

// ages checks that only consents in force wait for a birthday.
func (c *checker) ages() {
	c.walk(c.n.ages(), func(id string, _ float64) {
		if f := c.fieldsOf(id); f["t"] != string(consent.Granted) {
			c.fault("%s is %q and waits for a birthday", id, f["t"])
		}
	})
}

// lookUps checks the indexes by guardian and code.
func (c *checker) lookUps(id string, f values) {
	for _, d := range split(f["b"]) {
		if _, ok := c.score(c.n.guardians(), string(d[:])+id); !ok && d != (consent.Digest{}) {
			c.fault("%s is missing from guardians", id)
		}
	}
	for i, d := range split(f["o"]) {
		v, err := c.c.HGet(c.ctx, c.n.codes(), string(d[:])).Result()
		if want := strings.TrimPrefix(id, consent.PrefixRequest) + " " + f["g"] + " " + strconv.Itoa(i); err != nil || v != want {
			c.fault("%s is missing from codes", id)
		}
	}
}

func (c *checker) asking() {
	all, err := c.c.HGetAll(c.ctx, c.n.asking()).Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	for subject, id := range all {
		if f := c.fieldsOf(id); f["t"] != string(consent.Pending) || f["s"] != subject {
			c.fault("asking names %s, which is %q", id, f["t"])
		}
	}
	open, err := c.c.ZCard(c.ctx, c.n.in(consent.Pending)).Result()
	if err == nil && open < int64(len(all)) {
		c.fault("asking has %d entries for %d pending requests", len(all), open)
	}
}

// members checks that an index names living records only.
func (c *checker) members(key, name string, id func(string) string) {
	c.walk(key, func(m string, _ float64) {
		if len(c.fieldsOf(id(m))) == 0 {
			c.fault("%s names %s, which is gone", name, id(m))
		}
	})
}

func (c *checker) timers() {
	c.walk(c.n.timers(), func(m string, _ float64) {
		_, id, _ := strings.Cut(m, ":")
		id, _, _ = strings.Cut(id, ":") // a timer of a rights request names it behind its record
		if len(c.fieldsOf(id)) == 0 {
			c.fault("timer %s: its record is gone", m)
		}
	})
}

// outbox checks that each job is in due or in dead, never in both, never in neither.
func (c *checker) outbox() {
	jobs := map[string]int{}
	for _, key := range []string{c.n.due(), c.n.dead()} {
		c.walk(key, func(m string, _ float64) { jobs[m]++ })
	}
	known, err := c.c.HKeys(c.ctx, c.n.jobs()).Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	for _, id := range known {
		if jobs[id] != 1 {
			c.fault("job %s is in %d of due and dead", id, jobs[id])
		}
		delete(jobs, id)
	}
	for id := range jobs {
		c.fault("job %s is due or dead and has no body", id)
	}
}

// someJobs checks some of the jobs that are due or dead: none is both.
func (c *checker) someJobs() {
	c.walk(c.n.dead(), func(id string, _ float64) {
		if _, both := c.score(c.n.due(), id); both {
			c.fault("job %s is in 2 of due and dead", id)
		}
	})
	for _, list := range []string{c.n.due(), c.n.dead()} {
		c.walk(list, func(id string, _ float64) {
			if err := c.c.HGet(c.ctx, c.n.jobs(), id).Err(); errors.Is(err, redis.Nil) {
				c.fault("job %s is due or dead and has no body", id)
			}
		})
	}
}

// late is the id from which on the newest n audit entries are.
func (c *checker) late(n int64) string {
	last, err := c.c.XRevRangeN(c.ctx, c.n.audit(), "+", "-", 1).Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	if len(last) == 0 {
		return "-"
	}
	head, _, _ := strings.Cut(last[0].ID, "-")
	seq, _ := strconv.ParseInt(head, 10, 64)
	return strconv.FormatInt(max(0, seq-n+1), 10) + "-0"
}

// audit checks that the numbers follow each other, from an id on.
func (c *checker) audit(next string) {
	last := int64(0)
	for c.err == nil {
		some, err := c.c.XRangeN(c.ctx, c.n.audit(), next, "+", 500).Result()
		c.err = err
		for _, m := range some {
			head, _, _ := strings.Cut(m.ID, "-")
			n, _ := strconv.ParseInt(head, 10, 64)
			if last != 0 && n != last+1 && m.Values["step"] != string(consent.ActRestore) { // which says what was lost
				c.fault("audit entries are missing between %d and %d", last, n)
			}
			last, next = n, "("+m.ID
		}
		if len(some) < 500 {
			return
		}
	}
}
