package consent_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// Opening changes nothing, however often: the record and what it cost stay as they are.
func TestOpenChangesNothing(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	before := get(t, k, rec.ID)
	for range 20 {
		v, err := k.Service.Open(t.Context(), tok)
		if err != nil || v.Proof == "" || v.Child != "김*늘" || v.Withdraw != "" {
			t.Fatalf("view %+v, %v", v, err)
		}
	}
	after := get(t, k, rec.ID)
	if after.Rev != before.Rev || after.Tries != 0 || after.Status != consent.Pending || len(events(t, k, rec.ID)) != 2 {
		t.Errorf("after twenty visits: %+v", after)
	}
	decide(t, k, tok, yes()) // a link is good until the decision, not until the first visit
}

func TestOpenOfDeadLinks(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	for name, bad := range map[string]string{
		"garbage": "x", "empty": "", "forged": tok[:len(tok)-4] + "AAAA", "cut": tok[:len(tok)-1],
		"of another audience": token(t, mustLink(k.Service.ChildPage(rec)), "/k/"),
	} {
		_, err := k.Service.Open(t.Context(), bad)
		wants(t, name, err, consent.ErrNotFound)
	}
	ghost := rec
	ghost.ID = consent.NewID(consent.PrefixRequest, k.Service.Clock())
	_, err := k.Service.Open(t.Context(), token(t, mustLink(k.Service.DecideLink(ghost, 0)), "/c/"))
	wants(t, "genuine, and no record", err, consent.ErrLinkExpired)
	_, err = k.Service.Open(t.Context(), token(t, mustLink(k.Service.DecideLink(rec, 3)), "/c/"))
	wants(t, "no such guardian", err, consent.ErrNotFound)
	until(t, k, rec.ExpiresAt, 31*24*time.Hour)
	_, err = k.Service.Open(t.Context(), tok)
	wants(t, "past its time", err, consent.ErrLinkExpired)
}

func mustLink(link string, err error) string {
	if err != nil {
		panic(err)
	}
	return link
}

func TestCheckTooFast(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	v, err := k.Service.Open(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Service.Check(t.Context(), tok, v.Proof, yes())
	wants(t, "at once", err, consent.ErrTooFast)
	if c.Proof == "" {
		t.Error("there is no form to show again")
	}
	pass(t, k, 3*time.Second)
	if _, err := k.Service.Check(t.Context(), tok, v.Proof, yes()); err != nil {
		t.Errorf("the same form three seconds later: %v", err)
	}
}

// A proof is good for one hop of one request, one guardian and one revision.
func TestStaleProofs(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	other, _ := start(t, k, "user-2")
	if _, err := k.Service.Join(t.Context(), k.App, app, other.ID, consent.Guardian{Name: consent.Secret("박지킴"), Email: consent.Secret("second@example.com")}); err != nil {
		t.Fatal(err)
	}
	first, second := token(t, mustLink(k.Service.DecideLink(other, 0)), "/c/"), token(t, mustLink(k.Service.DecideLink(other, 1)), "/c/")
	page, check := opened(t, k, tok).Proof, checked(t, k, tok, yes()).Proof
	foreign := checked(t, k, first, yes()).Proof
	for name, form := range map[string]string{
		"none": "", "garbage": "x!", "of another step": page, "of another request": foreign, "torn": check[:len(check)-2],
	} {
		_, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
		wants(t, "decide, "+name, err, consent.ErrStale)
	}
	for name, form := range map[string]string{"of another step": check, "of another request": foreign} {
		_, err := k.Service.Check(t.Context(), tok, form, yes())
		wants(t, "check, "+name, err, consent.ErrStale)
	}
	_, err := k.Service.Decide(t.Context(), second, foreign, "yes", false)
	wants(t, "another guardian's", err, consent.ErrStale)
	_, err = k.Service.Correct(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret(parent)})
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{"page": page, "check page": check} {
		_, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
		wants(t, "of an older revision, "+name, err, consent.ErrStale)
	}
	if rec := get(t, k, rec.ID); rec.Status != consent.Pending {
		t.Errorf("a stale proof decided: %s", rec.Status)
	}
}

