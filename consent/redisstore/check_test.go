package redisstore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

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
		"no letter": {"no job is there to send it", func(m *miniredis.Miniredis, p, _, _ string) {
			jobs, _ := m.HKeys(base + "jobs")
			for _, job := range jobs {
				if body := m.HGet(base+"jobs", job); strings.Contains(body, `"k":"invite"`) && strings.Contains(body, p) {
					m.HDel(base+"jobs", job)
					_, _ = m.ZRem(base+"due", job)
				}
			}
		}},
		"no event":          {"is pending and has no event", func(m *miniredis.Miniredis, _, _, _ string) { m.Del(base + "events") }},
		"another's event":   {"is pending and has no event", func(m *miniredis.Miniredis, p, _, d string) { exchange(m, base+"events", p, d) }},
		"not what is asked": {"is pending, and asking names", func(m *miniredis.Miniredis, _, _, _ string) { m.Del(base + "asking") }},
		"no audit entry":    {"has no audit entry", func(m *miniredis.Miniredis, p, _, _ string) { m.HSet(base+"r:"+p, "e", "77") }},
		"another's entry":   {"has no audit entry", func(m *miniredis.Miniredis, p, _, _ string) { m.HSet(base+"r:"+p, "e", "2") }},
		"not barred":        {"is granted, and a guardian's address is not known to the gate", func(m *miniredis.Miniredis, _, _, _ string) { m.Del(base + "flags") }},
		"barred by nothing": {"is pending, and a guardian's address is not known to the gate", func(m *miniredis.Miniredis, _, _, _ string) {
			d := digest("guardian user-00000001")
			m.HSet(base+"flags", string(d[:14]), "12345678")
		}},
		"listed nowhere": {`is "pending" and listed nowhere as such`, func(m *miniredis.Miniredis, p, _, _ string) {
			_, _ = m.ZRem(base+"in:pending", p)
			m.HDel(base+"asking", "user-00000001")
		}},
		"released later": {"by another time than its timer says", func(m *miniredis.Miniredis, _, g, _ string) { _, _ = m.ZAdd(base+"timers", 5, "lapse:"+g) }},
		"an address kept": {"is dead and holds an address", func(m *miniredis.Miniredis, _, _, d string) {
			m.HSet(base+"jobs", "job_x", `0 1 0 1 550 letter {"app":"shop","r":"`+d+`","k":"declined","g":0,"n":1,"to":"c2VhbGVk"}`)
			_, _ = m.ZAdd(base+"dead", 1, "job_x")
		}},
		"no enact": {"timer enact there: false", func(m *miniredis.Miniredis, _, g, _ string) {
			m.HSet(base+"r:"+g, "amends", "1", "amend", "0 name s1 1 2 register T-1 s2 5")
			m.HSet(base+"c:"+g, "a", "entry")
		}},
		"enact of nothing": {"timer enact there: true", func(m *miniredis.Miniredis, _, g, _ string) { _, _ = m.ZAdd(base+"timers", 5, "enact:"+g) }},
		"nothing entered": {"what was entered is there: false", func(m *miniredis.Miniredis, _, g, _ string) {
			m.HSet(base+"r:"+g, "amends", "1", "amend", "0 name s1 1 2 register T-1")
		}},
		"an entry kept": {"what was entered is there: true", func(m *miniredis.Miniredis, _, g, _ string) { m.HSet(base+"c:"+g, "a", "entry") }},
		"corrected though it ended": {"and a correction of its guardian waits", func(m *miniredis.Miniredis, _, _, d string) {
			m.HSet(base+"r:"+d, "amends", "1", "amend", "0 name s1 1 2 register T-1")
		}},
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

// exchange writes a stream anew with another id in place of one.
func exchange(m *miniredis.Miniredis, key, id, other string) {
	all, _ := m.Stream(key)
	m.Del(key)
	for _, e := range all {
		values := slices.Clone(e.Values)
		for i := range values {
			values[i] = strings.ReplaceAll(values[i], id, other)
		}
		_, _ = m.XAdd(key, e.ID, values)
	}
}

// A letter that is on its way, one that is dead for now, one that arrived, and one that nobody is to send are no damage.
func TestCheckTakesLettersAsTheyGo(t *testing.T) {
	m := miniredis.RunT(t)
	s, _ := open(t, "redis://"+m.Addr())
	base := "bt:{" + app + "}:"
	fine := func(what string) {
		t.Helper()
		for name, look := range map[string]func() ([]string, error){
			"whole": func() ([]string, error) { return s.Check(t.Context(), app) }, "sample": func() ([]string, error) { return s.Sample(t.Context(), app, 100) },
		} {
			if found, err := look(); err != nil || len(found) != 0 {
				t.Errorf("%s, %s: %v, %v", what, name, found, err)
			}
		}
	}
	r := signup(t, s, 1)
	due, _ := m.ZMembers(base + "due")
	for _, job := range due {
		_, _ = m.ZRem(base+"due", job)
		_, _ = m.ZAdd(base+"dead", 1, job)
	}
	fine("dead")
	m.Del(base + "jobs")
	m.Del(base + "dead")
	if found, err := s.Sample(t.Context(), app, 100); err != nil || !strings.Contains(strings.Join(found, "\n"), "no job is there to send it") {
		t.Errorf("a sample does not miss the letter: %v, %v", found, err)
	}
	if _, err := s.Invited(t.Context(), by(r.ID), r.Gen, consent.MailSent, ""); err != nil {
		t.Fatal(err)
	}
	fine("sent")
	m.HSet(base+"r:"+r.ID, "M", "queued") // a resend, which a reminder came before
	fine("another letter arrived meanwhile")
	if err := s.Advance(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	m.Del(base + "events")
	fine("the clock was moved: when events were written is not known")
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
