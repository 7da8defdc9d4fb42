package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// markedMost bounds what is listed one by one; audit export has them all.
const markedMost = 200

// markedSteps are listed one by one: what somebody took away, ended or changed about people.
var markedSteps = []consent.Step{
	consent.ActReveal, consent.ActExport, consent.ActStaff, consent.StepCancel, consent.StepWithdraw, consent.ActReview, consent.ActRestore,
}

// Access reads what staff did in a time. Nights are those of the zone. Segments before it are not opened; an entry is never
// in a segment of a day before its own. Errors: files that cannot be read.
func (f Files) Access(from, to time.Time, zone *time.Location) (*consent.Access, error) {
	names, err := f.segments()
	if err != nil {
		return nil, err
	}
	out, by := &consent.Access{From: from, To: to}, map[string]*consent.AccessBy{}
	first := from.UTC().Add(-24*time.Hour).Format(day) + segmentEnd // a day more: hosts' clocks differ
	staffs := []byte(`"by":` + quoted(consent.ActorStaff))
	for _, name := range names {
		if name < first {
			continue
		}
		_, err := f.read(name, func(line []byte) error {
			var e consent.Entry
			if !bytes.Contains(line, staffs) {
				return nil
			}
			if err := json.Unmarshal(line, &e); err != nil {
				return err
			}
			if e.By == consent.ActorStaff && !e.At.Before(from) && e.At.Before(to) {
				tell(out, by, e, zone)
			}
			return nil
		})
		if err != nil && !errors.Is(err, errTorn) {
			return nil, err
		}
	}
	for _, one := range by {
		out.People = append(out.People, *one)
	}
	slices.SortFunc(out.People, func(a, b consent.AccessBy) int { return cmp.Or(b.All()-a.All(), cmp.Compare(a.Ref, b.Ref)) })
	return out, nil
}

func tell(a *consent.Access, by map[string]*consent.AccessBy, e consent.Entry, zone *time.Location) {
	one := by[e.Ref]
	if one == nil {
		one = &consent.AccessBy{Ref: e.Ref}
		by[e.Ref] = one
	}
	a.Entries++
	switch e.Step {
	case consent.ActSignIn:
		one.SignIns++
	case consent.ActSearch:
		one.Searches++
	case consent.ActView:
		one.Views++
	case consent.ActReveal:
		one.Reveals++
	case consent.ActExport:
		one.Exports++
	default:
		one.Other++
	}
	if h := e.At.In(zone).Hour(); h >= 22 || h < 6 {
		one.Nights++
	}
	if !slices.Contains(markedSteps, e.Step) {
		return
	}
	if len(a.Marked) == markedMost {
		a.More = true
		return
	}
	a.Marked = append(a.Marked, e)
}
