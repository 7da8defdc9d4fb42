package redisstore

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/outbox"
)

// traces are what the steps of a record leave beside it, as one round trip reads them; nil for what must not be there, or is not known.
type traces struct {
	audit, event *redis.XMessageSliceCmd
	asking       *redis.StringCmd
	known        *redis.SliceCmd // of each guardian's address at the gate
}

// left checks that the last step of a record left its audit entry; that one in force or waiting bars its guardians' addresses from
// advertising; and that one which waits is what its subject asks, has its event and, while its letter does, a job for that.
func (c *checker) left(id string, st consent.Status, f values) {
	var t traces
	_, err := c.c.Pipelined(c.ctx, func(p redis.Pipeliner) error {
		t = c.readTraces(p, id, st, f)
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		c.err = errors.Join(c.err, err)
		return
	}
	if all := t.audit.Val(); len(all) == 0 && f.int("e") >= c.first || len(all) > 0 && all[0].Values["id"] != id {
		c.fault("%s has no audit entry %q", id, f["e"])
	}
	if t.known != nil {
		for _, v := range t.known.Val() {
			if text, _ := v.(string); len(text) <= shortSize+2 || text[shortSize+2] != ofGuardian {
				c.fault("%s is %s, and a guardian's address is not known to the gate", id, st)
			}
		}
	}
	if t.asking != nil && t.asking.Val() != id {
		c.fault("%s is pending, and asking names %q", id, t.asking.Val())
	}
	if t.event != nil && !tells(t.event.Val(), id) && !c.toldLater(id, f) {
		c.fault("%s is pending and has no event", id)
	}
	if st == consent.Pending && waits(f) {
		c.queued[id] = f["W"]
	}
}

// readTraces asks for them.
func (c *checker) readTraces(p redis.Pipeliner, id string, st consent.Status, f values) (t traces) {
	entry := digits(int64(f.int("e"))) + "-0"
	t.audit = p.XRangeN(c.ctx, c.n.audit(), entry, entry, 1)
	if looks := guardianLooks(f["b"]); len(looks) > 0 && !st.Ended() {
		t.known = p.HMGet(c.ctx, c.n.flags(), looks...)
	}
	if st != consent.Pending {
		return t
	}
	if int64(f.int("X")) > c.now {
		t.asking = p.HGet(c.ctx, c.n.asking(), f["s"])
	}
	if !c.moved {
		t.event = p.XRangeN(c.ctx, c.n.events(), f["C"], digits(int64(f.int("C"))+eventSoon), eventsAtOnce)
	}
	return t
}

// The event of a signup is written by its script: in the millisecond that the record names, or soon after it; a server whose clock was
// set back, or that was busy, numbers it later.
const (
	eventSoon    = 5
	eventLater   = 60_000
	eventsAtOnce = 10_000
)

func (c *checker) toldLater(id string, f values) bool {
	all, err := c.c.XRangeN(c.ctx, c.n.events(), f["C"], digits(int64(f.int("C"))+eventLater), eventsAtOnce).Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	return err != nil || tells(all, id) || len(all) == eventsAtOnce // past so many nobody knows
}

// tells reports whether one of the events says that this request waits.
func tells(events []redis.XMessage, id string) bool {
	for _, e := range events {
		if data, _ := e.Values["d"].(string); e.Values["t"] == string(consent.EventPending) && strings.HasPrefix(data, id+" ") {
			return true
		}
	}
	return false
}

func guardianLooks(b string) (looks []string) {
	for _, d := range split(b) {
		if d != (consent.Digest{}) {
			looks = append(looks, string(d[:lookSize]))
		}
	}
	return looks
}

// waits reports whether the first guardian's letter is still to be sent: none has arrived since it was asked for.
func waits(f values) bool {
	at, rest, _ := strings.Cut(f["i0"], " ")
	when, _ := strconv.Atoi(at)
	return f["M"] == string(consent.MailQueued) && !(strings.HasSuffix(rest, " 1") && when >= f.int("W"))
}

// scanned bounds through how many jobs a sample looks for letters.
const scanned = 50_000

// letters checks that each letter that is to be sent has a job, due or dead. The jobs are read after the records, and a letter that went
// out in between is asked about again. A sample leaves it to a whole look where there are very many jobs.
func (c *checker) letters() {
	if len(c.queued) == 0 || c.err != nil {
		return
	}
	if n, err := c.c.HLen(c.ctx, c.n.jobs()).Result(); err != nil || c.most > 0 && n > scanned {
		c.err = err
		return
	}
	for cursor := uint64(0); c.err == nil; {
		var flat []string
		if flat, cursor, c.err = c.c.HScan(c.ctx, c.n.jobs(), cursor, "", 1000).Result(); cursor == 0 {
			c.promised(flat)
			break
		}
		c.promised(flat)
	}
	for id, since := range c.queued {
		if f := c.fieldsOf(id); c.err == nil && f["t"] == string(consent.Pending) && waits(f) && f["W"] == since {
			c.fault("%s waits for its letter, and no job is there to send it", id)
		}
	}
}

// promised takes off the list whose invitation is among these jobs.
func (c *checker) promised(flat []string) {
	for i := 0; i+1 < len(flat); i += 2 {
		if l, ok := letterOf(c.app, flat[i], flat[i+1]); ok && l.Letter == consent.LetterInvite {
			delete(c.queued, l.Request)
		}
	}
}

func letterOf(app, id, value string) (l consent.LetterJob, ok bool) {
	job, err := outbox.Parse(app, id, value)
	if err != nil || job.Kind != consent.JobLetter {
		return l, false
	}
	return l, json.Unmarshal(job.Body, &l) == nil
}

// buried checks that no dead job has kept the sealed address of a closing letter.
func (c *checker) buried() {
	c.walk(c.n.dead(), func(id string, _ float64) {
		value, err := c.c.HGet(c.ctx, c.n.jobs(), id).Result()
		if l, ok := letterOf(c.app, id, value); err == nil && ok && l.To != nil {
			c.fault("job %s is dead and holds an address", id)
		}
	})
}

// listed checks that a record which its subject's index names is listed under its status: else no sweep would ever meet it.
func (c *checker) listed() {
	c.walk(c.n.subjects(), func(m string, _ float64) {
		id := m[strings.LastIndexByte(m, ':')+1:]
		st, err := c.c.HGet(c.ctx, c.n.record(id), "t").Result()
		if err != nil {
			return // members has told that it is gone
		}
		if _, ok := c.score(c.n.in(consent.Status(st)), id); ok {
			return
		}
		if now := c.c.HGet(c.ctx, c.n.record(id), "t").Val(); now == st {
			c.fault("%s is %q and listed nowhere as such", id, st)
		}
	})
}

// firstEntry is the number of the first audit entry that is kept; past all numbers when there is none.
func (c *checker) firstEntry() int {
	first, err := c.c.XRangeN(c.ctx, c.n.audit(), "-", "+", 1).Result()
	c.err = err
	if len(first) == 0 {
		return math.MaxInt
	}
	head, _, _ := strings.Cut(first[0].ID, "-")
	n, _ := strconv.Atoi(head)
	return n
}
