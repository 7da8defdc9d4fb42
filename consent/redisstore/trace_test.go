package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// Every change leaves an audit entry, under numbers without gaps, also after the stream was trimmed to nothing.
func TestAuditNumbers(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	ctx, key := t.Context(), redisstore.Test.AuditKey(app)
	r := signup(t, s, 1)
	if _, err := s.Cancel(ctx, by(r.ID), consent.ReasonStaff); err != nil {
		t.Fatal(err)
	}
	all, err := c.Read.XRange(ctx, key, "-", "+").Result()
	if err != nil || len(all) != 2 || all[0].ID != "1-0" || all[1].ID != "2-0" {
		t.Fatalf("%v, %v", all, err)
	}
	want := map[string]any{
		"at": fmt.Sprint(mustGet(t, s, r.ID).EndedAt.UnixMilli()), "step": "cancel", "id": r.ID, "by": "staff", "ref": "s1", "note": "n",
		"status": "cancelled", "prev": "1", "custody": "destroyed", "reason": "staff", "method": "email_link",
		"terms": "t_0123456789abcdef", "granted": "", "hold": "",
	}
	if fmt.Sprint(all[1].Values) != fmt.Sprint(want) {
		t.Errorf("entry %v, want %v", all[1].Values, want)
	}
	if err := c.Write.XTrimMaxLen(ctx, key, 0).Err(); err != nil {
		t.Fatal(err)
	}
	signup(t, s, 2)
	if all, _ = c.Read.XRange(ctx, key, "-", "+").Result(); len(all) != 1 || all[0].ID != "3-0" {
		t.Errorf("after a trim to nothing: %v", all)
	}
}

