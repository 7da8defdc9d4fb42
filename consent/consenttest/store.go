package consenttest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// StoreBench is a store under test, empty, in the test space.
type StoreBench struct {
	Store   consent.Store
	Advance func(time.Duration) // moves the store's clock forward

	// Check lists what does not fit together in an app's keys: indexes, timers, sealed values, jobs, audit numbers.
	Check func(app string) []string
	// Image tells two states of everything that is kept apart: a refused step must leave it as it was.
	Image func() string
}

// RunStore is the suite that each consent.Store must pass; open makes a fresh one for every test.
func RunStore(t *testing.T, open func(t *testing.T) StoreBench) {
	for _, group := range []map[string]func(*bench){
		signupTests, decideTests, custodyTests, peopleTests, deskTests, amendTests, readTests,
		guardianTests,
		ledgerTests,
		hookTests,
		raceTests,
		embedTests,
		rightTests, visitTests, ageTests, flagTests,
	} {
		for _, name := range slices.Sorted(keysOf(group)) {
			t.Run(name, func(t *testing.T) {
				b := &bench{T: t, StoreBench: open(t)}
				b.noon()
				group[name](b)
				b.sound()
			})
		}
	}
}

func keysOf(m map[string]func(*bench)) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

const storeApp = "shop"

// bench is a store and what a test does with it.
type bench struct {
	*testing.T
	StoreBench
	before string // image when the last mutation was made, that is just before its step
}

// noon moves the clock on to a quarter past noon of tomorrow in Seoul, so that no test walks into another hour or, in minutes, another day.
func (b *bench) noon() {
	b.Helper()
	now := b.now()
	b.Advance(now.Truncate(24*time.Hour).AddDate(0, 0, 1).Add(3*time.Hour + 15*time.Minute).Sub(now))
}

func (b *bench) sound() {
	b.Helper()
	for _, fault := range b.Check(storeApp) {
		b.Errorf("unsound: %s", fault)
	}
}

// must stops the test on an error.
func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused checks that the step whose mutation was made last was refused with want and wrote nothing at all.
func (b *bench) refused(err, want error, before consent.Record) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("error is %v, want %v", err, want)
	}
	if b.Image() != b.before {
		b.Errorf("the refusal %v has written something", want)
	}
	b.unchanged(before)
}

func (b *bench) unchanged(before consent.Record) {
	b.Helper()
	if now := b.get(before.ID); !sameRecord(now, before) {
		b.Errorf("the record changed:\n%+v\nwas\n%+v", now, before)
	}
}

// sameRecord compares everything, sealed values too.
func sameRecord(a, b consent.Record) bool {
	sealed := bytes.Equal(a.People, b.People) && bytes.Equal(a.Data, b.Data) && bytes.Equal(a.Evidence, b.Evidence)
	return sealed && fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b)
}

func (b *bench) get(id string) consent.Record {
	b.Helper()
	r, err := b.Store.Get(b.Context(), storeApp, id)
	b.must(err)
	return r
}

func (b *bench) now() time.Time {
	b.Helper()
	now, err := b.Store.Now(b.Context())
	b.must(err)
	return now
}

// digest makes a digest of a text, as a vault would.
func digest(text string) consent.Digest {
	sum := sha256.Sum256([]byte(text))
	return consent.Digest(sum[:16])
}

// mutation of a record by an app, with an event and a webhook, as steps have it.
func (b *bench) mutation(id string, event consent.EventType) consent.Mutation {
	now := b.now()
	b.before = b.Image()
	m := consent.Mutation{App: storeApp, ID: id, Actor: consent.Actor{Kind: consent.ActorApp, Ref: "k1"}}
	if event != "" {
		m.Event = &consent.Event{ID: consent.NewID(consent.PrefixEvent, now), Type: event, Data: consent.EventData{
			ID: id, Subject: "s", Status: consent.Pending, Custody: consent.Held, Purposes: []string{"account", "delivery"},
		}}
		m.Jobs = append(m.Jobs, consent.Job{ID: consent.NewID(consent.PrefixJob, now), Kind: consent.JobWebhook, Body: []byte(`{"hook":1}`)})
	}
	return m
}

func (b *bench) letter(m consent.Mutation) consent.Mutation {
	body := []byte(`{"app":"` + storeApp + `","r":"` + m.ID + `","k":"invite","g":0,"n":1}`)
	m.Jobs = append(m.Jobs, consent.Job{ID: consent.NewID(consent.PrefixJob, b.now()), Kind: consent.JobLetter, Body: body})
	return m
}

