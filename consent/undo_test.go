package consent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// refusedAs walks to a refusal.
func refusedAs(t *testing.T, k *consenttest.Kit, tok string, d consent.Decision, block bool) {
	t.Helper()
	c := checked(t, k, tok, no(d))
	pass(t, k, 3*time.Second)
	if _, err := k.Service.Decide(t.Context(), tok, c.Proof, "yes", block); err != nil {
		t.Fatal(err)
	}
}

// undone walks the two pages that take a refusal's pause and block back.
func undone(t *testing.T, k *consenttest.Kit, tok string) consent.View {
	t.Helper()
	v, err := k.Service.Open(t.Context(), tok)
	if err != nil || v.Undo == "" {
		t.Fatalf("nothing to take back: %v", err)
	}
	pass(t, k, 3*time.Second)
	if v, err = k.Service.CheckUndo(t.Context(), tok, v.Undo); err != nil {
		t.Fatal(err)
	}
	pass(t, k, 3*time.Second)
	if v, err = k.Service.Undo(t.Context(), tok, v.Undo, "yes"); err != nil {
		t.Fatal(err)
	}
	return v
}

// Both refusals are taken back from their result: the child may ask anew and the guardian gets letters again, while the data
// stays gone and the app hears of nothing.
func TestUndo(t *testing.T) {
	t.Parallel()
	for _, d := range []consent.Decision{consent.DecideDecline, consent.DecideNotMine} {
		k := consenttest.New(t)
		rec, tok := start(t, k, "user-1")
		refusedAs(t, k, tok, d, d == consent.DecideNotMine)
		if _, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1")); consent.CodeOf(err) != "recently_refused" {
			t.Fatalf("%s: asked again within the week: %v", d, err)
		}
		v := undone(t, k, tok)
		if v.Undo != "" || v.Record.LiftedAt.IsZero() || v.Record.Status != consent.Declined {
			t.Errorf("%s: lifted at %v, %s", d, v.Record.LiftedAt, v.Record.Status)
		}
		if got := get(t, k, rec.ID); got.People != nil || got.Data != nil {
			t.Errorf("%s: something came back", d)
		}
		told(t, k, rec.ID, "pending", "invited", "declined")
		again := signup(t, k, ask("user-1"))
		if again.Record.Mail != consent.MailQueued {
			t.Errorf("%s: asked anew, mail %s, hint %s", d, again.Record.Mail, again.Record.MailHint)
		}
		invited(t, k)
	}
}

// The week ends by itself, by BOHOJA_REASK__AFTER.
func TestTheWeekEnds(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.Reask = 48 * time.Hour
	_, tok := start(t, k, "user-1")
	refusedAs(t, k, tok, consent.DecideDecline, false)
	k.Advance(48*time.Hour - time.Minute)
	if _, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1")); consent.CodeOf(err) != "recently_refused" {
		t.Errorf("before: %v", err)
	}
	k.Advance(time.Minute)
	signup(t, k, ask("user-1"))
}

func TestUndoHops(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	_, tok := start(t, k, "user-1")
	open, err := k.Service.Open(ctx, tok)
	if err != nil || open.Undo != "" {
		t.Fatalf("a pending request has something to take back: %v", err)
	}
	refusedAs(t, k, tok, consent.DecideDecline, false)
	v, err := k.Service.Open(ctx, tok)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Service.CheckUndo(ctx, tok, v.Undo)
	wants(t, "at once", err, consent.ErrTooFast)
	_, err = k.Service.Undo(ctx, tok, v.Undo, "yes")
	wants(t, "the result's own proof", err, consent.ErrStale)
	_, err = k.Service.CheckUndo(ctx, tok, open.Proof)
	wants(t, "a form of before", err, consent.ErrStale)
	pass(t, k, 3*time.Second)
	c, err := k.Service.CheckUndo(ctx, tok, v.Undo)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Service.Undo(ctx, tok, c.Undo, "")
	same(t, "no choice", faults(err), "/confirm required")
	_, err = k.Service.Undo(ctx, tok, c.Undo, "back")
	wants(t, "back", err, consent.ErrBack)
	if _, err := k.Service.Signup(ctx, k.App, app, ask("user-1")); consent.CodeOf(err) != "recently_refused" {
		t.Errorf("something was lifted: %v", err)
	}
	undone(t, k, tok)
	if v, err := k.Service.Undo(ctx, tok, c.Undo, "yes"); err != nil || v.Undo != "" {
		t.Errorf("again: %v", err)
	}
}

// Only who refused takes it back; once nothing finds the request by its address any more, nobody does.
func TestWhoLifts(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	first, second := twoGuardians(t, k, "user-1")
	refusedAs(t, k, second, consent.DecideDecline, false)
	if v, err := k.Service.Open(t.Context(), first); err != nil || v.Undo != "" {
		t.Errorf("the other guardian takes it back: %v", err)
	}
	undone(t, k, second)
	_, tok := start(t, k, "user-2")
	refusedAs(t, k, tok, consent.DecideDecline, false)
	k.Advance(consent.LookUpsKept)
	if v, err := k.Service.Open(t.Context(), tok); err != nil || v.Undo != "" {
		t.Errorf("after %v: %v", consent.LookUpsKept, err)
	}
}

