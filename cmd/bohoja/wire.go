package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/consent/link"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/rehearsal"
	"github.com/bohoja/bohoja/consent/seal"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/handlers/ops"
	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/templates"
)

// house is everything that serve, dev and the commands tie together. It is the only place that knows all adapters.
type house struct {
	set      config.Settings
	log      *slog.Logger
	book     atomic.Pointer[consent.Book]
	clients  redisstore.Clients
	revoked  revoked
	hooks    *webhook.Deliverer
	registry *prometheus.Registry
	metrics  *ops.Metrics
	tide     *audit.Tide           // of the live space
	keeper   *audit.Keeper         // of the live space; nil but in serve
	checked  atomic.Pointer[check] // the last look through the records; nil before the first
	unsigned atomic.Pointer[int]   // months of the access log whose review is overdue; nil before they were counted
	spaces   []*space              // the live space first, where there is one
	nonce    string                // of the instance; "" before the first space is open
	inbox    bool                  // the mail server is one to look into, as in dev
}

// space is one world of data with all that works on it: live, or test.
type space struct {
	name     redisstore.Space
	service  *consent.Service
	store    *redisstore.Store
	vault    *seal.Vault
	links    *link.Links
	receipts *link.Receipts
	queue    *outbox.Queue
	relay    *outbox.Relay
	team     *staff.Service
	mourning sync.Mutex
	mourned  map[time.Time]int      // how often the lost requests of an hour were looked through; guarded by mourning
	aged     func(by time.Duration) // told when the test space's clock was moved; nil where Redis keeps its own time
	clock    *testClock             // of the test space; nil in the live one
}

// opener makes a house by the settings: newHouse, or connect for commands that need no app.
type opener func(config.Settings, *slog.Logger) (*house, error)

// newHouse connects what all spaces share; no space is open yet. Errors: declarations with faults, a Redis URL that
// cannot be read.
func newHouse(set config.Settings, log *slog.Logger) (*house, error) {
	book, err := set.Declared(templates.Languages()).Book()
	if err != nil {
		return nil, err
	}
	h, err := connect(set, log)
	if err != nil {
		return nil, err
	}
	h.book.Store(book)
	return h, nil
}

// connect makes a house that knows no apps yet. Error: a Redis URL that cannot be read.
func connect(set config.Settings, log *slog.Logger) (*house, error) {
	clients, err := redisstore.Dial(set.Redis.URL.Reveal())
	if err != nil {
		return nil, err
	}
	h := &house{set: set, log: log, clients: clients, registry: prometheus.NewRegistry()}
	h.metrics = ops.NewMetrics(h.registry, version)
	h.tide = newTide(&h.set, redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read}))
	h.hooks = webhook.New(webhook.Options{Book: h.book.Load, AllowPrivate: set.Webhooks.AllowPrivate, Log: log})
	return h, nil
}

// close ends the connections. Call it after everything that uses them has stopped.
func (h *house) close() {
	h.hooks.Close()
	if err := h.clients.Close(); err != nil {
		h.log.Warn("a connection to Redis did not close", "error", err)
	}
}