// draft is a request of a subject to the guardian with this address.
func (b *bench) draft(subject, guardian string) consent.Draft {
	now := b.now()
	hour := now.Truncate(time.Hour)
	id := consent.NewID(consent.PrefixRequest, now)
	m := b.letter(b.mutation(id, consent.EventPending))
	return consent.Draft{
		Mutation: m,
		Record: consent.Record{
			App: storeApp, ID: id, Subject: subject, Method: consent.MethodEmailLink, Locale: "ko", Gen: 1, Rev: 1, DataRev: 1,
			Asked: []string{"account", "delivery"}, Terms: "t_1", Notice: "n_1", Mail: consent.MailQueued, Guardians: 1,
			Look: consent.LookUps{
				Guardians: []consent.Digest{digest(guardian)}, Codes: []consent.Digest{digest("code " + id)},
				Shorts: make([][8]byte, 1), Pair: digest(subject + guardian),
			},
			People: consent.Sealed("people of " + id), Data: consent.Sealed("data of " + id),
		},
		TTL: 119 * time.Hour, KeyHour: hour, KeyDies: hour.Add(120 * time.Hour),
		Flags: []consent.Flag{{
			Look: digest("flag " + subject), Ends: consent.Date{Year: 2031, Month: 3, Day: 31}, Reason: consent.FlagPending, Source: id,
		}},
	}
}

// pending signs a subject up.
func (b *bench) pending(subject, guardian string) consent.Record {
	b.Helper()
	r, replayed, err := b.Store.Signup(b.Context(), b.draft(subject, guardian))
	b.must(err)
	if replayed {
		b.Fatal("a first call was taken for a repeated one")
	}
	return r
}

func (b *bench) granting(r consent.Record, purposes ...string) consent.Granting {
	return consent.Granting{
		Gen: r.Gen, Rev: r.Rev, Method: consent.MethodEmailLink, Purposes: purposes,
		People: consent.Sealed("evidence people"), Data: consent.Sealed("release data"), Evidence: consent.Sealed("evidence"),
		ReleaseDies: b.now().Truncate(time.Hour).Add(169 * time.Hour), Window: 168 * time.Hour,
	}
}

// granted signs up and grants.
func (b *bench) granted(subject, guardian string) consent.Record {
	b.Helper()
	r := b.pending(subject, guardian)
	g, err := b.Store.Grant(b.Context(), asGuardian(b.mutation(r.ID, consent.EventGranted), "0"), b.granting(r, "account", "delivery"))
	b.must(err)
	return g
}

func (b *bench) withdrawing(purposes ...string) consent.Withdrawing {
	return consent.Withdrawing{Purposes: purposes, Reason: consent.ReasonGuardian, EraseDue: 72 * time.Hour, Keep: 3 * 365 * 24 * time.Hour}
}

// events lists the types of all events of the app.
func (b *bench) events() []consent.EventType {
	b.Helper()
	all, err := b.Store.Events(b.Context(), storeApp, "", 1000)
	b.must(err)
	var types []consent.EventType
	for _, e := range all {
		types = append(types, e.Type)
	}
	return types
}

// once runs a step twice and checks that the second time answers the same and writes nothing at all.
func (b *bench) once(step func() (consent.Record, error)) consent.Record {
	b.Helper()
	return twice(b, sameRecord, step)
}

func twice[T any](b *bench, same func(a, b T) bool, step func() (T, error)) T {
	b.Helper()
	first, err := step()
	b.must(err)
	b.sound()
	b.Advance(time.Second)
	image := b.Image()
	again, err := step()
	if err != nil {
		b.Fatalf("repeated: %v", err)
	}
	if !same(first, again) {
		b.Errorf("repeated, it answers\n%+v\ninstead of\n%+v", again, first)
	}
	if b.Image() != image {
		b.Error("repeated, it has written something")
	}
	return first
}

// every end status, and how a request comes to it.
func (b *bench) ended() map[consent.Status]consent.Record {
	b.Helper()
	ctx, out := b.Context(), map[consent.Status]consent.Record{}
	var err error
	r := b.pending("ended-declined", "d@x")
	out[consent.Declined], err = b.Store.Decline(ctx, b.mutation(r.ID, consent.EventDeclined), consent.Declining{Gen: 1, Reason: consent.ReasonRefused})
	b.must(err)
	r = b.pending("ended-cancelled", "c@x")
	out[consent.Cancelled], err = b.Store.Cancel(ctx, b.mutation(r.ID, consent.EventCancelled), consent.ReasonApp)
	b.must(err)
	r = b.pending("ended-expired", "e@x")
	out[consent.Expired], err = b.Store.Expire(ctx, b.mutation(r.ID, consent.EventExpired), consent.ReasonUnreadable)
	b.must(err)
	r = b.granted("ended-withdrawn", "w@x")
	out[consent.Withdrawn], err = b.Store.Withdraw(ctx, b.mutation(r.ID, consent.EventWithdrawn), b.withdrawing())
	b.must(err)
	return out
}
