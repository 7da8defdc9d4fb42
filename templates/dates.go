package templates

import (
	"fmt"
	"strconv"
	"time"
)

// Day returns a date in words, "2026년 11월 28일(토)". t is read in its own zone: pass the profile's.
// Whoever adds a language writes its forms under date. in the locale file.
func (d *Dictionary) Day(t time.Time) (string, error) {
	month, err := d.Say("date.month." + strconv.Itoa(int(t.Month())))
	if err != nil {
		return "", err
	}
	weekday, err := d.Say("date.weekday." + strconv.Itoa(int(t.Weekday())))
	if err != nil {
		return "", err
	}
	return d.Say("date.day", "year", t.Year(), "month", month, "day", t.Day(), "weekday", weekday)
}

// Date returns a date in words without its weekday, "1980년 3월 15일".
func (d *Dictionary) Date(t time.Time) (string, error) {
	month, err := d.Say("date.month." + strconv.Itoa(int(t.Month())))
	if err != nil {
		return "", err
	}
	return d.Say("date.plain", "year", t.Year(), "month", month, "day", t.Day())
}

// Month returns a month in words, "2026년 10월".
func (d *Dictionary) Month(t time.Time) (string, error) {
	month, err := d.Say("date.month." + strconv.Itoa(int(t.Month())))
	if err != nil {
		return "", err
	}
	return d.Say("date.whole_month", "year", t.Year(), "month", month)
}

// Moment returns a date and time in words, "2026년 11월 28일(토) 밤 11시 59분". t is read in its own zone.
func (d *Dictionary) Moment(t time.Time) (string, error) {
	day, err := d.Day(t)
	if err != nil {
		return "", err
	}
	hour, err := d.Say("date.hour."+strconv.Itoa(t.Hour()), "minute", fmt.Sprintf("%02d", t.Minute()))
	if err != nil {
		return "", err
	}
	return d.Say("date.moment", "day", day, "time", hour, "zone", t.Format("MST"))
}

// Left returns the time between two instants as a friendly length: days, below two days hours, below an hour "less
// than an hour". It rounds down, so that it never promises more than there is.
func (d *Dictionary) Left(from, until time.Time) (string, error) {
	switch left := until.Sub(from); {
	case left < time.Hour:
		return d.Say("date.left.soon")
	case left < 48*time.Hour:
		return d.Count("date.left.hours", int(left/time.Hour))
	default:
		return d.Count("date.left.days", int(left/(24*time.Hour)))
	}
}
