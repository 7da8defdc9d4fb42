package redisstore_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
)

const app = "shop"

func digest(text string) consent.Digest {
	sum := sha256.Sum256([]byte(text))
	return consent.Digest(sum[:16])
}

// draft is a request as the service makes it: three identities, one letter, one webhook, sizes of real sealed values.
func draft(t testing.TB, s *redisstore.Store, i int) consent.Draft {
	t.Helper()
	now, err := s.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return draftAt(now, i)
}

func draftAt(now time.Time, i int) consent.Draft {
	id, subject := consent.NewID(consent.PrefixRequest, now), fmt.Sprintf("user-%08d", i)
	hook := fmt.Sprintf(`{"app":"shop","n":0,"u":"https://shop.example/hooks/consent","e":"evt_06h0j30st5k26mwzc3x0c50syc","t":"consent.pending",`+
		`"d":{"id":%q,"subject":%q,"status":"pending","custody":"held","purposes":["account","delivery"]}}`, id, subject)
	letter := fmt.Sprintf(`{"app":"shop","r":%q,"k":"invite","g":0,"n":1}`, id)
	d := consent.Draft{
		Mutation: consent.Mutation{
			App: app, ID: id, Actor: consent.Actor{Kind: consent.ActorApp, Ref: "k1"},
			Event: &consent.Event{ID: consent.NewID(consent.PrefixEvent, now), Type: consent.EventPending, Data: consent.EventData{
				ID: id, Subject: subject, Status: consent.Pending, Custody: consent.Held,
			}},
			Jobs: []consent.Job{
				{ID: consent.NewID(consent.PrefixJob, now), Kind: consent.JobWebhook, Body: []byte(hook)},
				{ID: consent.NewID(consent.PrefixJob, now), Kind: consent.JobLetter, Body: []byte(letter)},
			},
		},
		Record: consent.Record{
			App: app, ID: id, Subject: subject, Method: consent.MethodEmailLink, Locale: "ko", Gen: 1, Rev: 1, DataRev: 1,
			Asked: []string{"account", "delivery"}, Terms: "t_0123456789abcdef", Notice: "n_0123456789abcdef",
			Mail: consent.MailQueued, Guardians: 1,
			Look: consent.LookUps{
				Guardians: []consent.Digest{digest("guardian " + subject)}, Codes: []consent.Digest{digest("code " + id)},
				Shorts: make([][8]byte, 1), Pair: digest("pair " + subject),
			},
			People: make(consent.Sealed, 220), Data: make(consent.Sealed, 130),
		},
		TTL: 119 * time.Hour, KeyHour: now.Truncate(time.Hour), KeyDies: now.Truncate(time.Hour).Add(120 * time.Hour),
		Idempotency: &consent.Idempotency{Key: digest("key " + subject), Body: digest("body " + subject)},
	}
	for _, kind := range []consent.DigestKind{consent.DigestFlagEmail, consent.DigestFlagPhone, consent.DigestFlagSubject} {
		d.Flags = append(d.Flags, consent.Flag{
			Kind: kind, Look: digest(string(kind) + subject), Ends: consent.Date{Year: 2031, Month: 3, Day: 31},
			Reason: consent.FlagPending, Source: id,
		})
	}
	return d
}

// signup accepts the i-th request.
func signup(t testing.TB, s *redisstore.Store, i int) consent.Record {
	t.Helper()
	r, _, err := s.Signup(t.Context(), draft(t, s, i))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// by is a mutation of a record with nothing to leave behind.
func by(id string) consent.Mutation {
	return consent.Mutation{App: app, ID: id, Actor: consent.Actor{Kind: consent.ActorStaff, Ref: "s1"}, Note: "n"}
}

// byGuardian is the same mutation by the guardian: staff decide nothing.
func byGuardian(m consent.Mutation) consent.Mutation {
	m.Actor = consent.Actor{Kind: consent.ActorGuardian, Ref: "0"}
	return m
}

// grant decides yes.
func grant(t testing.TB, s *redisstore.Store, r consent.Record) consent.Record {
	t.Helper()
	g, err := s.Grant(t.Context(), byGuardian(by(r.ID)), consent.Granting{
		Gen: r.Gen, Rev: r.Rev, Method: r.Method, Purposes: []string{"account", "delivery"}, People: consent.Sealed("p"),
		Data: consent.Sealed("d"), Evidence: consent.Sealed("e"), ReleaseDies: r.CreatedAt.Add(1000 * time.Hour), Window: 168 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
