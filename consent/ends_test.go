package consent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// ended checks that a request has ended so and holds nothing of anybody.
func ended(t *testing.T, k *consenttest.Kit, id string, status consent.Status, reason string) {
	t.Helper()
	rec := get(t, k, id)
	if rec.Status != status || rec.Reason != reason || rec.Custody != consent.Destroyed || rec.EndedAt.IsZero() {
		t.Errorf("ended as %s %q %s at %s, want %s %q", rec.Status, rec.Reason, rec.Custody, rec.EndedAt, status, reason)
	}
	if len(rec.People)+len(rec.Data)+len(rec.Evidence) != 0 {
		t.Error("something sealed is left")
	}
}

func TestDecline(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	v := decide(t, k, tok, no(consent.DecideDecline))
	if v.Record.Status != consent.Declined || v.Record.DecidedAt.IsZero() || v.Withdraw != "" {
		t.Errorf("view %+v", v.Record)
	}
	ended(t, k, rec.ID, consent.Declined, consent.ReasonRefused)
	k.Work()
	if l := last(t, k, consent.LetterDeclined); l.To.Reveal() != parent || l.Locale != "ko" || l.Child != "김*늘" || l.Link != "" || l.Decided.IsZero() {
		t.Errorf("closing letter to %s in %s about %s", l.To.Reveal(), l.Locale, l.Child)
	}
	told(t, k, rec.ID, "pending", "invited", "declined")
	shown, err := k.Service.Open(t.Context(), tok)
	if err != nil || shown.Record.Status != consent.Declined || shown.Child != "" || shown.Proof != "" {
		t.Errorf("the link afterwards: %+v, %v", shown.Record, err)
	}
}

// The closing letter's address is as dead as its hour, should the mail server be away for so long.
func TestClosingLetterDiesWithItsHour(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	refuse(k, &consent.DeliveryError{Class: consent.Again, Stage: "dial"})
	decide(t, k, tok, no(consent.DecideDecline))
	k.Advance(121 * time.Hour)
	k.Letters.Fail = nil
	k.Advance(4 * time.Hour)
	if letters(k, consent.LetterDeclined) != 0 {
		t.Error("an address could be read past 120 hours")
	}
}

func TestNotMineWritesToNobody(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	before := len(k.Letters.All())
	decide(t, k, tok, no(consent.DecideNotMine))
	ended(t, k, rec.ID, consent.Declined, consent.ReasonNotMine)
	k.Advance(100 * time.Hour)
	if n := len(k.Letters.All()); n != before {
		t.Errorf("%d letters afterwards", n-before)
	}
	in := ask("user-2") // without the wish for none at all, another child may ask
	if ticket := signup(t, k, in); ticket.Record.Mail != consent.MailQueued {
		t.Errorf("mail %s", ticket.Record.Mail)
	}
}

// A wish for no letters belongs to "not my child" alone: a plain no leaves the address as it was.
func TestDeclineNeverBlocks(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	if _, err := k.Service.Decide(t.Context(), tok, checked(t, k, tok, no(consent.DecideDecline)).Proof, "yes", true); err != nil {
		t.Fatal(err)
	}
	if ticket := signup(t, k, ask("user-2")); ticket.Record.Mail != consent.MailQueued {
		t.Errorf("mail %s", ticket.Record.Mail)
	}
}

// The pause is that of the guardian who refused, not of the one who was named first.
func TestPauseOfTheSecondGuardian(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, second := twoGuardians(t, k, "user-1")
	decide(t, k, second, no(consent.DecideNotMine))
	in := ask("user-1")
	in.Guardian.Email = consent.Secret("second@example.com")
	_, err := k.Service.Signup(t.Context(), k.App, app, in)
	if consent.CodeOf(err) != "recently_refused" {
		t.Errorf("the one who refused may be asked again: %v", err)
	}
	signup(t, k, ask("user-1"))
}

