package consent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

var app = consent.Actor{Kind: consent.ActorApp, Ref: "k1"}

func ask(subject string) consent.Signup {
	yes := true
	return consent.Signup{
		Subject: subject, Notice: "n1", UnderAge: &yes,
		Child: consent.Child{
			BirthDate: consent.Secret("2014-03-02"), Name: consent.Secret("김하늘"), Email: consent.Secret("kid@example.com"), Locale: "ko",
		},
		Guardian: consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("parent@example.com"), Locale: "ko"},
		Data: map[string]json.RawMessage{
			"nickname": json.RawMessage(`"하늘이"`), "birth_date": json.RawMessage(`"2014-03-02"`), "address": json.RawMessage(`"서울시 어딘가 1"`),
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

func invited(t *testing.T, k *consenttest.Kit) string {
	t.Helper()
	k.Work()
	l, ok := k.Letters.Last(consent.LetterInvite)
	if !ok {
		t.Fatal("no invitation was delivered")
	}
	return token(t, l.Link, "/c/")
}

func yes() consent.Answers {
	return consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: "김 보호",
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	}
}

// decide walks the page and the check page.
func decide(t *testing.T, k *consenttest.Kit, tok string, a consent.Answers) consent.View {
	t.Helper()
	v, err := k.Service.Open(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	k.Advance(3 * time.Second)
	c, err := k.Service.Check(t.Context(), tok, v.Proof, a)
	if err != nil {
		t.Fatal(err)
	}
	v, err = k.Service.Decide(t.Context(), tok, c.Proof, "yes", false)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGrant(t *testing.T) {
	k := consenttest.New(t)
	ctx := t.Context()
	ticket := signup(t, k, ask("user-1"))
	id := ticket.Record.ID
	if _, err := k.Service.Release(ctx, k.App, app, id); !errors.Is(err, consent.ErrNotGranted) {
		t.Fatalf("release before the grant: %v", err)
	}
	v := decide(t, k, invited(t, k), yes())
	if v.Record.Status != consent.Granted {
		t.Fatalf("status %s", v.Record.Status)
	}
	h, err := k.Service.Release(ctx, k.App, app, id)
	if err != nil {
		t.Fatal(err)
	}
	if string(h.Data["nickname"]) != `"하늘이"` || len(h.Data) != 2 || h.Record.Custody != consent.Released {
		t.Errorf("released %v, custody %s", h.Data, h.Record.Custody)
	}
	if _, err := k.Service.Acknowledge(ctx, k.App, app, id); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Service.Acknowledge(ctx, k.App, app, id); err != nil {
		t.Errorf("the second acknowledgement: %v", err)
	}
	if _, err := k.Service.Release(ctx, k.App, app, id); !errors.Is(err, consent.ErrDestroyed) {
		t.Errorf("release after the acknowledgement: %v", err)
	}
	s, err := k.Service.Subject(ctx, k.App, "user-1")
	if err != nil || s.Status != "granted" || len(s.Purposes) != 1 {
		t.Errorf("standing %+v, %v", s, err)
	}
}
