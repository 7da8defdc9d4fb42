package consent

import (
	"errors"
	"time"
)

// Date is a day of the calendar without a time or a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// errDate says what a date must look like, without repeating what was given.
var errDate = errors.New("not a date of the form 2014-03-02")

// ParseDate reads "2014-03-02". It refuses days that do not exist and years before 1900.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1900 {
		return Date{}, errDate
	}
	return DateOf(t), nil
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String returns "2014-03-02".
func (d Date) String() string { return d.in(time.UTC).Format(time.DateOnly) }

// Before reports whether d lies before o.
func (d Date) Before(o Date) bool { return d.in(time.UTC).Before(o.in(time.UTC)) }

func (d Date) in(z *time.Location) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, z) }

// Age returns the completed years of somebody born on birth, on the day that it is at the instant at in the zone
// (KR-29: by the Seoul date). Somebody born on 29 February completes a year on 1 March of a common year, as
// the Korean Civil Code's article 160 counts: the year ends with the day before the corresponding day.
func Age(birth Date, at time.Time, zone *time.Location) int {
	today := DateOf(at.In(zone))
	years := today.Year - birth.Year
	if today.Before(Birthday(birth, years)) {
		years--
	}
	return years
}

// Birthday returns the day on which somebody born on birth completes this many years; 29 February becomes 1 March.
func Birthday(birth Date, years int) Date {
	return DateOf(time.Date(birth.Year+years, birth.Month, birth.Day, 0, 0, 0, 0, time.UTC))
}

// AgeClaim is what somebody says about an age. Give one of BirthDate and Age; a birth date wins over UnderAge.
type AgeClaim struct {
	UnderAge  *bool
	BirthDate *Date
	Age       *int
}

// AgeVerdict answers a claim.
type AgeVerdict struct {
	UnderAge  bool
	Threshold int
	OfAgeOn   Date // the day of the birthday on which a guardian is no longer needed; zero when no birth date was given
	Conflict  bool // UnderAge says child, and the birth date or age says otherwise
}

// Judge weighs a claim at an instant. With neither birth date nor age, UnderAge alone decides; with nothing at all the
// verdict is not under age, and Signup refuses it.
func (p Profile) Judge(c AgeClaim, at time.Time) AgeVerdict {
	v := AgeVerdict{Threshold: p.Threshold}
	switch {
	case c.BirthDate != nil:
		v.UnderAge = Age(*c.BirthDate, at, p.Zone) < p.Threshold
		v.OfAgeOn = Birthday(*c.BirthDate, p.Threshold)
	case c.Age != nil:
		v.UnderAge = *c.Age < p.Threshold
	case c.UnderAge != nil:
		v.UnderAge = *c.UnderAge
	}
	v.Conflict = c.UnderAge != nil && *c.UnderAge && !v.UnderAge
	return v
}

// IsAdult reports whether somebody born on birth may act as a guardian at the instant.
func (p Profile) IsAdult(birth Date, at time.Time) bool { return Age(birth, at, p.Zone) >= p.Adult }

// FlagEnds returns the last month in which the child can turn the profile's threshold age, as its last day: the end of
// a marketing flag, rounded up to the month so that it does not tell a birthday. Without a birth date the age, and
// without an age birth itself (0), is taken as reached today, which is the latest possible birthday.
func (p Profile) FlagEnds(c AgeClaim, at time.Time) Date {
	today := DateOf(at.In(p.Zone))
	last := Birthday(today, p.Threshold)
	switch {
	case c.BirthDate != nil:
		last = Birthday(*c.BirthDate, p.Threshold)
	case c.Age != nil:
		last = Birthday(today, p.Threshold-*c.Age)
	}
	return DateOf(time.Date(last.Year, last.Month+1, 0, 0, 0, 0, 0, time.UTC))
}
