package redisstore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

var restoring = redisstore.Restoring{EraseDue: 72 * time.Hour, Keep: 3 * 365 * 24 * time.Hour}

// Whatever a record was in the backup, it becomes what it had become, nothing more is given than that, and everything fits
// together. Doing it twice changes nothing more.
func TestRestore(t *testing.T) {
	s, _ := open(t, consenttest.Redis(t).URL())
	ended := time.Now().UTC().Add(-time.Minute).Truncate(time.Millisecond)
	fate := func(to consent.Status, mend ...func(*consent.Fate)) consent.Fate {
		f := consent.Fate{Status: to, Reason: consent.ReasonGuardian, EndedAt: ended, Destroyed: to != consent.Granted}
		for _, m := range mend {
			m(&f)
		}
		return f
	}
	n := 0
	pending := func() consent.Record { n++; return signup(t, s, n) }
	granted := func() consent.Record { return grant(t, s, pending()) }
	for name, step := range map[string]struct {
		from    func() consent.Record
		fate    consent.Fate
		status  consent.Status
		custody consent.Custody
	}{
		"pending, declined":             {pending, fate(consent.Declined), consent.Declined, consent.Destroyed},
		"pending, expired":              {pending, fate(consent.Expired), consent.Expired, consent.Destroyed},
		"pending, granted":              {pending, fate(consent.Granted), consent.Pending, consent.Held},
		"pending, granted, withdrawn":   {pending, fate(consent.Withdrawn), consent.Withdrawn, consent.Destroyed},
		"granted, withdrawn":            {granted, fate(consent.Withdrawn), consent.Withdrawn, consent.Destroyed},
		"granted, withdrawn and erased": {granted, fate(consent.Withdrawn, func(f *consent.Fate) { f.ErasedAt = ended }), consent.Withdrawn, consent.Destroyed},
		"granted, of age":               {granted, fate(consent.AgedOut), consent.AgedOut, consent.Destroyed},
		"granted, acknowledged":         {granted, fate(consent.Granted, func(f *consent.Fate) { f.Destroyed = true }), consent.Granted, consent.Destroyed},
		"granted, less of it":           {granted, fate(consent.Granted, func(f *consent.Fate) { f.Granted = []string{"account"} }), consent.Granted, consent.Destroyed},
		"granted, on hold":              {granted, fate(consent.Granted, func(f *consent.Fate) { f.Hold = true }), consent.Granted, consent.Held},
	} {
		t.Run(name, func(t *testing.T) {
			r := step.from()
			got, err := s.Restore(t.Context(), by(r.ID), step.fate, restoring)
			must(t, err)
			if got.Status != step.status || got.Custody != step.custody || got.Hold != step.fate.Hold || !got.ErasedAt.Equal(step.fate.ErasedAt) {
				t.Errorf("%+v", got)
			}
			if got.Status.Ended() && (!got.EndedAt.Equal(ended) || got.Reason != consent.ReasonGuardian || len(got.Data) != 0) {
				t.Errorf("%+v", got)
			}
			if step.fate.Granted != nil && !slices.Equal(got.Granted, step.fate.Granted) {
				t.Errorf("in force: %v", got.Granted)
			}
			again, err := s.Restore(t.Context(), by(r.ID), step.fate, restoring)
			must(t, err)
			if again.Status != got.Status || again.Custody != got.Custody || !again.EndedAt.Equal(got.EndedAt) {
				t.Errorf("again: %+v", again)
			}
			if found, err := s.Check(t.Context(), app); err != nil || len(found) != 0 {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
	t.Run("who wants no letters gets none", func(t *testing.T) {
		r := pending()
		_, err := s.Restore(t.Context(), by(r.ID), fate(consent.Declined, func(f *consent.Fate) { f.Blocked = []int{0} }), restoring)
		must(t, err)
		if quiet, err := s.Quiet(t.Context(), []string{app}, r.Look.Guardians); err != nil || !quiet {
			t.Errorf("%v, %v", quiet, err)
		}
	})
	t.Run("unknown here", func(t *testing.T) {
		_, err := s.Restore(t.Context(), by(consent.NewID(consent.PrefixRequest, ended)), fate(consent.Declined), restoring)
		if consent.CodeOf(err) != "not_found" {
			t.Error(err)
		}
	})
}

// The log of a restored store goes on behind every number that was ever given.
func TestContinue(t *testing.T) {
	s, _ := open(t, consenttest.Redis(t).URL())
	signup(t, s, 1)
	must(t, s.Continue(t.Context(), consent.Mutation{App: app, Note: "1-40"}, 40))
	signup(t, s, 2)
	all, err := s.Entries(t.Context(), app, 0, 10)
	if err != nil || len(all) != 3 || all[1].Seq != 41 || all[1].Step != consent.ActRestore || all[2].Seq != 42 {
		t.Errorf("%+v, %v", all, err)
	}
	if found, err := s.Check(t.Context(), app); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// While the store is not admitted, every step is refused, and reading goes on.
func TestAdmit(t *testing.T) {
	server := consenttest.Redis(t)
	s, c := open(t, server.URL())
	r := signup(t, s, 1)
	shut := redisstore.New(redisstore.Options{Write: c.Write, Read: c.Read, Space: redisstore.Test, Admit: func() error { return consent.ErrRestored }})
	image := server.Command("DBSIZE")
	for _, err := range []error{
		func() error { _, _, err := shut.Signup(t.Context(), draft(t, s, 2)); return err }(),
		func() error { _, err := shut.Cancel(t.Context(), by(r.ID), consent.ReasonApp); return err }(),
		func() error { _, err := shut.Look(t.Context(), by(r.ID), consent.ActReveal); return err }(),
		shut.Note(t.Context(), by(r.ID), consent.ActView),
	} {
		if consent.CodeOf(err) != consent.ErrRestored.Code {
			t.Error(err)
		}
	}
	if got, err := shut.Get(t.Context(), app, r.ID); err != nil || got.Status != consent.Pending || server.Command("DBSIZE") != image {
		t.Errorf("%+v, %v", got, err)
	}
}

// A correction of a guardian does not come back with a backup: somebody may have stopped it since.
func TestRestoredCorrectionIsDropped(t *testing.T) {
	s, _ := open(t, consenttest.Redis(t).URL())
	r := grant(t, s, signup(t, s, 1))
	_, err := s.Amend(t.Context(), by(r.ID), amending)
	must(t, err)
	second := by(r.ID)
	second.Actor.Ref = "s2"
	_, err = s.Endorse(t.Context(), second, 1, 2)
	must(t, err)
	_, err = s.Told(t.Context(), by(r.ID), 1, time.Hour)
	must(t, err)
	if waits, err := s.Amending(t.Context(), app); err != nil || len(waits) != 1 || waits[0] != r.ID {
		t.Errorf("waits: %q, %v", waits, err)
	}
	fate := consent.Fate{ID: r.ID, Status: consent.Granted}
	got, err := s.Restore(t.Context(), by(r.ID), fate, redisstore.Restoring{EraseDue: time.Hour, Keep: time.Hour})
	must(t, err)
	entry, err := s.AmendEntry(t.Context(), app, r.ID)
	must(t, err)
	if got.Amend.No != 0 || got.Amends != 1 || len(entry) != 0 {
		t.Errorf("%+v, %q", got.Amend, entry)
	}
	if waits, err := s.Amending(t.Context(), app); err != nil || len(waits) != 0 {
		t.Errorf("still waits: %q, %v", waits, err)
	}
	if found, err := s.Check(t.Context(), app); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}
