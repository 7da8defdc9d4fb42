package consent

import (
	"context"
	"time"
)

// AgeStore is the part of the store that follows consents as time goes by: children come of age, and terms change.
type AgeStore interface {
	// Ages lists consents to look at in this month (Date.MonthNumber) or before: a child's day comes in it. It skips so many
	// and lists at most n. The store knows the month alone; the date is sealed.
	Ages(ctx context.Context, app string, month, skip, n int) ([]string, error)
	// Aging notes, once, that the child comes of age soon, and has it looked at again in the month next. Errors: ErrNotGranted;
	// ErrNotDue before from.
	Aging(ctx context.Context, m Mutation, from time.Time, next int) (Record, error)
	// AgeOut ends a consent whose child has come of age. Errors: ErrNotGranted, ErrEnded; ErrNotDue before birthday.
	AgeOut(ctx context.Context, m Mutation, birthday time.Time, eraseDue, keep time.Duration) (Record, error)
	// Outdate notes, once for each version, that a consent was given to other terms than these. Errors: ErrNotGranted.
	Outdate(ctx context.Context, m Mutation, terms string) (Record, error)
	// Outdated tells for which version of an app's terms all consents were looked at, "" for none; SetOutdated notes it.
	Outdated(ctx context.Context, app string) (string, error)
	// SetOutdated notes the version. It may be called again.
	SetOutdated(ctx context.Context, app, terms string) error
}