func TestCancel(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, tok := start(t, k, "user-1")
	for range 2 {
		if _, err := k.Service.Cancel(ctx, k.App, app, rec.ID); err != nil {
			t.Fatal(err)
		}
	}
	ended(t, k, rec.ID, consent.Cancelled, consent.ReasonApp)
	told(t, k, rec.ID, "pending", "invited", "cancelled")
	if v, err := k.Service.Open(ctx, tok); err != nil || v.Record.Status != consent.Cancelled {
		t.Errorf("the link afterwards: %s, %v", v.Record.Status, err)
	}
	grant, _ := granted(t, k, "user-2")
	_, err := k.Service.Cancel(ctx, k.App, app, grant.ID)
	wants(t, "after a grant", err, consent.ErrNotPending)
	_, err = k.Service.Cancel(ctx, k.App, app, "cr_x")
	wants(t, "unknown", err, consent.ErrNotFound)
	k.App = k.Service.Book().Apps["game"]
	_, err = k.Service.Cancel(ctx, k.App, app, rec.ID)
	wants(t, "another app", err, consent.ErrNotFound)
}

// KR-12: whatever happens to a request, its deadline stays at 119 hours from its creation, and it holds to the millisecond.
func TestNothingMovesTheDeadline(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.GuardianDay, k.Service.Settings.ResendDay = 1<<20, 1<<20
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		rec := signup(t, k, ask(fmt.Sprintf("user-%d", n))).Record
		k.Work()
		for i, what := range rapid.SliceOfN(rapid.SampledFrom([]string{"resend", "name", "address", "join", "misname", "wait"}), 1, 5).Draw(r, "steps") {
			stir(t, k, rec.ID, what, i)
			pass(t, k, time.Duration(rapid.IntRange(0, 12).Draw(r, "hours"))*time.Hour)
			k.Work()
		}
		got := get(t, k, rec.ID)
		if !got.ExpiresAt.Equal(rec.CreatedAt.Add(119*time.Hour)) || got.Status != consent.Pending {
			r.Fatalf("%s, expires %s after its creation", got.Status, got.ExpiresAt.Sub(rec.CreatedAt))
		}
		if _, dies := k.Vault.KeyOf(got.People); dies.Sub(rec.CreatedAt) > 120*time.Hour {
			r.Errorf("its people can be read for %s", dies.Sub(rec.CreatedAt))
		}
		if _, err := k.Service.Cancel(t.Context(), k.App, app, rec.ID); err != nil {
			r.Fatal(err)
		}
	})
}

// stir does one of the things that must not move a deadline. Limits may refuse it.
func stir(t *testing.T, k *consenttest.Kit, id, what string, i int) {
	t.Helper()
	g := consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret(parent)}
	var err error
	switch what {
	case "resend":
		_, err = k.Service.Resend(t.Context(), k.App, app, id)
	case "name":
		g.Name = consent.Secret("박" + strings.Repeat("보", i+1))
		_, err = k.Service.Correct(t.Context(), k.App, app, id, g)
	case "address":
		g.Email = consent.Secret(fmt.Sprintf("parent%d@example.com", i))
		_, err = k.Service.Correct(t.Context(), k.App, app, id, g)
	case "join":
		g.Email = consent.Secret(fmt.Sprintf("second%d@example.com", i))
		_, err = k.Service.Join(t.Context(), k.App, app, id, g)
	}
	if err != nil && consent.KindOf(err) != consent.KindConflict {
		t.Fatalf("%s: %v", what, err)
	}
}

func TestExpire(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	until(t, k, rec.ExpiresAt, -10*time.Second)
	k.Sweep()
	if got := get(t, k, rec.ID); got.Status != consent.Pending {
		t.Fatalf("ten seconds early: %s", got.Status)
	}
	until(t, k, rec.ExpiresAt, time.Millisecond)
	if got, err := k.Service.Show(t.Context(), k.App, rec.ID); err != nil || got.Status != consent.Expired || !got.EndedAt.Equal(rec.ExpiresAt) {
		t.Errorf("nobody swept, and it shows as %s, %v", got.Status, err)
	}
	k.Sweep()
	k.Sweep()
	ended(t, k, rec.ID, consent.Expired, consent.ReasonDeadline)
	told(t, k, rec.ID, "pending", "invited", "expired")
	if v, err := k.Service.Open(t.Context(), tok); err != nil || v.Record.Status != consent.Expired {
		t.Errorf("the link afterwards: %s, %v", v.Record.Status, err)
	}
}

