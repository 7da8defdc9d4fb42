package redisstore_test

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
)

// Check finds each kind of damage; without damage it finds nothing.
func TestCheckFindsDamage(t *testing.T) {
	base := "bt:{" + app + "}:"
	for name, damage := range map[string]struct {
		want string
		do   func(m *miniredis.Miniredis, pending, granted, declined string)
	}{
		"record gone":       {"listed as pending", func(m *miniredis.Miniredis, p, _, _ string) { m.Del(base + "r:" + p) }},
		"status differs":    {"its record says", func(m *miniredis.Miniredis, p, _, _ string) { m.HSet(base+"r:"+p, "t", "granted") }},
		"deadline differs":  {"another deadline", func(m *miniredis.Miniredis, p, _, _ string) { m.HSet(base+"r:"+p, "X", "5") }},
		"data after an end": {"sealed data there: true", func(m *miniredis.Miniredis, _, _, d string) { _ = m.Set(base+"d:"+d, "x") }},
		"people lost":       {"sealed people there: false", func(m *miniredis.Miniredis, _, g, _ string) { m.Del(base + "p:" + g) }},
		"no lapse":          {"timer lapse there: false", func(m *miniredis.Miniredis, _, g, _ string) { _, _ = m.ZRem(base+"timers", "lapse:"+g) }},
		"no fade":           {"timer fade there: false", func(m *miniredis.Miniredis, _, _, d string) { _, _ = m.ZRem(base+"timers", "fade:"+d) }},
		"no forget":         {"timer forget there: false", func(m *miniredis.Miniredis, _, _, d string) { _, _ = m.ZRem(base+"timers", "forget:"+d) }},
		"stray timer":       {"its record is gone", func(m *miniredis.Miniredis, _, _, _ string) { _, _ = m.ZAdd(base+"timers", 1, "lapse:cr_x") }},
		"asking of ended":   {"asking names", func(m *miniredis.Miniredis, _, _, d string) { m.HSet(base+"asking", "user-00000003", d) }},
		"subject lost":      {"missing from subjects", func(m *miniredis.Miniredis, _, _, _ string) { m.Del(base + "subjects") }},
		"stray subject":     {"subjects names", func(m *miniredis.Miniredis, _, _, _ string) { _, _ = m.ZAdd(base+"subjects", 0, "s:cr_x") }},
		"guardians lost":    {"missing from guardians", func(m *miniredis.Miniredis, _, _, _ string) { m.Del(base + "guardians") }},
		"codes lost":        {"missing from codes", func(m *miniredis.Miniredis, _, _, _ string) { m.Del(base + "codes") }},
		"job nowhere":       {"in 0 of due and dead", func(m *miniredis.Miniredis, _, _, _ string) { m.Del(base + "due") }},
		"job without body":  {"has no body", func(m *miniredis.Miniredis, _, _, _ string) { _, _ = m.ZAdd(base+"dead", 1, "job_x") }},
		"audit gap": {"audit entries are missing", func(m *miniredis.Miniredis, _, _, _ string) {
			_, _ = m.XAdd(base+"audit", "99-0", []string{"step", "x"})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := miniredis.RunT(t)
			s, _ := open(t, "redis://"+m.Addr())
			p, g, d := signup(t, s, 1), grant(t, s, signup(t, s, 2)), signup(t, s, 3)
			if _, err := s.Decline(t.Context(), by(d.ID), consent.Declining{Gen: 1, Reason: consent.ReasonRefused}); err != nil {
				t.Fatal(err)
			}
			if found, err := s.Check(t.Context(), app); err != nil || len(found) != 0 {
				t.Fatalf("sound: %v, %v", found, err)
			}
			damage.do(m, p.ID, g.ID, d.ID)
			found, err := s.Check(t.Context(), app)
			if all := strings.Join(found, "\n"); err != nil || !strings.Contains(all, damage.want) {
				t.Errorf("found %q, %v", all, err)
			}
		})
	}
}

// TestSample: a large app is looked at in parts, and looks that go on find what one of them may miss.
func TestSample(t *testing.T) {
	m := miniredis.RunT(t)
	s, _ := open(t, "redis://"+m.Addr())
	base := "bt:{" + app + "}:"
	var ids []string
	for n := range 12 {
		ids = append(ids, signup(t, s, n).ID)
	}
	if found, err := s.Sample(t.Context(), app, 100); err != nil || len(found) != 0 {
		t.Fatalf("sound: %v, %v", found, err)
	}
	m.Del(base + "p:" + ids[7])
	_, _ = m.ZAdd(base+"dead", 1, "job_x")
	seen, missed := 0, 0
	for range 200 {
		found, err := s.Sample(t.Context(), app, 3)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.Join(found, "\n"), ids[7]) {
			seen++
		} else {
			missed++
		}
		if !strings.Contains(strings.Join(found, "\n"), "job_x is due or dead and has no body") {
			t.Fatalf("the only dead job was not looked at: %v", found)
		}
	}
	if seen == 0 || missed == 0 {
		t.Errorf("of 200 looks at 3 of 12 records %d saw the damage and %d did not", seen, missed)
	}
	_, _ = m.XAdd(base+"audit", "99-0", []string{"step", "x"})
	if found, err := s.Sample(t.Context(), app, 1000); err != nil || !strings.Contains(strings.Join(found, "\n"), "audit entries are missing") {
		t.Errorf("%v, %v", found, err)
	}
}
