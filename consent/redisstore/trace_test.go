package redisstore_test

import (
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
		"status": "cancelled",
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

func mustGet(t *testing.T, s *redisstore.Store, id string) consent.Record {
	t.Helper()
	r, err := s.Get(t.Context(), app, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each step that writes appends exactly one entry that names it.
func TestNoStepWithoutAudit(t *testing.T) {
	s, c := open(t, consenttest.Redis(t).URL())
	ctx := t.Context()
	r := signup(t, s, 1)
	g := grant(t, s, signup(t, s, 2))
	for name, run := range map[string]func() error{
		"try": func() error {
			_, err := s.Try(ctx, by(r.ID), consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
			return err
		},
		"misname":  func() error { _, err := s.Misname(ctx, by(r.ID), 1); return err },
		"invite":   func() error { _, err := s.Invited(ctx, by(r.ID), 1, consent.MailSent, ""); return err },
		"resend":   func() error { _, err := s.Resend(ctx, by(r.ID), 3); return err },
		"confirm":  func() error { _, err := s.Confirm(ctx, by(g.ID)); return err },
		"release":  func() error { _, err := s.Release(ctx, by(g.ID)); return err },
		"disclose": func() error { return s.Disclose(ctx, by(g.ID), "dis_1", consent.Sealed("x")) },
		"join": func() error {
			_, err := s.Join(ctx, by(g.ID), consent.Correction{Rev: 2, People: consent.Sealed("j"), Guardians: 2})
			return err
		},
		"correct": func() error {
			_, err := s.Correct(ctx, by(r.ID), consent.Correction{Rev: 1, People: consent.Sealed("c"), Guardians: 1})
			return err
		},
	} {
		before := c.Read.XLen(ctx, redisstore.Test.AuditKey(app)).Val()
		if err := run(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		last, err := c.Read.XRevRangeN(ctx, redisstore.Test.AuditKey(app), "+", "-", 1).Result()
		if err != nil || last[0].Values["step"] != name || last[0].ID != fmt.Sprint(before+1)+"-0" {
			t.Errorf("%s left %v after entry %d, %v", name, last, before, err)
		}
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