// One record that cannot be read does not keep the deadlines of the others.
func TestSweeperGoesOnPastAFault(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	first := signup(t, k, ask("user-1")).Record
	second := signup(t, k, ask("user-2")).Record
	broken := k.Clients.Write.Set(t.Context(), "bt:{shop}:r:"+first.ID, "not a hash", 0)
	if broken.Err() != nil {
		t.Fatal(broken.Err())
	}
	until(t, k, second.ExpiresAt, time.Millisecond)
	if _, err := (consent.Sweeper{Service: k.Service}).RunOnce(t.Context()); err == nil {
		t.Error("the fault is not told")
	}
	ended(t, k, second.ID, consent.Expired, consent.ReasonDeadline)
}

// withdrawToken is the token of the letter that confirms a grant.
func withdrawToken(t *testing.T, k *consenttest.Kit) string {
	t.Helper()
	k.Work()
	return token(t, last(t, k, consent.LetterGranted).Withdraw, "/w/")
}

// withdraw walks the two pages of a withdrawal by link.
func withdraw(t *testing.T, k *consenttest.Kit, tok, name string, purposes ...string) consent.View {
	t.Helper()
	v, err := k.Service.OpenWithdraw(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Service.CheckWithdraw(t.Context(), tok, v.Proof, consent.Wish{Name: name, Purposes: purposes})
	if err != nil {
		t.Fatal(err)
	}
	v, err = k.Service.ConfirmWithdraw(t.Context(), tok, c.Proof, "yes")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWithdrawByLink(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	tok := withdrawToken(t, k)
	if v := withdraw(t, k, tok, "김보호"); v.Record.Status != consent.Withdrawn || v.Record.Reason != consent.ReasonGuardian || v.Proof != "" {
		t.Errorf("view %+v", v.Record)
	}
	got := get(t, k, rec.ID)
	if got.Custody != consent.Destroyed || len(got.Data) != 0 || len(got.Evidence) == 0 || got.EraseBy.Sub(got.EndedAt) != 72*time.Hour {
		t.Errorf("%s, evidence %v, erase within %s", got.Custody, len(got.Evidence) > 0, got.EraseBy.Sub(got.EndedAt))
	}
	k.Work()
	if l := last(t, k, consent.LetterWithdrawn); l.To.Reveal() != parent || l.Withdraw != "" {
		t.Errorf("letter to %s, withdraw %q", l.To.Reveal(), l.Withdraw)
	}
	told(t, k, rec.ID, "pending", "invited", "granted", "withdrawn")
	v, err := k.Service.OpenWithdraw(t.Context(), tok)
	if err != nil || v.Record.Status != consent.Withdrawn || v.Proof != "" {
		t.Errorf("the page afterwards: %s, %v", v.Record.Status, err)
	}
}

func TestWithdrawAsksForTheName(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	ticket := signup(t, k, ask("user-1"))
	a := yes()
	a.Name, a.Code = "김다른", ticket.PairingCode
	decide(t, k, invited(t, k), a)
	tok := withdrawToken(t, k)
	v, err := k.Service.OpenWithdraw(ctx, tok)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"김보호", "김 다른"} { // as the child gave it, and as it was typed at the grant
		if _, err := k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range consent.MaxTries {
		_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: "박아무개"})
		if i < consent.MaxTries-1 && !slices.Equal(faults(err), []string{"/guardian_name fact_mismatch"}) {
			t.Errorf("miss %d: %v", i, err)
		}
	}
	wants(t, "the fifth miss", err, consent.ErrLocked)
	_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: "김보호"})
	wants(t, "the right name", err, consent.ErrLocked)
	if _, err := k.Service.Withdraw(ctx, k.App, app, ticket.Record.ID, nil); err != nil {
		t.Errorf("the app's way is closed too: %v", err)
	}
}

