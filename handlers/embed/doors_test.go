package embed_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
)

// doors are the four ways into one request: each returns its id. What a child says is the same at all of them.
var doors = map[string]func(s *site) string{
	"REST": func(s *site) string {
		y, m, d := s.born(9)
		return s.made(consent.Signup{
			Subject: "user-1", Notice: s.version(), Child: consent.Child{Age: -1, BirthDate: consent.Secret(consent.JoinDate(y, m, d)), Name: consent.Secret("김하늘"), Locale: "ko"},
			Guardian: consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("parent@example.com"), Locale: "ko"},
		})
	},
	"element": func(s *site) string {
		y, m, d := s.born(9)
		ticket := s.call("age", map[string]string{"birth_date": y + "-" + m + "-" + d}).want(http.StatusOK).json()["ticket"].(string)
		got := s.call("answers", map[string]string{
			"ticket": ticket, "notice": s.version(), "lang": "ko", "child_name": "김하늘", "guardian_name": "김보호", "guardian_email": "parent@example.com",
		}).want(http.StatusOK).json()
		return s.made(consent.Signup{Subject: "user-1", Embed: got["token"].(string)})
	},
	"hosted page": func(s *site) string {
		p := s.send(s.send(s.toAsk("lang=ko&token="+s.clientToken("user-1")), answers...), "act", "send").want(http.StatusOK)
		return p.back(welcome).Get("request")
	},
	"frame": func(s *site) string {
		p := s.send(s.send(s.toAsk("lang=ko&mode=frame&nonce=n&origin=https%3A%2F%2Fshop.example"), answers...), "act", "send").want(http.StatusOK)
		token := ""
		p.walk(func(n *html.Node) {
			if n.Data == "body" {
				token = attr(n, "data-token")
			}
		})
		return s.made(consent.Signup{Subject: "user-1", Embed: token})
	},
}

func (s *site) version() string { return s.words()["notice"].(map[string]any)["version"].(string) }

func (s *site) made(in consent.Signup) string {
	s.t.Helper()
	ticket, err := s.Service.Signup(s.t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return ticket.Record.ID
}

// journeys are the ways that a request can go, whichever door it came in by: what happens, and what the app is told of it.
var journeys = []struct {
	name   string
	walk   func(s *site, id string)
	status consent.Status
	reason string
	told   []string
}{
	{"grant, collected, withdrawn", (*site).grant, consent.Withdrawn, "app", []string{
		"consent.granted granted held", "consent.released granted released", "consent.destroyed granted destroyed", "consent.confirmed granted destroyed", "consent.withdrawn withdrawn destroyed",
	}},
	{"refusal", func(s *site, _ string) { s.decide(consent.Answers{Decision: consent.DecideDecline}) }, consent.Declined, "refused", []string{
		"consent.declined declined destroyed",
	}},
	{"not mine", func(s *site, _ string) { s.decide(consent.Answers{Decision: consent.DecideNotMine}) }, consent.Declined, "not_mine", []string{
		"consent.declined declined destroyed",
	}},
	{"deadline", func(s *site, _ string) { s.Advance(consent.DefaultPending); s.Sweep() }, consent.Expired, "deadline", []string{
		"consent.expired expired destroyed",
	}},
	{"cancelled", func(s *site, id string) {
		_, err := s.Service.Cancel(s.t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, id)
		s.must(err)
	}, consent.Cancelled, "app", []string{"consent.cancelled cancelled destroyed"}},
}

// TestDoors: whichever door a child came in by, the request is the same, and so is all that happens to it, event for event.
func TestDoors(t *testing.T) {
	for name, door := range doors {
		for _, j := range journeys {
			t.Run(name+", "+j.name, func(t *testing.T) {
				s := open(t)
				id := door(s)
				s.Work()
				j.walk(s, id)
				s.Work()
				want := append([]string{"consent.pending pending held", "consent.invited pending held"}, j.told...)
				if got := s.told(id); !slices.Equal(got, want) {
					t.Errorf("events\n%s\nwant\n%s", strings.Join(got, ", "), strings.Join(want, ", "))
				}
				rec := s.records("user-1")[0]
				if rec.Status != j.status || rec.Reason != j.reason || rec.Custody != consent.Destroyed {
					t.Errorf("%s %s %s, want %s %s", rec.Status, rec.Reason, rec.Custody, j.status, j.reason)
				}
				if rec.Notice != s.version() || rec.Locale != "ko" || strings.Join(rec.Asked, ",") != "account,delivery" {
					t.Errorf("notice %s, locale %s, asked %v", rec.Notice, rec.Locale, rec.Asked)
				}
			})
		}
	}
}

// told are the app's events, each with the state of the request; all of them are about this one.
func (s *site) told(id string) (out []string) {
	s.t.Helper()
	all, err := s.Store.Events(s.t.Context(), "shop", "", 100)
	s.must(err)
	for _, e := range all {
		if e.Data.ID != id || e.Data.Subject != "user-1" {
			s.t.Errorf("an event of %s, %s", e.Data.ID, e.Data.Subject)
		}
		out = append(out, fmt.Sprint(e.Type, " ", e.Data.Status, " ", e.Data.Custody))
	}
	return out
}

// decide answers as the guardian does: the letter, the page, the check page.
func (s *site) decide(a consent.Answers) {
	s.t.Helper()
	ctx := s.t.Context()
	l, ok := s.Letters.Last(consent.LetterInvite)
	if !ok || l.Locale != "ko" {
		s.t.Fatal("no letter in the guardian's language")
	}
	tok := l.Link[strings.LastIndex(l.Link, "/")+1:]
	v, err := s.Service.Open(ctx, tok)
	s.must(err)
	s.Advance(minute)
	k, err := s.Service.Check(ctx, tok, v.Proof, a)
	s.must(err)
	_, err = s.Service.Decide(ctx, tok, k.Proof, "yes", false)
	s.must(err)
}

// grant walks a request to a grant, its collection and its withdrawal.
func (s *site) grant(id string) {
	s.t.Helper()
	ctx, by := s.t.Context(), consent.Actor{Kind: consent.ActorApp}
	s.decide(consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: "김보호",
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	})
	_, err := s.Service.Release(ctx, s.App, by, id)
	s.must(err)
	_, err = s.Service.Acknowledge(ctx, s.App, by, id)
	s.must(err)
	s.Advance(s.Service.Settings.Confirm)
	_, err = s.Service.Withdraw(ctx, s.App, by, id, nil)
	s.must(err)
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
