package consent_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

func person(name, email string) consent.Guardian {
	return consent.Guardian{Name: consent.Secret(name), Email: consent.Secret(email)}
}

// twoGuardians signs a child up, has a second guardian join, and returns both tokens.
func twoGuardians(t *testing.T, k *consenttest.Kit, subject string) (first, second string) {
	t.Helper()
	rec, first := start(t, k, subject)
	if _, err := k.Service.Join(t.Context(), k.App, app, rec.ID, person("박지킴", "second@example.com")); err != nil {
		t.Fatal(err)
	}
	return first, invited(t, k)
}

func TestCorrectedAddress(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, old := start(t, k, "user-1")
	before := last(t, k, consent.LetterInvite)
	got, err := k.Service.Correct(ctx, k.App, app, rec.ID, person("박보호", "New@Example.com"))
	if err != nil || got.Gen != 2 || got.Mail != consent.MailQueued || !got.ExpiresAt.Equal(rec.ExpiresAt) {
		t.Fatalf("%+v, %v", got, err)
	}
	if k.Service.PairingCode(got) == k.Service.PairingCode(rec) {
		t.Error("the pairing code stayed")
	}
	_, err = k.Service.Open(ctx, old)
	wants(t, "the old link", err, consent.ErrReplaced)
	_, err = k.Service.ByCode(ctx, before.Code)
	wants(t, "the old code", err, consent.ErrNotFound)
	fresh := invited(t, k)
	after := last(t, k, consent.LetterInvite)
	if after.To.Reveal() != "New@example.com" || after.Code == before.Code || after.ID == before.ID {
		t.Errorf("letter to %s", after.To.Reveal())
	}
	same(t, "the old name", faults(checkFails(t, k, fresh, yes())), "/guardian_name fact_mismatch")
	a := yes()
	a.Name = "박보호"
	decide(t, k, fresh, a)
}

func TestCorrectedNameKeepsTheLinks(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	got, err := k.Service.Correct(t.Context(), k.App, app, rec.ID, person("박보호", "PARENT@example.com"))
	if err != nil || got.Gen != 1 || got.Rev != 2 {
		t.Fatalf("generation %d, revision %d, %v", got.Gen, got.Rev, err)
	}
	k.Work()
	if n := letters(k, consent.LetterInvite); n != 1 {
		t.Errorf("%d invitations", n)
	}
	a := yes()
	a.Name = "박보호"
	decide(t, k, tok, a)
}

func TestCorrectRefuses(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	k.Service.Domains = noMail("nowhere.example")
	rec, tok := start(t, k, "user-1")
	for _, one := range []struct {
		g      consent.Guardian
		faults []string
	}{
		{consent.Guardian{}, []string{"/email required", "/name required"}},
		{person("엄마", parent), []string{"/name guardian_name_generic"}},
		{person(guardianName, "kid+x@example.com"), []string{"/email guardian_is_child"}},
		{person(guardianName, "p@nowhere.example"), []string{"/email undeliverable_domain"}},
		{person(guardianName, resident+"@example.com"), []string{"/email resident_number"}},
		{person("보호 "+wide, parent), []string{"/name not_a_name", "/name resident_number"}},
	} {
		_, err := k.Service.Correct(ctx, k.App, app, rec.ID, one.g)
		same(t, "correct", faults(err), one.faults...)
		_, err = k.Service.Join(ctx, k.App, app, rec.ID, one.g)
		same(t, "join", faults(err), one.faults...)
	}
	_, err := k.Service.Correct(ctx, k.App, app, "cr_x", person(guardianName, parent))
	wants(t, "unknown", err, consent.ErrNotFound)
	decide(t, k, tok, yes())
	_, err = k.Service.Correct(ctx, k.App, app, rec.ID, person(guardianName, "new@example.com"))
	wants(t, "after the grant", err, consent.ErrNotPending)
}