// The text that is agreed to is the one that was on the page (KR-06).
func TestTermsChangedWhileReading(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	form := checked(t, k, tok, yes()).Proof
	book := k.Service.Book()
	changed := *k.App
	changed.Purposes = append([]consent.Purpose(nil), k.App.Purposes...)
	changed.Purposes[0].Keep = consent.Text{"ko": "영원히", "en": "For ever"}
	next, err := consent.NewBook(book.Profile, book.Operator, book.Gate, []consent.App{changed, *book.Apps["game"]})
	if err != nil {
		t.Fatal(err)
	}
	k.Service.Book = func() *consent.Book { return next }
	v, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
	wants(t, "decide on another text", err, consent.ErrStale)
	if v.Proof == "" {
		t.Error("the page cannot be shown anew")
	}
	decide(t, k, tok, yes())
	if e := evidence(t, k, rec.ID); e.Terms != next.Apps["shop"].Terms() || e.Terms == k.App.Terms() {
		t.Errorf("evidence names the terms %s", e.Terms)
	}
}

// evidence opens the proof of a decision.
func evidence(t *testing.T, k *consenttest.Kit, id string) (e consent.Evidence) {
	t.Helper()
	plain, err := k.Vault.Open(consent.Label{App: "shop", ID: id, Field: consent.FieldEvidence, Rev: 1}, get(t, k, id).Evidence)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestMissingAnswersAreEachNamed(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	for _, one := range []struct {
		name   string
		change func(*consent.Answers)
		code   string
		faults []string
	}{
		{"no decision", func(a *consent.Answers) { a.Decision = "" }, "invalid", []string{"/decision required"}},
		{"unknown decision", func(a *consent.Answers) { a.Decision = "maybe" }, "invalid", []string{"/decision required"}},
		{"nothing but yes", func(a *consent.Answers) { *a = consent.Answers{Decision: consent.DecideGrant} }, "invalid", []string{
			"/purpose.account required", "/purpose.delivery required", "/guardian_name required", "/birth_year required",
			"/relation required", "/declares required",
		}},
		{"one purpose unanswered", func(a *consent.Answers) { delete(a.Purposes, "delivery") }, "invalid", []string{"/purpose.delivery required"}},
		{"required purpose refused", func(a *consent.Answers) { a.Purposes["account"] = "no" }, "required_purpose", []string{"/purpose.account required_purpose"}},
		{"no name beside a right code", func(a *consent.Answers) { a.Name, a.Code = " ", k.Service.PairingCode(rec) }, "invalid", []string{"/guardian_name required"}},
		{"a number for a name", func(a *consent.Answers) { a.Name = "김보호 " + resident }, "invalid", []string{"/guardian_name not_a_name"}},
		{"a name of no letters", func(a *consent.Answers) { a.Name = "1234 -- \u3164" }, "invalid", []string{"/guardian_name not_a_name"}},
		{"an endless name", func(a *consent.Answers) { a.Name = strings.Repeat("김", 65) }, "invalid", []string{"/guardian_name not_a_name"}},
		{"no such day", func(a *consent.Answers) { a.Month, a.Day = "2", "30" }, "invalid", []string{"/birth_year invalid_date"}},
		{"strange relation", func(a *consent.Answers) { a.Relation = "teacher" }, "invalid", []string{"/relation required"}},
		{"nothing declared", func(a *consent.Answers) { a.Declares = false }, "invalid", []string{"/declares required"}},
	} {
		a := yes()
		one.change(&a)
		err := checkFails(t, k, tok, a)
		if consent.CodeOf(err) != one.code || consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("%s: %v, want %s", one.name, err, one.code)
		}
		same(t, one.name, faults(err), one.faults...)
	}
	if rec := get(t, k, rec.ID); rec.Tries != 0 {
		t.Errorf("a form that is wrong otherwise cost %d tries", rec.Tries)
	}
}

// KR-02, adult check: 19 in completed years, by Seoul's date.
func TestGuardianMustBeOfAge(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	clockAt(t, k, 12)
	_, tok := start(t, k, "user-1")
	birth := func(days int) consent.Answers {
		a := yes()
		parts := strings.Split(born(k, 19, days).Reveal(), "-")
		a.Year, a.Month, a.Day = parts[0], parts[1], parts[2]
		return a
	}
	same(t, "the day before", faults(checkFails(t, k, tok, birth(-1))), "/birth_year not_adult")
	checked(t, k, tok, birth(0))
}

func TestBirthDatesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	for _, one := range [][3]string{
		{"1985", "3", "4"}, {"1985", "03", "04"}, {"1985.03.04", "", ""}, {"1985-3-4", "", ""}, {"19850304", "", ""},
		{"1985년 3월 4일", "", ""}, {"１９８５", "３", "４"}, {"", "", "1985/03/04"}, {" 1985 ", "3월", "4일"},
	} {
		a := yes()
		a.Year, a.Month, a.Day = one[0], one[1], one[2]
		if c := checked(t, k, tok, a); c.Birth != (consent.Date{Year: 1985, Month: 3, Day: 4}) {
			t.Errorf("%q read as %v", one, c.Birth)
		}
	}
	for _, one := range [][3]string{{"85", "3", "4"}, {"850304", "", ""}, {"1985", "", "4"}, {"1985", "3", "004"}, {"3", "4", "1985"}, {"0085", "3", "4"}} {
		a := yes()
		a.Year, a.Month, a.Day = one[0], one[1], one[2]
		same(t, strings.Join(one[:], " "), faults(checkFails(t, k, tok, a)), "/birth_year invalid_date")
	}
}

func TestTheNameInItsSpellings(t *testing.T) {
	t.Parallel()
	for given, typed := range map[string][]string{
		"김보호":       {"김보호", " 김 보호 ", "김.보-호", norm("김보호")},
		"Kim Bo-ho": {"kim boho", "BO HO KIM", "Boho Kim", "Ｋｉｍ Ｂｏ Ｈｏ", "boho, kim"},
	} {
		k := consenttest.New(t)
		in := ask("user-1")
		in.Guardian.Name = consent.Secret(given)
		signup(t, k, in)
		tok := invited(t, k)
		for _, name := range typed {
			a := yes()
			a.Name = name
			if c := checked(t, k, tok, a); c.Proof == "" {
				t.Errorf("%q typed for %q does not pass", name, given)
			}
		}
	}
}

// norm writes Hangul as conjoining letters, as a Mac pastes it.
func norm(s string) string {
	return strings.NewReplacer("김", "\u1100\u1175\u11b7", "보", "\u1107\u1169", "호", "\u1112\u1169").Replace(s)
}

// A wrong name never says how wrong it was: every answer is the same.
func TestAWrongNameTellsNothing(t *testing.T) {
	t.Parallel()
	var answers []string
	for _, name := range []string{"김보", "김보호호", "박보호", "x", "엄마"} {
		k := consenttest.New(t)
		_, tok := start(t, k, "user-1")
		a := yes()
		a.Name = name
		err := checkFails(t, k, tok, a)
		text, _ := json.Marshal(err)
		answers = append(answers, err.Error()+string(text))
		same(t, name, faults(err), "/guardian_name fact_mismatch")
	}
	for _, one := range answers[1:] {
		if one != answers[0] {
			t.Errorf("answers differ: %s and %s", answers[0], one)
		}
	}
}

func TestTheCodeInsteadOfTheName(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ticket := signup(t, k, ask("user-1"))
	tok := invited(t, k)
	a := yes()
	a.Name, a.Code = "다른이름", "ABCDEF"
	same(t, "wrong code", faults(checkFails(t, k, tok, a)), "/pairing_code fact_mismatch")
	a.Name = guardianName
	same(t, "wrong code beside a right name", faults(checkFails(t, k, tok, a)), "/pairing_code fact_mismatch")
	a.Name, a.Code = "다른 이름", strings.ToLower(ticket.PairingCode[:3])+" - "+ticket.PairingCode[3:]
	decide(t, k, tok, a)
	if e := evidence(t, k, ticket.Record.ID); e.Fact != consent.FactCode || e.TypedName != "다른 이름" || !e.Adult || !e.Declared || e.Clause != "7" {
		t.Errorf("evidence %+v", e)
	}
}

