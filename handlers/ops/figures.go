package ops

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Figures are what the store knows at this moment, by declared app.
type Figures map[string]AppFigures

// AppFigures are those of one app.
type AppFigures struct {
	Pending int
	Soon    int           // pending requests whose deadline comes within a day
	Oldest  time.Duration // age of the oldest pending request; 0 when there is none
	Rights  int           // rights requests that are open
	Late    int           // those that were not answered in time
	Overdue int           // requests whose destruction is due and not done
	Dead    int           // letters and webhooks that nobody tries any more
	Queues  map[string]QueueFigures
}

// QueueFigures are those of one kind of jobs.
type QueueFigures struct {
	Depth int
	Age   time.Duration // how long the first has been due without being taken
}

// figuresTime is for one reading of the figures: a scrape with a time-out of a second is still answered while the store is away.
const figuresTime = 500 * time.Millisecond

// Gauges asks for the figures at each scrape. While they cannot be had, bohoja_redis_up is 0 and the others are absent,
// which an alert can tell from a zero. A scrape waits for figuresTime at most, and not at all for a reading that is late already.
type Gauges struct {
	read func(ctx context.Context) (Figures, error)
	log  *slog.Logger
	base context.Context //nolint:containedctx // a scrape has no context of its own: this one ends with the process

	mu  sync.Mutex
	now *reading // the one under way, which all scrapes share; nil: none
}

// reading is one question for the figures.
type reading struct {
	done    chan struct{} // closed when figures and err are there
	late    chan struct{} // closed when it has taken figuresTime
	figures Figures
	err     error
}

// errLate is a store that has not answered in time.
var errLate = errors.New("the store does not answer in time")

// NewGauges registers the gauges. ctx bounds every reading, beside a time-out; read must give up when it ends.
func NewGauges(
	ctx context.Context, reg prometheus.Registerer, log *slog.Logger, read func(ctx context.Context) (Figures, error),
) *Gauges {
	g := &Gauges{base: ctx, read: read, log: log}
	reg.MustRegister(g)
	return g
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("bohoja_"+name, help, labels, nil)
}

var (
	descUp      = desc("redis_up", "1 while the store answers.")
	descPending = desc("pending", "Requests that wait for a guardian.", "app")
	descSoon    = desc("expiring_soon", "Pending requests whose deadline comes within a day.", "app")
	descOldest  = desc("oldest_pending_seconds", "Age of the oldest pending request; at most the deadline.", "app")
	descOverdue = desc("destruction_overdue", "Requests whose destruction is due and not done.", "app")
	descRights  = desc("rights_open", "Rights requests of guardians that wait for the app's answer.", "app")
	descLate    = desc("rights_overdue", "Rights requests that were not answered in time.", "app")
	descDead    = desc("outbox_dead", "Letters and webhooks that nobody tries any more.", "app")
	descDepth   = desc("outbox_depth", "Jobs that are due, waiting or being worked.", "app", "kind")
	descAge     = desc("outbox_age_seconds", "How long the first job has been due without being taken.", "app", "kind")
)

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descPending, descSoon, descOldest, descOverdue, descRights, descLate, descDead, descDepth, descAge} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *Gauges) Collect(ch chan<- prometheus.Metric) {
	figures, err := g.figures()
	if err != nil {
		g.log.WarnContext(g.base, "the figures cannot be read", "error", err)
		ch <- gauge(descUp, 0)
		return
	}
	ch <- gauge(descUp, 1)
	for app, f := range figures {
		ch <- gauge(descPending, float64(f.Pending), app)
		ch <- gauge(descSoon, float64(f.Soon), app)
		ch <- gauge(descOldest, f.Oldest.Seconds(), app)
		ch <- gauge(descOverdue, float64(f.Overdue), app)
		ch <- gauge(descRights, float64(f.Rights), app)
		ch <- gauge(descLate, float64(f.Late), app)
		ch <- gauge(descDead, float64(f.Dead), app)
		for kind, q := range f.Queues {
			ch <- gauge(descDepth, float64(q.Depth), app, kind)
			ch <- gauge(descAge, q.Age.Seconds(), app, kind)
		}
	}
}

func (g *Gauges) figures() (Figures, error) {
	r := g.begin()
	select {
	case <-r.done:
		return r.figures, r.err
	case <-r.late:
		return nil, errLate
	}
}

// begin joins the reading under way, or begins one.
func (g *Gauges) begin() *reading {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now == nil {
		g.now = &reading{done: make(chan struct{}), late: make(chan struct{})}
		go g.take(g.now)
	}
	return g.now
}

// take reads, and lets the next scrape begin anew. What read does after its time is over keeps no scrape waiting.
func (g *Gauges) take(r *reading) {
	ctx, cancel := context.WithTimeout(g.base, figuresTime)
	defer cancel()
	late := context.AfterFunc(ctx, func() { close(r.late) })
	defer late()
	r.figures, r.err = g.read(ctx)
	g.mu.Lock()
	g.now = nil
	g.mu.Unlock()
	close(r.done)
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}