// Corrections at once: those that come too late are told to look again, and the name of the last that passed is the fact.
func TestCorrectionsAtOnce(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	revs := map[int]string{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, name := range []string{"박보호", "최보호", "정보호", "강보호"} {
		all.Go(func() {
			got, err := k.Service.Correct(t.Context(), k.App, app, rec.ID, person(name, parent))
			if err != nil && !errors.Is(err, consent.ErrStale) {
				t.Errorf("%s: %v", name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				revs[got.Rev] = name
			}
		})
	}
	all.Wait()
	got := get(t, k, rec.ID)
	if len(revs) != got.Rev-1 {
		t.Errorf("%d corrections passed and made the revision %d", len(revs), got.Rev)
	}
	a := yes()
	a.Name = revs[got.Rev]
	decide(t, k, tok, a)
}

func TestResend(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	clockAt(t, k, 12)
	rec, tok := start(t, k, "user-1")
	for range 3 {
		if _, err := k.Service.Resend(ctx, k.App, app, rec.ID); err != nil {
			t.Fatal(err)
		}
		k.Work()
		pass(t, k, time.Second)
	}
	_, err := k.Service.Resend(ctx, k.App, app, rec.ID)
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Code != "resend_limit" || e.Kind != consent.KindTooMany || e.RetryAfter <= 0 || e.RetryAfter > 24*time.Hour {
		t.Fatalf("the fourth: %+v", err)
	}
	k.Work()
	if n := letters(k, consent.LetterInvite); n != 4 {
		t.Errorf("%d invitations", n)
	}
	if again := token(t, last(t, k, consent.LetterInvite).Link, "/c/"); again != tok {
		t.Error("a resent letter carries another link")
	}
	pass(t, k, e.RetryAfter)
	if _, err := k.Service.Resend(ctx, k.App, app, rec.ID); err != nil {
		t.Errorf("on the next day: %v", err)
	}
	_, err = k.Service.Resend(ctx, k.App, app, "cr_x")
	wants(t, "unknown", err, consent.ErrNotFound)
	decide(t, k, tok, yes()) // the oldest letter works
	_, err = k.Service.Resend(ctx, k.App, app, rec.ID)
	wants(t, "after the decision", err, consent.ErrNotPending)
}

func TestJoin(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	first, second := twoGuardians(t, k, "user-1")
	l := last(t, k, consent.LetterInvite)
	if l.To.Reveal() != "second@example.com" || first == second {
		t.Errorf("letter to %s", l.To.Reveal())
	}
	rec := k.Letters.All()[0].Case
	if got, err := k.Service.Join(ctx, k.App, app, rec, person("박지킴", "SECOND@example.com")); err != nil || got.Guardians != 2 {
		t.Errorf("the same again: %d guardians, %v", got.Guardians, err)
	}
	same(t, "another guardian's name", faults(checkFails(t, k, second, yes())), "/guardian_name fact_mismatch")
	a := yes()
	a.Name = "박지킴"
	if v := decide(t, k, second, a); v.Record.Status != consent.Granted || v.Guardian != 1 {
		t.Errorf("%s by guardian %d", v.Record.Status, v.Guardian)
	}
	if e := evidence(t, k, rec); e.Guardian != 1 || e.TypedName != "박지킴" {
		t.Errorf("evidence of guardian %d", e.Guardian)
	}
	k.Work()
	if l := last(t, k, consent.LetterGranted); l.To.Reveal() != "second@example.com" {
		t.Errorf("the result went to %s", l.To.Reveal())
	}
	if v, err := k.Service.Open(ctx, first); err != nil || v.Record.Status != consent.Granted || v.Withdraw == "" {
		t.Errorf("the first guardian's page: %s, %v", v.Record.Status, err)
	}
}

// Each guardian is reminded, also when both invitations wait at once, and after a corrected address.
func TestEveryGuardianIsReminded(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	clockAt(t, k, 10)
	rec := signup(t, k, ask("user-1")).Record
	if _, err := k.Service.Join(t.Context(), k.App, app, rec.ID, person("박지킴", "second@example.com")); err != nil {
		t.Fatal(err)
	}
	reminded := func() (to []string) {
		for range 26 {
			pass(t, k, time.Hour)
			k.Work()
		}
		for _, l := range k.Letters.All() {
			if l.Kind == consent.LetterRemind {
				to = append(to, l.To.Reveal())
			}
		}
		slices.Sort(to)
		return to
	}
	k.Work()
	same(t, "after a day", reminded(), parent, "second@example.com")
	if _, err := k.Service.Correct(t.Context(), k.App, app, rec.ID, person(guardianName, "new@example.com")); err != nil {
		t.Fatal(err)
	}
	k.Work()
	same(t, "a day after the correction", reminded(), "new@example.com", parent, "second@example.com", "second@example.com")
}

func TestOneNoDeclines(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	first, second := twoGuardians(t, k, "user-1")
	id := k.Letters.All()[0].Case
	decide(t, k, second, no(consent.DecideDecline))
	ended(t, k, id, consent.Declined, consent.ReasonRefused)
	k.Work()
	if l := last(t, k, consent.LetterDeclined); l.To.Reveal() != "second@example.com" {
		t.Errorf("the closing letter went to %s", l.To.Reveal())
	}
	if v, err := k.Service.Open(t.Context(), first); err != nil || v.Record.Status != consent.Declined {
		t.Errorf("the other link: %s, %v", v.Record.Status, err)
	}
}

// After a grant a further guardian may join, and each can withdraw with their own name.
func TestEachGuardianCanWithdraw(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"김보호", "박지킴"} {
		k := consenttest.New(t)
		rec, _ := granted(t, k, "user-1")
		if _, err := k.Service.Join(t.Context(), k.App, app, rec.ID, person("박지킴", "second@example.com")); err != nil {
			t.Fatal(err)
		}
		pages := []string{withdrawToken(t, k), ""}
		v, err := k.Service.Open(t.Context(), invited(t, k))
		if err != nil {
			t.Fatal(err)
		}
		pages[1] = token(t, v.Withdraw, "/w/")
		w, err := k.Service.OpenWithdraw(t.Context(), pages[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Service.CheckWithdraw(t.Context(), pages[i], w.Proof, consent.Wish{Name: []string{"박지킴", "김보호"}[i]}); consent.CodeOf(err) != "fact_mismatch" {
			t.Errorf("the other guardian's name passed: %v", err)
		}
		if v := withdraw(t, k, pages[i], name); v.Record.Status != consent.Withdrawn {
			t.Errorf("guardian %d: %s", i, v.Record.Status)
		}
		k.Work()
		if n := letters(k, consent.LetterWithdrawn); n != 2 {
			t.Errorf("%d letters, want one to each", n)
		}
	}
}

func TestJoinRefuses(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, tok := start(t, k, "user-1")
	for i := 1; i < consent.MaxGuardians; i++ {
		if _, err := k.Service.Join(ctx, k.App, app, rec.ID, person("박지킴", string(rune('a'+i))+"@example.com")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := k.Service.Join(ctx, k.App, app, rec.ID, person("박지킴", "e@example.com"))
	if consent.CodeOf(err) != "guardian_limit" || consent.KindOf(err) != consent.KindConflict {
		t.Errorf("the fifth: %v", err)
	}
	_, err = k.Service.Join(ctx, k.App, app, "cr_x", person("박지킴", "e@example.com"))
	wants(t, "unknown", err, consent.ErrNotFound)
	decide(t, k, tok, no(consent.DecideNotMine))
	_, err = k.Service.Join(ctx, k.App, app, rec.ID, person("박지킴", "e@example.com"))
	wants(t, "after the end", err, consent.ErrEnded)
}

func handedOver(k *consenttest.Kit) consent.Disclosure {
	return consent.Disclosure{Recipient: "한진택배", Items: []string{"address"}, Why: "배송", At: k.Service.Clock()}
}

func TestDisclose(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	rec, tok := start(t, k, "user-1")
	_, err := k.Service.Disclose(ctx, k.App, app, rec.ID, handedOver(k))
	wants(t, "pending", err, consent.ErrNotGranted)
	decide(t, k, tok, yes())
	for _, one := range []struct {
		d      consent.Disclosure
		faults []string
	}{
		{consent.Disclosure{}, []string{"/at invalid", "/items required", "/recipient required", "/why required"}},
		{consent.Disclosure{Recipient: strings.Repeat("한", 201), Why: resident, Items: []string{"address", "shoe"}, At: k.Service.Clock().Add(time.Hour)},
			[]string{"/at invalid", "/items/1 undeclared_item", "/recipient too_long", "/why resident_number"}},
		{consent.Disclosure{Recipient: "한진\u202e택배", Why: "배송\x07", Items: []string{"address"}, At: k.Service.Clock()},
			[]string{"/recipient invalid", "/why invalid"}},
	} {
		_, err := k.Service.Disclose(ctx, k.App, app, rec.ID, one.d)
		same(t, "faults", faults(err), one.faults...)
	}
	id, err := k.Service.Disclose(ctx, k.App, app, rec.ID, handedOver(k))
	if err != nil || !consent.IsID(consent.PrefixDisclosure, id) {
		t.Fatalf("%s, %v", id, err)
	}
	all, err := k.Store.Disclosures(ctx, "shop", rec.ID)
	if err != nil || len(all) != 1 || all[0].ID != id || strings.Contains(string(all[0].Sealed), "한진") {
		t.Errorf("kept: %d, %v", len(all), err)
	}
	if plain, err := k.Vault.Open(consent.Label{App: "shop", ID: rec.ID, Field: id}, all[0].Sealed); err != nil || !strings.Contains(string(plain), "한진택배") {
		t.Errorf("opened: %v", err)
	}
	if _, err := k.Service.Withdraw(ctx, k.App, app, rec.ID, nil); err != nil {
		t.Fatal(err)
	}
	_, err = k.Service.Disclose(ctx, k.App, app, rec.ID, handedOver(k))
	wants(t, "withdrawn", err, consent.ErrEnded)
	_, err = k.Service.Disclose(ctx, k.App, app, "cr_x", handedOver(k))
	wants(t, "unknown", err, consent.ErrNotFound)
}

func TestSubject(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	stands := func(what, status string, purposes ...string) {
		t.Helper()
		s, err := k.Service.Subject(ctx, k.App, "user-1")
		if err != nil || s.Status != status || !slices.Equal(s.Purposes, append([]string{}, purposes...)) || s.Hold {
			t.Errorf("%s: %+v, %v", what, s, err)
		}
	}
	stands("never heard of", consent.StandingNone)
	rec, _ := start(t, k, "user-1")
	stands("pending", "pending")
	until(t, k, rec.ExpiresAt, time.Millisecond)
	stands("past the deadline, nobody swept", "expired")
	grant, _ := granted(t, k, "user-1", "delivery")
	stands("granted", "granted", "account", "delivery")
	again := signup(t, k, ask("user-1")).Record
	stands("granted, and asked anew", "granted", "account", "delivery")
	if _, err := k.Service.Cancel(ctx, k.App, app, again.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Service.Withdraw(ctx, k.App, guardian, grant.ID, []string{"delivery"}); err != nil {
		t.Fatal(err)
	}
	stands("in part", "granted", "account")
	if _, err := k.Service.Withdraw(ctx, k.App, guardian, grant.ID, nil); err != nil {
		t.Fatal(err)
	}
	stands("withdrawn, the newest cancelled", "cancelled")
	_, err := k.Service.Subject(ctx, k.App, "kid@example.com")
	same(t, "an address", faults(err), "/subject subject_is_personal")
	if s, err := k.Service.Subject(ctx, k.Service.Book().Apps["game"], "user-1"); err != nil || s.Status != consent.StandingNone {
		t.Errorf("another app learns %+v, %v", s, err)
	}
}

func TestAgeCheck(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	clockAt(t, k, 12)
	year := k.Service.Clock().Year()
	for _, one := range []struct {
		name  string
		claim consent.AgeClaim
		land  string
		under bool
		limit int
	}{
		{"13", consent.AgeClaim{Age: new(13)}, "", true, 14},
		{"14", consent.AgeClaim{Age: new(14)}, "", false, 14},
		{"15 in Germany", consent.AgeClaim{Age: new(15)}, "DE", true, 16},
		{"13 in the US", consent.AgeClaim{Age: new(13)}, "US", false, 13},
		{"an unknown country", consent.AgeClaim{Age: new(15)}, "ZZ", true, 16},
		{"a birth date", consent.AgeClaim{BirthDate: &consent.Date{Year: year - 10, Month: 1, Day: 1}}, "", true, 14},
	} {
		a, err := k.Service.AgeCheck(ctx, k.App, consent.AgeCheck{Claim: one.claim, Country: one.land})
		if err != nil || a.UnderAge != one.under || a.Threshold != one.limit || a.Contradicts {
			t.Errorf("%s: %+v, %v", one.name, a, err)
		}
	}
	_, err := k.Service.AgeCheck(ctx, k.App, consent.AgeCheck{Country: "Korea", Email: consent.Secret("x"), Phone: consent.Secret("1"), Subject: "a b"})
	same(t, "faults", faults(err), " required", "/country invalid", "/email invalid", "/phone invalid", "/subject invalid")
	_, err = k.Service.AgeCheck(ctx, k.App, consent.AgeCheck{Claim: consent.AgeClaim{Age: new(200)}})
	same(t, "200 years", faults(err), "/age invalid")
	_, err = k.Service.AgeCheck(ctx, k.App, consent.AgeCheck{Claim: consent.AgeClaim{BirthDate: &consent.Date{Year: year + 2, Month: 1, Day: 1}}})
	same(t, "born ahead", faults(err), "/birth_date invalid")
}

// A flag of one app counts for all of the operator, or for the app alone, as the gate says.
func TestAgeCheckContradicts(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	signup(t, k, ask("user-1"))
	q := consent.AgeCheck{Claim: consent.AgeClaim{Age: new(20)}, Email: consent.Secret("kid@example.com")}
	game := k.Service.Book().Apps["game"]
	a, err := k.Service.AgeCheck(t.Context(), game, q)
	if err != nil || !a.Contradicts {
		t.Errorf("another app of the operator: %+v, %v", a, err)
	}
	book := *k.Service.Book()
	book.Gate.Scope = consent.GateApp
	k.Service.Book = func() *consent.Book { return &book }
	a, err = k.Service.AgeCheck(t.Context(), game, q)
	if err != nil || a.Contradicts {
		t.Errorf("each on its own: %+v, %v", a, err)
	}
}

func TestTheChildsPage(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	ticket := signup(t, k, ask("user-1"))
	child := token(t, ticket.ChildPage, "/k/")
	w, err := k.Service.Wait(ctx, child)
	if err != nil || w.Guardian != "pa***@example.com" || w.PairingCode != ticket.PairingCode || w.Record.Status != consent.Pending {
		t.Fatalf("%s, %v", w.Guardian, err)
	}
	if _, err := k.Service.WaitResend(ctx, child); err != nil {
		t.Errorf("resend: %v", err)
	}
	_, err = k.Service.Correct(ctx, k.App, app, ticket.Record.ID, person(guardianName, "new@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	w, err = k.Service.Wait(ctx, child) // the page survives a changed address, and shows the new code
	if err != nil || w.Guardian != "ne***@example.com" || w.PairingCode == ticket.PairingCode {
		t.Errorf("after the correction: %s, %v", w.Guardian, err)
	}
	w, err = k.Service.WaitCancel(ctx, child)
	if err != nil || w.Record.Status != consent.Cancelled || w.Record.Reason != consent.ReasonChild {
		t.Errorf("cancelled: %s %s, %v", w.Record.Status, w.Record.Reason, err)
	}
	if w, err = k.Service.Wait(ctx, child); err != nil || w.Guardian != "" || w.PairingCode != "" {
		t.Errorf("afterwards it shows %q %q, %v", w.Guardian, w.PairingCode, err)
	}
	_, err = k.Service.WaitResend(ctx, child)
	wants(t, "resend after the end", err, consent.ErrNotPending)
	_, err = k.Service.Wait(ctx, "x")
	wants(t, "forged", err, consent.ErrNotFound)
	late := signup(t, k, ask("user-2"))
	until(t, k, late.Record.ExpiresAt, time.Millisecond)
	if w, err = k.Service.Wait(ctx, token(t, late.ChildPage, "/k/")); err != nil || w.Record.Status != consent.Expired || w.PairingCode != "" {
		t.Errorf("past the deadline: %s, %v", w.Record.Status, err)
	}
	pass(t, k, 31*24*time.Hour)
	_, err = k.Service.Wait(ctx, token(t, late.ChildPage, "/k/"))
	wants(t, "a month later", err, consent.ErrLinkExpired)
}

func TestShortCode(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	code := last(t, k, consent.LetterInvite).Code
	if len(code) != 9 || code[4] != '-' || strings.ContainsAny(code, "01ILO") {
		t.Fatalf("code %s", code)
	}
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + code[:2] + " " + code[2:] + " "} {
		link, err := k.Service.ByCode(t.Context(), typed)
		if err != nil || token(t, link, "/c/") != tok {
			t.Errorf("%q: %v", typed, err)
		}
	}
	for _, wrong := range []string{"", "ABCD-2345", code[:8], code + "2", strings.Repeat("A", 9999)} {
		_, err := k.Service.ByCode(t.Context(), wrong)
		wants(t, "a wrong code", err, consent.ErrNotFound)
	}
}

func TestShowAndList(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	one, two := signup(t, k, ask("user-1")).Record, signup(t, k, ask("user-2")).Record
	page, err := k.Service.List(ctx, k.App, consent.Query{Status: consent.Pending, Limit: 1})
	if err != nil || len(page.Records) != 1 || page.Next == "" {
		t.Fatalf("%d records, %v", len(page.Records), err)
	}
	rest, err := k.Service.List(ctx, k.App, consent.Query{Status: consent.Pending, Limit: 5, After: page.Next})
	if err != nil || len(rest.Records) != 1 || page.Records[0].ID == rest.Records[0].ID {
		t.Errorf("%d more, %v", len(rest.Records), err)
	}
	until(t, k, two.ExpiresAt, time.Millisecond)
	page, err = k.Service.List(ctx, k.App, consent.Query{Subject: "user-1", Limit: 5})
	if err != nil || len(page.Records) != 1 || page.Records[0].Status != consent.Expired {
		t.Errorf("past the deadline: %+v, %v", page.Records, err)
	}
	_, err = k.Service.Show(ctx, k.Service.Book().Apps["game"], one.ID)
	wants(t, "another app's", err, consent.ErrNotFound)
	if page, err = k.Service.List(ctx, k.Service.Book().Apps["game"], consent.Query{Limit: 5}); err != nil || len(page.Records) != 0 {
		t.Errorf("another app lists %d, %v", len(page.Records), err)
	}
	if all, err := k.Service.Events(ctx, k.App, events(t, k, one.ID)[0].ID, 10); err != nil || len(all) != 1 {
		t.Errorf("%d events behind the first, %v", len(all), err)
	}
}

func TestKnows(t *testing.T) {
	t.Parallel()
	k, stranger := consenttest.New(t), consenttest.New(t)
	_, tok := start(t, k, "user-1")
	if !k.Service.Knows(consent.LinkDecide, tok) || k.Service.Knows(consent.LinkChild, tok) || stranger.Service.Knows(consent.LinkDecide, tok) {
		t.Error("a link belongs to the space and the audience that made it")
	}
}
