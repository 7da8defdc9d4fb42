package staff

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Month is a month of a calendar, as 2006-01.
type Month string

const monthForm = "2006-01"

// MonthOf is the month of a moment in a zone.
func MonthOf(t time.Time, zone *time.Location) Month { return Month(t.In(zone).Format(monthForm)) }

// Bounds are the first moment of the month in a zone and the first one after it. ok is false for what is no month.
func (m Month) Bounds(zone *time.Location) (from, to time.Time, ok bool) {
	from, err := time.ParseInLocation(monthForm, string(m), zone)
	return from, from.AddDate(0, 1, 0), err == nil
}

// Outcome is what the privacy officer says about a month of the access log.
type Outcome string

// The outcomes.
const (
	OutcomeFine  Outcome = "fine"  // every look has its reason
	OutcomeFound Outcome = "found" // something is looked into, under a ticket
)

// Review is a month of the access log that was read and signed off. Time is UTC.
type Review struct {
	Month   Month
	By      string // id of the person
	At      time.Time
	Entries int // how many entries about staff the month had when it was signed
	Outcome Outcome
	Ticket  string // of what was found
}

// ReviewWithin is how long after its end a month may wait for its review (KR-23 asks for one every month).
const ReviewWithin = 10 * 24 * time.Hour

// DutiesShown is how many months back somebody is asked for a review.
const DutiesShown = 12

// Duty is a month that is over: its review, or until when it is due. From is in the month, To is not.
type Duty struct {
	Month         Month
	From, To, Due time.Time
	Review        *Review // nil: nobody has signed yet
}

// Overdue reports whether nobody has signed in time.
func (d Duty) Overdue(now time.Time) bool { return d.Review == nil && !now.Before(d.Due) }

// Duties lists the months that are over, since there was anybody on the staff, the newest first. Errors: ErrUnavailable.
func (s *Service) Duties(ctx context.Context, zone *time.Location) ([]Duty, error) {
	people, err := s.Store.People(ctx)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	signed, err := s.Store.Reviews(ctx)
	if err != nil {
		return nil, err
	}
	first := slices.MinFunc(people, func(a, b Person) int { return a.Created.Compare(b.Created) }).Created
	this, _, _ := MonthOf(s.Clock(), zone).Bounds(zone)
	var out []Duty
	for from := this.AddDate(0, -1, 0); len(out) < DutiesShown; from = from.AddDate(0, -1, 0) {
		to := from.AddDate(0, 1, 0)
		if !to.After(first) {
			break
		}
		d := Duty{Month: MonthOf(from, zone), From: from, To: to, Due: to.Add(ReviewWithin)}
		if r, ok := signed[d.Month]; ok {
			d.Review = &r
		}
		out = append(out, d)
	}
	return out, nil
}

// ticketForm is that of consent.Service.Unmask: a reference, never a text.
var ticketForm = regexp.MustCompile(`^[A-Za-z0-9#_-]{1,32}$`)

// Sign signs off a month of the access log, once. r says which, by whom, what was seen in it, and under which ticket that is
// looked into which was found.
//
// Errors: ErrMonth, KindInvalid (/outcome, /ticket), ErrReviewed, ErrUnavailable.
func (s *Service) Sign(ctx context.Context, zone *time.Location, r Review) error {
	duties, err := s.Duties(ctx, zone)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(duties, func(d Duty) bool { return d.Month == r.Month }) {
		return ErrMonth
	}
	e := &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "the form is not whole"}
	if r.Outcome != OutcomeFine && r.Outcome != OutcomeFound {
		e.Fields = append(e.Fields, consent.FieldError{Pointer: "/outcome", Code: "invalid", Detail: "fine or found"})
	}
	if r.Outcome == OutcomeFound && !ticketForm.MatchString(r.Ticket) {
		e.Fields = append(e.Fields, consent.FieldError{Pointer: "/ticket", Code: "ticket", Detail: "letters, digits, # _ -"})
	}
	if e.Fields != nil {
		return e
	}
	if r.Outcome == OutcomeFine {
		r.Ticket = ""
	}
	return s.Store.Sign(ctx, r)
}

// Unsigned counts the months whose review is overdue.
func (s *Service) Unsigned(ctx context.Context, zone *time.Location) (int, error) {
	duties, err := s.Duties(ctx, zone)
	n := 0
	for _, d := range duties {
		if d.Overdue(s.Clock()) {
			n++
		}
	}
	return n, err
}
