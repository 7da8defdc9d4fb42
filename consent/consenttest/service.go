package consenttest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/consent/link"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/seal"
)

// Kit is a Service ready for use, with all it stands on. It lives in the test space, so its clock can be moved.
type Kit struct {
	Service  *consent.Service
	Store    *redisstore.Store
	Vault    *seal.Vault
	Links    *link.Links
	Receipts *link.Receipts
	Queue    *outbox.Queue
	Relay    *outbox.Relay
	Clients  redisstore.Clients
	App      *consent.App // "shop" of Book
	Letters  *Letterbox
	Hooks    *Hookbox
	KeyDir   string

	t testing.TB
}

// Letterbox is a consent.Courier that keeps the letters. Fail, when set, is asked first.
type Letterbox struct {
	Fail func(consent.Letter) error

	mu  sync.Mutex
	all []consent.Letter
}

// Deliver implements consent.Courier.
func (b *Letterbox) Deliver(_ context.Context, l consent.Letter) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil {
		if err := b.Fail(l); err != nil {
			return err
		}
	}
	b.all = append(b.all, l)
	return nil
}

// All returns the letters that were delivered, the oldest first.
func (b *Letterbox) All() []consent.Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]consent.Letter(nil), b.all...)
}

// Last returns the newest letter of a kind; ok is false when there is none.
func (b *Letterbox) Last(kind consent.LetterKind) (l consent.Letter, ok bool) {
	for _, one := range b.All() {
		if one.Kind == kind {
			l, ok = one, true
		}
	}
	return l, ok
}

// Hookbox keeps the webhook jobs that the outbox handed out. As the Service's Herald it answers each attempt with Code.
type Hookbox struct {
	Code int // what targets answer; 0: 204

	mu    sync.Mutex
	all   []outbox.Job
	tried []consent.HookJob
	at    []time.Time
}

// Try implements consent.Herald.
func (b *Hookbox) Try(_ context.Context, job consent.HookJob, at time.Time) (consent.Attempt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tried, b.at = append(b.tried, job), append(b.at, at)
	a := consent.Attempt{
		At: time.Now(), Took: time.Millisecond, App: job.App, Event: job.Event, Type: job.Type, Hook: job.N, Host: "shop.example", Code: b.Code,
	}
	if a.Code == 0 {
		a.Code = 204
	}
	if a.Code/100 == 2 {
		return a, nil
	}
	a.Stage = "answer"
	class := consent.Again
	if a.Code == 410 {
		class = consent.Never
	}
	return a, &consent.DeliveryError{Class: class, Code: a.Code, Stage: a.Stage}
}

// Tried returns the attempts that were made, with the time that each told.
func (b *Hookbox) Tried() ([]consent.HookJob, []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]consent.HookJob(nil), b.tried...), append([]time.Time(nil), b.at...)
}

func (b *Hookbox) take(_ context.Context, j outbox.Job) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, j)
	return nil
}

// All returns the jobs, the oldest first.
func (b *Hookbox) All() []outbox.Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]outbox.Job(nil), b.all...)
}

// New makes a Kit on a Redis inside the process, at noon (Noon). Change the Service's fields before the first call if a test needs other
// settings.
func New(t testing.TB) *Kit {
	t.Helper()
	k := NewOn(t, "redis://"+miniredis.RunT(t).Addr(), t.TempDir())
	k.Noon()
	return k
}

