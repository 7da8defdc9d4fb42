package consent

import (
	"testing"
	"time"
)

func day(t *testing.T, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func korea(t *testing.T) Profile {
	t.Helper()
	p, err := ProfileFor("KR")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAge covers KR-29: completed years by Seoul's date.
func TestAge(t *testing.T) {
	kr := korea(t)
	for _, c := range []struct {
		birth, at string
		want      int
	}{
		{"2014-03-02", "2028-03-01T14:59:59Z", 13}, // 23:59:59 in Seoul on the day before
		{"2014-03-02", "2028-03-01T15:00:00Z", 14}, // midnight in Seoul, still the day before in UTC
		{"2014-03-02", "2028-03-02T23:00:00Z", 14},
		{"2012-02-29", "2026-02-28T14:59:59Z", 13},
		{"2012-02-29", "2026-02-28T15:00:00Z", 14}, // 1 March in Seoul: a common year has no 29 February
		{"2012-02-29", "2028-02-28T14:59:59Z", 15},
		{"2012-02-29", "2028-02-28T15:00:00Z", 16}, // 29 February of a leap year
		{"2026-11-23", "2026-11-23T03:00:00Z", 0},
		{"2014-12-31", "2028-12-30T15:00:00Z", 14},
	} {
		if got := Age(day(t, c.birth), instant(t, c.at), kr.Zone); got != c.want {
			t.Errorf("Age(%s, %s) = %d, want %d", c.birth, c.at, got, c.want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for _, bad := range []string{"", "2014-02-30", "2014-3-2", "1899-12-31", "2014-13-01", "2014-03-02T00:00:00Z", "20140302"} {
		if d, err := ParseDate(bad); err == nil {
			t.Errorf("ParseDate(%q) = %v, want an error", bad, d)
		}
	}
	if got := day(t, "2024-02-29").String(); got != "2024-02-29" {
		t.Errorf("String() = %q", got)
	}
}

func TestJudge(t *testing.T) {
	kr := korea(t)
	at := instant(t, "2026-11-23T03:00:00Z")
	yes, no, ten, fourteen := true, false, 10, 14
	child, adult := day(t, "2014-03-02"), day(t, "2000-01-01")
	for name, c := range map[string]struct {
		claim           AgeClaim
		under, conflict bool
	}{
		"nothing":               {AgeClaim{}, false, false},
		"says so":               {AgeClaim{UnderAge: &yes}, true, false},
		"says not":              {AgeClaim{UnderAge: &no}, false, false},
		"birth date of a child": {AgeClaim{BirthDate: &child}, true, false},
		"the date wins":         {AgeClaim{UnderAge: &no, BirthDate: &child}, true, false},
		"adult who says child":  {AgeClaim{UnderAge: &yes, BirthDate: &adult}, false, true},
		"age":                   {AgeClaim{Age: &ten}, true, false},
		"of age":                {AgeClaim{Age: &fourteen}, false, false},
		"of age, says child":    {AgeClaim{Age: &fourteen, UnderAge: &yes}, false, true},
	} {
		v := kr.Judge(c.claim, at)
		if v.UnderAge != c.under || v.Conflict != c.conflict || v.Threshold != 14 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if got := kr.Judge(AgeClaim{BirthDate: &child}, at).OfAgeOn.String(); got != "2028-03-02" {
		t.Errorf("of age on %s", got)
	}
}

// TestFlagEnds: the end of a flag is the last day of the month in which the child can come of age at the latest.
func TestFlagEnds(t *testing.T) {
	kr := korea(t)
	at := instant(t, "2026-11-23T03:00:00Z")
	birth, leap, thirteen := day(t, "2014-03-02"), day(t, "2016-02-29"), 13
	for _, c := range []struct {
		name  string
		claim AgeClaim
		want  string
	}{
		{"birth date", AgeClaim{BirthDate: &birth}, "2028-03-31"},
		{"leap day", AgeClaim{BirthDate: &leap}, "2030-03-31"},
		{"age", AgeClaim{Age: &thirteen}, "2027-11-30"},
		{"nothing known", AgeClaim{}, "2040-11-30"},
	} {
		if got := kr.FlagEnds(c.claim, at).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		name      string
		threshold int
		adult     int
	}{{"KR", 14, 19}, {"US", 13, 18}, {"EU-DE", 16, 18}, {"EU-SE", 13, 18}, {"EU-XX", 16, 18}} {
		p, err := ProfileFor(c.name)
		if err != nil || p.Threshold != c.threshold || p.Adult != c.adult || p.Zone == nil || p.Source == "" || p.AsOf == "" {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
	}
	for _, bad := range []string{"", "kr", "EU", "EU-", "EU-GER", "JP"} {
		if _, err := ProfileFor(bad); err == nil {
			t.Errorf("ProfileFor(%q) knows it", bad)
		}
	}
	if korea(t).MaxPending != 119*time.Hour {
		t.Error("KR-12: unconfirmed data waits at most 119 h")
	}
}