func TestWithdrawHops(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, decided := granted(t, k, "user-1", "delivery")
	tok := withdrawToken(t, k)
	v, err := k.Service.OpenWithdraw(ctx, tok)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Service.OpenWithdraw(ctx, decided)
	wants(t, "a link that decides", err, consent.ErrNotFound)
	_, err = k.Service.ConfirmWithdraw(ctx, tok, v.Proof, "yes")
	wants(t, "the page's own proof", err, consent.ErrStale)
	_, err = k.Service.CheckWithdraw(ctx, tok, "", consent.Wish{Name: "김보호"})
	wants(t, "no proof", err, consent.ErrStale)
	_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: "김보호", Purposes: []string{"account"}})
	same(t, "the required one alone", faults(err), "/purposes/0 required_purpose")
	_, err = k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: "김보호", Purposes: []string{"ads"}})
	same(t, "unknown", faults(err), "/purposes/0 unknown_purpose")
	c, err := k.Service.CheckWithdraw(ctx, tok, v.Proof, consent.Wish{Name: "김보호", Purposes: []string{"delivery"}})
	if err != nil || len(c.Purposes) != 1 {
		t.Fatalf("%v, %v", c.Purposes, err)
	}
	_, err = k.Service.ConfirmWithdraw(ctx, tok, c.Proof, "")
	same(t, "no choice", faults(err), "/confirm required")
	_, err = k.Service.ConfirmWithdraw(ctx, tok, c.Proof, "back")
	wants(t, "back", err, consent.ErrBack)
	again, err := k.Service.RecheckWithdraw(ctx, tok, c.Proof)
	if err != nil || again.Proof != c.Proof || len(again.Purposes) != 1 {
		t.Errorf("shown again: %v, %v", again.Purposes, err)
	}
	_, err = k.Service.RecheckWithdraw(ctx, tok, v.Proof)
	wants(t, "recheck of the page's proof", err, consent.ErrStale)
	if rec := get(t, k, rec.ID); rec.Status != consent.Granted || len(rec.Granted) != 2 {
		t.Errorf("withdrawn without a choice: %s, %v", rec.Status, rec.Granted)
	}
}

// Part of a consent ends: what is still held is sealed anew without those items, and the rest goes on.
func TestPartialWithdrawal(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1", "delivery")
	before := get(t, k, rec.ID)
	tok := withdrawToken(t, k)
	pass(t, k, 3*time.Hour)
	v := withdraw(t, k, tok, "김보호", "delivery")
	if v.Record.Status != consent.Granted || !slices.Equal(v.Record.Granted, []string{"account"}) {
		t.Fatalf("%s, in force %v", v.Record.Status, v.Record.Granted)
	}
	if items := sealedItems(t, k, rec); len(items) != 2 || items["address"] != nil {
		t.Errorf("still held: %v", items)
	}
	after := get(t, k, rec.ID)
	hourBefore, diesBefore := k.Vault.KeyOf(before.Data)
	if hour, dies := k.Vault.KeyOf(after.Data); !hour.Equal(hourBefore) || !dies.Equal(diesBefore) || !after.ReleaseBy.Equal(before.ReleaseBy) {
		t.Errorf("sealed for %s until %s, before for %s until %s: a withdrawal gains no time", hour, dies, hourBefore, diesBefore)
	}
	h, err := k.Service.Release(t.Context(), k.App, app, rec.ID)
	if err != nil || len(h.Data) != 2 || h.Data["address"] != nil {
		t.Errorf("released %v, %v", h.Data, err)
	}
	k.Work()
	if l := last(t, k, consent.LetterWithdrawn); l.Withdraw == "" || len(l.Purposes) != 1 {
		t.Errorf("the letter offers no way to withdraw the rest: %q, %d", l.Withdraw, len(l.Purposes))
	}
}

