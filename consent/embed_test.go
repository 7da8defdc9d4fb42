package consent_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

const shopOrigin = "https://shop.example"

// ticketOf answers the question about the age.
func ticketOf(t *testing.T, k *consenttest.Kit, years int) string {
	t.Helper()
	under, ticket, err := k.Service.EmbedAge(t.Context(), k.App, born(k, years, 30))
	if err != nil || under != (years < 14) {
		t.Fatalf("%d years: under age %v, %v", years, under, err)
	}
	return ticket
}

func embedding(t *testing.T, k *consenttest.Kit) consent.Embedding {
	t.Helper()
	in := ask("-")
	return consent.Embedding{
		Origin: shopOrigin, Age: ticketOf(t, k, 9), Notice: "n_1",
		Child: consent.Child{Name: in.Child.Name, Locale: "ko"}, Guardian: in.Guardian,
	}
}

func embedded(t *testing.T, k *consenttest.Kit, in consent.Embedding) string {
	t.Helper()
	token, expires, _, err := k.Service.Embed(t.Context(), k.App, in)
	if err != nil {
		t.Fatal(err)
	}
	if left := expires.Sub(k.Service.Clock()); left <= consent.EmbedLife-time.Minute || left > consent.EmbedLife {
		t.Errorf("the token lives %v", left)
	}
	return token
}

func passOn(subject, token string) consent.Signup {
	return consent.Signup{Subject: subject, Embed: token, Data: map[string]json.RawMessage{"nickname": json.RawMessage(`"x"`)}, Body: []byte(subject + token)}
}

func TestEmbedToken(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	token := embedded(t, k, embedding(t, k))
	in := ask("-")
	sealed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "emb_"))
	if err != nil || !strings.HasPrefix(token, "emb_") {
		t.Fatalf("no token: %v", err)
	}
	for _, canary := range []string{in.Guardian.Name.Reveal(), in.Guardian.Email.Reveal(), in.Child.Name.Reveal(), shopOrigin} {
		if strings.Contains(token, canary) || bytes.Contains(sealed, []byte(canary)) {
			t.Errorf("the token shows %q", canary)
		}
	}
	if id := regexp.MustCompile(consent.PrefixRequest + `[0-9a-z]{26}`); id.MatchString(token) || id.Match(sealed) {
		t.Error("the token shows the request that it will become")
	}
	ticket := signup(t, k, passOn("user-1", token))
	if ticket.Record.Notice != "n_1" || ticket.Record.Subject != "user-1" {
		t.Errorf("notice %q, subject %q", ticket.Record.Notice, ticket.Record.Subject)
	}
	k.Work()
	if l, ok := k.Letters.Last(consent.LetterInvite); !ok || l.To.Reveal() != in.Guardian.Email.Reveal() {
		t.Error("the letter went elsewhere")
	}
	again := signup(t, k, passOn("user-1", token))
	if !again.Replayed || again.Record.ID != ticket.Record.ID {
		t.Error("the same call again is not answered the same")
	}
	for name, other := range map[string]consent.Signup{
		"another subject": passOn("user-2", token), "another body": {Subject: "user-1", Embed: token, Body: []byte("other")},
		"another key": {Subject: "user-2", Embed: token, Body: []byte("b"), Key: "other-key"},
	} {
		_, err := k.Service.Signup(t.Context(), k.App, app, other)
		wants(t, name, err, consent.ErrEmbedUsed)
	}
}

// A header's own key is known by its own rules, also when an embed token is in the body.
func TestEmbedTokenUnderAKey(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := passOn("user-1", embedded(t, k, embedding(t, k)))
	in.Key = "key-1"
	first := signup(t, k, in)
	if again := signup(t, k, in); !again.Replayed || again.Record.ID != first.Record.ID {
		t.Error("the same call under the same key is not answered the same")
	}
	in.Body = []byte("another")
	_, err := k.Service.Signup(t.Context(), k.App, app, in)
	wants(t, "another body under the key", err, consent.ErrMismatch)
}