func miss(t *testing.T, k *consenttest.Kit, tok string, n int) {
	t.Helper()
	a := yes()
	a.Name = "박아무개"
	for range n {
		if err := checkFails(t, k, tok, a); consent.CodeOf(err) != "fact_mismatch" {
			t.Fatalf("a miss said %v", err)
		}
	}
}

func TestFiveMissesCloseTheGrant(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	form := checked(t, k, tok, yes()).Proof
	miss(t, k, tok, 4)
	a := yes()
	a.Name = "박아무개"
	wants(t, "the fifth miss", checkFails(t, k, tok, a), consent.ErrLocked)
	wants(t, "the right name", checkFails(t, k, tok, yes()), consent.ErrLocked)
	_, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
	wants(t, "a grant checked before", err, consent.ErrLocked)
	if rec := get(t, k, rec.ID); rec.LockedUntil.Sub(k.Service.Clock()) > time.Hour {
		t.Errorf("locked until %s", rec.LockedUntil)
	}
	checked(t, k, tok, no(consent.DecideDecline)) // the refusal stays open
	pass(t, k, time.Hour)
	miss(t, k, tok, 4)
	decide(t, k, tok, yes())
}

func TestARefusalIsNeverLocked(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	miss(t, k, tok, 4)
	checkFails(t, k, tok, consent.Answers{})
	a := yes()
	a.Name = "박아무개"
	wants(t, "the fifth miss", checkFails(t, k, tok, a), consent.ErrLocked)
	if v := decide(t, k, tok, no(consent.DecideNotMine)); v.Record.Status != consent.Declined {
		t.Errorf("status %s", v.Record.Status)
	}
}

// A hit gives its try back, so a guardian who comes back often is not locked out; misses before it still count.
func TestAHitCostsNothing(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	miss(t, k, tok, 4)
	for range 10 {
		checked(t, k, tok, yes())
	}
	if rec := get(t, k, rec.ID); rec.Tries != 4 || !rec.LockedUntil.IsZero() {
		t.Errorf("tries %d, locked until %s", rec.Tries, rec.LockedUntil)
	}
}

func TestTheCodeHasItsOwnFive(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	miss(t, k, tok, 4)
	a := yes()
	a.Code = "WRONG2"
	for range 4 {
		if err := checkFails(t, k, tok, a); consent.CodeOf(err) != "fact_mismatch" {
			t.Fatalf("a wrong code said %v", err)
		}
	}
	wants(t, "the fifth code", checkFails(t, k, tok, a), consent.ErrLocked)
}

// A hundred wrong answers at once consume exactly five tries: each is charged before it is compared.
func TestParallelWrongAnswersCostFive(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	form := opened(t, k, tok).Proof
	a := yes()
	a.Name = "박아무개"
	var compared, locked atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			_, err := k.Service.Check(t.Context(), tok, form, a)
			switch {
			case consent.CodeOf(err) == "fact_mismatch":
				compared.Add(1)
			case errors.Is(err, consent.ErrLocked):
				locked.Add(1)
			default:
				t.Errorf("error %v", err)
			}
		})
	}
	all.Wait()
	if rec := get(t, k, rec.ID); rec.Tries != consent.MaxTries || compared.Load() != 4 || locked.Load() != 96 {
		t.Errorf("%d tries, %d compared, %d locked out", rec.Tries, compared.Load(), locked.Load())
	}
}

// The child or the app may set the name anew three times, after the guardian said that it was entered differently.
func TestMisnamed(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	miss(t, k, tok, 2)
	for i, name := range []string{"박보호", "최보호", "정보호", "강보호"} {
		for range 2 { // twice is told once
			wants(t, "misnamed", checkFails(t, k, tok, consent.Answers{Misnamed: true}), consent.ErrMisnamed)
		}
		got, err := k.Service.Correct(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret(name), Email: consent.Secret(parent)})
		if i == consent.MaxNamesSet {
			if consent.CodeOf(err) != "name_limit" || consent.KindOf(err) != consent.KindConflict {
				t.Errorf("the fourth name: %v", err)
			}
			break
		}
		if err != nil || got.NameMiss || got.NamesSet != i+1 || got.Gen != 1 {
			t.Fatalf("name %d: %+v, %v", i+1, got, err)
		}
	}
	told(t, k, rec.ID, "pending", "invited", "name_mismatch", "name_mismatch", "name_mismatch", "name_mismatch")
	a := yes()
	a.Name = "정보호"
	decide(t, k, tok, a) // the link of before lives on
}