// The same partial withdrawal again says the same and takes nothing more.
func TestPartialWithdrawalAgain(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1", "delivery")
	for _, purposes := range [][]string{{"delivery"}, {"delivery"}, {"delivery", "delivery"}} {
		got, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, purposes)
		if err != nil || got.Status != consent.Granted || !slices.Equal(got.Granted, []string{"account"}) {
			t.Fatalf("%q: %s, in force %v, %v", purposes, got.Status, got.Granted, err)
		}
	}
	told(t, k, rec.ID, "pending", "invited", "granted", "withdrawn")
	k.Work()
	if n := letters(k, consent.LetterWithdrawn); n != 1 {
		t.Errorf("%d letters", n)
	}
	refused, _ := granted(t, k, "user-2")
	if got, err := k.Service.Withdraw(t.Context(), k.App, app, refused.ID, []string{"delivery"}); err != nil || got.Status != consent.Granted {
		t.Errorf("a purpose that was refused anyway: %s, %v", got.Status, err)
	}
}

func TestWithdrawByTheApp(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, _ := granted(t, k, "user-1", "delivery")
	_, err := k.Service.Withdraw(ctx, k.App, app, rec.ID, []string{"account"})
	same(t, "the required one alone", faults(err), "/purposes/0 required_purpose")
	_, err = k.Service.Withdraw(ctx, k.App, app, rec.ID, []string{"ads"})
	same(t, "unknown", faults(err), "/purposes/0 unknown_purpose")
	for range 2 {
		got, err := k.Service.Withdraw(ctx, k.App, app, rec.ID, []string{"account", "delivery"})
		if err != nil || got.Status != consent.Withdrawn || got.Reason != consent.ReasonApp {
			t.Errorf("%s %s, %v", got.Status, got.Reason, err)
		}
	}
	told(t, k, rec.ID, "pending", "invited", "granted", "withdrawn")
	pending, tok := start(t, k, "user-2")
	_, err = k.Service.Withdraw(ctx, k.App, app, pending.ID, nil)
	wants(t, "pending", err, consent.ErrNotGranted)
	decide(t, k, tok, no(consent.DecideDecline))
	_, err = k.Service.Withdraw(ctx, k.App, app, pending.ID, nil)
	wants(t, "declined", err, consent.ErrEnded)
	_, err = k.Service.Withdraw(ctx, k.App, app, "cr_x", nil)
	wants(t, "unknown", err, consent.ErrNotFound)
}

// A withdrawal is not refused because the held data cannot be read any more.
func TestPartialWithdrawalOfLostData(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1", "delivery")
	loseKeys(t, k)
	got, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, []string{"delivery"})
	if err != nil || got.Custody != consent.Destroyed || len(get(t, k, rec.ID).Data) != 0 {
		t.Errorf("%s, %v", got.Custody, err)
	}
}

