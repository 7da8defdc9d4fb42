package consent_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// dawn moves the clock to the first moment of a day by the profile's zone, and so much further.
func dawn(t *testing.T, k *consenttest.Kit, day consent.Date, more time.Duration) {
	t.Helper()
	at := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, k.Service.Book().Profile.Zone).Add(more)
	k.Advance(at.Sub(k.Service.Clock()))
}

// eventsOf counts the events of a type.
func eventsOf(t *testing.T, k *consenttest.Kit, kind consent.EventType) (n int) {
	t.Helper()
	all, err := k.Service.Events(t.Context(), k.App, "", 1000)
	fine(t, err)
	for _, e := range all {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// soon is a child who turns 14 in so many days.
func soon(k *consenttest.Kit, subject string, days int) (consent.Signup, consent.Date) {
	birthday := consent.DateOf(k.Service.Clock().In(k.Service.Book().Profile.Zone).AddDate(0, 0, days))
	in := ask(subject)
	in.Child.BirthDate = consent.Secret(consent.Date{Year: birthday.Year - 14, Month: birthday.Month, Day: birthday.Day}.String())
	return in, birthday
}

func TestAgeOut(t *testing.T) {
	k := consenttest.New(t)
	in, birthday := soon(k, "user-1", 50)
	id := signup(t, k, in).Record.ID
	decided := invited(t, k)
	decide(t, k, decided, yes())
	read := func() consent.Record {
		rec, err := k.Service.Find(t.Context(), k.App, id)
		fine(t, err)
		return rec
	}
	announced := consent.DateOf(time.Date(birthday.Year, birthday.Month, birthday.Day-30, 0, 0, 0, 0, time.UTC))
	dawn(t, k, announced, -time.Minute)
	if !read().AgingAt.IsZero() {
		t.Error("announced more than 30 days before")
	}
	dawn(t, k, announced, time.Minute)
	k.Sweep()
	if read().AgingAt.IsZero() || eventsOf(t, k, consent.EventAgingOut) != 1 {
		t.Errorf("announced at %v, %d times", read().AgingAt, eventsOf(t, k, consent.EventAgingOut))
	}
	dawn(t, k, birthday, -time.Minute)
	if got := read().Status; got != consent.Granted {
		t.Errorf("the day before it is %s", got)
	}
	dawn(t, k, birthday, time.Minute)
	k.Sweep()
	rec := read()
	if rec.Status != consent.AgedOut || rec.Reason != consent.ReasonBirthday || eventsOf(t, k, consent.EventAgedOut) != 1 {
		t.Errorf("on the day it is %s (%s)", rec.Status, rec.Reason)
	}
	st, err := k.Service.Subject(t.Context(), k.App, "user-1")
	fine(t, err)
	if st.Status != "aged_out" || len(st.Purposes) != 0 || !slices.Equal(st.Reasons, []string{consent.ReasonBirthday}) {
		t.Errorf("the child stands as %+v", st)
	}
	if _, err := k.Service.Erase(t.Context(), k.App, app, id, k.Service.Clock(), nil); err != nil {
		t.Errorf("the erasure cannot be confirmed: %v", err)
	}
	if _, err := k.Service.Signup(t.Context(), k.App, app, in); consent.CodeOf(err) != "not_under_age" {
		t.Errorf("a guardian is asked for somebody of 14: %v", err)
	}
	if receipt, _ := receiptOf(t, k, id); factsOf(t, receipt).Processing[0].Purposes[0].State != "dpv:ConsentExpired" {
		t.Error("the receipt does not say that the consent has ended")
	}
}

// A guardian's access ends with the birthday: links tell that it is over, and nothing of the child.
func TestAgeOutEndsAccess(t *testing.T) {
	k := consenttest.New(t)
	in, birthday := soon(k, "user-1", 10)
	signup(t, k, in)
	decided := invited(t, k)
	decide(t, k, decided, yes())
	k.Work()
	v, err := k.Service.Open(t.Context(), decided)
	fine(t, err)
	receipt, withdraw := token(t, v.Receipt, "/r/"), token(t, v.Withdraw, "/w/")
	dawn(t, k, birthday, time.Minute)
	k.Sweep()
	shown, err := k.Service.OpenReceipt(t.Context(), receipt)
	fine(t, err)
	if shown.Receipt.App != nil || shown.Child != "" || shown.View.Receipt != "" {
		t.Errorf("the receipt still shows %+v", shown.Receipt)
	}
	if _, err := k.Service.SignedReceipt(t.Context(), receipt); !errors.Is(err, consent.ErrDestroyed) {
		t.Errorf("the signed file: %v", err)
	}
	v, err = k.Service.OpenWithdraw(t.Context(), withdraw)
	fine(t, err)
	if v.Proof != "" || v.Child != "" || v.Receipt != "" {
		t.Error("the page of the withdrawal still shows the child")
	}
}

// The marketing flag ends with the month of the birthday, which it never tells (policy 9-3-라).
func TestAgeOutEndsFlag(t *testing.T) {
	k := consenttest.New(t)
	in, birthday := soon(k, "user-1", 10)
	signup(t, k, in)
	decide(t, k, invited(t, k), yes())
	dawn(t, k, consent.Date{Year: birthday.Year, Month: birthday.Month + 1, Day: 1}, time.Minute)
	k.Sweep()
	found, err := k.Store.Flagged(t.Context(), []string{"shop"}, k.Vault.Digests(consent.DigestFlagEmail, "kid@example.com"), k.Service.Today())
	fine(t, err)
	if slices.Contains(found, true) {
		t.Error("the flag outlives the month of the birthday")
	}
}

// Nobody ages out of whom no birth date is known.
func TestAgeUnknown(t *testing.T) {
	k := consenttest.New(t)
	in := ask("user-1")
	in.Child.BirthDate, in.AgeGiven, in.UnderAge = consent.Private{}, new(13), nil
	id := signup(t, k, in).Record.ID
	decide(t, k, invited(t, k), yes())
	k.Advance(3 * 365 * 24 * time.Hour)
	if rec, err := k.Service.Find(t.Context(), k.App, id); err != nil || rec.Status != consent.Granted {
		t.Errorf("after three years: %s, %v", rec.Status, err)
	}
}