func TestConfirmIsAChoice(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	for _, d := range []consent.Decision{consent.DecideGrant, consent.DecideDecline, consent.DecideNotMine} {
		a := yes()
		a.Decision = d
		c := checked(t, k, tok, a)
		_, err := k.Service.Decide(t.Context(), tok, c.Proof, "", false)
		same(t, string(d), faults(err), "/confirm required")
		_, err = k.Service.Decide(t.Context(), tok, c.Proof, "back", false)
		wants(t, string(d)+", back", err, consent.ErrBack)
		again, err := k.Service.Recheck(t.Context(), tok, c.Proof)
		if err != nil || again.Decision != d || again.Proof != c.Proof || again.Birth != (consent.Date{}) {
			t.Errorf("%s shown again: %+v, %v", d, again, err)
		}
		if d == consent.DecideGrant && (again.Name != "김 보호" || again.Relation != "mother" || len(again.Granted) != 1 || len(again.Refused) != 1) {
			t.Errorf("the check page lost answers: %+v", again)
		}
	}
	_, err := k.Service.Recheck(t.Context(), tok, "x")
	wants(t, "recheck of nothing", err, consent.ErrStale)
	if rec := get(t, k, rec.ID); rec.Status != consent.Pending {
		t.Errorf("decided without a choice: %s", rec.Status)
	}
}

// Two clicks, two tabs: the same decision gets the same answer and happens once.
func TestDoubleSubmit(t *testing.T) {
	t.Parallel()
	for _, d := range []consent.Decision{consent.DecideGrant, consent.DecideDecline, consent.DecideNotMine} {
		k := consenttest.New(t)
		rec, tok := start(t, k, "user-1")
		a := yes()
		a.Decision = d
		form := checked(t, k, tok, a).Proof
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				v, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
				if err != nil || v.Record.Status == consent.Pending {
					t.Errorf("%s: %s, %v", d, v.Record.Status, err)
				}
			})
		}
		all.Wait()
		k.Work()
		if n := len(events(t, k, rec.ID)); n != 3 {
			t.Errorf("%s: %d events, want pending, invited and the decision", d, n)
		}
		if n := letters(k, consent.LetterGranted) + letters(k, consent.LetterDeclined); n > 1 {
			t.Errorf("%s: %d letters", d, n)
		}
	}
}

// Of two tabs with different answers the first wins, and the other is told.
func TestAnotherDecisionAfterwards(t *testing.T) {
	t.Parallel()
	all := yes()
	all.Purposes["delivery"] = "yes"
	for name, tabs := range map[string][2]consent.Answers{
		"no after yes":       {yes(), no(consent.DecideDecline)},
		"more after yes":     {yes(), all},
		"yes after no":       {no(consent.DecideDecline), yes()},
		"not mine after no":  {no(consent.DecideDecline), no(consent.DecideNotMine)},
		"no after not mine":  {no(consent.DecideNotMine), no(consent.DecideDecline)},
		"yes after not mine": {no(consent.DecideNotMine), yes()},
	} {
		k := consenttest.New(t)
		rec, tok := start(t, k, "user-1")
		first, second := checked(t, k, tok, tabs[0]).Proof, checked(t, k, tok, tabs[1]).Proof
		if _, err := k.Service.Decide(t.Context(), tok, first, "yes", false); err != nil {
			t.Fatal(err)
		}
		before := get(t, k, rec.ID)
		_, err := k.Service.Decide(t.Context(), tok, second, "yes", true)
		wants(t, name, err, consent.ErrNotPending)
		if after := get(t, k, rec.ID); after.Status != before.Status || after.Reason != before.Reason || len(events(t, k, rec.ID)) != 3 {
			t.Errorf("%s: became %s %s", name, after.Status, after.Reason)
		}
		if _, err := k.Service.Decide(t.Context(), tok, first, "yes", false); err != nil {
			t.Errorf("%s: the first again: %v", name, err)
		}
	}
}