func TestEmbedTokenIsBound(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := embedding(t, k)
	token := embedded(t, k, in)
	fails := func(what string, a *consent.App, s consent.Signup, want *consent.Error) {
		t.Helper()
		_, err := k.Service.Signup(t.Context(), a, app, s)
		wants(t, what, err, want)
	}
	fails("another app", k.Service.Book().Apps["game"], passOn("user-1", token), consent.ErrEmbedToken)
	fails("an age ticket", k.App, passOn("user-1", in.Age), consent.ErrEmbedToken)
	fails("cut", k.App, passOn("user-1", token[:len(token)-2]), consent.ErrEmbedToken)
	fails("nonsense", k.App, passOn("user-1", "emb_"), consent.ErrEmbedToken)
	both := passOn("user-1", token)
	both.Child.Name = consent.Secret("김하늘")
	_, err := k.Service.Signup(t.Context(), k.App, app, both)
	same(t, "with a child beside it", faults(err), "/embed_token embed_token_not_alone")
	origins := k.App.Origins
	k.App.Origins = nil
	fails("an origin no longer listed", k.App, passOn("user-1", token), consent.ErrEmbedToken)
	k.App.Origins = origins
	pass(t, k, consent.EmbedLife)
	fails("too late", k.App, passOn("user-1", token), consent.ErrEmbedToken)
	if recs, err := k.Store.Subject(t.Context(), "shop", "user-1"); err != nil || len(recs) != 0 {
		t.Errorf("%d records, %v", len(recs), err)
	}
}

func TestClientToken(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	token, _, err := k.Service.ClientToken(t.Context(), k.App, "user-1")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := k.Service.ReadClient(k.App, token); err != nil || c.Subject != "user-1" || !k.Service.KnowsClient(k.App, token) {
		t.Fatalf("%+v, %v", c, err)
	}
	in := embedding(t, k)
	in.Client = token
	first, second := embedded(t, k, in), embedded(t, k, in)
	_, err = k.Service.Signup(t.Context(), k.App, app, passOn("user-2", first))
	same(t, "another subject", faults(err), "/subject embed_token_subject")
	if got := signup(t, k, passOn("", first)).Record.Subject; got != "user-1" { // the subject is the token's
		t.Errorf("the token is bound to %s", got)
	}
	_, err = k.Service.Signup(t.Context(), k.App, app, passOn("user-1", second))
	wants(t, "a second request of one client token", err, consent.ErrEmbedUsed)
	_, err = k.Service.ReadClient(k.Service.Book().Apps["game"], token)
	wants(t, "another app", err, consent.ErrClientToken)
	pass(t, k, consent.ClientLife)
	_, err = k.Service.ReadClient(k.App, token)
	wants(t, "too late", err, consent.ErrClientToken)
	_, _, _, err = k.Service.Embed(t.Context(), k.App, in)
	wants(t, "answers too late", err, consent.ErrClientToken)
	_, _, err = k.Service.ClientToken(t.Context(), k.App, "kid@example.com")
	same(t, "a subject that is personal", faults(err), "/subject subject_is_personal")
}

// The question about the age is answered once, and what it was is judged anew when the answers are sent.
func TestEmbedAge(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	adult := ticketOf(t, k, 30)
	if under, err := k.Service.ReadAge(k.App, adult); err != nil || under {
		t.Errorf("an adult's ticket: %v, %v", under, err)
	}
	in := embedding(t, k)
	in.Age = adult
	_, _, _, err := k.Service.Embed(t.Context(), k.App, in)
	same(t, "an adult", faults(err), "/child not_under_age")
	for _, wrong := range []string{"", "age_", "2015-03-02", "age_AAAA"} {
		in.Age = wrong
		_, _, _, err := k.Service.Embed(t.Context(), k.App, in)
		wants(t, wrong, err, consent.ErrAgeTicket)
	}
	for _, wrong := range []string{"", "2014-02-30", "2199-01-01", "1800-01-01"} {
		_, _, err := k.Service.EmbedAge(t.Context(), k.App, consent.Secret(wrong))
		if consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	ticket := ticketOf(t, k, 9)
	pass(t, k, 24*time.Hour)
	_, err = k.Service.ReadAge(k.App, ticket)
	wants(t, "a session is over", err, consent.ErrAgeTicket)
}

func TestEmbedChecksTheAnswers(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := embedding(t, k)
	in.Guardian.Name, in.Guardian.Email, in.Child.Name, in.Notice = consent.Secret("엄마"), consent.Secret("x"), consent.Private{}, ""
	_, _, _, err := k.Service.Embed(t.Context(), k.App, in)
	same(t, "faults", faults(err), "/child/name required", "/child_notice/version notice_missing", "/guardian/email invalid", "/guardian/name guardian_name_generic")
	in = embedding(t, k)
	in.Guardian.Email = consent.Secret("parent@navre.com")
	_, _, warnings, err := k.Service.Embed(t.Context(), k.App, in)
	if err != nil || len(warnings) != 1 || warnings[0].Suggestion != "naver.com" {
		t.Errorf("%v, %v", warnings, err)
	}
}
