//go:build proof

package main

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/staff"
)

// alone are the scripts that no story of testdata/killed sends: what the staff, an operator's command, the start or the turn of
// a month does. Each is called by itself, and cut.
var alone = map[string]lone{
	"claim": {
		call: func(o *owner) error { return second(o.store.Claim(o.ctx, "h-1", "print")) },
		is:   func(o *owner) any { return first(o.store.Claim(o.ctx, "h-1", "another")) },
	},
	"occupy": {
		call: func(o *owner) error {
			return second(o.store.Occupy(o.ctx, consent.KeyFolder{Is: "A", Place: "here"}, time.Millisecond))
		},
		is: func(o *owner) any { return first(o.store.Occupy(o.ctx, consent.KeyFolder{}, 0)) },
	},
	"look": {
		call: func(o *owner) error { return second(o.store.Look(o.ctx, o.act(), consent.ActView)) },
		is:   (*owner).entries, every: true,
	},
	"note": {
		call: func(o *owner) error { return o.store.Note(o.ctx, o.act(), consent.ActView) },
		is:   (*owner).entries, every: true,
	},
	"reopen": {
		before: func(o *owner) error {
			return second(o.store.Try(o.ctx, o.act(), consent.Trial{Gen: 1, Limit: 1, Lock: time.Hour}))
		},
		call: func(o *owner) error { return second(o.store.Reopen(o.ctx, o.act())) },
		is:   func(o *owner) any { return o.record().LockedUntil.IsZero() },
	},
	"file": {
		call: func(o *owner) error {
			return second(o.store.File(o.ctx, o.act(), consent.Filing{Rev: 1, Method: consent.MethodPaper, Entry: consent.Sealed("e"), Scan: consent.Sealed("s")}))
		},
		is: func(o *owner) any { return fmt.Sprint(o.record().Filed.No) },
	},
	"amend": {
		before: (*owner).agree, call: (*owner).amend,
		is: (*owner).amended,
	},
	"endorse": {
		before: func(o *owner) error { return errors.Join(o.agree(), o.amend()) }, call: (*owner).endorse,
		is: (*owner).amended,
	},
	"told": {
		before: func(o *owner) error { return errors.Join(o.agree(), o.amend(), o.endorse()) }, call: (*owner).told,
		is: (*owner).amended,
	},
	"retract": {
		before: func(o *owner) error { return errors.Join(o.agree(), o.amend()) },
		call:   func(o *owner) error { return second(o.store.Retract(o.ctx, o.act(), 1)) },
		is:     (*owner).amended,
	},
	"enact": {
		before: func(o *owner) error { return errors.Join(o.agree(), o.amend(), o.endorse(), o.told()) },
		call: func(o *owner) error {
			return second(o.store.Enact(o.ctx, o.act(), consent.Enacting{No: 1, Rev: 2, People: consent.Sealed("p")}))
		},
		is: (*owner).amended,
	},
	"aging": {
		before: (*owner).agree,
		call:   func(o *owner) error { return second(o.store.Aging(o.ctx, o.act(), time.Unix(1e9, 0), 24330)) },
		is:     func(o *owner) any { return o.record().AgingAt.IsZero() },
	},
	"ageout": {
		before: (*owner).agree,
		call: func(o *owner) error {
			return second(o.store.AgeOut(o.ctx, o.act(), time.Unix(1e9, 0), time.Hour, time.Hour))
		},
		is: func(o *owner) any { return fmt.Sprint(o.record().Status, o.record().Custody) },
	},
	"outdate": {
		before: (*owner).agree,
		call:   func(o *owner) error { return second(o.store.Outdate(o.ctx, o.act(), "t_2")) },
		is:     func(o *owner) any { return o.record().Outdated },
	},
	"restore": {
		call: func(o *owner) error {
			fate := consent.Fate{ID: o.id, Status: consent.Declined, Reason: consent.ReasonRefused, EndedAt: time.Unix(1e9, 0), Destroyed: true}
			return second(o.store.Restore(o.ctx, o.act(), fate, redisstore.Restoring{EraseDue: time.Hour, Keep: time.Hour}))
		},
		is: func(o *owner) any { return fmt.Sprint(o.record().Status, o.record().Custody, o.record().Gen) },
	},
	"flag": {
		call: func(o *owner) error { return o.store.Flag(o.ctx, o.mark(), o.flags()) },
		is:   (*owner).flagged,
	},
	"unflag": {
		before: func(o *owner) error { return o.store.Flag(o.ctx, o.mark(), o.flags()) },
		call:   func(o *owner) error { return o.store.Unflag(o.ctx, o.mark()) },
		is:     (*owner).flagged, again: consent.ErrNotFound,
	},
	"lift": {
		before: func(o *owner) error { return o.store.Flag(o.ctx, o.mark(), o.flags()) },
		call: func(o *owner) error {
			return o.store.Lift(o.ctx, o.mark(), []consent.Digest{o.flags()[0].Look}, consent.Date{Year: 2040, Month: 1, Day: 1})
		},
		is: (*owner).flagged, again: consent.ErrNotDue,
	},
	"admit": {
		call: func(o *owner) error { return second(o.store.Admit(o.ctx, o.visit(), time.Hour, time.Hour)) },
		is:   (*owner).visited,
	},
	"draft": {
		before: func(o *owner) error { return second(o.store.Admit(o.ctx, o.visit(), time.Hour, time.Hour)) },
		call:   func(o *owner) error { return o.store.Draft(o.ctx, o.visit().ID, consent.Sealed("typed")) },
		is:     (*owner).visited,
	},
	"fold": {
		call: func(o *owner) error {
			return o.store.Fold(o.ctx, "shop", consent.Folding{To: 1, Count: map[consent.Date]map[consent.Stage]int{today: {consent.Stages[0]: 1}}, Before: today})
		},
		is: func(o *owner) any {
			return fmt.Sprint(first(o.store.Folded(o.ctx, "shop")), first(o.store.Overview(o.ctx, "shop", consent.Span{Days: []consent.Date{today}})).Days)
		},
	},
	"range": {
		call: func(o *owner) error {
			return second(o.store.Worklist(o.ctx, "shop", consent.WorkPending, consent.Span{}, "", 10))
		},
		is: func(*owner) any { return nil }, reads: true,
	},
	"person": {
		call: func(o *owner) error {
			return o.store.People().Save(o.ctx, minji(), staff.Change{By: "cli", What: staff.ChangedInvited})
		},
		is: func(o *owner) any {
			return fmt.Sprint(first(o.store.People().Named(o.ctx, "minji")).Rev, len(first(o.store.People().Changes(o.ctx, 10))))
		},
		again: consent.ErrStale, // it has to be looked at: somebody, perhaps oneself, was sooner
	},
	"charge": {
		call: func(o *owner) error { return second(o.store.People().Charge(o.ctx, digest("minji"), 5, time.Hour)) },
		is: func(o *owner) any {
			n := 0
			for ; first(o.store.People().Charge(o.ctx, digest("minji"), 5, time.Hour)) == 0; n++ {
			}
			return n
		},
		every: true, // a try more is counted, never one less
	},
	"enter": {
		call: func(o *owner) error { return o.store.People().Begin(o.ctx, session(), 7) },
		is: func(o *owner) any {
			return first(o.store.People().Visit(o.ctx, session().Key, time.Hour, time.Hour)).Person
		},
		again: staff.ErrRefused, // the next code opens
	},
	"visit": {
		before: func(o *owner) error { return o.store.People().Begin(o.ctx, session(), 7) },
		call: func(o *owner) error {
			return second(o.store.People().Visit(o.ctx, session().Key, time.Hour, time.Hour))
		},
		is: func(o *owner) any {
			return first(o.store.People().Visit(o.ctx, session().Key, time.Hour, time.Hour)).Person
		},
	},
	"signout": {
		before: func(o *owner) error { return o.store.People().Begin(o.ctx, session(), 7) },
		call:   func(o *owner) error { return o.store.People().End(o.ctx, session().Key) },
		is: func(o *owner) any {
			_, err := o.store.People().Visit(o.ctx, session().Key, time.Hour, time.Hour)
			return fmt.Sprint(err, o.ledger())
		},
	},
	"review": {
		call: func(o *owner) error { return o.store.People().Sign(o.ctx, review()) },
		is: func(o *owner) any {
			return fmt.Sprint(len(first(o.store.People().Reviews(o.ctx))), o.ledger())
		},
		again: staff.ErrReviewed, // it has to be looked at: somebody, perhaps oneself, was sooner
	},
	"schema": {
		call: func(o *owner) error { return o.store.Settle(o.ctx) },
		is:   func(o *owner) any { return o.kit.Clients.Read.Get(o.ctx, "bt:schema").Val() },
	},
	"outbox.revive": {
		call: func(o *owner) error { return o.queue.Revive(o.ctx, "shop", o.job()) },
		is:   (*owner).waiting,
	},
	"outbox.drop": {
		call: func(o *owner) error { return o.queue.Drop(o.ctx, "shop", o.job()) },
		is:   (*owner).waiting, again: outbox.ErrNoJob,
	},
}