// Grant and decline at the same moment: one of them happens, whole.
func TestGrantAgainstDecline(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	for _, subject := range []string{"user-1", "user-2", "user-3", "user-4", "user-5"} {
		in := ask(subject)
		in.Guardian.Email = consent.Secret(subject + "@example.com")
		rec := signup(t, k, in).Record
		tok := invited(t, k)
		forms := []string{checked(t, k, tok, yes()).Proof, checked(t, k, tok, no(consent.DecideDecline)).Proof}
		var won atomic.Int32
		var all sync.WaitGroup
		for _, form := range forms {
			all.Go(func() {
				_, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, consent.ErrNotPending) && !errors.Is(err, consent.ErrUnreadable) {
					t.Errorf("error %v", err)
				}
			})
		}
		all.Wait()
		if got := get(t, k, rec.ID); won.Load() != 1 || got.Status == consent.Pending || (got.Status == consent.Granted) != (len(got.Data) > 0) {
			t.Errorf("%d decisions; %s, data %v", won.Load(), got.Status, len(got.Data) > 0)
		}
	}
}

// After the deadline nothing is decided, though nobody swept, and the link says so.
func TestDecisionAfterTheDeadline(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	forms := []string{checked(t, k, tok, yes()).Proof, checked(t, k, tok, no(consent.DecideDecline)).Proof}
	until(t, k, rec.ExpiresAt, time.Millisecond)
	for _, form := range forms {
		_, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
		wants(t, "decide", err, consent.ErrLinkExpired)
	}
	_, err := k.Service.Release(t.Context(), k.App, app, rec.ID)
	wants(t, "release", err, consent.ErrDestroyed)
	_, err = k.Service.Correct(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret("n@example.com")})
	wants(t, "correct", err, consent.ErrNotPending)
	_, err = k.Service.Resend(t.Context(), k.App, app, rec.ID)
	wants(t, "resend", err, consent.ErrNotPending)
	_, err = k.Service.Cancel(t.Context(), k.App, app, rec.ID)
	wants(t, "cancel", err, consent.ErrNotPending)
	k.Sweep()
	v, err := k.Service.Open(t.Context(), tok)
	if err != nil || v.Record.Status != consent.Expired || v.Child != "" || v.Proof != "" {
		t.Errorf("the page of an expired request: %+v, %v", v.Record, err)
	}
}

// Should the host's clock be late, the script refuses all the same: the store's own time decides.
func TestTheScriptKnowsTheDeadline(t *testing.T) {
	t.Parallel()
	for _, d := range []consent.Decision{consent.DecideDecline, consent.DecideNotMine} {
		k := consenttest.New(t)
		rec, tok := start(t, k, "user-1")
		form := checked(t, k, tok, no(d)).Proof
		until(t, k, rec.ExpiresAt, time.Millisecond)
		k.Service.Clock = func() time.Time { return rec.CreatedAt }
		k.Service.Settings.MinPage = -time.Minute
		_, err := k.Service.Decide(t.Context(), tok, form, "yes", false)
		wants(t, string(d), err, consent.ErrNotPending)
		if rec := get(t, k, rec.ID); rec.Status != consent.Pending {
			t.Errorf("the record became %s", rec.Status)
		}
	}
}

func TestLinksThatLiveShorter(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.LinkTTL = 24 * time.Hour
	rec, tok := start(t, k, "user-1")
	if v := opened(t, k, tok); v.Deadline.Sub(rec.CreatedAt) > 25*time.Hour {
		t.Errorf("to be decided by %s", v.Deadline)
	}
	pass(t, k, 25*time.Hour)
	_, err := k.Service.Open(t.Context(), tok)
	wants(t, "a day later", err, consent.ErrLinkExpired)
	if _, err := k.Service.Resend(t.Context(), k.App, app, rec.ID); err != nil {
		t.Fatal(err)
	}
	k.Work()
	decide(t, k, tok, yes())
}