func TestErase(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, _ := granted(t, k, "user-1", "delivery")
	now := k.Service.Clock()
	_, err := k.Service.Erase(ctx, k.App, app, rec.ID, now, nil)
	wants(t, "before a withdrawal", err, consent.ErrNotWithdrawn)
	_, err = k.Service.Erase(ctx, k.App, app, rec.ID, now, []string{"account"})
	wants(t, "of a purpose before a withdrawal", err, consent.ErrNotWithdrawn)
	if _, err := k.Service.Withdraw(ctx, k.App, app, rec.ID, []string{"delivery"}); err != nil {
		t.Fatal(err)
	}
	_, err = k.Service.Erase(ctx, k.App, app, rec.ID, now, []string{"delivery", "account"})
	same(t, "in force", faults(err), "/purposes/1 invalid")
	if _, err := k.Service.Withdraw(ctx, k.App, app, rec.ID, nil); err != nil {
		t.Fatal(err)
	}
	_, err = k.Service.Erase(ctx, k.App, app, rec.ID, now.Add(time.Hour), []string{"account", "김하늘"})
	same(t, "in the future", faults(err), "/at invalid", "/purposes/1 unknown_purpose")
	_, err = k.Service.Erase(ctx, k.App, app, rec.ID, time.Time{}, nil)
	same(t, "no time", faults(err), "/at invalid")
	_, err = k.Service.Erase(ctx, k.App, app, rec.ID, time.Unix(0, 0), nil)
	same(t, "a clock that was never set", faults(err), "/at invalid")
	for range 2 {
		got, err := k.Service.Erase(ctx, k.App, app, rec.ID, now, []string{"account"})
		if err != nil || !got.ErasedAt.Equal(now.Truncate(time.Millisecond)) {
			t.Errorf("erased at %s, %v", got.ErasedAt, err)
		}
	}
	k.Work()
	if n := letters(k, consent.LetterErased); n != 1 {
		t.Errorf("%d letters", n)
	}
	k.Advance(100 * time.Hour)
	if all := types(t, k, rec.ID); slices.Contains(all, "erase_overdue") {
		t.Error("erased in time, and called overdue")
	}
	_, err = k.Service.Erase(ctx, k.App, app, "cr_x", now, nil)
	wants(t, "unknown", err, consent.ErrNotFound)
}

func TestEraseOverdueIsToldOnce(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	if _, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, nil); err != nil {
		t.Fatal(err)
	}
	k.Advance(71 * time.Hour)
	told(t, k, rec.ID, "pending", "invited", "granted", "withdrawn")
	for range 3 {
		k.Advance(2 * time.Hour)
	}
	told(t, k, rec.ID, "pending", "invited", "granted", "withdrawn", "erase_overdue")
	if _, err := k.Service.Erase(t.Context(), k.App, app, rec.ID, k.Service.Clock(), nil); err != nil {
		t.Errorf("late is better than never: %v", err)
	}
}

// What finds an ended request goes after 30 days, the bare record after 400.
func TestFadeAndForget(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, tok := start(t, k, "user-1")
	code := last(t, k, consent.LetterInvite).Code
	decide(t, k, tok, no(consent.DecideDecline))
	if link, err := k.Service.ByCode(ctx, code); err != nil || token(t, link, "/c/") != tok {
		t.Errorf("the code of a declined request: %v", err)
	}
	day := 24 * time.Hour
	k.Advance(30*day - time.Minute)
	if got := get(t, k, rec.ID); len(got.Look.Guardians) != 1 || len(got.Look.Codes) != 1 {
		t.Errorf("look-ups are gone early: %+v", got.Look)
	}
	k.Advance(2 * time.Minute)
	if got := get(t, k, rec.ID); len(got.Look.Guardians)+len(got.Look.Codes) != 0 || got.Look.Pair != (consent.Digest{}) {
		t.Errorf("look-ups are left: %+v", got.Look)
	}
	_, err := k.Service.ByCode(ctx, code)
	wants(t, "the code", err, consent.ErrNotFound)
	if v, err := k.Service.Open(ctx, tok); err != nil || v.Record.Status != consent.Declined {
		t.Errorf("the link's result page: %v", err)
	}
	k.Advance(370*day - 3*time.Minute)
	if got, err := k.Service.Show(ctx, k.App, rec.ID); err != nil || got.Status != consent.Declined {
		t.Errorf("a day short of 400: %s, %v", got.Status, err)
	}
	k.Advance(5 * time.Minute)
	_, err = k.Service.Show(ctx, k.App, rec.ID)
	wants(t, "after 400 days", err, consent.ErrNotFound)
	if s, err := k.Service.Subject(ctx, k.App, "user-1"); err != nil || s.Status != consent.StandingNone {
		t.Errorf("standing %+v, %v", s, err)
	}
}