// lone is a script that is called by itself.
type lone struct {
	before func(o *owner) error // prepares; nil: nothing is needed
	call   func(o *owner) error
	is     func(o *owner) any // what the call changes
	again  error              // what a second call says; nil: as the first
	every  bool               // each call counts: what is told twice is there twice
	reads  bool               // the client may repeat it
}

// TestCutAlone cuts each of these scripts before the store has it, and after the store has done it: it is executed never, or
// once, and who calls it again finds what one call leaves.
func TestCutAlone(t *testing.T) {
	c := &tally{}
	for name, one := range alone {
		t.Run(name, func(t *testing.T) {
			whole := newOwner(t, nil)
			whole.prepare(one)
			whole.must(one.call(whole.owner))
			want := fmt.Sprint(one.is(whole.owner))
			for _, moment := range []string{"before", "after"} {
				cut(t, c, name, one, moment, want)
			}
		})
	}
	c.tell(t, "P3 cut by themselves", fmt.Sprintf("%d scripts that no story sends, before and after", len(alone)))
}

func cut(t *testing.T, c *tally, name string, one lone, moment, want string) {
	o := newOwner(t, new(consenttest.Trace))
	o.prepare(one)
	_, sha := allScripts()[name].Source()
	told := o.trace.Calls(sha)
	o.proxy.Strike(consenttest.Strike{Marker: sha, Answered: moment == "after", Do: func() {}})
	err := one.call(o.owner)
	if kind := consent.KindOf(err); one.reads != (err == nil) || err != nil && kind != consent.KindOutcomeUnknown {
		t.Fatalf("%s: %v", moment, err)
	}
	o.heard()
	if n := o.trace.Calls(sha) - told; !one.reads && n != map[string]int{"before": 0, "after": 1}[moment] {
		t.Errorf("%s: executed %d times", moment, n)
	}
	c.runs.Add(1)
	err = one.call(o.owner)
	if wrong := moment == "before" && err != nil || moment == "after" && !errors.Is(err, one.again); wrong {
		t.Errorf("%s, called again: %v", moment, err)
	}
	if err == nil {
		c.acked.Add(1)
	}
	c.settled.Add(1)
	if got := fmt.Sprint(one.is(o.owner)); got != want && !(one.every && moment == "after") {
		t.Errorf("%s: %s, want %s", moment, got, want)
	}
}