// loseKeys removes the short-lived keys, as a disk that was not restored does, and gives a process without memory of them.
func loseKeys(t *testing.T, k *consenttest.Kit) {
	t.Helper()
	dir := filepath.Join(k.KeyDir, "short")
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if err := os.Remove(filepath.Join(dir, one.Name())); err != nil {
			t.Fatal(err)
		}
	}
	pass(t, k, 2*time.Hour) // nobody makes a key of that hour again
	if err := k.Vault.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A pending request whose key was lost ends at once, whoever meets it first.
func TestUnreadableEndsAtOnce(t *testing.T) {
	t.Parallel()
	for name, meet := range map[string]struct {
		do   func(context.Context, *consenttest.Kit, consent.Record, string, string) error
		want *consent.Error
	}{
		"open": {func(ctx context.Context, k *consenttest.Kit, _ consent.Record, tok, _ string) error {
			_, err := k.Service.Open(ctx, tok)
			return err
		}, consent.ErrUnreadable},
		"wait": {func(ctx context.Context, k *consenttest.Kit, _ consent.Record, _, child string) error {
			_, err := k.Service.Wait(ctx, child)
			return err
		}, consent.ErrLinkExpired},
		"correct": {func(ctx context.Context, k *consenttest.Kit, rec consent.Record, _, _ string) error {
			_, err := k.Service.Correct(ctx, k.App, app, rec.ID, consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret(parent)})
			return err
		}, consent.ErrNotPending},
		"join": {func(ctx context.Context, k *consenttest.Kit, rec consent.Record, _, _ string) error {
			_, err := k.Service.Join(ctx, k.App, app, rec.ID, consent.Guardian{Name: consent.Secret("박지킴"), Email: consent.Secret("s@example.com")})
			return err
		}, consent.ErrEnded},
		"letter": {func(ctx context.Context, k *consenttest.Kit, rec consent.Record, _, _ string) error {
			body, _ := json.Marshal(consent.LetterJob{App: "shop", Request: rec.ID, Letter: consent.LetterInvite, Gen: 1})
			return k.Service.Post(ctx, consent.Job{ID: "job_x", Kind: consent.JobLetter, Body: body})
		}, consent.ErrMoot},
	} {
		t.Run(name, func(t *testing.T) {
			k := consenttest.New(t)
			ticket := signup(t, k, ask("user-1"))
			tok := invited(t, k)
			loseKeys(t, k)
			wants(t, name, meet.do(t.Context(), k, ticket.Record, tok, token(t, ticket.ChildPage, "/k/")), meet.want)
			rec := get(t, k, ticket.Record.ID)
			if rec.Status != consent.Expired || rec.Reason != consent.ReasonUnreadable || rec.Custody != consent.Destroyed || len(rec.Data)+len(rec.People) != 0 {
				t.Errorf("became %s %s %s", rec.Status, rec.Reason, rec.Custody)
			}
			told(t, k, rec.ID, "pending", "invited", "expired")
			if all := events(t, k, rec.ID); all[2].Data.Reason != consent.ReasonUnreadable {
				t.Errorf("the event says %q", all[2].Data.Reason)
			}
		})
	}
}

// Where nobody meets it, the standing role ends it: that of the lost hour, and no other.
func TestMourn(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	if lost, err := k.Vault.Lost(t.Context()); err != nil || len(lost) != 0 {
		t.Fatalf("lost is %v, %v, and nothing was sealed", lost, err)
	}
	first := signup(t, k, ask("user-1")).Record
	hour := first.CreatedAt.Truncate(time.Hour)
	k.Advance(2 * time.Hour)
	second := signup(t, k, ask("user-2")).Record
	if err := k.Service.Mourn(t.Context(), []time.Time{hour}); err != nil || get(t, k, first.ID).Status != consent.Pending {
		t.Fatalf("what opens was ended: %v", err)
	}
	if err := os.Remove(filepath.Join(k.KeyDir, "short", "h-"+hour.UTC().Format("2006010215"))); err != nil {
		t.Fatal(err)
	}
	must(t, k.Vault.RunOnce(t.Context()))
	lost, err := k.Vault.Lost(t.Context())
	if err != nil || len(lost) != 1 || !lost[0].Equal(hour) {
		t.Fatalf("lost is %v, %v", lost, err)
	}
	must(t, k.Service.Mourn(t.Context(), lost))
	if rec := get(t, k, first.ID); rec.Status != consent.Expired || rec.Reason != consent.ReasonUnreadable {
		t.Errorf("became %s %s", rec.Status, rec.Reason)
	}
	told(t, k, first.ID, "pending", "invited", "expired")
	if rec := get(t, k, second.ID); rec.Status != consent.Pending {
		t.Errorf("the other became %s %s", rec.Status, rec.Reason)
	}
}

