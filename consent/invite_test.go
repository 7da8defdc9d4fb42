package consent_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

func TestInvitation(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := ask("user-1")
	in.Guardian.Locale = "en"
	rec := signup(t, k, in).Record
	k.Work()
	l := last(t, k, consent.LetterInvite)
	if l.To.Reveal() != parent || l.Locale != "en" || l.Case != rec.ID || l.Child != "김*늘" || !l.Test {
		t.Errorf("to %s, locale %s, case %s, child %s, test %v", l.To.Reveal(), l.Locale, l.Case, l.Child, l.Test)
	}
	if !l.Deadline.Equal(rec.ExpiresAt) || len(l.Purposes) != 2 || l.Operator.Phone == "" || l.App != k.App || l.Zone == nil {
		t.Errorf("deadline %s, purposes %d, operator %q", l.Deadline, len(l.Purposes), l.Operator.Phone)
	}
	if !strings.HasPrefix(l.Link, "https://consent.example/c/") || l.CodePage != "https://consent.example/code" || l.Withdraw != "" {
		t.Errorf("link %s, code page %s, withdraw %s", l.Link, l.CodePage, l.Withdraw)
	}
	if rec := get(t, k, rec.ID); rec.Mail != consent.MailSent {
		t.Errorf("mail %s", rec.Mail)
	}
	told(t, k, rec.ID, "pending", "invited")
	k.Work()
	if n := letters(k, consent.LetterInvite); n != 1 {
		t.Errorf("%d invitations", n)
	}
}