// open opens a space: its keys, its store and what works on them. The courier takes its letters.
func (h *house) open(ctx context.Context, name redisstore.Space, courier consent.Courier) (*space, error) {
	s, err := h.openStore(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := h.openKeys(ctx, s, false); err != nil {
		return nil, err
	}
	h.openTeam(s)
	s.service.Store, s.service.Vault, s.service.Links, s.service.Courier = h.metrics.Counted(s.store), s.vault, s.links, courier
	s.service.Receipts = s.receipts
	workers := map[consent.JobKind]outbox.Worker{consent.JobLetter: s.post, consent.JobWebhook: s.tell}
	if name == redisstore.Test {
		s.service.Courier, workers[consent.JobAct] = h.played(s, courier)
		s.clock = newTestClock(s, h.apps)
	}
	s.service.Herald = h.hooks
	if h.set.Mail.CheckDomain && name == redisstore.Live {
		s.service.Domains = &mailer.Domains{}
	}
	s.relay = outbox.NewRelay(outbox.Setup{
		Queue: s.queue, Apps: h.working(s), Log: h.log, Remains: remains,
		Workers: workers,
		Observe: func(k consent.JobKind, o outbox.Outcome, took time.Duration) {
			h.metrics.Try(string(k), string(o), took)
		},
	})
	h.spaces = append(h.spaces, s)
	if h.nonce == "" {
		if h.nonce, err = nonceOf(ctx, s.store); err != nil {
			return nil, err
		}
	}
	return s, h.prime(ctx, s)
}

// openStore opens the records and the outbox of a space. Its service makes the steps that open nothing that is sealed:
// commands of the command line need no more, and so read no key and make none.
func (h *house) openStore(ctx context.Context, name redisstore.Space) (*space, error) {
	s := &space{name: name, mourned: map[time.Time]int{}}
	s.store = redisstore.New(redisstore.Options{Write: h.clients.Write, Read: h.clients.Read, Space: name, Admit: h.admitted(name)})
	if name == redisstore.Live {
		if err := h.tide.Look(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.store.Settle(ctx); err != nil {
		return nil, err
	}
	if _, err := s.store.Offset(ctx); err != nil {
		return nil, err
	}
	s.queue = outbox.NewQueue(outbox.Config{Client: h.clients.Write, Keys: keysOf(name), Offset: s.store.Ahead})
	set := h.set.Steps()
	set.Test = name == redisstore.Test
	s.service = &consent.Service{
		Store: s.store, Boards: s.store, Phones: gate.Phones{}, Filters: gate.Filters{}, Clock: s.store.Clock, Book: h.book.Load, Settings: set, Log: h.log,
	}
	return s, nil
}

// openKeys opens the keys of a space, and makes the long-lived ones where there are none. A command that only looks leaves it to
// the service which folder is in use.
func (h *house) openKeys(ctx context.Context, s *space, looks bool) (err error) {
	dir := h.keyDir(s.name)
	s.vault, err = seal.Open(ctx, seal.Options{
		Dir: dir, Prints: s.store, Pending: h.set.Pending.TTL, Window: h.set.Release.Window, Clock: s.store.Clock, Looks: looks, Log: h.log,
	})
	if err != nil {
		return err
	}
	o := link.Options{Issuer: issuer(s.name), Clock: s.store.Clock}
	if s.links, err = link.Open(dir, o); err != nil {
		return err
	}
	s.receipts, err = link.OpenReceipts(dir, o)
	return err
}

// keyDir keeps the keys of the test space apart from the live ones.
func (h *house) keyDir(name redisstore.Space) string {
	if name == redisstore.Test {
		return filepath.Join(h.set.Keys.Dir, "test")
	}
	return h.set.Keys.Dir
}

// issuer is short, since it lengthens every link, and no address, since links outlive addresses.
func issuer(name redisstore.Space) string {
	if name == redisstore.Test {
		return "bohoja-test"
	}
	return "bohoja"
}

func keysOf(name redisstore.Space) func(app string) outbox.Keys {
	return func(app string) outbox.Keys {
		due, jobs, dead := name.OutboxKeys(app)
		return outbox.Keys{Due: due, Jobs: jobs, Dead: dead}
	}
}

// apps lists the declared apps in a fixed order.
func (h *house) apps() []string {
	var ids []string
	for id := range h.book.Load().Apps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// prime keeps the text of every app's terms by version, so that what was agreed to stays readable.
func (h *house) prime(ctx context.Context, s *space) error {
	for id, app := range h.book.Load().Apps {
		text, err := app.TermsText()
		if err != nil {
			return err
		}
		if err := s.store.Prime(ctx, id, app.Terms(), text); err != nil {
			return fmt.Errorf("the terms of app %s cannot be kept: %w", id, err)
		}
	}
	return nil
}

// adopt puts new declarations in force, in all spaces or in none.
func (h *house) adopt(ctx context.Context, set *config.Settings) error {
	book, err := set.Declared(templates.Languages()).Book()
	if err != nil {
		return err
	}
	old := h.book.Swap(book)
	for _, s := range h.spaces {
		if err := h.prime(ctx, s); err != nil {
			h.book.Store(old)
			return err
		}
	}
	return nil
}

// post works the letters of a space.
func (s *space) post(ctx context.Context, j outbox.Job) error {
	return s.service.Post(ctx, consent.Job{ID: j.ID, Kind: j.Kind, Body: j.Body})
}

// played is a courier that also plays the guardians at guardian.test, and the worker of their acts. Their letters go where a
// developer may look, and never to a mail server outside.
func (h *house) played(s *space, mail consent.Courier) (consent.Courier, outbox.Worker) {
	inbox := mail
	if !h.inbox {
		inbox = unsent{}
	}
	cast := rehearsal.New(rehearsal.Options{
		Stage: s.service, Outbox: s.store, Mail: mail, Played: inbox, Read: s.service.Settings.MinPage,
	})
	return cast, func(ctx context.Context, j outbox.Job) error {
		app, ok := s.service.Book().Apps[j.App]
		if !ok {
			return outbox.ErrDrop
		}
		return cast.Act(ctx, app, j.Body)
	}
}

// tell works the webhooks of a space.
func (s *space) tell(ctx context.Context, j outbox.Job) error {
	var hook consent.HookJob
	if err := json.Unmarshal(j.Body, &hook); err != nil {
		return err
	}
	return s.service.Tell(ctx, hook, j.Enqueued)
}

// remains is what is kept of a dead job.
func remains(j outbox.Job) []byte {
	return consent.Remains(consent.Job{ID: j.ID, Kind: j.Kind, Body: j.Body})
}

// newMailer makes the production sender by the settings.
func newMailer(set *config.Settings, log *slog.Logger) (*mailer.Mailer, error) {
	key, err := mailer.ReadDKIM(set.Keys.Dir, set.SMTP.DKIMSelector)
	if err != nil {
		return nil, err
	}
	return mailer.New(mailer.Options{
		URL: set.SMTP.URL.Reveal(), From: set.SMTP.From, Bounces: set.SMTP.Bounces, PublicURL: set.PublicURL, Render: templates.RenderLetter,
		Concurrency: lettersAtOnce, Log: log, DKIM: key, SignDomain: set.SMTP.DKIMDomain,
	})
}

// lettersAtOnce is as many as the outbox has hands for letters.
const lettersAtOnce = 8

// unsent takes the letters of a test space that sends none: they are written, and go nowhere.
type unsent struct{}

// Deliver implements consent.Courier.
func (unsent) Deliver(_ context.Context, l consent.Letter) error {
	_, err := templates.RenderLetter(l)
	return err
}