// mustGet reads a record.
func mustGet(t *testing.T, s *redisstore.Store, id string) consent.Record {
	t.Helper()
	r, err := s.Get(t.Context(), app, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each step that changes something appends exactly one audit entry that names it, one event, and its jobs.
func TestEveryStepLeavesItsTrace(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	n := 10
	pending := func() string { n++; return signup(t, s, n).ID }
	granted := func() string { n++; return grant(t, s, signup(t, s, n)).ID }
	released := func() string {
		id := granted()
		_, err := s.Release(t.Context(), by(id))
		must(t, err)
		return id
	}
	withdrawn := func() string {
		id := granted()
		_, err := s.Withdraw(t.Context(), by(id), consent.Withdrawing{EraseDue: time.Hour, Keep: time.Hour})
		must(t, err)
		return id
	}
	late := func(make func() string, by time.Duration) func() string {
		return func() string {
			id := make()
			advance(t, s, by)
			return id
		}
	}
	missed := func() string {
		id := pending()
		_, err := s.Try(t.Context(), by(id), trial)
		must(t, err)
		return id
	}
	declined := func() string {
		id := pending()
		_, err := s.Decline(t.Context(), by(id), consent.Declining{Gen: 1, Reason: consent.ReasonRefused})
		must(t, err)
		return id
	}
	amended := func() string {
		id := granted()
		_, err := s.Amend(t.Context(), by(id), amending)
		must(t, err)
		return id
	}
	endorsed := func() string {
		id := amended()
		second := by(id)
		second.Actor.Ref = "s2"
		_, err := s.Endorse(t.Context(), second, 1, 2)
		must(t, err)
		return id
	}
	told := func() string {
		id := endorsed()
		_, err := s.Told(t.Context(), by(id), 1, time.Hour)
		must(t, err)
		return id
	}
	for _, step := range traced(t.Context(), s, stage{pending, granted, released, withdrawn, missed, declined, amended, endorsed, told, late}) {
		t.Run(step.name, func(t *testing.T) {
			id := step.from()
			m := leaving(by(id))
			before := counts(t, c)
			must(t, step.run(m))
			if after, want := counts(t, c), (tally{before.audit + 1, before.events + 1, before.jobs + 1}); after != want {
				t.Errorf("left %+v after %+v", after, before)
			}
			last, err := c.Read.XRevRangeN(t.Context(), redisstore.Test.AuditKey(app), "+", "-", 1).Result()
			if err != nil || last[0].Values["step"] != step.name || last[0].Values["id"] != id {
				t.Errorf("audit %v, %v", last, err)
			}
			if found, err := s.Check(t.Context(), app); err != nil || len(found) != 0 {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var amending = consent.Amending{Rev: 2, What: consent.AmendName, Proof: "register", Ref: "T-1", Entry: consent.Sealed("e")}

var trial = consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour}

// stage makes requests that a step can be tried on.
type stage struct {
	pending, granted, released, withdrawn, missed, declined, amended, endorsed, told func() string
	late                                                                             func(func() string, time.Duration) func() string
}

type tracedStep struct {
	name string
	from func() string
	run  func(m consent.Mutation) error
}

// traced lists every step but signup.
func traced(ctx context.Context, s *redisstore.Store, on stage) []tracedStep {
	only := func(_ consent.Record, err error) error { return err }
	return []tracedStep{
		{"reveal", on.pending, func(m consent.Mutation) error { return only(s.Look(ctx, m, consent.ActReveal)) }},
		{"view", on.withdrawn, func(m consent.Mutation) error { return s.Note(ctx, m, consent.ActView) }},
		{"invite", on.pending, func(m consent.Mutation) error { return only(s.Invited(ctx, m, 1, consent.MailSent, "")) }},
		{"try", on.pending, func(m consent.Mutation) error { return only(s.Try(ctx, m, trial)) }},
		{"reopen", on.missed, func(m consent.Mutation) error { _, err := s.Reopen(ctx, m); return err }},
		{"refund", on.missed, func(m consent.Mutation) error { return s.Refund(ctx, m, false) }},
		{"misname", on.pending, func(m consent.Mutation) error { return only(s.Misname(ctx, m, 1, 0)) }},
		{"grant", on.pending, func(m consent.Mutation) error {
			return only(s.Grant(ctx, byGuardian(m), consent.Granting{Gen: 1, Rev: 1, People: consent.Sealed("p"), Data: consent.Sealed("d"),
				Evidence: consent.Sealed("e"), ReleaseDies: time.Now().Add(1e6 * time.Hour), Window: time.Hour}))
		}},
		{"file", on.pending, func(m consent.Mutation) error {
			return only(s.File(ctx, m, consent.Filing{Rev: 1, Method: consent.MethodPaper, Entry: consent.Sealed("e"), Scan: consent.Sealed("s")}))
		}},
		{"decline", on.pending, func(m consent.Mutation) error { return only(s.Decline(ctx, m, consent.Declining{Gen: 1})) }},
		{"cancel", on.pending, func(m consent.Mutation) error { return only(s.Cancel(ctx, m, consent.ReasonApp)) }},
		{"expire", on.pending, func(m consent.Mutation) error { return only(s.Expire(ctx, m, consent.ReasonUnreadable)) }},
		{"resend", on.pending, func(m consent.Mutation) error { return only(s.Resend(ctx, m, 3)) }},
		{"correct", on.pending, func(m consent.Mutation) error {
			return only(s.Correct(ctx, m, consent.Correction{Rev: 1, People: consent.Sealed("c"), Guardians: 1}))
		}},
		{"amend", on.granted, func(m consent.Mutation) error { return only(s.Amend(ctx, m, amending)) }},
		{"endorse", on.amended, func(m consent.Mutation) error {
			m.Actor.Ref = "s2"
			return only(s.Endorse(ctx, m, 1, 2))
		}},
		{"told", on.endorsed, func(m consent.Mutation) error { return only(s.Told(ctx, m, 1, time.Hour)) }},
		{"retract", on.amended, func(m consent.Mutation) error { return only(s.Retract(ctx, m, 1)) }},
		{"enact", on.late(on.told, time.Hour), func(m consent.Mutation) error {
			return only(s.Enact(ctx, m, consent.Enacting{No: 1, Rev: 2, People: consent.Sealed("c")}))
		}},
		{"join", on.granted, func(m consent.Mutation) error {
			return only(s.Join(ctx, m, consent.Correction{Rev: 2, People: consent.Sealed("j"), Guardians: 2}))
		}},
		{"confirm", on.granted, func(m consent.Mutation) error { return only(s.Confirm(ctx, m)) }},
		{"release", on.granted, func(m consent.Mutation) error { return only(s.Release(ctx, m)) }},
		{"disclose", on.granted, func(m consent.Mutation) error { return s.Disclose(ctx, m, "dis_1", consent.Sealed("x")) }},
		{"acknowledge", on.released, func(m consent.Mutation) error { return only(s.Acknowledge(ctx, m)) }},
		{"withdraw", on.granted, func(m consent.Mutation) error {
			return only(s.Withdraw(ctx, m, consent.Withdrawing{EraseDue: time.Hour, Keep: time.Hour}))
		}},
		{"withdraw", on.granted, func(m consent.Mutation) error { // a part
			w := consent.Withdrawing{Purposes: []string{"delivery"}, Data: consent.Sealed("less"), DataRev: 2}
			return only(s.Withdraw(ctx, m, w))
		}},
		{"pause", on.pending, func(m consent.Mutation) error { return only(s.Pause(ctx, m, 0, time.Hour)) }},
		{"remind", on.pending, func(m consent.Mutation) error {
			return only(s.Remind(ctx, m, consent.Turn{Gen: 1, Letter: "job_1", Arrived: true}))
		}},
		{"undo", on.declined, func(m consent.Mutation) error { return only(s.Undo(ctx, m, 1, 0)) }},
		{"prove", on.granted, func(m consent.Mutation) error { return only(s.Prove(ctx, m, consent.Proving{PerDay: 1})) }},
		{"erase", on.withdrawn, func(m consent.Mutation) error { return only(s.Erase(ctx, m, time.Now(), nil)) }},
		{"lapse", on.late(on.granted, 168*time.Hour), func(m consent.Mutation) error { return only(s.Lapse(ctx, m)) }},
		{"overdue", on.late(on.withdrawn, time.Hour), func(m consent.Mutation) error { return only(s.Overdue(ctx, m)) }},
		{"fade", on.late(on.withdrawn, time.Hour), func(m consent.Mutation) error { return s.Fade(ctx, m) }},
		{"forget", on.late(on.withdrawn, consent.RecordKept), func(m consent.Mutation) error { return s.Forget(ctx, m) }},
	}
}

// leaving gives a mutation an event and a webhook to leave.
func leaving(m consent.Mutation) consent.Mutation {
	now := time.Now()
	m.Event = &consent.Event{ID: consent.NewID(consent.PrefixEvent, now), Type: consent.EventPing}
	m.Jobs = []consent.Job{{ID: consent.NewID(consent.PrefixJob, now), Kind: consent.JobWebhook, Body: []byte("{}")}}
	return m
}

// tally counts what steps leave behind.
type tally struct{ audit, events, jobs int64 }

func counts(t testing.TB, c redisstore.Clients) tally {
	t.Helper()
	_, jobs, _ := redisstore.Test.OutboxKeys(app)
	return tally{
		c.Read.XLen(t.Context(), redisstore.Test.AuditKey(app)).Val(),
		c.Read.XLen(t.Context(), "bt:{"+app+"}:events").Val(), c.Read.HLen(t.Context(), jobs).Val(),
	}
}

// A quiet guardian's invitation is not queued; the app's webhook is.
func TestQuietMutesLettersOnly(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	first := signup(t, s, 1)
	if _, err := s.Decline(t.Context(), by(first.ID), consent.Declining{Gen: 1, Reason: consent.ReasonNotMine, Block: time.Hour}); err != nil {
		t.Fatal(err)
	}
	_, jobs, _ := redisstore.Test.OutboxKeys(app)
	kinds := func() (letters, hooks int) {
		for _, v := range c.Read.HVals(t.Context(), jobs).Val() {
			letters += strings.Count(v, " letter {")
			hooks += strings.Count(v, " webhook {")
		}
		return letters, hooks
	}
	d := draft(t, s, 2)
	d.Record.Look.Guardians = first.Look.Guardians
	d.Record.Look.Pair = digest("another pair")
	if _, _, err := s.Signup(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if letters, hooks := kinds(); letters != 1 || hooks != 2 {
		t.Errorf("%d letters of 1, %d webhooks of 2", letters, hooks)
	}
}

// Events are kept for 30 days, however many there are.
func TestEventsAreTrimmed(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	key := "bt:{" + app + "}:events"
	old := time.Now().Add(-consent.EventsKept - time.Hour).UnixMilli()
	for i := range 1000 { // Redis trims whole blocks of a hundred
		if err := c.Write.Do(t.Context(), "XADD", key, fmt.Sprint(old+int64(i)), "e", "evt_old", "a", "1", "t", "test.ping", "d", "").Err(); err != nil {
			t.Fatal(err)
		}
	}
	signup(t, s, 1)
	if n := c.Read.XLen(t.Context(), key).Val(); n > 200 {
		t.Errorf("%d events are kept", n)
	}
}

// While a correction is open nothing is handed over (KR-19).
func TestHoldStopsRelease(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	g := grant(t, s, signup(t, s, 1))
	if err := c.Write.HSet(t.Context(), "bt:{"+app+"}:r:"+g.ID, "h", "1").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Release(t.Context(), by(g.ID))
	if consent.CodeOf(err) != consent.ErrOnHold.Code || !mustGet(t, s, g.ID).Hold {
		t.Errorf("on hold: %v", err)
	}
}

// Nothing of a step survives when Redis' memory is out: it is refused before it begins.
func TestFullMemoryAcceptsNothing(t *testing.T) {
	server := consenttest.Redis(t, "enable-debug-command", "yes")
	s, _ := open(t, server.URL())
	r := signup(t, s, 1)
	d := draft(t, s, 2)
	before := server.Command("DEBUG", "DIGEST")
	server.Command("CONFIG", "SET", "maxmemory", "1")
	if _, _, err := s.Signup(t.Context(), d); consent.KindOf(err) != consent.KindUnavailable {
		t.Errorf("signup: %v", err)
	}
	if _, err := s.Cancel(t.Context(), by(r.ID), consent.ReasonApp); consent.KindOf(err) != consent.KindUnavailable {
		t.Errorf("cancel: %v", err)
	}
	if after := server.Command("DEBUG", "DIGEST"); after != before {
		t.Error("something was written")
	}
}

// What counts letters goes by itself, and holds one day only.
func TestLetterCountsGo(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	count := func(letter string) {
		t.Helper()
		if wait, err := s.CountLetter(t.Context(), digest("p@x"), letter, 2); wait != 0 || err != nil {
			t.Errorf("%s: %v, %v", letter, wait, err)
		}
	}
	count("1")
	advance(t, s, 25*time.Hour)
	count("2")
	d := digest("p@x")
	key := "bt:day:" + string(d[:])
	if n, ttl := c.Read.ZCard(t.Context(), key).Val(), c.Read.TTL(t.Context(), key).Val(); n != 1 || ttl <= 0 || ttl > 24*time.Hour {
		t.Errorf("%d letters for %v", n, ttl)
	}
}

// Pauses and wishes for no letters that are over are swept out by the next signup.
func TestOldWishesGo(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	r := signup(t, s, 1)
	_, err := s.Decline(t.Context(), by(r.ID), consent.Declining{Gen: 1, Reason: consent.ReasonNotMine, Pause: time.Hour, Block: time.Hour})
	must(t, err)
	left := func() int64 {
		return c.Read.Exists(t.Context(), "bt:{"+app+"}:pauses", "bt:{"+app+"}:quiet").Val()
	}
	signup(t, s, 2)
	if n := left(); n != 2 {
		t.Errorf("%d of 2 while they hold", n)
	}
	advance(t, s, time.Hour)
	signup(t, s, 3)
	if n := left(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// Only what is old and lies in files already goes, and the last entry never: the next number follows from it.
func TestAuditIsTrimmed(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	left := func() int64 { return c.Read.XLen(t.Context(), redisstore.Test.AuditKey(app)).Val() }
	for i := range 3 {
		signup(t, s, i)
	}
	must(t, s.TrimAudit(t.Context(), app, 3, time.Hour))
	if n := left(); n != 3 {
		t.Errorf("young entries are gone: %d are left", n)
	}
	advance(t, s, 2*time.Hour)
	signup(t, s, 4)
	must(t, s.TrimAudit(t.Context(), app, 2, time.Hour))
	if n := left(); n != 3 {
		t.Errorf("%d are left, want what was not written to files yet: 3", n)
	}
	must(t, s.TrimAudit(t.Context(), app, 4, time.Hour))
	advance(t, s, 2*time.Hour)
	must(t, s.TrimAudit(t.Context(), app, 4, time.Hour))
	if head, err := s.Head(t.Context(), app); left() != 1 || head != 4 || err != nil {
		t.Errorf("%d are left, head %d, %v", left(), head, err)
	}
	must(t, s.TrimAudit(t.Context(), "nobody", 9, 0))
}