// everyLetter causes every kind of letter there is before a grant, and those after it.
func everyLetter(t *testing.T, k *consenttest.Kit) (codes []string) {
	t.Helper()
	clockAt(t, k, 10)
	ticket := signup(t, k, ask("user-1"))
	k.Work()
	_, err := k.Service.Join(t.Context(), k.App, app, ticket.Record.ID, consent.Guardian{Name: consent.Secret("박지킴"), Email: consent.Secret("second@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Service.Resend(t.Context(), k.App, app, ticket.Record.ID); err != nil {
		t.Fatal(err)
	}
	k.Work()
	k.Advance(25 * time.Hour)
	last(t, k, consent.LetterRemind)
	decide(t, k, token(t, k.Letters.All()[0].Link, "/c/"), yes())
	k.Advance(25 * time.Hour)
	if _, err := k.Service.Withdraw(t.Context(), k.App, app, ticket.Record.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Service.Erase(t.Context(), k.App, app, ticket.Record.ID, k.Service.Clock(), nil); err != nil {
		t.Fatal(err)
	}
	other, tok := start(t, k, "user-2")
	decide(t, k, tok, no(consent.DecideDecline))
	k.Work()
	return []string{ticket.PairingCode, k.Service.PairingCode(other)}
}

// The facts that open the way to a grant are in no letter: a scanner of the mailbox must not find them.
func TestNoLetterHoldsAFact(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	codes := everyLetter(t, k)
	seen := map[consent.LetterKind]bool{}
	for _, l := range k.Letters.All() {
		seen[l.Kind] = true
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		for _, fact := range append(codes, guardianName, "박지킴", "김하늘") {
			if strings.Contains(string(text)+l.To.Reveal(), fact) {
				t.Errorf("letter %s holds %q", l.Kind, fact)
			}
		}
	}
	for _, kind := range []consent.LetterKind{
		consent.LetterInvite, consent.LetterRemind, consent.LetterGranted, consent.LetterConfirm, consent.LetterDeclined,
		consent.LetterWithdrawn, consent.LetterErased,
	} {
		if !seen[kind] {
			t.Errorf("no letter %s was looked at", kind)
		}
	}
}

// refuse makes the courier fail with this error for as long as it is not nil.
func refuse(k *consenttest.Kit, err *consent.DeliveryError) *[]string {
	ids := &[]string{}
	k.Letters.Fail = func(l consent.Letter) error {
		*ids = append(*ids, l.ID)
		if err == nil {
			return nil
		}
		return err
	}
	return ids
}

func TestInvitationBounced(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec := signup(t, k, ask("user-1")).Record
	refuse(k, &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt", Err: errors.New("parent@example.com unknown")})
	k.Work()
	if rec := get(t, k, rec.ID); rec.Mail != consent.MailBounced || rec.MailHint != consent.HintCheckAddress || rec.Status != consent.Pending {
		t.Errorf("mail %s, hint %s, %s", rec.Mail, rec.MailHint, rec.Status)
	}
	told(t, k, rec.ID, "pending", "bounced")
	refuse(k, nil)
	if _, err := k.Service.Resend(t.Context(), k.App, app, rec.ID); err != nil {
		t.Fatal(err)
	}
	k.Work()
	if rec := get(t, k, rec.ID); rec.Mail != consent.MailSent || rec.MailHint != "" {
		t.Errorf("after the resend: mail %s, hint %s", rec.Mail, rec.MailHint)
	}
	clockAt(t, k, 10)
	k.Advance(48 * time.Hour)
	if letters(k, consent.LetterRemind) == 0 {
		t.Error("the invitation that arrived planned no reminder")
	}
}

func TestInvitationTriedAgain(t *testing.T) {
	t.Parallel()
	for name, class := range map[string]consent.DeliveryClass{"again": consent.Again, "unknown": consent.Unknown} {
		k := consenttest.New(t)
		rec := signup(t, k, ask("user-1")).Record
		ids := refuse(k, &consent.DeliveryError{Class: class, Code: 451, Stage: "data"})
		k.Work()
		k.Advance(10 * time.Minute)
		if rec := get(t, k, rec.ID); rec.Mail != consent.MailQueued {
			t.Errorf("%s: mail %s", name, rec.Mail)
		}
		k.Letters.Fail = nil
		k.Advance(time.Hour)
		if len(*ids) < 2 || len(slices.Compact(*ids)) != 1 || last(t, k, consent.LetterInvite).ID != (*ids)[0] {
			t.Errorf("%s: the tries went out as %q", name, *ids)
		}
		told(t, k, rec.ID, "pending", "invited")
	}
}

// While the mail server is away, child and app are told once that letters are late, and no longer when it is back.
func TestLateLettersAreTold(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec := signup(t, k, ask("user-1")).Record
	refuse(k, &consent.DeliveryError{Class: consent.Again, Stage: "dial"})
	k.Work()
	if rec := get(t, k, rec.ID); rec.MailHint != "" {
		t.Errorf("told at the first try: %q", rec.MailHint)
	}
	for range 3 {
		k.Advance(5 * time.Minute)
	}
	if rec := get(t, k, rec.ID); rec.Mail != consent.MailQueued || rec.MailHint != consent.HintDelayed {
		t.Errorf("mail %s, hint %q", rec.Mail, rec.MailHint)
	}
	trail, err := k.Service.Store.Trail(t.Context(), rec.App, rec.ID)
	if err != nil || len(trail) != 2 {
		t.Errorf("%d entries, want the signup and one that tells: %v", len(trail), err)
	}
	k.Letters.Fail = nil
	k.Advance(time.Hour)
	if rec := get(t, k, rec.ID); rec.Mail != consent.MailSent || rec.MailHint != "" {
		t.Errorf("mail %s, hint %q", rec.Mail, rec.MailHint)
	}
	told(t, k, rec.ID, "pending", "invited")
}

// moot delivers the oldest invitation late: after what change did to the request.
func moot(t *testing.T, k *consenttest.Kit, change func(rec consent.Record, tok string)) {
	t.Helper()
	rec, tok := start(t, k, "user-1")
	if _, err := k.Service.Resend(t.Context(), k.App, app, rec.ID); err != nil {
		t.Fatal(err)
	}
	n := letters(k, consent.LetterInvite)
	change(rec, tok)
	k.Work()
	if letters(k, consent.LetterInvite) != n {
		t.Error("a letter that no longer serves went out")
	}
}

func TestMootLettersAreDropped(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, *consenttest.Kit, consent.Record, string){
		"granted": func(t *testing.T, k *consenttest.Kit, _ consent.Record, tok string) { decide(t, k, tok, yes()) },
		"declined": func(t *testing.T, k *consenttest.Kit, _ consent.Record, tok string) {
			decide(t, k, tok, no(consent.DecideDecline))
		},
		"cancelled": func(t *testing.T, k *consenttest.Kit, rec consent.Record, _ string) {
			_, _ = k.Service.Cancel(t.Context(), k.App, app, rec.ID)
		},
		"expired": func(t *testing.T, k *consenttest.Kit, rec consent.Record, _ string) {
			until(t, k, rec.ExpiresAt, time.Second)
			k.Sweep()
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := consenttest.New(t)
			moot(t, k, func(rec consent.Record, tok string) { change(t, k, rec, tok) })
		})
	}
}

// A letter that waits while the address is corrected does not reach the old one.
func TestLetterOfAnOlderAddressIsDropped(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec := signup(t, k, ask("user-1")).Record
	_, err := k.Service.Correct(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret("new@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	k.Work()
	all := k.Letters.All()
	if len(all) != 1 || all[0].To.Reveal() != "new@example.com" {
		t.Errorf("%d letters, the first to %s", len(all), all[0].To.Reveal())
	}
}

// One who asks for no more letters after the letter was asked for does not get it, and the app learns of it.
func TestLetterToOneWhoWantsNoneAnyMore(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "stranger")
	c := checked(t, k, tok, no(consent.DecideNotMine))
	rec := signup(t, k, ask("user-1")).Record
	if _, err := k.Service.Decide(t.Context(), tok, c.Proof, "yes", true); err != nil {
		t.Fatal(err)
	}
	before := len(k.Letters.All())
	k.Work()
	if rec := get(t, k, rec.ID); len(k.Letters.All()) != before || rec.Mail != consent.MailNotSent || rec.MailHint != consent.HintAnotherWay {
		t.Errorf("%d letters, mail %s, hint %s", len(k.Letters.All())-before, rec.Mail, rec.MailHint)
	}
}

func TestLettersPerDay(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	for i := range 12 {
		signup(t, k, ask("user-"+string(rune('a'+i))))
	}
	k.Work()
	if n := letters(k, consent.LetterInvite); n != 10 {
		t.Fatalf("%d letters on the first day", n)
	}
	other := ask("other")
	other.Guardian.Email = consent.Secret("other@example.com")
	signup(t, k, other)
	k.Work()
	if n := letters(k, consent.LetterInvite); n != 11 {
		t.Errorf("another guardian's letter waits too: %d", n)
	}
	k.Advance(25 * time.Hour)
	invitations := 0
	for _, l := range k.Letters.All() {
		if l.Kind == consent.LetterInvite && l.To.Reveal() == parent {
			invitations++
		}
	}
	if invitations != 12 {
		t.Errorf("%d invitations after a day, want all 12: they are delayed, not lost", invitations)
	}
}

// hourly lets d pass in steps of an hour, with the outbox awake, and tells when letters that ask went out, in Seoul's time.
func hourly(t *testing.T, k *consenttest.Kit, d time.Duration) []time.Time {
	t.Helper()
	var at []time.Time
	k.Letters.Fail = func(l consent.Letter) error {
		if l.Kind == consent.LetterInvite || l.Kind == consent.LetterRemind {
			at = append(at, k.Service.Clock().In(k.Service.Book().Profile.Zone))
		}
		return nil
	}
	k.Work()
	for range int(d / time.Hour) {
		pass(t, k, time.Hour)
		k.Work()
	}
	return at
}

func TestReminders(t *testing.T) {
	t.Parallel()
	for _, hour := range []int{2, 10, 22} {
		k := consenttest.New(t)
		clockAt(t, k, hour)
		rec := signup(t, k, ask("user-1")).Record
		at := hourly(t, k, 118*time.Hour)
		if len(at) != 3 || at[1].Sub(at[0]) < 24*time.Hour || at[2].Sub(at[0]) < 72*time.Hour || at[2].Sub(at[0]) > 96*time.Hour {
			t.Errorf("letters from %d o'clock on: %v", hour, at)
		}
		for _, one := range at[1:] {
			if one.Hour() < 9 || one.Hour() >= 20 {
				t.Errorf("a reminder went out at %v", one)
			}
		}
		if now := get(t, k, rec.ID); !now.ExpiresAt.Equal(rec.ExpiresAt) {
			t.Error("a reminder moved the deadline")
		}
	}
}

// However often the app resends, letters by ourselves keep twelve hours apart from what went before.
func TestRemindersAfterResends(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	clockAt(t, k, 10)
	rec := signup(t, k, ask("user-1")).Record
	k.Work()
	reminded := []time.Time{k.Service.Clock()}
	for h := range 118 {
		if h == 2 || h == 3 || h == 22 || h == 50 {
			if _, err := k.Service.Resend(t.Context(), k.App, app, rec.ID); err != nil {
				t.Fatal(err)
			}
			k.Work()
			reminded = append(reminded, k.Service.Clock())
		}
		n := letters(k, consent.LetterRemind)
		pass(t, k, time.Hour)
		k.Work()
		if more := letters(k, consent.LetterRemind) - n; more > 0 {
			if gap := k.Service.Clock().Sub(reminded[len(reminded)-1]); more > 1 || gap < 12*time.Hour {
				t.Errorf("%d reminders %s after the last letter", more, gap)
			}
			reminded = append(reminded, k.Service.Clock())
		}
	}
	if n := letters(k, consent.LetterRemind); n != 1 {
		t.Errorf("%d reminders, want the second alone: the first would have followed a resend by two hours", n)
	}
}

// A mail server that is away over the evening does not make a reminder come at night.
func TestReminderHeldUpWaitsForTheDay(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	clockAt(t, k, 19)
	signup(t, k, ask("user-1"))
	k.Work()
	refuse(k, &consent.DeliveryError{Class: consent.Again, Stage: "dial"})
	k.Advance(24*time.Hour + time.Minute)
	k.Letters.Fail = nil
	k.Advance(6 * time.Hour)
	if letters(k, consent.LetterRemind) != 0 {
		t.Error("a reminder went out at one in the morning")
	}
	k.Advance(9 * time.Hour)
	if letters(k, consent.LetterRemind) != 1 {
		t.Error("the reminder did not go out by day")
	}
}

func TestNoReminderAfterADecision(t *testing.T) {
	t.Parallel()
	for _, d := range []consent.Decision{consent.DecideGrant, consent.DecideDecline, consent.DecideNotMine} {
		k := consenttest.New(t)
		_, tok := start(t, k, "user-1")
		a := yes()
		a.Decision = d
		decide(t, k, tok, a)
		k.Advance(100 * time.Hour)
		if n := letters(k, consent.LetterRemind); n != 0 {
			t.Errorf("%d reminders after %s", n, d)
		}
	}
}

// A reminder whose link would be dead is not sent.
func TestNoReminderPastTheLinksLife(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.LinkTTL = 48 * time.Hour
	clockAt(t, k, 10)
	signup(t, k, ask("user-1"))
	if at := hourly(t, k, 118*time.Hour); len(at) != 2 {
		t.Errorf("letters at %v, want the invitation and the reminder of the first day", at)
	}
}

// A reminder that was held up until nothing can be decided any more is dropped.
func TestReminderHeldUpTooLong(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.LinkTTL = 48 * time.Hour
	clockAt(t, k, 10)
	signup(t, k, ask("user-1"))
	k.Work()
	pass(t, k, 50*time.Hour)
	k.Work()
	if n := letters(k, consent.LetterRemind); n != 0 {
		t.Errorf("%d reminders with a dead link", n)
	}
}

// The letters after a decision say what was decided and how to take it back.
func TestLettersAfterADecision(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	everyLetter(t, k)
	for _, kind := range []consent.LetterKind{consent.LetterGranted, consent.LetterConfirm} {
		l := last(t, k, kind)
		if !strings.HasPrefix(l.Withdraw, "https://consent.example/w/") || l.Link != "" || l.Code != "" {
			t.Errorf("%s: withdraw %q, link %q", kind, l.Withdraw, l.Link)
		}
		if len(l.Purposes) != 1 || len(l.Refused) != 1 || l.Decided.IsZero() {
			t.Errorf("%s: %d in force, %d refused, decided %s", kind, len(l.Purposes), len(l.Refused), l.Decided)
		}
	}
	if l := last(t, k, consent.LetterErased); l.Deadline.IsZero() || l.Deadline.After(k.Service.Clock()) {
		t.Errorf("erased at %s", l.Deadline)
	}
	if n := letters(k, consent.LetterConfirm); n != 1 {
		t.Errorf("%d confirming letters", n)
	}
	for _, kind := range []consent.LetterKind{consent.LetterWithdrawn, consent.LetterErased} {
		if n := letters(k, kind); n != 2 {
			t.Errorf("%d letters %s, want one to each guardian", n, kind)
		}
	}
}

func TestPostOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := start(t, k, "user-1")
	for name, j := range map[string]consent.LetterJob{
		"request":  {App: "shop", Request: consent.NewID(consent.PrefixRequest, k.Service.Clock()), Letter: consent.LetterInvite, Gen: 1},
		"app":      {App: "gone", Request: rec.ID, Letter: consent.LetterInvite, Gen: 1},
		"kind":     {App: "shop", Request: rec.ID, Letter: "sermon", Gen: 1},
		"guardian": {App: "shop", Request: rec.ID, Letter: consent.LetterInvite, Guardian: 3, Gen: 1},
	} {
		body, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, name, k.Service.Post(t.Context(), consent.Job{ID: "job_x", Body: body}), consent.ErrMoot)
	}
	if err := k.Service.Post(t.Context(), consent.Job{Body: []byte("{")}); err == nil {
		t.Error("a body that cannot be read was posted")
	}
}