// NewOn makes a Kit on the Redis of this URL, with its keys in dir. Two kits on one Redis and one dir are two processes.
func NewOn(t testing.TB, url, dir string) *Kit {
	t.Helper()
	clients, err := redisstore.Dial(url)
	must(t, err)
	t.Cleanup(func() { must(t, clients.Close()) })
	k := &Kit{t: t, Clients: clients, KeyDir: dir, Letters: &Letterbox{}, Hooks: &Hookbox{}}
	k.Store = redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read, Space: redisstore.Test})
	set := Settings()
	k.Vault, err = seal.Open(t.Context(), seal.Options{
		Dir: dir, Prints: k.Store, Pending: set.Pending, Window: set.Window, Clock: k.Store.Clock,
	})
	must(t, err)
	k.Links, err = link.Open(dir, link.Options{Issuer: "bohoja-test", Clock: k.Store.Clock})
	must(t, err)
	k.Receipts, err = link.OpenReceipts(dir, link.Options{Issuer: "bohoja-test", Clock: k.Store.Clock})
	must(t, err)
	book := Book()
	k.App = book.Apps["shop"]
	k.Service = &consent.Service{
		Store: k.Store, Boards: k.Store, Vault: k.Vault, Links: k.Links, Receipts: k.Receipts, Courier: k.Letters, Herald: k.Hooks, Phones: gate.Phones{}, Filters: gate.Filters{}, Clock: k.Store.Clock,
		Book: func() *consent.Book { return book }, Settings: set,
	}
	k.Queue = outbox.NewQueue(outbox.Config{Client: clients.Write, Keys: outboxKeys, Offset: k.Store.Ahead})
	k.Relay = outbox.NewRelay(outbox.Setup{
		Queue: k.Queue, Apps: func() []string { return []string{"shop", "game"} },
		Remains: func(j outbox.Job) []byte { return consent.Remains(consent.Job{Kind: j.Kind, Body: j.Body}) },
		Workers: map[consent.JobKind]outbox.Worker{consent.JobLetter: k.post, consent.JobWebhook: k.Hooks.take},
	})
	return k
}

func outboxKeys(app string) outbox.Keys {
	due, jobs, dead := redisstore.Test.OutboxKeys(app)
	return outbox.Keys{Due: due, Jobs: jobs, Dead: dead}
}

func (k *Kit) post(ctx context.Context, j outbox.Job) error {
	return k.Service.Post(ctx, consent.Job{ID: j.ID, Kind: j.Kind, Body: j.Body})
}

// Work lets the outbox do all that is due.
func (k *Kit) Work() {
	k.t.Helper()
	for {
		n, err := k.Relay.RunOnce(k.t.Context())
		must(k.t, err)
		if n == 0 {
			return
		}
	}
}

// Noon moves the clock on to noon of tomorrow in Seoul: no hour, no night, no day and no month begins or ends while a test works.
func (k *Kit) Noon() {
	k.t.Helper()
	now := k.Store.Clock().In(k.Service.Book().Profile.Zone)
	noon := time.Date(now.Year(), now.Month(), now.Day()+1, 12, 10, 0, 0, now.Location()) // and past the turn itself
	must(k.t, k.Store.Advance(k.t.Context(), noon.Sub(now)))
}

// Advance moves the clock and then does what has fallen due: deadlines first, then the outbox.
func (k *Kit) Advance(d time.Duration) {
	k.t.Helper()
	must(k.t, k.Store.Advance(k.t.Context(), d))
	k.Sweep()
	k.Work()
}

// Sweep carries out every deadline that has come, and destroys keys whose time is over.
func (k *Kit) Sweep() {
	k.t.Helper()
	_, err := consent.Sweeper{Service: k.Service}.RunOnce(k.t.Context())
	must(k.t, err)
	must(k.t, k.Service.Lift(k.t.Context()))
	must(k.t, k.Service.AgeOut(k.t.Context()))
	must(k.t, k.Service.Outdate(k.t.Context()))
	must(k.t, k.Vault.RunOnce(k.t.Context()))
}

// Settings are those of the README's table, at an address that nobody has.
func Settings() consent.Settings {
	return consent.Settings{
		PublicURL: "https://consent.example", Pending: consent.DefaultPending, MinPage: 2 * time.Second,
		Confirm: 24 * time.Hour, Remind: []time.Duration{24 * time.Hour, 72 * time.Hour}, MailFrom: 9, MailUntil: 20,
		Window: 168 * time.Hour, EraseDue: 72 * time.Hour, Keep: 26280 * time.Hour, Reask: 168 * time.Hour, Amend: 48 * time.Hour,
		GuardianDay: 10, ResendDay: 3, Accepting: true, Test: true,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