// owner calls scripts on a Redis of its own.
type owner struct {
	t     *testing.T
	ctx   context.Context
	id    string // of a pending request
	kit   *consenttest.Kit
	store *redisstore.Store
	queue *outbox.Queue

	letter string // id of a job
}

// staged is an owner with what its calls go through.
type staged struct {
	*owner
	server *consenttest.RedisServer
	proxy  *consenttest.Proxy
	trace  *consenttest.Trace
}

// newOwner makes one, listened to by the trace if there is one.
func newOwner(t *testing.T, trace *consenttest.Trace) *staged {
	o := &staged{owner: &owner{t: t, ctx: t.Context()}, server: consenttest.Redis(t), trace: trace}
	for _, one := range allScripts() { // one that is not known yet would cross twice
		source, _ := one.Source()
		o.server.Command("SCRIPT", "LOAD", source)
	}
	if trace != nil {
		o.trace.Watch(t, o.server.Addr)
	}
	o.proxy = consenttest.NewProxy(t, o.server.Addr)
	o.kit = consenttest.NewOn(t, "redis://"+o.proxy.Addr, t.TempDir())
	o.store, o.queue = o.kit.Store, o.kit.Queue
	ticket, err := o.kit.Service.Signup(o.ctx, o.kit.App, consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, consent.Signup{
		Subject: "user-1", Notice: "n1", UnderAge: new(true), Key: "key", Body: []byte("body"),
		Child:    consent.Child{BirthDate: consent.Secret(childBorn), Name: consent.Secret(childName), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret("parent@example.com"), Locale: "ko"},
		Data:     map[string]json.RawMessage{"nickname": json.RawMessage(`"별"`), "birth_date": json.RawMessage(`"` + childBorn + `"`)},
	})
	o.must(err)
	o.id = ticket.Record.ID
	return o
}

func (o *staged) prepare(one lone) {
	if one.before != nil {
		o.must(one.before(o.owner))
	}
}

