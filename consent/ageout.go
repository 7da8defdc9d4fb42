package consent

import (
	"context"
	"errors"
	"time"
)

// agingDays is how long before the birthday the app is told that the consent is going to end.
const agingDays = 30

// ofAge tells on which days a consent is looked at because its child comes of age: when that is announced, and when it
// comes. ok is false when no birth date is known: such a consent does not end by itself.
func (p Profile) ofAge(child Child) (announced, birthday Date, ok bool) {
	birth, err := ParseDate(child.BirthDate.Reveal())
	if err != nil {
		return announced, birthday, false
	}
	birthday = Birthday(birth, p.Threshold)
	return DateOf(birthday.in(time.UTC).AddDate(0, 0, -agingDays)), birthday, true
}

// firstLook is the month in which a consent is first looked at, 0 for never. It is all that the store knows of a birthday.
func (p Profile) firstLook(child Child) int {
	announced, _, ok := p.ofAge(child)
	if !ok {
		return 0
	}
	return announced.MonthNumber()
}

// Today is the day by the profile's zone.
func (s *Service) Today() Date { return s.today() }

// AgeOut is the pass of every morning: it opens the dates of the consents whose month has come, tells the app thirty days
// before a birthday and ends the consent on the day. A pass that comes late does late what was due, and nothing early: the
// scripts check the moment by the store's clock. It goes on past single faults and returns them joined.
//
// Errors: ErrUnavailable, ErrOutcomeUnknown, ErrUnreadable; the next pass goes on.
func (s *Service) AgeOut(ctx context.Context) error {
	apps, err := s.EverApps(ctx)
	failed := []error{err}
	for _, app := range apps {
		ids, err := s.agesOf(ctx, app)
		failed = append(failed, err)
		for _, id := range ids {
			failed = append(failed, s.age(ctx, app, id))
		}
	}
	return errors.Join(failed...)
}

// agesOf lists what is to be looked at before anything is moved, since moving changes the list.
func (s *Service) agesOf(ctx context.Context, app string) ([]string, error) {
	var all []string
	for {
		some, err := s.Store.Ages(ctx, app, s.today().MonthNumber(), len(all), sweepBatch)
		all = append(all, some...)
		if err != nil || len(some) < sweepBatch {
			return all, err
		}
	}
}

// age does for one consent what its child's age asks for. That somebody else was sooner is no error.
func (s *Service) age(ctx context.Context, app, id string) error {
	rec, err := s.Store.Get(ctx, app, id)
	if err != nil || rec.Status != Granted {
		return ignore(err, ErrNotFound)
	}
	people, err := s.people(rec)
	if err != nil {
		return err
	}
	book := s.Book()
	announced, birthday, ok := book.Profile.ofAge(people.Child)
	today, zone := s.today(), book.Profile.Zone
	switch {
	case !ok:
		return nil
	case !today.Before(birthday):
		_, err = s.ageOut(ctx, book.Apps[app], rec, birthday.in(zone))
	case !today.Before(announced) && rec.AgingAt.IsZero():
		m := s.mutation(book.Apps[app], rec, Actor{Kind: ActorClock}, EventAgingOut)
		_, err = s.Store.Aging(ctx, m, announced.in(zone), birthday.MonthNumber())
	}
	return ignore(err, ErrNotDue, ErrNotGranted, ErrEnded, ErrNotFound)
}

// ageOut ends a consent: from now on the child decides for itself. The marketing flag ends with the month, as it was rounded
// at the signup: ending it today would tell everybody who may ask the birthday.
func (s *Service) ageOut(ctx context.Context, app *App, rec Record, birthday time.Time) (Record, error) {
	after := rec
	after.Status, after.Custody, after.Reason = AgedOut, Destroyed, ReasonBirthday
	m := s.mutation(app, after, Actor{Kind: ActorClock}, EventAgedOut)
	return s.Store.AgeOut(ctx, m, birthday, s.Settings.EraseDue, s.Settings.Keep)
}