// What is sealed in the folder in use is not lost because another host has another folder.
func TestOtherFolderLosesNothing(t *testing.T) {
	t.Parallel()
	server := consenttest.Redis(t)
	k := consenttest.NewOn(t, server.URL(), t.TempDir())
	rec, tok := start(t, k, "user-1")
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "long"), os.DirFS(filepath.Join(k.KeyDir, "long"))))
	other := consenttest.NewOn(t, server.URL(), dir)
	_, err := other.Service.Open(t.Context(), tok)
	wants(t, "open", err, consent.ErrKeysDiffer)
	_, err = other.Service.Signup(t.Context(), other.App, app, ask("user-2"))
	wants(t, "signup", err, consent.ErrKeysDiffer)
	lost, err := other.Vault.Lost(t.Context())
	wants(t, "what is lost", err, consent.ErrKeysDiffer)
	if len(lost) != 0 {
		t.Errorf("lost is %v", lost)
	}
	if now := get(t, k, rec.ID); now.Status != consent.Pending || now.Rev != rec.Rev {
		t.Errorf("became %s", now.Status)
	}
}

// Past its deadline a request ends for that, though its key died before somebody swept.
func TestUnreadablePastTheDeadline(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	until(t, k, rec.ExpiresAt, 2*time.Hour)
	if err := k.Vault.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := k.Service.Open(t.Context(), tok)
	wants(t, "open", err, consent.ErrLinkExpired)
	_, err = k.Service.Correct(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret(parent)})
	wants(t, "correct", err, consent.ErrNotPending)
	if rec := get(t, k, rec.ID); rec.Status != consent.Expired || rec.Reason != consent.ReasonDeadline {
		t.Errorf("became %s %s", rec.Status, rec.Reason)
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	e := evidence(t, k, rec.ID)
	if e.TypedName != "김 보호" || e.Fact != consent.FactName || e.Relation != "mother" || e.Method != consent.MethodEmailLink || e.Clause != "7" {
		t.Errorf("evidence %+v", e)
	}
	if e.Terms != k.App.Terms() || e.Notice != "n1" || len(e.Granted) != 1 || len(e.Refused) != 1 || e.Locale != "ko" || e.AdultOn == "" {
		t.Errorf("evidence %+v", e)
	}
	text, _ := json.Marshal(e)
	if regexp.MustCompile(`\b1985\b|19850304`).Match(text) {
		t.Error("the guardian's birth date was kept")
	}
}

// TestLockIsTold: the fifth miss sends the guardian one letter; a fifth answer that is right sends none.
func TestLockIsTold(t *testing.T) {
	for name, last := range map[string]string{"wrong": "박보호", "right": "김보호"} {
		t.Run(name, func(t *testing.T) {
			k := consenttest.New(t)
			signup(t, k, ask("user-1"))
			tok := invited(t, k)
			for i := range consent.MaxTries {
				v, err := k.Service.Open(t.Context(), tok)
				if err != nil {
					t.Fatal(err)
				}
				k.Advance(3 * time.Second)
				a := yes()
				a.Name = "박보호"
				if i == consent.MaxTries-1 {
					a.Name = last
				}
				_, _ = k.Service.Check(t.Context(), tok, v.Proof, a)
			}
			k.Advance(2 * time.Minute)
			told, want := 0, map[string]int{"wrong": 1, "right": 0}[name]
			for _, l := range k.Letters.All() {
				if l.Kind == consent.LetterLocked {
					told++
				}
			}
			if told != want { // the misses before the fifth leave none
				t.Errorf("%d letters about the lock, want %d", told, want)
			}
		})
	}
}