// heard waits until the trace has all that came before.
func (o *staged) heard() {
	const end = "return 'heard'"
	sum := sha1.Sum([]byte(end))
	sha := hex.EncodeToString(sum[:])
	before := o.trace.Calls(sha)
	o.server.Command("EVAL", end, "0")
	for late := time.Now().Add(patience); o.trace.Calls(sha) == before; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			o.t.Fatal("nothing is heard")
		}
	}
}

func (o *owner) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *owner) act() consent.Mutation {
	return consent.Mutation{App: "shop", ID: o.id, Actor: consent.Actor{Kind: consent.ActorStaff, Ref: "s1"}, Note: "n"}
}

func (o *owner) record() consent.Record {
	r, err := o.store.Get(o.ctx, "shop", o.id)
	o.must(err)
	return r
}

// entries counts what the audit log has.
func (o *owner) entries() any { return first(o.store.Head(o.ctx, "shop")) }

// ledger is how many entries the staff's own log has.
func (o *owner) ledger() any { return first(o.store.Head(o.ctx, consent.StaffLedger)) }

const markID = "min_06ekr1s5v8w3q0t4x7m2c9d1fg"

func (o *owner) mark() consent.Mutation {
	m := o.act()
	m.ID = markID
	return m
}

func (o *owner) flags() []consent.Flag {
	return []consent.Flag{{
		Kind: consent.DigestFlagEmail, Look: digest("kid@example.com"), Ends: consent.Date{Year: 2031, Month: 3, Day: 31},
		Reason: consent.FlagPolicy, Source: markID,
	}}
}

func (o *owner) flagged() any {
	return first(o.store.Flagged(o.ctx, []string{"shop"}, []consent.Digest{o.flags()[0].Look}, today))
}

var today = consent.Date{Year: 2026, Month: 11, Day: 1}

func (o *owner) visit() consent.Visit {
	return consent.Visit{ID: "my_06ekr1s5v8w3q0t4x7m2c9d1fg", Gen: 1, Address: consent.Sealed("address")}
}

func (o *owner) visited() any {
	v, err := o.store.Visit(o.ctx, o.visit().ID)
	o.must(err)
	return fmt.Sprint(v.Gen, string(v.Address), string(v.Draft))
}

// job is the first job that waits, always the same.
func (o *owner) job() string {
	if o.letter == "" {
		jobs, _, err := o.queue.List(o.ctx, "shop", outbox.Find{})
		o.must(err)
		o.letter = jobs[0].ID
	}
	return o.letter
}

func (o *owner) waiting() any {
	jobs, _, err := o.queue.List(o.ctx, "shop", outbox.Find{})
	o.must(err)
	return len(jobs)
}

func minji() staff.Person {
	return staff.Person{ID: "st_1", Name: "minji", Role: "support", State: "invited", Rev: 1, Created: time.Unix(1e9, 0)}
}

func session() staff.Session {
	return staff.Session{Key: sha256.Sum256([]byte("cookie")), Person: "st_1", Gen: 1}
}

func review() staff.Review {
	return staff.Review{Month: "2026-01", By: "st_1", Outcome: staff.OutcomeFine}
}

func digest(text string) consent.Digest {
	sum := sha256.Sum256([]byte(text))
	return consent.Digest(sum[:16])
}

func first[T any](v T, _ error) T { return v }

func second[T any](_ T, err error) error { return err }

// agree grants the record.
// amend enters a correction of the guardian, and endorse confirms it as a colleague; told begins its wait,
// which is none.
func (o *owner) amend() error {
	return second(o.store.Amend(o.ctx, o.act(), consent.Amending{
		Rev: 2, What: consent.AmendName, Proof: "register", Ref: "T-1", Entry: consent.Sealed("e"),
	}))
}

func (o *owner) endorse() error {
	m := o.act()
	m.Actor.Ref = "s2"
	return second(o.store.Endorse(o.ctx, m, 1, 2))
}

func (o *owner) told() error { return second(o.store.Told(o.ctx, o.act(), 1, 0)) }

func (o *owner) amended() any {
	r := o.record()
	return fmt.Sprint(r.Amends, r.Amend.No, r.Amend.Endorser, r.Amend.Due.IsZero(), len(r.Amended), r.Rev)
}

func (o *owner) agree() error {
	m := o.act()
	m.Actor = consent.Actor{Kind: consent.ActorGuardian, Ref: "0"}
	return second(o.store.Grant(o.ctx, m, consent.Granting{
		Gen: 1, Rev: 1, Method: consent.MethodEmailLink, Purposes: []string{"account"}, People: consent.Sealed("p"), Data: consent.Sealed("d"),
		Evidence: consent.Sealed("e"), ReleaseDies: time.Now().Add(time.Hour), Window: time.Hour,
	}))
}
