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

var (
	app      = consent.Actor{Kind: consent.ActorApp, Ref: "k1"}
	guardian = consent.Actor{Kind: consent.ActorGuardian, Ref: "0"}
)

// guardianName and parent are the person whom ask names.
const (
	guardianName = "김보호"
	parent       = "parent@example.com"
)

// ask is a signup in which everything is right.
func ask(subject string) consent.Signup {
	return consent.Signup{
		Subject: subject, Notice: "n1", UnderAge: new(true),
		Child: consent.Child{
			BirthDate: consent.Secret(consenttest.Born()), Name: consent.Secret("김하늘"), Email: consent.Secret("kid@example.com"), Locale: "ko",
		},
		Guardian: consent.Guardian{Name: consent.Secret(guardianName), Email: consent.Secret(parent), Locale: "ko"},
		Data: map[string]json.RawMessage{
			"nickname": json.RawMessage(`"하늘이"`), "birth_date": json.RawMessage(`"` + consenttest.Born() + `"`), "address": json.RawMessage(`"서울시 어딘가 1"`),
		},
	}
}

func signup(t *testing.T, k *consenttest.Kit, in consent.Signup) consent.Ticket {
	t.Helper()
	ticket, err := k.Service.Signup(t.Context(), k.App, app, in)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// token cuts the token out of a link of a letter.
func token(t *testing.T, link, dir string) string {
	t.Helper()
	_, tok, ok := strings.Cut(link, dir)
	if !ok {
		t.Fatalf("no %s in the link", dir)
	}
	return tok
}

// invited lets the outbox work and returns the token of the newest invitation.
func invited(t *testing.T, k *consenttest.Kit) string {
	t.Helper()
	k.Work()
	return token(t, last(t, k, consent.LetterInvite).Link, "/c/")
}

// start signs a child up and returns the record and the token of its letter.
func start(t *testing.T, k *consenttest.Kit, subject string) (consent.Record, string) {
	t.Helper()
	rec := signup(t, k, ask(subject)).Record
	return rec, invited(t, k)
}

// granted walks the whole way to a grant of the required purpose and of those named.
func granted(t *testing.T, k *consenttest.Kit, subject string, optional ...string) (consent.Record, string) {
	t.Helper()
	_, tok := start(t, k, subject)
	a := yes()
	for _, id := range optional {
		a.Purposes[id] = "yes"
	}
	return decide(t, k, tok, a).Record, tok
}

func last(t *testing.T, k *consenttest.Kit, kind consent.LetterKind) consent.Letter {
	t.Helper()
	l, ok := k.Letters.Last(kind)
	if !ok {
		t.Fatalf("no letter %s was delivered", kind)
	}
	return l
}

// letters counts the delivered letters of a kind.
func letters(k *consenttest.Kit, kind consent.LetterKind) int {
	n := 0
	for _, l := range k.Letters.All() {
		if l.Kind == kind {
			n++
		}
	}
	return n
}

func yes() consent.Answers {
	return consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: "김 보호",
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	}
}

func no(d consent.Decision) consent.Answers { return consent.Answers{Decision: d} }

// opened opens the page and lets the time pass that reading takes. Nobody sweeps meanwhile.
func opened(t *testing.T, k *consenttest.Kit, tok string) consent.View {
	t.Helper()
	v, err := k.Service.Open(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	pass(t, k, 3*time.Second)
	return v
}

// checked walks to the check page.
func checked(t *testing.T, k *consenttest.Kit, tok string, a consent.Answers) consent.Checked {
	t.Helper()
	c, err := k.Service.Check(t.Context(), tok, opened(t, k, tok).Proof, a)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checkFails walks to the check page and returns what was said instead.
func checkFails(t *testing.T, k *consenttest.Kit, tok string, a consent.Answers) error {
	t.Helper()
	_, err := k.Service.Check(t.Context(), tok, opened(t, k, tok).Proof, a)
	return err
}

// decide walks the page and the check page.
func decide(t *testing.T, k *consenttest.Kit, tok string, a consent.Answers) consent.View {
	t.Helper()
	v, err := k.Service.Decide(t.Context(), tok, checked(t, k, tok, a).Proof, "yes", false)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// pass moves the clock; neither the sweeper nor the outbox is awake.
func pass(t *testing.T, k *consenttest.Kit, d time.Duration) {
	t.Helper()
	if err := k.Store.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// until moves the clock to a time and by more, or leaves it when that is past; sweeper and outbox sleep.
func until(t *testing.T, k *consenttest.Kit, at time.Time, by time.Duration) {
	t.Helper()
	pass(t, k, max(0, at.Add(by).Sub(k.Service.Clock())))
}

// clockAt moves the clock on to the next time at which it is this hour in Seoul.
func clockAt(t *testing.T, k *consenttest.Kit, hour int) {
	t.Helper()
	now := k.Service.Clock().In(k.Service.Book().Profile.Zone)
	next := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	if next.Before(now) {
		next = next.AddDate(0, 0, 1)
	}
	pass(t, k, next.Sub(now))
}

func get(t *testing.T, k *consenttest.Kit, id string) consent.Record {
	t.Helper()
	rec, err := k.Store.Get(t.Context(), k.App.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// wants checks that err is the error that the documentation names.
func wants(t *testing.T, what string, err error, want *consent.Error) {
	t.Helper()
	if !errors.Is(err, want) || consent.KindOf(err) != want.Kind {
		t.Errorf("%s: %v, want %s", what, err, want.Code)
	}
}

// faults are the faults of err as "pointer code", sorted.
func faults(err error) []string {
	e, ok := errors.AsType[*consent.Error](err)
	if !ok {
		return nil
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Pointer+" "+f.Code)
	}
	slices.Sort(out)
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// events are the app's events of a request, the oldest first.
func events(t *testing.T, k *consenttest.Kit, id string) []consent.Event {
	t.Helper()
	all, err := k.Service.Events(t.Context(), k.App, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(e consent.Event) bool { return e.Data.ID != id })
}

// types are the types of a request's events, without their common prefix.
func types(t *testing.T, k *consenttest.Kit, id string) []string {
	t.Helper()
	var out []string
	for _, e := range events(t, k, id) {
		out = append(out, strings.TrimPrefix(string(e.Type), "consent."))
	}
	return out
}

// told checks the types of all events of a request, in order.
func told(t *testing.T, k *consenttest.Kit, id string, want ...string) {
	t.Helper()
	if got := types(t, k, id); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}