func TestEvidenceGoesAfterItsTime(t *testing.T) {
	t.Parallel()
	for _, keep := range []time.Duration{200 * 24 * time.Hour, 500 * 24 * time.Hour} {
		k := consenttest.New(t)
		k.Service.Settings.Keep = keep
		rec, _ := granted(t, k, "user-1")
		k.Work()
		if _, err := k.Service.Disclose(t.Context(), k.App, app, rec.ID, handedOver(k)); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, nil); err != nil {
			t.Fatal(err)
		}
		k.Advance(keep - time.Hour)
		if got := get(t, k, rec.ID); len(got.Evidence) == 0 || len(got.People) == 0 {
			t.Errorf("kept for less than %s", keep)
		}
		k.Advance(2 * time.Hour)
		got, err := k.Store.Get(t.Context(), "shop", rec.ID)
		if len(got.Evidence)+len(got.People) != 0 || (err == nil) != (keep < consent.RecordKept) {
			t.Errorf("kept for more than %s: evidence %v, %v", keep, len(got.Evidence) > 0, err)
		}
		if all, err := k.Store.Disclosures(t.Context(), "shop", rec.ID); err != nil || len(all) != 0 {
			t.Errorf("disclosures are left: %d, %v", len(all), err)
		}
	}
}

// TestDeadlineOfAnAppThatIsGone: taking an app out of the settings does not keep what it asked for.
func TestDeadlineOfAnAppThatIsGone(t *testing.T) {
	k := consenttest.New(t)
	ticket := signup(t, k, ask("user-1"))
	text, err := k.App.TermsText()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Store.Prime(t.Context(), "shop", k.App.Terms(), text); err != nil {
		t.Fatal(err)
	}
	book := *k.Service.Book()
	book.Apps = map[string]*consent.App{"game": book.Apps["game"]}
	k.Service.Book = func() *consent.Book { return &book }
	k.Advance(consent.DefaultPending + time.Second)
	rec, err := k.Store.Get(t.Context(), "shop", ticket.Record.ID)
	if err != nil || rec.Status != consent.Expired || rec.Custody != consent.Destroyed || len(rec.Data) != 0 {
		t.Errorf("status %s, custody %s, %v", rec.Status, rec.Custody, err)
	}
}

// After a withdrawal the child may ask again: another guardian at once, and the same one too, since a withdrawal is no refusal. Only
// the answer to the new request makes a pause: whoever says no then is left alone for it, and the other is not.
func TestAskedAnewAfterAWithdrawal(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	first, _ := granted(t, k, "user-1")
	withdraw(t, k, withdrawToken(t, k), guardianName)
	other := ask("user-1")
	other.Guardian = person("박지킴", "second@example.com")
	signup(t, k, other)
	a := yes()
	a.Name = "박지킴"
	if v := decide(t, k, invited(t, k), a); v.Record.Status != consent.Granted || v.Record.ID == first.ID {
		t.Errorf("another guardian: %s", v.Record.Status)
	}
	withdraw(t, k, withdrawToken(t, k), "박지킴")
	again, tok := start(t, k, "user-1")
	if again.Mail != consent.MailQueued {
		t.Errorf("the same guardian: mail %s, %s", again.Mail, again.MailHint)
	}
	decide(t, k, tok, no(consent.DecideDecline))
	k.Work()
	ended := k.Service.Clock()
	if _, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1")); consent.CodeOf(err) != "recently_refused" {
		t.Errorf("within the pause: %v", err)
	}
	second := signup(t, k, other).Record
	if _, err := k.Service.Cancel(t.Context(), k.App, app, second.ID); err != nil {
		t.Fatal(err)
	}
	until(t, k, ended, k.Service.Settings.Reask)
	_, tok = start(t, k, "user-1")
	if v := decide(t, k, tok, yes()); v.Record.Status != consent.Granted {
		t.Errorf("after the pause: %s", v.Record.Status)
	}
	if s, err := k.Service.Subject(t.Context(), k.App, "user-1"); err != nil || s.Status != "granted" {
		t.Errorf("the child's data may be used: %+v, %v", s, err)
	}
}
