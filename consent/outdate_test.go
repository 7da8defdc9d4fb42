package consent_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// reword gives the shop another text, as a reload does.
func reword(t *testing.T, k *consenttest.Kit) *consent.App {
	t.Helper()
	before := k.Service.Book()
	text, err := k.App.TermsText()
	fine(t, err)
	fine(t, k.Store.Prime(t.Context(), "shop", k.App.Terms(), text))
	var apps []consent.App
	for _, a := range before.Apps {
		one := *a
		one.Purposes = slices.Clone(a.Purposes)
		if one.ID == "shop" {
			one.Purposes[0].Why = consent.Text{"ko": "회원 관리와 통계", "en": "Running accounts, and statistics"}
		}
		apps = append(apps, one)
	}
	book, err := consent.NewBook(before.Profile, before.Operator, before.Gate, apps)
	fine(t, err)
	k.Service.Book = func() *consent.Book { return book }
	return book.Apps["shop"]
}

func TestTermsChanged(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	fine(t, k.Service.Outdate(t.Context()))
	if k.Service.TermsChanged(rec) || eventsOf(t, k, consent.EventTermsChanged) != 0 {
		t.Error("told of a change before there was one")
	}
	now := reword(t, k)
	for range 2 {
		fine(t, k.Service.Outdate(t.Context()))
	}
	if !k.Service.TermsChanged(rec) || eventsOf(t, k, consent.EventTermsChanged) != 1 {
		t.Errorf("told %d times", eventsOf(t, k, consent.EventTermsChanged))
	}
	st, err := k.Service.Subject(t.Context(), now, "user-1")
	fine(t, err)
	if st.Status != "granted" || len(st.Purposes) == 0 || !slices.Equal(st.Reasons, []string{consent.ReasonTermsChanged}) {
		t.Errorf("the consent stands as %+v", st)
	}
	old, err := k.Service.ReadTerms(t.Context(), "shop", rec.Terms)
	fine(t, err)
	if old.Terms() != rec.Terms || old.Purposes[0].Why["en"] == now.Purposes[0].Why["en"] {
		t.Errorf("the old text reads %q", old.Purposes[0].Why)
	}
	for _, version := range []string{"t_0000000000000000", "t_x", "lifted", "t_../../../../etc"} {
		if _, err := k.Service.ReadTerms(t.Context(), "shop", version); !errors.Is(err, consent.ErrNotFound) {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// The app asks again, the new consent takes the old one's place, and its withdrawal does not bring the old one back.
func TestAskAgainUnderNewTerms(t *testing.T) {
	k := consenttest.New(t)
	old, _ := granted(t, k, "user-1")
	k.App = reword(t, k)
	standing := func() consent.Standing {
		st, err := k.Service.Subject(t.Context(), k.App, "user-1")
		fine(t, err)
		return st
	}
	again := signup(t, k, ask("user-1")).Record
	if st := standing(); st.ID != old.ID || st.Status != "granted" {
		t.Errorf("while the new one waits: %+v", st)
	}
	decide(t, k, invited(t, k), yes())
	if st := standing(); st.ID != again.ID || st.Reasons != nil {
		t.Errorf("with the new one: %+v", st)
	}
	_, err := k.Service.Withdraw(t.Context(), k.App, app, again.ID, nil)
	fine(t, err)
	if st := standing(); st.Status != "withdrawn" || len(st.Purposes) != 0 {
		t.Errorf("after its withdrawal: %+v", st)
	}
}

// A request of before the change is agreed to in the words of after it, and is not outdated.
func TestGrantUnderNewTerms(t *testing.T) {
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	now := reword(t, k)
	got := decide(t, k, tok, yes()).Record
	if rec.Terms == now.Terms() || got.Terms != now.Terms() || k.Service.TermsChanged(got) {
		t.Errorf("asked %s, agreed to %s, today %s", rec.Terms, got.Terms, now.Terms())
	}
	receipt, _ := receiptOf(t, k, rec.ID)
	if v := factsOf(t, receipt).Processing[0].Notice.Version; v != now.Terms() {
		t.Errorf("the receipt names %s", v)
	}
}
