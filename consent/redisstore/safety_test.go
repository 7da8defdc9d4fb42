package redisstore_test

import (
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

func TestSafety(t *testing.T) {
	for name, c := range map[string]struct {
		set      []string
		faults   []string
		warnings int
	}{
		"as recommended": {nil, nil, 0},
		"no log":         {[]string{"appendonly", "no"}, []string{"appendonly"}, 0},
		"every second":   {[]string{"appendfsync", "everysec"}, nil, 1},
		"never synced":   {[]string{"appendfsync", "no"}, []string{"appendfsync"}, 0},
		"half steps":     {[]string{"aof-load-truncated", "yes"}, nil, 1},
		"some syncs":     {[]string{"no-appendfsync-on-rewrite", "yes"}, []string{"no-appendfsync-on-rewrite"}, 0},
		"evicting":       {[]string{"maxmemory-policy", "allkeys-lru", "appendonly", "no"}, []string{"appendonly", "maxmemory-policy"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, consenttest.Redis(t, c.set...).URL())
			got, err := s.Safety(t.Context())
			if err != nil || got.Version == "" {
				t.Fatalf("%+v, %v", got, err)
			}
			faults := got.Faults()
			if len(faults) != len(c.faults) || len(got.Warnings()) != c.warnings {
				t.Fatalf("%+v: %+v, %+v", got, faults, got.Warnings())
			}
			for i, f := range faults {
				if f.Setting != c.faults[i] || f.Detail == "" {
					t.Errorf("%+v, want %s", f, c.faults[i])
				}
			}
		})
	}
}

// A server that does not tell is not taken for a safe one, and one that is not there says so.
func TestSafetyUnknown(t *testing.T) {
	server := consenttest.Redis(t)
	s, _ := open(t, server.URL())
	server.Command("ACL", "SETUSER", "default", "-config")
	got, err := s.Safety(t.Context())
	if err != nil || !got.Unknown || len(got.Faults()) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	server.Kill()
	if _, err := s.Safety(t.Context()); consent.KindOf(err) != consent.KindUnavailable {
		t.Errorf("not there: %v", err)
	}
	if old := (redisstore.Safety{Version: "6.2.1", AppendOnly: "yes", AppendFsync: "always", Policy: "noeviction"}); len(old.Faults()) != 1 {
		t.Errorf("an old server: %+v", old.Faults())
	}
}

func TestSafetyOfCluster(t *testing.T) {
	server := cluster(t)
	server.Command("CONFIG", "SET", "appendfsync", "no")
	s, _ := open(t, server.URL()+"?cluster=true")
	got, err := s.Safety(t.Context())
	if err != nil || len(got.Faults()) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestClaimAndTerms(t *testing.T) {
	s, _ := open(t, consenttest.Redis(t).URL())
	ctx := t.Context()
	for _, mine := range []string{"first", "second"} {
		if got, err := s.Claim(ctx, "h-2026-01-01T00", mine); err != nil || got != "first" {
			t.Errorf("claim %s: %s, %v", mine, got, err)
		}
	}
	if _, err := s.Terms(ctx, app, "t_1"); consent.CodeOf(err) != "not_found" {
		t.Errorf("unknown terms: %v", err)
	}
	for _, text := range []string{"what was agreed", "something else"} {
		if err := s.Prime(ctx, app, "t_1", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Terms(ctx, app, "t_1"); err != nil || string(got) != "what was agreed" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestOccupy: the folder that was there first is the one in use, until it is lost at its own place or nobody has worked with it.
func TestOccupy(t *testing.T) {
	s, _ := open(t, consenttest.Redis(t).URL())
	const quiet, gone = time.Hour, time.Millisecond
	for i, c := range []struct {
		f     consent.KeyFolder
		quiet time.Duration
		want  string
	}{
		{consent.KeyFolder{Is: "A", Place: "here", Begins: true}, 0, ""}, // only asked
		{consent.KeyFolder{Is: "A", Place: "here", Begins: true}, quiet, "A"},
		{consent.KeyFolder{Is: "A", Was: "A", Place: "here"}, quiet, "A"},
		{consent.KeyFolder{Is: "A2", Was: "A", Place: "here"}, quiet, "A2"}, // its disk was changed under it
		{consent.KeyFolder{Is: "B", Place: "there", Begins: true}, quiet, "A2"},
		{consent.KeyFolder{Is: "B", Was: "B", Place: "here"}, quiet, "A2"}, // works already, so it lost nothing here
		{consent.KeyFolder{Is: "B", Place: "there"}, 0, "A2"},
		{consent.KeyFolder{Is: "B", Place: "here", Begins: true}, quiet, "B"},
		{consent.KeyFolder{Is: "A2", Was: "A2", Place: "here"}, quiet, "B"},
		{consent.KeyFolder{Is: "A2", Was: "A2", Place: "there"}, gone, "A2"},
		{consent.KeyFolder{Is: "A2", Was: "A2", Place: "third"}, quiet, "A2"},
		{consent.KeyFolder{Is: "C", Place: "third", Begins: true}, quiet, "A2"}, // it is lost here, and there are others that have it
		{consent.KeyFolder{Is: "A2", Was: "A2", Place: "third"}, quiet, "A2"},
		{consent.KeyFolder{Is: "C", Place: "there", Begins: true}, quiet, "A2"},
	} {
		if c.quiet == gone {
			time.Sleep(10 * gone)
		}
		if got, err := s.Occupy(t.Context(), c.f, c.quiet); err != nil || got != c.want {
			t.Errorf("%d: %q, %v", i, got, err)
		}
	}
}

func TestDisclosures(t *testing.T) {
	s, _ := open(t, consenttest.Redis(t).URL())
	g := grant(t, s, signup(t, s, 1))
	for _, id := range []string{"dis_2", "dis_1", "dis_2"} {
		if err := s.Disclose(t.Context(), by(g.ID), id, consent.Sealed("to "+id)); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Disclosures(t.Context(), app, g.ID)
	if err != nil || len(all) != 2 || all[0].ID != "dis_1" || string(all[1].Sealed) != "to dis_2" {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := s.Disclosures(t.Context(), app, "x"); consent.CodeOf(err) != "not_found" {
		t.Errorf("%v", err)
	}
}