// A press is seen by every process: it stands in the record.
func TestPauseIsShared(t *testing.T) {
	t.Parallel()
	r, dir := consenttest.Redis(t), t.TempDir()
	one, two := consenttest.NewOn(t, r.URL(), dir), consenttest.NewOn(t, r.URL(), dir)
	rec, tok := start(t, one, "user-1")
	v, err := one.Service.Open(t.Context(), tok)
	if err != nil || !v.PausedUntil().IsZero() {
		t.Fatalf("paused until %v, %v", v.PausedUntil(), err)
	}
	c := checked(t, two, tok, no(consent.DecideDecline))
	if v, err = one.Service.Pause(t.Context(), v); err != nil || v.PausedUntil().IsZero() {
		t.Fatalf("paused until %v, %v", v.PausedUntil(), err)
	}
	if v, err := two.Service.Open(t.Context(), tok); err != nil || v.PausedUntil().IsZero() {
		t.Errorf("the other process: until %v, %v", v.PausedUntil(), err)
	}
	pass(t, two, 3*time.Second)
	_, err = two.Service.Decide(t.Context(), tok, c.Proof, "yes", false)
	wants(t, "an answer in the pause", err, consent.ErrPaused)
	pass(t, two, consent.PauseFor)
	if _, err := two.Service.Decide(t.Context(), tok, c.Proof, "yes", false); err != nil {
		t.Error(err)
	}
	if got := get(t, one, rec.ID); got.Status != consent.Declined {
		t.Errorf("status %s", got.Status)
	}
}

// KR-17: five wrong names close the way of names for an hour, and the mailbox's owner withdraws all the same.
func TestWithdrawByMailedCode(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, _ := granted(t, k, "user-1")
	tok := withdrawToken(t, k)
	v, err := k.Service.OpenWithdraw(ctx, tok)
	if err != nil || v.CodeSent() {
		t.Fatalf("a code without asking: %v", err)
	}
	for range consent.MaxTries {
		_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: "박아무개"})
	}
	wants(t, "the fifth miss", err, consent.ErrLocked)
	if v, err = k.Service.OpenWithdraw(ctx, tok); err != nil {
		t.Fatal(err)
	}
	pass(t, k, 3*time.Second)
	form := v.Proof
	for range 2 { // twice is mailed once
		if v, err = k.Service.AskCode(ctx, tok, form); err != nil || !v.CodeSent() {
			t.Fatalf("%v, %v", v.CodeSent(), err)
		}
	}
	k.Work()
	if n := letters(k, consent.LetterProve); n != 1 {
		t.Fatalf("%d letters", n)
	}
	l := last(t, k, consent.LetterProve)
	if l.To.Reveal() != parent || l.Link != "" || l.Withdraw != "" || len(l.Code) != len("ABCD-2345") {
		t.Errorf("letter to %s, link %q, withdraw %q, code of %d", l.To.Reveal(), l.Link, l.Withdraw, len(l.Code))
	}
	_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Code: "ABCD-2345"})
	same(t, "a wrong code", faults(err), "/mail_code fact_mismatch")
	c, err := k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Code: " " + strings.ToLower(strings.ReplaceAll(l.Code, "-", " "))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Service.ConfirmWithdraw(ctx, tok, c.Proof, "yes"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, k, rec.ID); got.Status != consent.Withdrawn {
		t.Errorf("status %s", got.Status)
	}
	_, err = k.Service.AskCode(ctx, tok, v.Proof)
	if err != nil {
		t.Errorf("after the end: %v", err)
	}
}

// The code of one guardian is not another's, lives an hour, and five wrong ones use it up.
func TestTheMailedCodeHasBounds(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	granted(t, k, "user-1")
	tok := withdrawToken(t, k)
	ask := func() (consent.View, string) {
		t.Helper()
		v, err := k.Service.OpenWithdraw(ctx, tok)
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Service.AskCode(ctx, tok, v.Proof)
		wants(t, "at once", err, consent.ErrTooFast)
		pass(t, k, 3*time.Second)
		if v, err = k.Service.AskCode(ctx, tok, v.Proof); err != nil {
			t.Fatal(err)
		}
		k.Work()
		return v, last(t, k, consent.LetterProve).Code
	}
	v, code := ask()
	for range consent.MaxTries {
		_, err := k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Code: "ABCD-2345"})
		same(t, "a wrong code", faults(err), "/mail_code fact_mismatch")
	}
	_, err := k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Code: code})
	wants(t, "the right one after five", err, consent.ErrCodeSpent)
	if _, err := k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: "김보호"}); err != nil {
		t.Errorf("wrong codes closed the way of names: %v", err)
	}
	pass(t, k, 11*time.Minute)
	v, newer := ask()
	if newer == code {
		t.Error("the same code again")
	}
	_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Code: code})
	same(t, "the older code", faults(err), "/mail_code fact_mismatch")
	pass(t, k, consent.CodeLives)
	_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Code: newer})
	same(t, "an hour later", faults(err), "/mail_code fact_mismatch")
}

// A code whose letter was held up past its hour is not sent: it would be of no use.
func TestAnOldCodeIsNotMailed(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	granted(t, k, "user-1")
	tok := withdrawToken(t, k)
	v, err := k.Service.OpenWithdraw(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	pass(t, k, 3*time.Second)
	if _, err := k.Service.AskCode(t.Context(), tok, v.Proof); err != nil {
		t.Fatal(err)
	}
	pass(t, k, consent.CodeLives)
	k.Work()
	if n := letters(k, consent.LetterProve); n != 0 {
		t.Errorf("%d letters", n)
	}
}

// "Entered differently" is no way around the misses: it is taken from the second one on.
func TestMisnamedNeedsMisses(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	wants(t, "without a miss", checkFails(t, k, tok, consent.Answers{Misnamed: true}), consent.ErrNotMissed)
	miss(t, k, tok, 1)
	wants(t, "after one", checkFails(t, k, tok, consent.Answers{Misnamed: true}), consent.ErrNotMissed)
	miss(t, k, tok, 1)
	wants(t, "after two", checkFails(t, k, tok, consent.Answers{Misnamed: true}), consent.ErrMisnamed)
	told(t, k, rec.ID, "pending", "invited", "name_mismatch")
}
