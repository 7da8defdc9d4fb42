package consent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// drain lets an hour's worth of retries pass, in steps of minutes.
func drain(k *consenttest.Kit) {
	for range 12 {
		k.Advance(5 * time.Minute)
	}
}

// asked counts the letters that ask one address.
func asked(k *consenttest.Kit, to string) int {
	n := 0
	for _, l := range k.Letters.All() {
		if (l.Kind == consent.LetterInvite || l.Kind == consent.LetterRemind) && l.To.Reveal() == to {
			n++
		}
	}
	return n
}

// Mail is away for two days, while the child presses "send again" and a second guardian is asked; when it comes back, at three
// in the night, each of them gets one letter, and the next one by day.
func TestAfterAnOutageEachGetsOneLetter(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	clockAt(t, k, 3)
	away := &consent.DeliveryError{Class: consent.Again, Stage: "connect", Err: errors.New("refused")}
	k.Letters.Fail = func(consent.Letter) error { return away }
	rec := signup(t, k, ask("user-1")).Record
	if _, err := k.Service.Join(ctx, k.App, app, rec.ID, person("박지킴", "second@example.com")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		k.Advance(time.Hour)
		if _, err := k.Service.Resend(ctx, k.App, app, rec.ID); err != nil {
			t.Fatal(err)
		}
	}
	for range 46 {
		k.Advance(time.Hour)
	}
	k.Letters.Fail = nil
	for range 6 {
		drain(k)
	}
	for _, to := range []string{parent, "second@example.com"} {
		if n := asked(k, to); n != 1 {
			t.Errorf("%d letters came at once", n)
		}
	}
	if got := get(t, k, rec.ID); got.Mail != consent.MailSent {
		t.Errorf("mail %s", got.Mail)
	}
	for range 24 {
		k.Advance(time.Hour)
	}
	if n := asked(k, parent); n > 2 {
		t.Errorf("%d letters within a day", n)
	}
}

// Two reminders that were held up together are one, by day.
func TestRemindersHeldUpTogetherAreOne(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.Remind = []time.Duration{24 * time.Hour, 40 * time.Hour}
	clockAt(t, k, 10)
	start(t, k, "user-1")
	k.Letters.Fail = func(consent.Letter) error {
		return &consent.DeliveryError{Class: consent.Again, Stage: "connect", Err: errors.New("refused")}
	}
	for range 65 { // to three in the night
		k.Advance(time.Hour)
	}
	k.Letters.Fail = nil
	for range 5 {
		drain(k)
	}
	if n := letters(k, consent.LetterRemind); n != 0 {
		t.Errorf("%d reminders in the night", n)
	}
	for range 8 {
		drain(k)
	}
	if n := letters(k, consent.LetterRemind); n != 1 {
		t.Errorf("%d reminders came at once", n)
	}
}

// A letter whose turn was taken by one that never arrived goes out after that one's time.
func TestALetterThatHangsKeepsNoOther(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := start(t, k, "user-1")
	pass(t, k, time.Second)
	for range 2 {
		if _, err := k.Service.Resend(t.Context(), k.App, app, rec.ID); err != nil {
			t.Fatal(err)
		}
	}
	first := ""
	k.Letters.Fail = func(l consent.Letter) error { // the worker of the first of them never comes back
		if first == "" {
			first = l.ID
		}
		if l.ID == first {
			return &consent.DeliveryError{Class: consent.Again, Stage: "data", Err: errors.New("hangs")}
		}
		return nil
	}
	k.Work()
	if n := asked(k, parent); n != 1 {
		t.Errorf("%d letters while one is on its way", n)
	}
	drain(k)
	if n := asked(k, parent); n != 2 {
		t.Errorf("%d letters afterwards", n)
	}
}

// Links that live an hour: that of a guardian who joins the next day lives an hour from then.
func TestALateGuardiansLinkLives(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.LinkTTL = time.Hour
	rec, first := start(t, k, "user-1")
	k.Advance(26 * time.Hour)
	if _, err := k.Service.Join(t.Context(), k.App, app, rec.ID, person("박지킴", "second@example.com")); err != nil {
		t.Fatal(err)
	}
	second := invited(t, k)
	if _, err := k.Service.Open(t.Context(), first); !errors.Is(err, consent.ErrLinkExpired) {
		t.Errorf("the first guardian's link: %v", err)
	}
	v, err := k.Service.Open(t.Context(), second)
	if err != nil {
		t.Fatalf("the second guardian's link: %v", err)
	}
	if l := last(t, k, consent.LetterInvite); l.Deadline.Sub(v.Deadline).Abs() > time.Minute || v.Deadline.Sub(v.Now) > time.Hour {
		t.Errorf("letter until %v, page until %v, now %v", l.Deadline, v.Deadline, v.Now)
	}
	a := yes()
	a.Name = "박지킴"
	decide(t, k, second, a)
	late, _ := start(t, k, "user-2")
	if _, err := k.Service.Join(t.Context(), k.App, app, late.ID, person("박지킴", "second@example.com")); err != nil {
		t.Fatal(err)
	}
	third := invited(t, k)
	k.Advance(time.Hour + time.Minute)
	_, err = k.Service.Open(t.Context(), third)
	wants(t, "past its hour", err, consent.ErrLinkExpired)
}

// A letter that the app asked for again while a reminder was on its way is moot; that it was to be sent is not told for ever.
func TestAReminderServesForTheLetterAskedAgain(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	clockAt(t, k, 10)
	rec := signup(t, k, ask("user-1")).Record
	k.Work()
	k.Letters.Fail = func(l consent.Letter) error {
		if l.Kind == consent.LetterRemind && get(t, k, rec.ID).Mail == consent.MailSent {
			_, err := k.Service.Resend(t.Context(), k.App, app, rec.ID)
			return err
		}
		return nil
	}
	pass(t, k, 24*time.Hour)
	k.Work()
	k.Work()
	if got := get(t, k, rec.ID); letters(k, consent.LetterRemind) != 1 || letters(k, consent.LetterInvite) != 1 || got.Mail != consent.MailSent {
		t.Errorf("%d reminders, %d invitations, mail %s", letters(k, consent.LetterRemind), letters(k, consent.LetterInvite), got.Mail)
	}
}
